package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
)

// raisedCounty has somebody raise the geese of households 1 and 2 on their behalf.
func raisedCounty() catalogpg.Seed {
	s := smallCounty()
	s.Organisations = append(s.Organisations, catalog.Organisation{ID: raiser, Kind: catalog.OrgRaiser, Name: "刘强养鹅场", VillageID: 1, RaiserBP: raiserBP})
	for i := range s.Households {
		if h := &s.Households[i]; h.ID <= 2 {
			h.Raiser, h.RaiserOrg = "刘强", raiser
		}
	}
	for i := range s.Lots {
		if l := &s.Lots[i]; l.HouseholdID <= 2 && l.PresaleID != beans {
			l.AgentOrg, l.AgentBP = raiser, raiserBP
		}
	}
	return s
}

const (
	raiser   = 9
	raiserBP = 9_000
)

func (b *bundle) entries(household int64) []orders.IncomeEntry {
	b.t.Helper()
	in, err := b.orders.Income(asHousehold(household), orders.IncomeRequest{})
	if err != nil {
		b.t.Fatal(err)
	}
	return in.Entries
}

var asHousehold = household

// TestRaiserAndHouseholdDivideWhatIsLeft: the fee is deducted first from the price of raised geese, the raiser has nine tenths of
// the rest, the household one, and no fen is lost on the way through tickets, ledger and payout.
func TestRaiserAndHouseholdDivideWhatIsLeft(t *testing.T) {
	b := setupOn(t, raisedCounty())
	o := b.place(buyer(1), b.asking(geese, 48))
	b.pay(buyer(1), o.No)
	b.eventually("confirmed", func() bool { return b.count(`SELECT count(*) FROM share WHERE order_id = $1`, o.ID) > 0 })
	var raised, own int64
	for _, e := range b.entries(1) {
		if e.AgentFen == 0 || e.AgentBP != raiserBP || e.Agent != "刘强养鹅场" || e.GrossFen != e.FeeFen+e.AgentFen+e.ExpectedFen {
			t.Errorf("household 1 expects %+v", e)
		}
	}
	for i, s := range b.collection(o.No) {
		// Odd weights: fen have to be split.
		n := s.Qty - s.Received - s.Short
		if _, err := b.orders.Weigh(clerk(), orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: s.OrderNo, Line: s.Line, LotID: s.LotID,
			PointID: s.VillageID, Units: n, GrossGrams: n*4000 + 333*int64(i+1), TareGrams: 0, Grade: "first"}); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("every village is settled", func() bool {
		return b.count(`SELECT count(*) FROM ticket WHERE order_id = $1 AND NOT settled`, o.ID) == 0
	})
	for h := int64(1); h <= 6; h++ {
		for _, e := range b.entries(h) {
			if (h <= 2) != (e.AgentFen > 0) {
				t.Errorf("household %d: %+v", h, e)
			}
			if e.GrossFen != e.FeeFen+e.AgentFen+e.OwedFen {
				t.Errorf("household %d loses a fen: %+v", h, e)
			}
			if h <= 2 {
				raised, own = raised+e.AgentFen, own+e.OwedFen
			}
		}
	}
	part, err := money.BasisPoints(raised+own, raiserBP)
	if err != nil || part != raised {
		t.Errorf("the raiser has %d of %d, %v", raised, raised+own, err)
	}
	b.eventually("the ledger owes the raiser his part", func() bool {
		var fen int64
		err := b.money.Get(&fen, `SELECT coalesce(sum(b.balance), 0) FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.code = 'payable_raiser:org:9'`)
		return err == nil && fen == -raised
	})
	ticket := b.entries(1)[0].TicketID
	k, err := b.orders.Ticket(household(1), orders.TicketRef{ID: ticket})
	if err != nil || k.AgentFen == 0 || k.Agent != "刘强养鹅场" || k.NetFen != k.AmountFen-k.FeeFen-k.AgentFen {
		t.Errorf("ticket %+v, %v", k, err)
	}
	// A weight is corrected: both parts follow.
	again, err := b.orders.Weigh(clerk(), orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: k.OrderNo, Line: k.Line, LotID: k.LotID, PointID: k.VillageID,
		Units: k.Units, GrossGrams: k.NetGrams + 1001, Grade: "first", Supersedes: k.ID})
	if err != nil || again.AgentFen <= k.AgentFen {
		t.Errorf("corrected ticket %+v, %v", again, err)
	}
	b.eventually("payments has the corrected weight", func() bool {
		var n int
		err := b.money.Get(&n, `SELECT count(*) FROM payable WHERE (source_key, state) IN (('ticket:' || $1, 'reversed'), ('ticket:' || $2, 'pending'))`, k.ID, again.ID)
		return err == nil && n == 2
	})
	if _, err := b.orders.RebuildIncome(system(), orders.None{}); err != nil {
		t.Fatal(err)
	}
	for _, e := range b.entries(1) {
		if e.AgentFen != again.AgentFen {
			t.Errorf("rebuilt %+v, the ticket %+v", e, again)
		}
	}
	list, err := b.orders.Raising(system(), orders.RaisingRequest{})
	if err != nil || len(list.Raisers) != 1 || list.Raisers[0].OrgID != 9 || list.Raisers[0].Households != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	one, err := b.orders.Raising(system(), orders.RaisingRequest{OrgID: 9})
	if err != nil || len(one.Entries) != 2 || one.Entries[0].AgentFen == 0 {
		t.Errorf("%+v, %v", one, err)
	}
	for name, who := range map[string]context.Context{"a buyer": buyer(1), "another household": household(3), "another organisation": as("officer", 41, 2)} {
		if list, err := b.orders.Raising(who, orders.RaisingRequest{OrgID: 9}); err == nil && len(list.Entries) > 0 {
			t.Errorf("%s reads it: %+v", name, list)
		}
	}
}

