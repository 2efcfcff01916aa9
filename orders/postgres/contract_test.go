package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
)

func officer() context.Context  { return as("officer", 21, 2) }
func approver() context.Context { return as("org_approver", 22, 2) }
func clerk() context.Context    { return as("clerk", 31, 1) }

func household(id int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: 100 + id, Login: fmt.Sprintf("h%d", id), Role: "household", Household: id})
}

func helper(id int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: 200 + id, Login: "helper", Role: "helper", Helper: id})
}

func (b *bundle) key() string { return fmt.Sprintf("key-%08d", b.keys.Add(1)) }

// terms are for 300 geese at 14 yuan a jin at least.
func (b *bundle) terms() contract.Terms {
	return contract.Terms{
		Title: "中秋大鹅收购", Product: "goose", CollectorOrg: 1, Quantity: 300,
		Grades: []contract.Grade{{Grade: "first", Floor: money.Price{Fen: 1400}}, {Grade: "second", Floor: money.Price{Fen: 1200}}},
		Adjustments: []orders.ContractAdjustment{
			{Code: "clean", Name: catalog.Text{Zh: "净膛"}, Fen: 50}, {Code: "wet", Name: catalog.Text{Zh: "羽毛潮湿"}, Fen: -100}},
		FeeBP: 300, AdvanceFen: 1000, ToleranceBP: 2500, MinQuota: 10, MaxQuota: 80,
		SignBy: "2026-08-20", DeliverFrom: "2026-08-01", DeliverTo: "2026-10-01", Destination: "依安县依龙镇演示街1号", Contact: "赵经理", Phone: "13800138000",
	}
}

func (b *bundle) contract(change ...func(*contract.Terms)) contract.Contract {
	b.t.Helper()
	t := b.terms()
	for _, f := range change {
		f(&t)
	}
	c, err := b.orders.SaveContract(officer(), contract.Save{Terms: t, IdempotencyKey: b.key()})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bundle) move(ctx context.Context, no string, step contract.Step) contract.Contract {
	b.t.Helper()
	c, err := b.orders.MoveContract(ctx, contract.Move{No: no, Step: step})
	if err != nil {
		b.t.Fatalf("%s: %v", step, err)
	}
	return c
}

// signing is a contract that households can sign.
func (b *bundle) signing(change ...func(*contract.Terms)) contract.Contract {
	b.t.Helper()
	c := b.contract(change...)
	b.move(officer(), c.No, contract.StepSubmit)
	b.move(approver(), c.No, contract.StepApprove)
	return b.move(officer(), c.No, contract.StepOpen)
}

func (b *bundle) sign(no string, id, qty int64) contract.Quota {
	b.t.Helper()
	q, err := b.orders.SignUp(household(id), contract.SignUp{No: no, Qty: qty, IdempotencyKey: b.key()})
	if err != nil {
		b.t.Fatalf("household %d signs for %d: %v", id, qty, err)
	}
	if q.State != contract.QuotaSigned {
		b.t.Fatalf("household %d has %s", id, q.State)
	}
	return q
}

func (b *bundle) callOff(no string, qty int64) orders.Order {
	b.t.Helper()
	o, err := b.orders.CallOff(officer(), contract.CallOff{No: no, Qty: qty, Day: "2026-08-02", IdempotencyKey: b.key()})
	if err != nil {
		b.t.Fatalf("call off %d: %v", qty, err)
	}
	return o
}

func (b *bundle) collection(no string) []orders.Share {
	b.t.Helper()
	page, err := b.orders.Collection(clerk(), orders.CollectionFilter{OrderNo: no, Limit: 500})
	if err != nil {
		b.t.Fatal(err)
	}
	return page.Items
}

