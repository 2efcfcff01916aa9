package shelftest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

func (w *world) sold(measure int64) (shelf.BuyIn, shelf.Sale) {
	w.t.Helper()
	b := w.buyIn(1, 20)
	return b, must[shelf.Sale](w.t)(w.shelf.Ring(cashier, w.ring(b, measure)))
}

func (w *world) comesBack(sale shelf.Sale, measure int64, toShelf bool) shelf.ReturnRequest {
	return shelf.ReturnRequest{ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnGoods, Reason: "quality", ReturnedAt: w.now().UTC(),
		Lines: []shelf.ReturnLine{{No: 1, Measure: measure, ToShelf: toShelf}}}
}

func (w *world) void(sale shelf.Sale) shelf.ReturnRequest {
	return shelf.ReturnRequest{ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnVoid, Reason: "mistake", ReturnedAt: w.now().UTC()}
}

func (w *world) account(sale shelf.Sale) payments.Account {
	w.t.Helper()
	return must[payments.Account](w.t)(w.payments.Account(system, payments.Ref{Ref: shelf.SaleRefOf(sale.ID)}))
}

// Goods come back in parts that add up to the paid sum, to the fen, and never more of them than were sold.
func TestGoodsComeBack(t *testing.T) {
	w := setup(t)
	b, sale := w.sold(1250) // 11.00 yuan
	first := w.comesBack(sale, 400, true)
	r := must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, first))
	if r.AmountFen != 352 || r.No != shelf.ReturnNumber(r.ID) || r.Cashier == "" || r.Method != payments.Cash {
		t.Errorf("return %+v", r)
	}
	if again := must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, first)); again.ID != r.ID {
		t.Error("the same return was taken twice")
	}
	other := first
	other.Lines = []shelf.ReturnLine{{No: 1, Measure: 1, ToShelf: true}}
	_, err := w.shelf.ReturnGoods(cashier, other)
	wantCode(t, "the id with other goods", err, link.Conflict)
	if l := w.lot(b.LotID); l.Sold != 850 || l.Left != 9150 {
		t.Errorf("lot %+v", l)
	}
	_, err = w.shelf.ReturnGoods(cashier, w.comesBack(sale, 851, true))
	wantCode(t, "more than was sold", err, link.Conflict)
	_, err = w.shelf.ReturnGoods(cashier, w.void(sale))
	wantCode(t, "voiding what came back in part", err, link.Conflict)
	_, err = w.shelf.ReturnGoods(stranger, w.comesBack(sale, 1, true))
	wantCode(t, "another shop's sale", err, link.NotFound)
	_, err = w.shelf.ReturnGoods(buyer, w.comesBack(sale, 1, true))
	wantCode(t, "a buyer", err, link.Forbidden)
	_, err = w.shelf.Return(stranger, shelf.IDRef{ID: r.ID})
	wantCode(t, "another shop's return", err, link.NotFound)

	// Spoiled: not on the shelf again, and a loss of the lot.
	must[shelf.Return](t)(w.shelf.ReturnGoods(officer, w.comesBack(sale, 333, false)))
	if l := w.lot(b.LotID); l.Sold != 517 || l.Lost != 333 || l.Left != 9150 {
		t.Errorf("lot %+v", l)
	}
	must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, w.comesBack(sale, 517, true)))
	got := must[shelf.Sale](t)(w.shelf.Sale(cashier, shelf.SaleRef{ID: sale.ID}))
	if got.ReturnedFen != got.TotalFen || got.CostFen != 0 || got.Shown() != "returned" || len(got.Returns) != 3 || got.CanReturn {
		t.Errorf("sale %+v", got)
	}
	_, err = w.shelf.ReturnGoods(cashier, w.comesBack(sale, 1, true))
	wantCode(t, "nothing is left", err, link.Conflict)
	w.eventually("the money", func() bool { return w.account(sale).RefundedFen == sale.TotalFen })
	turn := must[shelf.Turnover](t)(w.shelf.Turnover(officer, shelf.TurnoverFilter{}))
	if turn.RevenueFen != 0 || turn.CostFen != 0 || turn.HouseholdFen != 0 || turn.ReturnedFen != 1100 || turn.LostFen != 266 || len(turn.Items) != 0 {
		t.Errorf("turnover %+v", turn)
	}
	w.holds()
}

