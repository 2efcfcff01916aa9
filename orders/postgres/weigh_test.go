package postgres_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

func TestOneWeighingSentManyTimesIsOneTicket(t *testing.T) {
	b := newStation(t, 3)
	b.order(shareUnits)
	r := weighing(b.list(weigher)[0], 2, 4001)
	ids := make([]int64, 10)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			got, err := b.orders.Weigh(weigher, r)
			if err != nil {
				t.Error(err)
			}
			ids[i] = got.ID
		})
	}
	wg.Wait()
	if len(slices.Compact(ids)) != 1 || ids[0] == 0 {
		t.Errorf("tickets are %v", ids)
	}
	r.GrossGrams++
	_, err := b.orders.Weigh(weigher, r)
	wantRefusal(t, err, link.Conflict, "weigh.client_id.reused")
	// A ticket stays as it is, for every writer.
	for _, sql := range []string{`UPDATE ticket SET gross_grams = gross_grams + 1`, `DELETE FROM ticket`} {
		if _, err := b.db.Exec(sql); link.Constraint(err) != "ticket_immutable" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestFarFromTheEstimateWaitsForASecondPerson(t *testing.T) {
	b := newStation(t, 3)
	b.order(2 * shareUnits)
	list := b.list(weigher)
	held := b.weigh(weigher, weighing(list[0], list[0].Qty, 6000), orders.TicketHeld)
	if held.HeldFor == "" {
		t.Errorf("it is not said why: %+v", held)
	}
	if n := b.count(`SELECT received FROM share WHERE lot_id = $1`, list[0].LotID); n != 0 {
		t.Errorf("%d units count before the second person has looked", n)
	}
	_, err := b.orders.DecideTicket(weigher, orders.DecideTicketRequest{ID: held.ID, Accept: true})
	wantRefusal(t, err, link.Forbidden, "ticket.decide.same_person")
	_, err = b.orders.DecideTicket(stranger, orders.DecideTicketRequest{ID: held.ID, Accept: true})
	wantRefusal(t, err, link.NotFound, "ticket.unknown")
	_, err = b.orders.DecideTicket(colleague, orders.DecideTicketRequest{ID: held.ID})
	wantRefusal(t, err, link.Invalid, "ticket.decide.reason")
	for range 2 {
		got, err := b.orders.DecideTicket(colleague, orders.DecideTicketRequest{ID: held.ID, Accept: true})
		b.must(err)
		if got.State != orders.TicketAccepted || got.ConfirmedBy != "colleague" {
			t.Errorf("decided: %+v", got)
		}
	}
	second := b.weigh(weigher, weighing(list[1], list[1].Qty, 2000), orders.TicketHeld)
	if _, err := b.orders.DecideTicket(colleague, orders.DecideTicketRequest{ID: second.ID, Reason: "秤没归零"}); err != nil {
		t.Fatal(err)
	}
	b.weigh(weigher, weighing(list[1], list[1].Qty, 4000), orders.TicketAccepted)
	wantActs(t, b.db, "decision.ticket approve", "decision.ticket refuse")
}

// wantActs wants exactly these acts of an area in the order in which they were published for the audit trail.
func wantActs(t *testing.T, db *sqlx.DB, want ...string) {
	t.Helper()
	area, _, _ := strings.Cut(want[0], ".")
	var acts []string
	err := db.Select(&acts, `
		SELECT data->>'kind' || coalesce(' ' || (data->>'detail'), '') FROM outbox
		WHERE subject = $1 AND starts_with(data->>'kind', $2 || '.') ORDER BY seq`, orders.EvtAct, area)
	if err != nil || !slices.Equal(acts, want) {
		t.Errorf("acts %q, %v; want %q", acts, err, want)
	}
}

// wantVillageFees wants payments to have a fifth of the fees of an order's standing deliveries, and the change, for their
// villages.
func (b *station) wantVillageFees(notes orders.DeliveryNotes) {
	b.t.Helper()
	want := map[int64]int64{}
	for _, n := range notes.Items {
		if n.Reversed {
			continue
		}
		part, err := orders.VillageFee(n.FeeFen, 2050)
		if err != nil || part <= 0 || part >= n.FeeFen {
			b.t.Fatalf("%d of the fee %d: %v", part, n.FeeFen, err)
		}
		want[n.VillageID] += part
	}
	b.await("the villages' parts of fees being booked", func() bool {
		fees, err := b.payments.VillageFees(system(), payments.None{})
		if err != nil {
			b.t.Fatal(err)
		}
		got := map[int64]int64{}
		for _, f := range fees.Items {
			got[f.Village] = f.AmountFen
		}
		return maps.Equal(got, want)
	})
}

// From the scale to the bank: a delivery's money is split to the fen, corrected by superseding, and every household's
// ledger says the same as the tickets and as payments.
func TestIncomeFollowsTheGoodsToTheBank(t *testing.T) {
	b := newStation(t, 4)
	o := b.order(4 * shareUnits)
	list := b.list(operator)
	if len(list) != 4 {
		t.Fatalf("%d shares", len(list))
	}
	for _, s := range list {
		i := b.income(ofHousehold(s.HouseholdID), 0)
		if i.Sum.ExpectedFen != s.ExpectedFen || i.Sum.OwedFen+i.Sum.PaidFen != 0 || len(i.Entries) != 1 || i.Entries[0].Policy == "" {
			t.Errorf("before the scale household %d reads %+v", s.HouseholdID, i.Sum)
		}
	}
	tickets := map[int64]orders.Ticket{}
	for i, s := range list {
		tickets[s.HouseholdID] = b.weigh(operator, weighing(s, shareUnits, 4001+int64(i)*37), orders.TicketAccepted)
	}
	o = b.inState(o, orders.StateBilled)
	var billed int64
	for h, tk := range tickets {
		got, err := b.orders.Ticket(ofHousehold(h), orders.TicketRef{ID: tk.ID})
		b.must(err)
		if !got.Settled || got.NetFen != got.AmountFen-got.FeeFen || got.NetGrams != got.GrossGrams-got.TareGrams {
			t.Errorf("the ticket is %+v", got)
		}
		billed += got.AmountFen
		i := b.income(ofHousehold(h), 0)
		if i.Sum != (orders.IncomeSum{OwedFen: got.NetFen}) || i.Entries[0].TicketID != tk.ID || i.Entries[0].GrossFen != got.AmountFen || i.Entries[0].FeeFen != got.FeeFen {
			t.Errorf("household %d reads %+v, its ticket says %d", h, i.Sum, got.NetFen)
		}
		if i.ByProgramme[0].Key != "geese" || i.ByChannel[0].Key != "contract" || len(i.ByMonth) != 1 {
			t.Errorf("by programme, channel and month: %+v %+v %+v", i.ByProgramme, i.ByChannel, i.ByMonth)
		}
	}
	if billed != o.AmountFen {
		t.Errorf("tickets are worth %d, the bill is %d", billed, o.AmountFen)
	}
	notes, err := b.orders.Deliveries(purchaser, orders.OrderRef{No: o.No})
	b.must(err)
	var sum int64
	for _, n := range notes.Items {
		sum += n.AmountFen
		var grams, amount, fee int64
		b.must(b.db.QueryRow(`SELECT sum(net_grams), sum(amount_fen), sum(fee_fen) FROM ticket WHERE delivery_id = $1`, n.ID).Scan(&grams, &amount, &fee))
		want, err := (money.Price{Fen: 1401, Per: 500}).Amount(grams)
		b.must(err)
		kept, err := money.BasisPoints(want, 500)
		b.must(err)
		if n.AmountFen != want || amount != want || n.FeeFen != kept || fee != kept {
			t.Errorf("delivery %+v of %d g: tickets %d and %d, want %d and %d", n, grams, amount, fee, want, kept)
		}
	}
	if sum != o.AmountFen {
		t.Errorf("deliveries are worth %d, the bill is %d", sum, o.AmountFen)
	}
	b.wantVillageFees(notes)

	// One was weighed wrong: the whole village is settled anew.
	s := list[0]
	wrong := tickets[s.HouseholdID]
	r := weighing(s, shareUnits, 4200)
	r.Supersedes = wrong.ID
	right := b.weigh(operator, r, orders.TicketAccepted)
	o = b.inState(o, orders.StateBilled)
	old, err := b.orders.Ticket(operator, orders.TicketRef{ID: wrong.ID})
	b.must(err)
	if old.State != orders.TicketSuperseded || old.SupersededBy != right.ID || old.NetGrams != wrong.NetGrams || old.AmountFen != 0 {
		t.Errorf("the superseded ticket is %+v", old)
	}
	notes, err = b.orders.Deliveries(purchaser, orders.OrderRef{No: o.No})
	b.must(err)
	b.wantVillageFees(notes)
	// A part on which orders and payments do not agree is a finding of verify.
	for _, c := range []struct {
		change string
		found  bool
	}{{"- 1", true}, {"+ 1", false}} {
		_, err = b.db.Exec(`ALTER TABLE delivery DISABLE TRIGGER USER; UPDATE delivery SET village_fen = village_fen ` + c.change +
			` WHERE reversed_at IS NULL; ALTER TABLE delivery ENABLE TRIGGER USER`)
		b.must(err)
		found, err := b.orders.Verify(system(), orders.None{})
		b.must(err)
		if hasFinding(found, "fees of villages") != c.found {
			t.Errorf("parts of villages %s: verify finds %+v", c.change, found.Items)
		}
	}
	if i := b.income(ofHousehold(s.HouseholdID), 0); len(i.Entries) != 1 || i.Entries[0].TicketID != right.ID || i.Entries[0].VillageBP != 2050 {
		t.Errorf("after the correction household %d reads %+v", s.HouseholdID, i.Entries)
	}

	b.transfers(o)
	b.inState(o, orders.StateCompleted)
	var accounts []payments.PayoutAccount
	for h := range tickets {
		accounts = append(accounts, payments.PayoutAccount{Household: h, Holder: "演示户", Bank: "依安县农村信用社", Number: "62284800000000000" + string(rune('0'+h))})
	}
	b.must(b.payments.LoadPayoutAccounts(system(), accounts))
	b.await("something to pay out", func() bool {
		sum, err := b.payments.PayoutSummary(operator, payments.None{})
		b.must(err)
		return sum.ReleasedFen > 0
	})
	batch, err := b.payments.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: uuid.NewString()})
	b.must(err)
	_, err = b.payments.DecideBatch(secondPerson, payments.DecideBatch{ID: batch.ID, Approve: true})
	b.must(err)
	_, err = b.payments.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"})
	b.must(err)
	answer, err := b.payments.SampleResult(operator, payments.BatchSampleResult{ID: batch.ID})
	b.must(err)
	_, err = b.payments.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: answer.Name, Data: answer.Data})
	b.must(err)
	var paid int64
	for h := range tickets {
		b.await("money at the household", func() bool { return b.income(ofHousehold(h), 0).Sum.PaidFen > 0 })
		i := b.income(ofHousehold(h), 0)
		if i.Sum.OwedFen+i.Sum.ExpectedFen != 0 || i.Entries[0].PayoutItem == 0 || i.Entries[0].PaidOn == nil {
			t.Errorf("paid, household %d reads %+v", h, i)
		}
		paid += i.Sum.PaidFen
	}
	if paid != batch.AmountFen {
		t.Errorf("households read %d, the bank paid %d", paid, batch.AmountFen)
	}

	// Read anew from its sources the ledger is the same.
	before := b.count(`SELECT count(*) FROM income_entry`)
	rebuilt, err := b.orders.RebuildIncome(system(), orders.None{})
	b.must(err)
	if rebuilt.Entries != before {
		t.Errorf("rebuilt %d entries, before there were %d", rebuilt.Entries, before)
	}
	for h := range tickets {
		if i := b.income(ofHousehold(h), 0); i.Sum.PaidFen == 0 || i.Sum.OwedFen+i.Sum.ExpectedFen != 0 {
			t.Errorf("rebuilt, household %d reads %+v", h, i.Sum)
		}
	}
}