// TestRaisedLotsAreKnown: verify finds a lot that orders thinks the household raises itself, and the copy made at the start
// puts it right, with its expected income.
func TestRaisedLotsAreKnown(t *testing.T) {
	b := setupOn(t, raisedCounty())
	o := b.place(buyer(1), b.asking(geese, 48))
	b.pay(buyer(1), o.No)
	b.eventually("confirmed", func() bool { return b.count(`SELECT count(*) FROM share WHERE order_id = $1`, o.ID) > 0 })
	was := b.entries(1)[0].ExpectedFen
	if n := b.count(`SELECT count(*) FROM lot_agent`); n == 0 {
		t.Fatal("nothing was kept of the reservation")
	}
	if _, err := b.db.Exec(`DELETE FROM lot_agent`); err != nil {
		t.Fatal(err)
	}
	found, err := b.orders.Verify(system(), orders.None{})
	if err != nil || !hasFinding(found, "raised lots") || !hasFinding(found, "expected income") {
		t.Errorf("%+v, %v", found.Items, err)
	}
	_, stop := b.process() // copies the missing rows
	defer stop()
	b.eventually("copied", func() bool { return b.count(`SELECT count(*) FROM lot_agent`) > 0 })
	b.eventually("expected anew", func() bool { return b.entries(1)[0].ExpectedFen == was })
}