// A receipt is voided once, by the clerk that rang it up, as long as it is their latest of the day.
func TestVoidTheLastReceipt(t *testing.T) {
	w := setup(t)
	b, early := w.sold(500)
	ring := w.ring(b, 1000)
	ring.SoldAt = w.now().UTC()
	late := must[shelf.Sale](t)(w.shelf.Ring(cashier, ring))
	_, err := w.shelf.ReturnGoods(cashier, w.void(early))
	wantCode(t, "not the latest", err, link.Conflict)
	_, err = w.shelf.ReturnGoods(officer, w.void(late))
	wantCode(t, "somebody else's", err, link.Conflict)

	// A till without a network knows the sale by its own id only.
	req := w.void(late)
	req.SaleID, req.SaleClientID = 0, ring.ClientID
	var wg sync.WaitGroup
	var done atomic.Int64
	ids := make([]int64, 8)
	for i := range ids {
		wg.Go(func() {
			r, err := w.shelf.ReturnGoods(cashier, req)
			if err != nil && link.CodeOf(err) != link.Conflict {
				t.Error(err)
			}
			ids[i] = r.ID
		})
		wg.Go(func() {
			_, err := w.shelf.ReturnGoods(cashier, w.void(late))
			if err == nil {
				done.Add(1)
			} else if link.CodeOf(err) != link.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ids[0] != ids[7] || (ids[0] != 0) == (done.Load() != 0) || done.Load() > 1 {
		t.Errorf("voided as %v and %d times besides", ids, done.Load())
	}
	got := must[shelf.Sale](t)(w.shelf.Sale(cashier, shelf.SaleRef{ID: late.ID}))
	if !got.Voided || got.Shown() != "voided" || len(got.Returns) != 1 || got.ReturnedFen != late.TotalFen {
		t.Errorf("sale %+v", got)
	}
	if l := w.lot(b.LotID); l.Sold != 500 || l.Left != 9500 {
		t.Errorf("lot %+v", l)
	}
	// Now the one before is the latest. Tomorrow it is too late to void it, not to take the goods back.
	w.forward(24 * time.Hour)
	_, err = w.shelf.ReturnGoods(cashier, w.void(early))
	wantCode(t, "yesterday's", err, link.Conflict)
	must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, w.comesBack(early, 500, true)))
	w.eventually("the money", func() bool {
		return w.account(late).RefundedFen == late.TotalFen && w.account(early).RefundedFen == early.TotalFen
	})
	w.holds()
}

// A payment by QR code or online goes back the way it came.
func TestReturnOfAPaymentByPhone(t *testing.T) {
	w := setup(t)
	b := w.buyIn(1, 20)
	ring := w.ring(b, 1000)
	ring.Method, ring.GivenFen = payments.Sandbox, 0
	sale := must[shelf.Sale](t)(w.shelf.Ring(cashier, ring))
	_, err := w.shelf.ReturnGoods(cashier, w.comesBack(sale, 500, true))
	wantCode(t, "what was not handed over", err, link.Conflict)
	w.pay(must[orders.PayStart](t)(w.shelf.PaySale(cashier, shelf.PayRefRequest{ID: sale.ID, Method: payments.Sandbox, Key: w.key()})))
	w.eventually("receipt", func() bool {
		return must[shelf.Sale](t)(w.shelf.Sale(cashier, shelf.SaleRef{ID: sale.ID})).State == shelf.SaleDone
	})
	must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, w.comesBack(sale, 500, true)))
	w.eventually("the bank's refund", func() bool {
		a := w.account(sale)
		return a.RefundedFen == 440 && a.Refunds[0].Method == payments.Sandbox && a.Refunds[0].State == payments.RefundSucceeded
	})
	w.holds()
}