// A ledger is read by the household, by its helper while it consents, and by the county.
func TestWhoReadsALedger(t *testing.T) {
	b := newStation(t, 4)
	b.order(4 * shareUnits)
	i := b.income(ofHousehold(1), 0)
	for _, y := range i.Years {
		if y.VillagePerPersonFen == 0 && y.Total() > 0 {
			t.Errorf("the village's average is missing: %+v", y)
		}
	}
	if got := b.income(operator, 1); got.Sum != i.Sum {
		t.Errorf("the county reads %+v", got.Sum)
	}
	if got := b.income(byHelper(1), 1); got.Sum != i.Sum {
		t.Errorf("the helper reads %+v", got.Sum)
	}
	_, err := b.orders.Income(ofHousehold(2), orders.IncomeRequest{HouseholdID: 1})
	wantRefusal(t, err, link.NotFound, "household.unknown")
	_, err = b.orders.Income(byHelper(2), orders.IncomeRequest{HouseholdID: 1})
	wantRefusal(t, err, link.NotFound, "household.unknown")
	_, err = b.orders.Income(byHelper(1), orders.IncomeRequest{HouseholdID: 2}) // never agreed
	wantRefusal(t, err, link.Forbidden, "household.consent.missing")
	_, err = b.orders.Income(weigher, orders.IncomeRequest{HouseholdID: 1})
	wantRefusal(t, err, link.Forbidden, "forbidden")

	// Taken back, the next request is refused.
	if _, err := b.catalog.SetConsent(ofHousehold(1), consent(1, false)); err != nil {
		t.Fatal(err)
	}
	_, err = b.orders.Income(byHelper(1), orders.IncomeRequest{HouseholdID: 1})
	wantRefusal(t, err, link.Forbidden, "household.consent.missing")
	_, err = b.orders.Tickets(byHelper(1), orders.TicketFilter{Household: 1})
	wantRefusal(t, err, link.Forbidden, "household.consent.missing")
}
