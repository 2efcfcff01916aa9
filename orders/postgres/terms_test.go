package postgres_test

import (
	"encoding/json"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// offered is the geese's presale as its seller would save it, with other terms.
func (b *bundle) offered(terms catalog.Terms) catalog.Presale {
	b.t.Helper()
	p, err := b.catalog.Presale(system(), catalog.PresaleRef{ID: geese})
	if err != nil {
		b.t.Fatal(err)
	}
	return catalog.Presale{ID: geese, ProductID: p.Product.ID, Code: p.Code, Title: p.Title, Season: p.Season, Channels: p.Channels, OpensAt: p.OpensAt,
		ClosesAt: p.ClosesAt, DeliverFrom: p.DeliverFrom, DeliverTo: p.DeliverTo, Grades: p.Grades, GramsPerUnit: p.GramsPerUnit, MinQty: p.MinQty,
		StepQty: p.StepQty, MaxQty: p.MaxQty, CollectionMin: 2, SellerOrg: p.SellerOrg, Policy: "fair", Terms: terms}
}

// changeTerms gives the geese other terms, however it comes to that, and has them seen by everybody.
func (b *bundle) changeTerms(terms catalog.Terms) {
	b.t.Helper()
	text, err := json.Marshal(terms)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.stock.Exec(`UPDATE presale SET terms = $2 WHERE id = $1`, geese, string(text)); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.catalog.SavePresale(county(), b.offered(terms)); err != nil { // so that it is read anew
		b.t.Fatal(err)
	}
	b.eventually("the catalogue offers the new terms", func() bool { return b.offeredTerms() == terms })
	first := b.orders
	b.orders, _ = b.process()                // it has never seen the old ones
	b.t.Cleanup(func() { b.orders = first }) // which lives until the end
}

func (b *bundle) offeredTerms() catalog.Terms {
	b.t.Helper()
	p, err := b.catalog.Presale(system(), catalog.PresaleRef{ID: geese})
	if err != nil {
		b.t.Fatal(err)
	}
	return p.Terms
}

// The cost of cancelling, the free hours and the time to complain stay as the order said when it was placed.
func TestForfeitIsAsItWasAtPlacement(t *testing.T) {
	b := setup(t)
	late, free := b.pay(buyer(501), b.place(buyer(501), b.asking(geese, 20)).No), b.pay(buyer(502), b.place(buyer(502), b.asking(geese, 20)).No)
	other := catalog.Terms{DepositBP: 9000, FeeBP: 300, ForfeitBP: 10_000}
	_, err := b.catalog.SavePresale(county(), b.offered(other))
	wantCode(t, err, link.Conflict, "presale.not_draft", "")
	b.changeTerms(other)

	for _, o := range []orders.Order{late, free} {
		if got := b.order(o.No).Lines[0].Terms; got.ForfeitBP != 5000 || got.FreeCancelHours != 24 || got.InspectionHours != 48 || got.WeightToleranceBP != 2500 {
			t.Errorf("the order's terms became %+v", got)
		}
	}
	b.clock.Advance(23 * time.Hour)
	if _, err := b.orders.Cancel(buyer(502), b.cancelling(free.No)); err != nil {
		t.Fatal(err)
	}
	if o := b.order(free.No); o.ForfeitFen != 0 || o.RefundFen != o.DepositFen {
		t.Errorf("within the free hours: forfeit %d, refund %d of %d", o.ForfeitFen, o.RefundFen, o.DepositFen)
	}
	b.clock.Advance(2 * time.Hour)
	if _, err := b.orders.Cancel(buyer(501), b.cancelling(late.No)); err != nil {
		t.Fatal(err)
	}
	if o := b.order(late.No); o.ForfeitFen != o.DepositFen/2 || o.RefundFen != o.DepositFen-o.ForfeitFen {
		t.Errorf("afterwards: forfeit %d, refund %d of %d", o.ForfeitFen, o.RefundFen, o.DepositFen)
	}
	b.eventually("the refunds are through", func() bool {
		return b.account(late).RefundedFen == late.DepositFen-late.DepositFen/2 && b.account(free).RefundedFen == free.DepositFen
	})
	// A new order has the new terms.
	if now := b.place(buyer(503), b.asking(geese, 20)); now.Lines[0].Terms.ForfeitBP != 10_000 || now.DepositFen <= late.DepositFen {
		t.Errorf("a new order has terms %+v and deposit %d", now.Lines[0].Terms, now.DepositFen)
	}
}

// A weight is held for a second person by the tolerance that the order was placed with.
func TestToleranceIsAsItWasAtPlacement(t *testing.T) {
	b := newStation(t, 3)
	b.order(2 * shareUnits)
	list := b.list(weigher)
	if _, err := b.stock.Exec(`UPDATE presale SET terms = terms || '{"weight_tolerance_bp": 10000, "fee_bp": 9000}'`); err != nil {
		t.Fatal(err)
	}
	b.weigh(weigher, weighing(list[0], list[0].Qty, 5200), orders.TicketHeld) // 30 % off, 20 % are allowed
	if _, err := b.stock.Exec(`UPDATE presale SET terms = terms || '{"weight_tolerance_bp": 0}'`); err != nil {
		t.Fatal(err)
	}
	if got := b.weigh(weigher, weighing(list[1], list[1].Qty, 4600), orders.TicketAccepted); got.HeldFor != "" {
		t.Errorf("held for %s", got.HeldFor)
	}
}