// weigh weighs all that is still to come of a share, four kilograms a goose.
func (b *bundle) weigh(s orders.Share, grade string, adjustments ...string) orders.Ticket {
	b.t.Helper()
	n := s.Qty - s.Received - s.Short
	t, err := b.orders.Weigh(clerk(), orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: s.OrderNo, Line: s.Line, LotID: s.LotID,
		PointID: s.VillageID, Units: n, GrossGrams: n*4000 + 500, TareGrams: 500, Grade: grade, Adjustments: adjustments})
	if err != nil {
		b.t.Fatal(err)
	}
	return t
}

func (b *bundle) lot(presale, household int64) (l struct{ Capacity, Reserved, Delivered int64 }) {
	b.t.Helper()
	if err := b.stock.Get(&l, `SELECT capacity, reserved, delivered FROM lot WHERE presale_id = $1 AND household_id = $2`, presale, household); err != nil {
		b.t.Fatal(err)
	}
	return l
}

// TestContractStory follows a contract from its draft to the money and its end.
func TestContractStory(t *testing.T) {
	b := setup(t)
	c := b.signing()
	q := b.sign(c.No, 1, 60)
	b.sign(c.No, 3, 40)
	if q.TextHash != contract.TextHash(q.Text) || !strings.Contains(q.Text, "户主1") || !strings.Contains(q.Text, "60 只") {
		t.Errorf("signed %q, hash %s", q.Text, q.TextHash)
	}
	if l := b.lot(geese, 1); l.Capacity != 40 { // of the hundred that it has
		t.Errorf("household 1 still offers %d geese to everybody", l.Capacity)
	}
	b.move(officer(), c.No, contract.StepStart)

	// The buyer pays the advance, and then the households are paid it.
	pay, err := b.orders.PayAdvance(officer(), orders.PayRequest{OrderNo: c.No, Method: payments.Sandbox, ReturnURL: "http://x.example/", IdempotencyKey: b.key()})
	if err != nil || pay.AmountFen != 100_000 {
		t.Fatalf("advance %+v, %v", pay, err)
	}
	b.eventually("the advances are billed", func() bool {
		var n int
		_ = b.money.Get(&n, `SELECT count(*) FROM ref WHERE ref LIKE 'contract:%' AND closed`)
		return n == 1
	})
	b.pressPay(pay)
	b.eventually("the advances are released", func() bool {
		return b.count(`SELECT count(*) FROM income_entry WHERE source_key LIKE 'advance:%' AND stage = 'released' AND programme = 'geese' AND channel = 'contract'`) == 2
	})

	// Two call-offs on one day; a third one exceeds the signed quantity.
	first, second := b.callOff(c.No, 50), b.callOff(c.No, 30)
	_, err = b.orders.CallOff(officer(), contract.CallOff{No: c.No, Qty: 21, Day: "2026-08-02", IdempotencyKey: b.key()})
	wantCode(t, err, link.SoldOut, "order.quantity.sold_out", "quantity")

	// The market pays more than the floor for first grade, less for second.
	if _, err := b.orders.SetReference(county(), contract.SetReference{Product: "goose", Day: "2026-08-01", Source: "依安镇大集",
		Grades: []contract.Grade{{Grade: "first", Floor: money.Price{Fen: 1500}}, {Grade: "second", Floor: money.Price{Fen: 1100}}}}); err != nil {
		t.Fatal(err)
	}
	shares := b.collection(first.No)
	if len(shares) != 2 || shares[0].ContractNo != c.No || len(shares[0].Adjustments) != 2 {
		t.Fatalf("shares %+v", shares)
	}
	up, down := b.weigh(shares[0], "first", "clean"), b.weigh(shares[1], "second", "wet")
	if up.Price.Fen != 1550 || up.Contract.FloorFen != 1400 || up.Contract.ReferenceFen != 1500 || up.Contract.ReferenceOn != "2026-08-01" {
		t.Errorf("first grade: %+v, %+v", up.Price, up.Contract)
	}
	if down.Price.Fen != 1100 || down.Contract.FloorFen != 1200 || down.Contract.ReferenceFen != 1100 || down.Contract.AdjustFen != -100 {
		t.Errorf("second grade: %+v, %+v", down.Price, down.Contract)
	}
	_, err = b.orders.SetReference(county(), contract.SetReference{Product: "goose", Day: "2026-08-01", Source: "后来改的",
		Grades: []contract.Grade{{Grade: "first", Floor: money.Price{Fen: 1600}}}})
	wantCode(t, err, link.Conflict, "reference.used", "day")
	for _, s := range b.collection(second.No) {
		b.weigh(s, "first")
	}

	// The advance is deducted to the fen.
	up, err = b.orders.Ticket(clerk(), orders.TicketRef{ID: up.ID})
	if err != nil {
		t.Fatal(err)
	}
	if gross := up.NetGrams * 1550 / 500; up.AmountFen+up.Contract.AdvanceFen != gross || up.Contract.AdvanceFen != 60_000 {
		t.Errorf("worth %d: billed %d and %d paid ahead", gross, up.AmountFen, up.Contract.AdvanceFen)
	}
	for _, no := range []string{first.No, second.No} {
		b.becomes(no, orders.StateBilled)
		b.eventually("the bill is closed", func() bool { return b.order(no).DueFen > 0 })
		b.pressPay(b.startPaying(officer(), no))
		b.becomes(no, orders.StateCompleted)
	}
	got, err := b.orders.Contract(officer(), contract.Ref{No: c.No})
	if err != nil {
		t.Fatal(err)
	}
	if got.Quantity != 300 || got.Signed != 100 || got.CalledOff != 80 || got.Received != 80 || got.BilledFen == 0 || got.PaidFen != got.BilledFen || got.WorkedFen != 100_000 {
		t.Errorf("contract %+v", got)
	}
	rate, err := b.orders.Fulfilment(officer(), contract.Ref{No: c.No})
	if err != nil || rate.Contract.RateBP != 10_000 || len(rate.Villages) != 2 || len(rate.Households) != 2 {
		t.Errorf("fulfilment %+v, %v", rate, err)
	}
	b.move(officer(), c.No, contract.StepClose)
	b.eventually("what was not called off is offered again", func() bool { return b.lot(geese, 1).Capacity == 40+12 && b.lot(geese, 3).Capacity == 60+8 })
}