// TestAgentStands: the agreed raiser and part of a lot cannot be changed behind the household's back.
func TestAgentStands(t *testing.T) {
	b := setupOn(t, raisedCounty())
	for _, sql := range []string{`UPDATE lot SET agent_bp = 9500 WHERE agent_org = 9`, `UPDATE lot SET agent_org = 0, agent_bp = 0 WHERE agent_org = 9`} {
		if _, err := b.stock.Exec(sql); link.Constraint(err) != "lot_agent_stands" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestRaisedQuotaSaysSo: the text that a household signs names the raiser and the parts, and nothing is paid ahead for
// goods that it does not raise itself.
func TestRaisedQuotaSaysSo(t *testing.T) {
	b := setupOn(t, raisedCounty())
	c := b.signing()
	offer, err := b.orders.SignOffer(household(1), contract.SignOfferRequest{No: c.No})
	if err != nil || offer.AgentBP != raiserBP || offer.UnitFen <= 0 {
		t.Fatalf("%+v, %v", offer, err)
	}
	q, own := b.sign(c.No, 1, 20), b.sign(c.No, 3, 20)
	if !strings.Contains(q.Text, "刘强养鹅场代养") || !strings.Contains(q.Text, "得 90%") || q.TextHash != contract.TextHash(q.Text) {
		t.Errorf("signed %s", q.Text)
	}
	if strings.Contains(own.Text, "代养") || own.ExpectedFen < 9*q.ExpectedFen {
		t.Errorf("household 3 signed %s, expects %d; household 1 %d", own.Text, own.ExpectedFen, q.ExpectedFen)
	}
	b.move(officer(), c.No, contract.StepStart)
	if fen := b.count(`SELECT advance_fen FROM quota WHERE id = $1`, q.ID); fen != 0 {
		t.Errorf("%d fen are paid ahead", fen)
	}
	if fen := b.count(`SELECT advance_fen FROM quota WHERE id = $1`, own.ID); fen != 20*1000 {
		t.Errorf("%d fen are paid ahead for household 3", fen)
	}
}

// TestAdvanceIsItsOwnLine: an advance counts once. Expected, owed and paid add up to the price of the goods, over several
// call-offs in any order.
func TestAdvanceIsItsOwnLine(t *testing.T) {
	b := setup(t)
	c := b.signing()
	b.sign(c.No, 1, 40)
	b.move(officer(), c.No, contract.StepStart)
	advance := int64(40 * 1000)
	unit, err := b.unitNet()
	if err != nil {
		t.Fatal(err)
	}
	sum := func() (s orders.IncomeSum, deducted int64) {
		in, err := b.orders.Income(household(1), orders.IncomeRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range in.Entries {
			deducted += e.AdvanceFen
		}
		return in.Sum, deducted
	}
	if s, _ := sum(); s.OwedFen != advance || s.ExpectedFen != 0 {
		t.Fatalf("%+v", s)
	}
	var calls []orders.Order
	for range 3 { // at once: each sees the deductions of the others
		calls = append(calls, orders.Order{})
	}
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() { calls[i] = b.callOff(c.No, 4) })
	}
	wg.Wait()
	b.eventually("expected", func() bool { s, _ := sum(); return s.ExpectedFen > 0 })
	s, deducted := sum()
	if deducted != advance || s.Total() != 12*unit {
		t.Errorf("%+v with %d deducted, %d in all, want %d", s, deducted, s.Total(), 12*unit)
	}
	// The buyer pays the advance; then one is weighed, and the sum stays the price of the goods.
	pay, err := b.orders.PayAdvance(officer(), orders.PayRequest{OrderNo: c.No, Method: payments.Sandbox, ReturnURL: "http://x.example/", IdempotencyKey: b.key()})
	if err != nil {
		t.Fatal(err)
	}
	b.pressPay(pay)
	b.eventually("the advance is paid", func() bool { return b.count(`SELECT advance_due FROM contract`) == 0 })
	for _, sh := range b.collection(calls[1].No) {
		b.weigh(sh, "first")
	}
	b.eventually("settled", func() bool { return b.count(`SELECT count(*) FROM ticket WHERE NOT settled`) == 0 })
	if s, deducted = sum(); deducted != advance || s.Total() != 12*unit {
		t.Errorf("after a delivery: %+v with %d deducted, %d in all, want %d", s, deducted, s.Total(), 12*unit)
	}
	b.eventually("payments has the delivery", func() bool {
		var n int
		err := b.money.Get(&n, `SELECT count(*) FROM payable WHERE source_key LIKE 'ticket:%'`)
		return err == nil && n > 0
	})
	if _, err := b.orders.RebuildIncome(system(), orders.None{}); err != nil {
		t.Fatal(err)
	}
	if again, d := sum(); again != s || d != deducted {
		t.Errorf("rebuilt %+v with %d, it was %+v with %d", again, d, s, deducted)
	}
}

// unitNet is a household's income for a goose of four kilograms at the floor price.
func (b *bundle) unitNet() (int64, error) {
	gross, fee, err := orders.ExpectedIncome(money.Price{Fen: 1400, Per: 500}, 4000, 1, 300)
	return gross - fee, err
}

func hasFinding(f orders.Findings, check string) bool {
	for _, x := range f.Items {
		if x.Check == check {
			return true
		}
	}
	return false
}
