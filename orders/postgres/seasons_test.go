package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// seasons is the catalogue's part of seasons.
func (b *bundle) seasons() catalog.Seasons { return catalog.NewSeasonsClient(b.server.Connect(b.t)) }

// open returns what keeps a season from being closed.
func (b *bundle) open(season int) map[orders.OpenKind]orders.OpenItem {
	b.t.Helper()
	items, err := b.orders.SeasonOpenItems(county(), catalog.SeasonRef{Season: season})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(items.Items) != len(orders.OpenKinds) {
		b.t.Errorf("%d kinds of %d", len(items.Items), len(orders.OpenKinds))
	}
	open := map[orders.OpenKind]orders.OpenItem{}
	for _, i := range items.Open() {
		open[i.Kind] = i
	}
	return open
}

// wantOpen fails the test unless exactly these kinds are open.
func (b *bundle) wantOpen(when string, kinds ...orders.OpenKind) {
	b.t.Helper()
	want := map[orders.OpenKind]bool{}
	for _, k := range kinds {
		want[k] = true
	}
	b.eventually(when, func() bool {
		open := b.open(2026)
		for k := range open {
			if !want[k] {
				return false
			}
		}
		return len(open) == len(want)
	})
}

// closePresales closes the county's presales.
func (b *bundle) closePresales() {
	b.t.Helper()
	for _, id := range []int64{geese, beans, gift} {
		if _, err := b.catalog.SetPresaleState(county(), catalog.PresaleStateRequest{ID: id, State: catalog.PresaleClosed}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bundle) begin(season int) {
	b.t.Helper()
	if _, err := b.seasons().PlanSeason(county(), catalog.PlanSeason{Season: season}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.seasons().BeginSeason(county(), catalog.SeasonRef{Season: season}); err != nil {
		b.t.Fatal(err)
	}
}

// A season closes when its last household is paid, and not before; each step leaves one thing less.
func TestASeasonClosesWhenEverythingIsPaid(t *testing.T) {
	b := setup(t)
	close2026 := func() error {
		_, err := b.orders.CloseSeason(county(), catalog.SeasonRef{Season: 2026})
		return err
	}
	wantCode(t, close2026(), link.Conflict, "season.close.state", "") // it is current

	o := b.place(buyer(501), b.asking(geese, 2))
	b.pay(buyer(501), o.No)
	b.becomes(o.No, orders.StateConfirmed)
	b.begin(2027)
	b.wantOpen("an order of the old season", orders.OpenPresales, orders.OpenHolds, orders.OpenOrders, orders.OpenExpected)
	wantCode(t, close2026(), link.Conflict, "season.not_settled", "season")
	b.closePresales()
	b.wantOpen("presales closed", orders.OpenHolds, orders.OpenOrders, orders.OpenExpected)

	b.clock.Advance(45 * 24 * time.Hour)
	shares := b.collection(o.No)
	first, ticket := shares[0], b.weigh(shares[0], "first")
	for _, s := range shares[1:] {
		b.weigh(s, "first")
	}
	b.becomes(o.No, orders.StateBilled)
	b.wantOpen("weighed", orders.OpenOrders, orders.OpenUnsettled)
	b.eventually("the balance is known", func() bool { return b.count(`SELECT balance_fen FROM orders WHERE id = $1`, o.ID) > 0 })
	b.pressPay(b.startPaying(buyer(501), o.No))
	b.becomes(o.No, orders.StatePaid)
	b.clock.Advance(72 * time.Hour) // the time to complain
	b.becomes(o.No, orders.StateCompleted)
	b.wantOpen("households are still to be paid", orders.OpenUnpaid)
	if unpaid := b.open(2026)[orders.OpenUnpaid]; unpaid.AmountFen <= 0 {
		t.Errorf("unpaid: %+v", unpaid)
	}
	wantCode(t, close2026(), link.Conflict, "season.not_settled", "season")

	// What is owed from the old season stands beside the new one, and not in it.
	owed, carried := b.open(2026)[orders.OpenUnpaid].AmountFen, int64(0)
	for h := int64(1); h <= 6; h++ {
		income, err := b.orders.Income(household(h), orders.IncomeRequest{HouseholdID: h, Season: 2027})
		if err != nil {
			t.Fatal(err)
		}
		if income.Sum != (orders.IncomeSum{}) {
			t.Errorf("household %d has %+v in the new season", h, income.Sum)
		}
		carried += income.CarriedFen
	}
	if carried != owed {
		t.Errorf("households' statements carry %d over, %d is owed", carried, owed)
	}
	b.eventually("the new season's report has what is owed from the old one", func() bool { // figures may be seconds old
		report, err := b.orders.Report(county(), orders.ReportRequest{Season: 2027})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.ByChannel) != 0 || len(report.Orders) != 0 {
			t.Errorf("the new season's report has %+v, %+v", report.ByChannel, report.Orders)
		}
		return report.CarriedFen == owed
	})
	if old, err := b.orders.Report(county(), orders.ReportRequest{Season: 2026}); err != nil || len(old.Orders) != 1 || old.Orders[0].Count != 1 || old.CarriedFen != 0 {
		t.Errorf("the old season's report: %+v, %v", old.Orders, err)
	}

	batch := b.payOut()
	b.wantOpen("everything is paid")
	for name, ctx := range map[string]context.Context{"a buyer": buyer(501), "the system": system()} {
		if _, err := b.orders.CloseSeason(ctx, catalog.SeasonRef{Season: 2026}); link.CodeOf(err) != link.Forbidden {
			t.Errorf("%s closes a season: %v", name, err)
		}
	}
	if err := close2026(); err != nil {
		t.Fatal(err)
	}
	if err := close2026(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	d, err := b.seasons().Season(county(), catalog.SeasonRef{Season: 2026})
	if err != nil || d.State != catalog.SeasonClosed || d.Acts[0].Actor != "operator11" {
		t.Errorf("closed: %+v, %v", d, err)
	}

	// The bank gives a payout back: the season stays closed, and says so.
	b.returned(batch, first.HouseholdID)
	b.wantOpen("a payout came back", orders.OpenUnpaid)
	b.eventually("verify notes it", func() bool {
		found, err := b.orders.Verify(system(), orders.None{})
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(found.Items, func(f orders.Finding) bool {
			return f.Note && f.Check == "closed season" && f.Object == "season 2026" && strings.Contains(f.Detail, "unpaid")
		})
	})

	// Nothing comes into it any more.
	_, err = b.orders.Weigh(clerk(), orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: o.No, Line: 1, LotID: first.LotID, PointID: first.VillageID,
		Units: first.Qty, Grade: "first", GrossGrams: first.Qty*4100 + 500, TareGrams: 500, Supersedes: ticket.ID})
	if e := link.AsError(err); e == nil || e.Key != "season.closed" {
		t.Errorf("a ticket of a closed season is corrected: %v", err)
	}
	_, err = b.orders.ReopenSeason(county(), orders.ReopenSeason{Season: 2026, Reason: "  "})
	wantCode(t, err, link.Invalid, "act.reason", "reason")
	if s, err := b.orders.ReopenSeason(county(), orders.ReopenSeason{Season: 2026, Reason: "少算一张单"}); err != nil || s.State != catalog.SeasonClosing {
		t.Errorf("reopen: %+v, %v", s, err)
	}
}

func TestVerifyFindsOrdersInClosedSeasons(t *testing.T) {
	b := setup(t)
	b.harmed = true
	b.place(buyer(501), b.asking(geese, 2)) // waits for its deposit
	b.begin(2027)
	if _, err := b.stock.Exec(`UPDATE season SET state = 'closed', closed_at = now() WHERE id = 2026; UPDATE reference_version SET version = version + 1`); err != nil {
		t.Fatal(err)
	}
	b.eventually("verify finds it", func() bool {
		found, err := b.orders.Verify(system(), orders.None{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found.Items {
			if f.Check == "closed season" && f.Object == "season 2026" {
				return true
			}
		}
		return false
	})
}

// returned has the bank give back a payment to a household.
func (b *bundle) returned(batch, household int64) {
	b.t.Helper()
	sample, err := b.payments.SampleResult(county(), payments.BatchSampleResult{ID: batch, Returns: []int64{household}})
	if err != nil {
		b.t.Fatal(err)
	}
	got, err := b.payments.ImportResult(county(), payments.ImportResult{BatchID: batch, Name: "退票.csv", Data: sample.Data})
	if err != nil || got.Returned != 1 {
		b.t.Fatalf("given back: %+v, %v", got, err)
	}
}

// payOut pays everything that is released, as the county does, and returns the batch.
func (b *bundle) payOut() int64 {
	b.t.Helper()
	first, second := county(), as("approver", 12, 0)
	for h := int64(1); h <= 6; h++ {
		_, err := b.payments.SetPayoutAccount(household(h), payments.SetPayoutAccount{Household: h, Holder: "户主", Bank: "农商行", Number: accountNumber(h)})
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := b.payments.ApprovePayoutAccount(second, payments.HouseholdRef{ID: h}); err != nil {
			b.t.Fatal(err)
		}
	}
	batch, err := b.payments.CreateBatch(first, payments.CreateBatch{IdempotencyKey: b.key()})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.payments.DecideBatch(second, payments.DecideBatch{ID: batch.ID, Approve: true}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.payments.ExportBatch(first, payments.ExportBatch{ID: batch.ID, Format: "csv"}); err != nil {
		b.t.Fatal(err)
	}
	sample, err := b.payments.SampleResult(first, payments.BatchSampleResult{ID: batch.ID})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.payments.ImportResult(first, payments.ImportResult{BatchID: batch.ID, Name: sample.Name, Data: sample.Data}); err != nil {
		b.t.Fatal(err)
	}
	return batch.ID
}

// accountNumber is a card number whose last digit checks the others.
func accountNumber(n int64) string {
	body := fmt.Sprintf("622848000000000%03d", n)
	sum := 0
	for i := range body {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + fmt.Sprint((10-sum%10)%10)
}