// TestCorrectedTicketGivesAdvanceBack: a superseded ticket of a billed call-off takes its deduction with it.
func TestCorrectedTicketGivesAdvanceBack(t *testing.T) {
	b := setup(t)
	c := b.signing(func(t *contract.Terms) { t.AdvanceFen = 2000 })
	b.sign(c.No, 1, 20)
	b.move(officer(), c.No, contract.StepStart)
	pay, err := b.orders.PayAdvance(officer(), orders.PayRequest{OrderNo: c.No, Method: payments.Sandbox, ReturnURL: "http://x.example/", IdempotencyKey: b.key()})
	if err != nil {
		t.Fatal(err)
	}
	b.pressPay(pay)
	b.eventually("the advance is paid", func() bool { return b.count(`SELECT advance_due FROM contract`) == 0 })
	o := b.callOff(c.No, 10)
	ticket := b.weigh(b.collection(o.No)[0], "first")
	if n := b.count(`SELECT worked_fen FROM quota`); n != 40_000 {
		t.Fatalf("%d fen worked off", n)
	}
	_, err = b.orders.Weigh(clerk(), orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: o.No, Line: 1, LotID: ticket.LotID, PointID: 1, Units: 10,
		GrossGrams: 41_000, Grade: "second", Supersedes: ticket.ID})
	if err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT worked_fen FROM quota`); n != 40_000 {
		t.Errorf("%d fen worked off after the correction", n)
	}
	if n := b.count(`SELECT advance_fen FROM contract_ticket WHERE ticket_id = $1`, ticket.ID); n != 0 {
		t.Errorf("the old ticket still says %d", n)
	}
}

// TestUnworkedAdvanceIsOwedBack: an advance for goods that were never called off is kept back and refunded.
func TestUnworkedAdvanceIsOwedBack(t *testing.T) {
	b := setup(t)
	c := b.signing()
	b.sign(c.No, 1, 20)
	b.move(officer(), c.No, contract.StepStart)
	pay, err := b.orders.PayAdvance(officer(), orders.PayRequest{OrderNo: c.No, Method: payments.Sandbox, ReturnURL: "http://x.example/", IdempotencyKey: b.key()})
	if err != nil {
		t.Fatal(err)
	}
	b.pressPay(pay)
	b.eventually("the advance is released", func() bool { return b.count(`SELECT count(*) FROM income_entry WHERE stage = 'released'`) == 1 })
	b.move(officer(), c.No, contract.StepClose)
	b.eventually("nothing is owed and the buyer is refunded", func() bool {
		var fen int64
		_ = b.money.Get(&fen, `SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE ref LIKE 'contract:%'`)
		return fen == 20_000 && b.count(`SELECT count(*) FROM income_entry`) == 0
	})
}

// TestProposals: the platform proposes by the fair policy; declined and unanswered parts are offered on, to nobody twice.
func TestProposals(t *testing.T) {
	b := setup(t)
	c := b.contract(func(t *contract.Terms) { t.Quantity, t.MaxQuota, t.MinQuota = 40, 20, 20 })
	b.move(officer(), c.No, contract.StepSubmit)
	b.move(approver(), c.No, contract.StepApprove)
	if _, err := b.orders.MoveContract(officer(), contract.Move{No: c.No, Step: contract.StepOpen, Propose: true}); err != nil {
		t.Fatal(err)
	}
	quotas := func(s contract.QuotaState) contract.QuotaPage {
		p, err := b.orders.Quotas(officer(), contract.QuotaFilter{No: c.No, State: s, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	b.eventually("all is proposed", func() bool { return quotas(contract.QuotaProposed).Qty == 40 })
	mine := quotas(contract.QuotaProposed).Items[0]
	_, err := b.orders.AnswerQuota(household(mine.HouseholdID%6+1), contract.AnswerQuota{ID: mine.ID, Accept: true})
	wantCode(t, err, link.NotFound, "quota.unknown", "id")
	for range 2 { // a double click
		if q, err := b.orders.AnswerQuota(household(mine.HouseholdID), contract.AnswerQuota{ID: mine.ID, Accept: true}); err != nil || q.State != contract.QuotaSigned {
			t.Fatalf("%+v, %v", q, err)
		}
	}
	_, err = b.orders.AnswerQuota(household(mine.HouseholdID), contract.AnswerQuota{ID: mine.ID})
	wantCode(t, err, link.Conflict, "quota.answered", "")
	other := quotas(contract.QuotaProposed).Items[0]
	if q, err := b.orders.AnswerQuota(helper(1), contract.AnswerQuota{ID: other.ID, Reason: "家里没人手"}); err != nil || q.State != contract.QuotaDeclined {
		t.Fatalf("the helper declines: %+v, %v", q, err)
	}
	b.eventually("what was declined is offered to others", func() bool {
		p := quotas(contract.QuotaProposed)
		for _, q := range p.Items {
			if q.HouseholdID == other.HouseholdID {
				t.Errorf("household %d is asked again", q.HouseholdID)
			}
		}
		return p.Qty+mine.Qty == 40
	})
	b.clock.Advance(8 * 24 * time.Hour)
	b.eventually("what was not answered lapsed", func() bool { return quotas(contract.QuotaLapsed).Total > 0 })
}

// TestContractIsNotOverpromised: households that sign at the same moment get the remaining quantity and no more.
func TestContractIsNotOverpromised(t *testing.T) {
	b := setup(t)
	c := b.signing(func(t *contract.Terms) { t.Quantity, t.MaxQuota = 100, 40 })
	var wg sync.WaitGroup
	for id := int64(1); id <= 6; id++ {
		wg.Go(func() {
			_, err := b.orders.SignUp(household(id), contract.SignUp{No: c.No, Qty: 40, IdempotencyKey: fmt.Sprintf("sign-%08d", id)})
			if err != nil && link.CodeOf(err) != link.SoldOut {
				t.Errorf("household %d: %v", id, err)
			}
		})
	}
	wg.Wait()
	if n := b.count(`SELECT sum(qty) FROM quota WHERE state = 'signed'`); n != 80 {
		t.Errorf("%d signed", n)
	}
	_, err := b.db.Exec(`INSERT INTO quota (contract_id, household_id, village_id, qty, state, answer_by, created_at) SELECT id, 99, 1, 21, 'proposed', now(), now() FROM contract`)
	if link.Constraint(err) != "contract_not_overpromised" {
		t.Errorf("the database took more than the contract: %v", err)
	}
}

// TestQuotaIsBoundByWhatThereIs: a household cannot promise a goose twice.
func TestQuotaIsBoundByWhatThereIs(t *testing.T) {
	b := setup(t)
	c := b.signing(func(t *contract.Terms) { t.MaxQuota = 200 })
	b.pay(buyer(1), b.place(buyer(1), b.asking(geese, 50)).No)
	sold := b.reserved(geese)
	if sold != 50 {
		t.Fatalf("%d geese sold", sold)
	}
	var most int64 // of the lots' remaining units
	if err := b.stock.Get(&most, `SELECT max(reserved) FROM lot WHERE presale_id = $1`, geese); err != nil {
		t.Fatal(err)
	}
	offer, err := b.orders.SignOffer(household(1), contract.SignOfferRequest{No: c.No})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.orders.SignUp(household(1), contract.SignUp{No: c.No, Qty: offer.Most + 1, IdempotencyKey: b.key()})
	wantCode(t, err, link.SoldOut, "quota.supply", "qty")
	if n := b.count(`SELECT promised FROM contract`); n != 0 {
		t.Errorf("%d still promised", n)
	}
	b.sign(c.No, 1, offer.Most)
	if l := b.lot(geese, 1); l.Capacity != l.Reserved {
		t.Errorf("household 1 offers %d beside what it signed for", l.Capacity-l.Reserved)
	}
}

// TestWhatStands: terms, signed texts and prices cannot be changed by anybody, and nobody decides on their own submission.
func TestWhatStands(t *testing.T) {
	b := setup(t)
	c := b.contract()
	if _, err := b.orders.MoveContract(officer(), contract.Move{No: c.No, Step: contract.StepApprove}); link.CodeOf(err) != link.Forbidden {
		t.Errorf("an officer approves: %v", err)
	}
	b.move(approver(), c.No, contract.StepSubmit)
	_, err := b.orders.MoveContract(approver(), contract.Move{No: c.No, Step: contract.StepApprove})
	wantCode(t, err, link.Forbidden, "contract.same_person", "")
	b.move(as("org_approver", 23, 2), c.No, contract.StepApprove)
	_, err = b.orders.SaveContract(officer(), contract.Save{No: c.No, Terms: b.terms(), IdempotencyKey: b.key()})
	wantCode(t, err, link.Conflict, "contract.not_draft", "")
	b.move(officer(), c.No, contract.StepOpen)
	wantActs(t, b.db, "contract.submit", "contract.approve", "contract.open")
	signed := b.sign(c.No, 1, 10)
	wantActs(t, b.db, "contract.submit", "contract.approve", "contract.open", fmt.Sprint("contract.signed_up ", signed.ID))
	for _, c := range []struct{ sql, constraint string }{
		{`UPDATE contract SET quantity = 1000`, "contract_terms_stand"},
		{`UPDATE contract SET terms = '{}'`, "contract_terms_stand"},
		{`UPDATE quota SET text = 'x'`, "quota_immutable"},
		{`UPDATE quota SET qty = 5`, "quota_immutable"},
		{`UPDATE contract SET approved_id = submitted_id`, "contract_two_people"},
	} {
		if _, err := b.db.Exec(c.sql); link.Constraint(err) != c.constraint {
			t.Errorf("%s: %v", c.sql, err)
		}
	}
	for name, who := range map[string]context.Context{"another organisation": as("officer", 41, 3), "a buyer": buyer(5)} {
		if _, err := b.orders.Contract(who, contract.Ref{No: c.No}); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s reads it: %v", name, err)
		}
	}
	_, err = b.orders.CallOff(clerk(), contract.CallOff{No: c.No, Qty: 5, Day: "2026-08-02", IdempotencyKey: b.key()})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = b.orders.CallOff(officer(), contract.CallOff{No: c.No, Qty: 5, Day: "2026-08-02", IdempotencyKey: b.key()})
	wantCode(t, err, link.Conflict, "contract.not_running", "")
}

// TestCallOffTwice: the same request is one call-off; nobody else can order the goods that a contract keeps.
func TestCallOffTwice(t *testing.T) {
	b := setup(t)
	c := b.signing()
	b.sign(c.No, 1, 20)
	b.move(officer(), c.No, contract.StepStart)
	r := contract.CallOff{No: c.No, Qty: 20, Day: "2026-08-03", IdempotencyKey: b.key()}
	var wg sync.WaitGroup
	numbers := make([]string, 4)
	for i := range numbers {
		wg.Go(func() {
			o, err := b.orders.CallOff(officer(), r)
			if err != nil {
				t.Error(err)
			}
			numbers[i] = o.No
		})
	}
	wg.Wait()
	for _, no := range numbers {
		if no != numbers[0] {
			t.Errorf("several call-offs: %v", numbers)
		}
	}
	changed := r
	changed.Qty = 5
	_, err := b.orders.CallOff(officer(), changed)
	wantCode(t, err, link.Conflict, "order.key.reused", "idempotency_key")
	var presale int64
	if err := b.db.Get(&presale, `SELECT presale_id FROM contract`); err != nil {
		t.Fatal(err)
	}
	_, err = b.orders.Place(officer(), b.asking(presale, 1))
	wantCode(t, err, link.Invalid, "presale.unknown", "lines[0].presale_id")
	if _, err := b.catalog.Presale(buyer(1), catalog.PresaleRef{ID: presale}); link.CodeOf(err) != link.NotFound {
		t.Errorf("a stranger sees the contract's presale: %v", err)
	}
	if _, err := b.stock.Exec(`UPDATE lot SET reserved = reserved + 1 WHERE presale_id = $1`, presale); link.Constraint(err) != "lot_not_oversold" {
		t.Errorf("the database let a quota be exceeded: %v", err)
	}
}

// TestShortQuotaIsRefilled: the missing units of one household come from the quotas of the others.
func TestShortQuotaIsRefilled(t *testing.T) {
	b := setup(t)
	c := b.signing()
	b.sign(c.No, 1, 20)
	b.sign(c.No, 3, 40)
	b.move(officer(), c.No, contract.StepStart)
	o := b.callOff(c.No, 30)
	s := b.collection(o.No)[0]
	short := orders.ShortRequest{OrderNo: o.No, Line: 1, LotID: s.LotID, Units: s.Qty, Reason: "died", Lost: true, IdempotencyKey: b.key()}
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		res, err := b.orders.ReportShort(clerk(), short)
		if err != nil || res.Refilled+res.Looking != s.Qty || time.Now().After(deadline) {
			t.Fatalf("%+v, %v", res, err)
		}
		if res.Looking == 0 {
			break // asked again, it gives the result
		}
	}
	plan, err := b.orders.Plan(officer(), contract.PlanRequest{No: c.No, Day: "2026-08-02"})
	if err != nil || len(plan.Stops) != 2 {
		t.Fatalf("plan %+v, %v", plan, err)
	}
	list, err := b.orders.Plan(clerk(), contract.PlanRequest{Day: "2026-08-02", Village: 2})
	if err != nil || len(list.Stops) != 1 || len(list.Stops[0].Shares) != 1 || list.Stops[0].Shares[0].Qty != 30 {
		t.Errorf("village list %+v, %v", list, err)
	}
}