// Goods that a till sold beyond the books have no lot to go back to; goods past their date do not go back on the shelf.
func TestWhatCannotGoBackOnTheShelf(t *testing.T) {
	w := setup(t)
	b, sale := w.sold(10_500) // of ten kilograms
	r := must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, w.comesBack(sale, 10_200, true)))
	if l := w.lot(b.LotID); l.Left != 10_000 || r.AmountFen != 8976 {
		t.Errorf("lot %+v, return %+v", l, r)
	}
	w.holds()

	second := must[shelf.Sale](t)(w.shelf.Ring(cashier, w.ring(b, 1000)))
	w.forward(9 * 24 * time.Hour)
	_, err := w.shelf.ReturnGoods(cashier, w.comesBack(second, 1000, true))
	wantCode(t, "past its date", err, link.Conflict)
	_, err = w.shelf.Buy(buyer, shelf.Buy{OrgID: shop, Lines: []shelf.BuyLine{{ItemID: w.lot(b.LotID).ItemID, Measure: 500}}, Name: "王芳", Phone: "13900001111", Key: w.key()})
	wantCode(t, "buying what is past its date", err, link.SoldOut)
	must[shelf.Return](t)(w.shelf.ReturnGoods(cashier, w.comesBack(second, 1000, false)))
	w.forward(30 * 24 * time.Hour)
	_, err = w.shelf.ReturnGoods(cashier, w.comesBack(sale, 100, false))
	wantCode(t, "after a month", err, link.Conflict)
	for what, req := range map[string]shelf.ReturnRequest{
		"no lines":      {ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnGoods, Reason: "quality", ReturnedAt: w.now()},
		"no reason":     {ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnVoid, ReturnedAt: w.now()},
		"no id":         {SaleID: sale.ID, Kind: shelf.ReturnVoid, Reason: "mistake", ReturnedAt: w.now()},
		"less than nil": {ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnGoods, Reason: "quality", ReturnedAt: w.now(), Lines: []shelf.ReturnLine{{No: 1, Measure: -5}}},
		"a line twice": {ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnGoods, Reason: "quality", ReturnedAt: w.now(),
			Lines: []shelf.ReturnLine{{No: 1, Measure: 50}, {No: 1, Measure: 50}}},
		"tomorrow": {ClientID: uuid.NewString(), SaleID: sale.ID, Kind: shelf.ReturnVoid, Reason: "mistake", ReturnedAt: w.now().AddDate(0, 0, 1)},
	} {
		_, err := w.shelf.ReturnGoods(cashier, req)
		wantCode(t, what, err, link.Invalid)
	}
	w.holds()
	// Whatever the code does, the database refuses it.
	for _, sql := range []string{`UPDATE shelf_sale_line SET returned = measure + 1`, `UPDATE shelf_sale_lot SET returned = measure + 1`, `UPDATE shelf_sale SET returned_fen = total_fen + 1`} {
		if _, err := w.db.Exec(sql); !link.IsCode(err, "23514") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	// And verification finds a return with a wrong quantity.
	if _, err := w.db.ExecContext(context.Background(), `UPDATE shelf_sale_lot SET returned = returned - 1 WHERE returned > 0`); err != nil {
		t.Fatal(err)
	}
	found := must[orders.Findings](t)(w.orders.Verify(system, orders.None{}))
	for _, check := range []string{"returned goods", "stock of a lot"} {
		if !slices.ContainsFunc(found.Items, func(f orders.Finding) bool { return f.Check == check }) {
			t.Errorf("%s is not found: %+v", check, found.Items)
		}
	}
}
