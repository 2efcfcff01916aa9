package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

func wantError(t *testing.T, err error, code link.Code, key string) {
	t.Helper()
	if !errors.Is(err, link.E(code, key, "")) {
		t.Errorf("error %v, want %s %s", err, code, key)
	}
}

func box(a adopt.Adoption, no int) adopt.Box {
	i := slices.IndexFunc(a.Boxes, func(b adopt.Box) bool { return b.No == no })
	if i < 0 {
		return adopt.Box{}
	}
	return a.Boxes[i]
}

// A whole season of a bed: taken, paid ahead, every box handed over, each paid to the household by itself.
func TestAdoptionOfABed(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gardenAdopt, 3)
	if plot.Boxes != 5 || plot.UnitFen != 5*7001 || plot.Family != "赵*" {
		t.Fatalf("plot %+v", plot.PublicPlot)
	}
	a := y.adopt(1, "bed", plot.ID, 2, adopt.FailureRefund)
	if a.State != adopt.Placed || a.PriceFen != 2*5*7001 || a.DepositFen != 21003 || a.DueFen != a.DepositFen || len(a.Boxes) != 5 ||
		!slices.Equal(a.UnitNos, []int64{1, 2}) {
		t.Fatalf("placed %+v", a)
	}
	var sum int64
	for _, b := range a.Boxes {
		sum += b.AmountFen
	}
	if sum != a.PriceFen {
		t.Errorf("boxes of %d, price %d", sum, a.PriceFen)
	}
	again, err := y.orders.Adopt(y.buyer(1), adoptRequest("bed", plot.ID, 2, adopt.FailureRefund))
	if err != nil || again.No != a.No {
		t.Errorf("the same again is %s, %v", again.No, err)
	}
	_, err = y.orders.Adopt(y.buyer(1), adoptRequest("bed", plot.ID, 1, adopt.FailureRefund))
	wantError(t, err, link.Conflict, "order.key.reused")

	y.pay(1, a.No)
	y.adoption(1, a.No, adopt.Reserved)
	_, err = y.orders.DeliverBox(y.household(1), adopt.BoxRequest{AdoptionNo: a.No, No: 1})
	wantError(t, err, link.Conflict, "adoption.box.unpaid")
	y.pay(1, a.No)
	a = y.adoption(1, a.No, adopt.Growing)
	if a.DueFen != 0 || a.PaidFen != a.PriceFen {
		t.Errorf("paid %+v", a)
	}
	_, err = y.orders.DeliverBox(y.household(1), adopt.BoxRequest{AdoptionNo: a.No, No: 2})
	wantError(t, err, link.Conflict, "adoption.box.early")
	for no := 1; no <= 5; no++ {
		for range 2 { // a double click hands it over once
			if _, err := y.orders.DeliverBox(y.helper(1), adopt.BoxRequest{AdoptionNo: a.No, No: no}); err != nil {
				t.Fatal(err)
			}
		}
		y.forward(25 * time.Hour)
		y.until(1, a.No, "box settled", func(a adopt.Adoption) bool { return box(a, no).State == adopt.BoxSettled })
		y.eventually("household released", func() bool {
			h, err := y.payments.HouseholdAccount(y.operator(), payments.HouseholdRef{ID: 1})
			return err == nil && h.PendingFen == 0 && h.ReleasedFen == int64(no)*(14002-700)
		})
		y.forward(6 * 24 * time.Hour)
	}
	a = y.adoption(1, a.No, adopt.Completed)
	if l := y.lot(1, gardenAdopt); l.Delivered != 10 || l.Reserved != 0 {
		t.Errorf("lot %+v", l)
	}
	y.eventually("closed", func() bool { return y.account(a).Closed })
	income, err := y.orders.Income(y.household(1), orders.IncomeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(income.Entries) != 5 || income.Sum.OwedFen != 5*13302 || income.Entries[0].Channel != catalog.ChannelPrivate || income.Entries[0].AdoptionNo != a.No {
		t.Errorf("income %+v", income.Sum)
	}
	// The ledger is the same when it is read anew from its sources.
	if _, err := y.orders.RebuildIncome(link.System(t.Context(), "test"), orders.None{}); err != nil {
		t.Fatal(err)
	}
	rebuilt, err := y.orders.Income(y.household(1), orders.IncomeRequest{})
	if err != nil || rebuilt.Sum != income.Sum || len(rebuilt.Entries) != 5 {
		t.Errorf("rebuilt %+v, %v", rebuilt.Sum, err)
	}
}

// Many buyers want the same geese, from two processes: each goose has one adopter.
func TestNoGooseIsAdoptedTwice(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 5)
	doubles, taken := adoptAtOnce(y, plot.ID, 14)
	if doubles != 0 || taken != 5 {
		t.Errorf("%d of 5 geese taken, %d twice", taken, doubles)
	}
}

// The same without the index: the test above proves the effect of the index.
func TestGeeseAreAdoptedTwiceWithoutTheGuard(t *testing.T) {
	y := newYard(t)
	y.harmed = true
	if _, err := y.db.Exec(`DROP INDEX adoption_unit_once`); err != nil {
		t.Fatal(err)
	}
	for round := int64(1); round <= 4; round++ {
		plot := y.offer(round, gooseAdopt, 5)
		if doubles, _ := adoptAtOnce(y, plot.ID, 14); doubles > 0 {
			return
		}
	}
	t.Error("no goose was adopted twice without the guard: the test proves nothing")
}

// adoptAtOnce has n buyers adopt a goose of a plot at the same time and counts the taken geese, and the ones taken twice.
func adoptAtOnce(y *yard, plot int64, n int64) (doubles, taken int) {
	y.t.Helper()
	processes := []*orderModule{y.orders, y.process()}
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			_, err := processes[i%2].Adopt(y.buyer(i), adoptRequest(fmt.Sprintf("goose-%d-%d", plot, i), plot, 1, adopt.FailureRefund))
			if err != nil && link.CodeOf(err) != link.SoldOut {
				y.t.Errorf("buyer %d: %v", i, err)
			}
		})
	}
	close(begin)
	wg.Wait()
	err := y.db.QueryRowx(`SELECT count(*) - count(DISTINCT no), count(DISTINCT no) FROM adoption_unit WHERE plot_id = $1 AND NOT released`, plot).Scan(&doubles, &taken)
	if err != nil {
		y.t.Fatal(err)
	}
	return doubles, taken
}

func TestAdoptionThatIsNotPaid(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 1)
	a := y.adopt(1, "late", plot.ID, 1, adopt.FailureRefund)
	_, err := y.orders.Adopt(y.buyer(2), adoptRequest("second", plot.ID, 1, adopt.FailureRefund))
	wantError(t, err, link.SoldOut, "adoption.taken")
	start, err := y.orders.PayAdoption(y.buyer(1), adopt.Pay{AdoptionNo: a.No, Method: payments.Cash, IdempotencyKey: "pay-late-1"})
	if err != nil {
		t.Fatal(err)
	}
	y.forward(31 * time.Minute)
	y.adoption(1, a.No, adopt.Expired)
	_, _ = y.take(start) // the money comes too late
	y.adopt(2, "second", plot.ID, 1, adopt.FailureRefund)

	// An adoption without its balance lapses: the free hours are over, half the deposit is kept.
	b := y.adopt(3, "lapse", y.offer(2, gooseAdopt, 1).ID, 1, adopt.FailureRefund)
	y.pay(3, b.No)
	y.adoption(3, b.No, adopt.Reserved)
	y.forward(35 * 24 * time.Hour)
	b = y.adoption(3, b.No, adopt.Cancelled)
	if b.ForfeitFen != b.DepositFen/2 || b.RefundFen != b.DepositFen-b.ForfeitFen {
		t.Errorf("kept %d, refunded %d of %d", b.ForfeitFen, b.RefundFen, b.DepositFen)
	}
	y.eventually("the goose is free again", func() bool { return y.lot(2, gooseAdopt).Reserved == 0 })
}

func TestAdoptionCancelled(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 2)
	free := y.grown(1, "free", plot.ID, 1, adopt.FailureRefund)
	got, err := y.orders.CancelAdoption(y.buyer(1), adopt.Cancel{AdoptionNo: free.No})
	if err != nil || got.State != adopt.Cancelled || got.RefundFen != free.PriceFen || got.ForfeitFen != 0 {
		t.Errorf("cancelled at once: %+v, %v", got, err)
	}
	late := y.grown(1, "late", plot.ID, 1, adopt.FailureRefund)
	y.forward(25 * time.Hour)
	got, err = y.orders.CancelAdoption(y.buyer(1), adopt.Cancel{AdoptionNo: late.No, Reason: "不想要了"})
	if err != nil || got.ForfeitFen != late.DepositFen/2 || got.RefundFen != late.PriceFen-got.ForfeitFen {
		t.Errorf("cancelled later: %+v, %v", got, err)
	}
	y.eventually("refunds", func() bool { return y.account(late).RefundDueFen+y.account(late).RefundedFen == got.RefundFen })
	begun := y.grown(2, "begun", y.offer(2, gardenAdopt, 1).ID, 1, adopt.FailureRefund)
	y.forward(24 * time.Hour)
	if _, err := y.orders.DeliverBox(y.household(2), adopt.BoxRequest{AdoptionNo: begun.No, No: 1}); err != nil {
		t.Fatal(err)
	}
	_, err = y.orders.CancelAdoption(y.buyer(2), adopt.Cancel{AdoptionNo: begun.No})
	wantError(t, err, link.Conflict, "adoption.cancel.begun")
}

// A goose dies: its price goes back at once. Where the adopter chose a replacement, another household's goose comes.
func TestDeathIsRefundedOrReplaced(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 6)
	refund := y.grown(1, "refund", plot.ID, 2, adopt.FailureRefund)
	if _, err := y.orders.FailBoxes(y.household(1), adopt.FailBox{AdoptionNo: refund.No, No: 1, Reason: "died"}); err != nil {
		t.Fatal(err)
	}
	got := y.until(1, refund.No, "refund", func(a adopt.Adoption) bool { return a.RefundFen > 0 })
	if box(got, 1).State != adopt.BoxFailed || got.RefundFen != refund.PriceFen/2 || got.State != adopt.Growing {
		t.Errorf("after a death: %+v", got)
	}
	y.eventually("money on its way back", func() bool { return y.account(refund).RefundDueFen == refund.PriceFen/2 })
	y.eventually("the goose left the lot", func() bool { l := y.lot(1, gooseAdopt); return l.Capacity == 5 && l.Reserved == 1 })

	replace := y.grown(2, "replace", plot.ID, 1, adopt.FailureReplace)
	if _, err := y.orders.FailBoxes(y.household(1), adopt.FailBox{AdoptionNo: replace.No, No: 1, Reason: "hail"}); err != nil {
		t.Fatal(err)
	}
	got = y.until(2, replace.No, "replacement", func(a adopt.Adoption) bool { return box(a, 1).Replaced })
	other := box(got, 1)
	if other.State != adopt.BoxPlanned || got.RefundFen != 0 || got.HouseholdID != 0 {
		t.Errorf("replaced: %+v", other)
	}
	var household int64
	if err := y.db.Get(&household, `SELECT household_id FROM adoption_box WHERE adoption_id = $1`, replace.ID); err != nil || household == 1 {
		t.Fatalf("filled by household %d, %v", household, err)
	}
	_, err := y.orders.DeliverBox(y.household(1), adopt.BoxRequest{AdoptionNo: replace.No, No: 1})
	wantError(t, err, link.NotFound, "adoption.box.unknown")
	y.forward(42 * 24 * time.Hour)
	if _, err := y.orders.DeliverBox(y.household(household), adopt.BoxRequest{AdoptionNo: replace.No, No: 1}); err != nil {
		t.Fatal(err)
	}
	y.forward(25 * time.Hour)
	y.adoption(2, replace.No, adopt.Completed)
	income, err := y.orders.Income(y.household(household), orders.IncomeRequest{})
	fee, _ := money.BasisPoints(replace.PriceFen, 500)
	if err != nil || income.Sum.OwedFen != replace.PriceFen-fee {
		t.Errorf("the household that filled it earns %+v, %v", income.Sum, err)
	}
}

// Nobody has a replacement: the price goes back.
func TestReplacementThatNobodyHas(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gardenAdopt, 1)
	a := y.grown(1, "hail", plot.ID, 1, adopt.FailureReplace)
	for h := int64(2); h <= 4; h++ {
		if _, err := y.catalog.Offer(y.household(h), catalog.OfferRequest{PresaleID: gardenAdopt, HouseholdID: h, Capacity: 0}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := y.orders.FailBoxes(y.helper(1), adopt.FailBox{AdoptionNo: a.No, No: 1, Rest: true, Reason: "hail"}); err != nil {
		t.Fatal(err)
	}
	a = y.adoption(1, a.No, adopt.Completed)
	if a.RefundFen != a.PriceFen {
		t.Errorf("refunded %d of %d", a.RefundFen, a.PriceFen)
	}
	y.eventually("all money goes back", func() bool { acc := y.account(a); return acc.Closed && acc.RefundDueFen == a.PriceFen })
}

func TestDisputedBox(t *testing.T) {
	y := newYard(t)
	a := y.grown(1, "dispute", y.offer(1, gardenAdopt, 1).ID, 1, adopt.FailureRefund)
	for no := 1; no <= 2; no++ {
		if _, err := y.orders.DeliverBox(y.household(1), adopt.BoxRequest{AdoptionNo: a.No, No: no}); err != nil {
			t.Fatal(err)
		}
		if _, err := y.orders.DisputeBox(y.buyer(1), adopt.DisputeBox{AdoptionNo: a.No, No: no, Note: "没收到"}); err != nil {
			t.Fatal(err)
		}
		y.forward(7 * 24 * time.Hour) // the household is not released meanwhile
	}
	if _, err := y.orders.DecideBox(y.household(1), adopt.DecideBox{AdoptionNo: a.No, No: 1, Came: true}); link.CodeOf(err) != link.Forbidden {
		t.Errorf("a household decides: %v", err)
	}
	if _, err := y.orders.DecideBox(y.operator(), adopt.DecideBox{AdoptionNo: a.No, No: 1, Came: true}); err != nil {
		t.Fatal(err)
	}
	got, err := y.orders.DecideBox(y.operator(), adopt.DecideBox{AdoptionNo: a.No, No: 2})
	if err != nil || box(got, 1).State != adopt.BoxSettled || box(got, 2).State != adopt.BoxFailed || got.RefundFen != box(got, 2).AmountFen {
		t.Errorf("decided: %+v, %v", got.Boxes, err)
	}
	wantActs(t, y.db, "decision.box approve", "decision.box refuse")
	y.eventually("one is paid, the other refunded", func() bool {
		h, err := y.payments.HouseholdAccount(y.operator(), payments.HouseholdRef{ID: 1})
		return err == nil && h.PendingFen == 0 && h.ReleasedFen == 7001-350 && y.account(a).RefundDueFen == 7001
	})
	_, err = y.orders.DisputeBox(y.buyer(1), adopt.DisputeBox{AdoptionNo: a.No, No: 1, Note: "晚了"})
	wantError(t, err, link.Conflict, "adoption.box.too_late")
}

// Two balance payments from two tabs: one counts, the other goes back.
func TestBalancePaidTwice(t *testing.T) {
	y := newYard(t)
	a := y.adopt(1, "twice", y.offer(1, gooseAdopt, 1).ID, 1, adopt.FailureRefund)
	y.pay(1, a.No)
	y.adoption(1, a.No, adopt.Reserved)
	var starts []orders.PayStart
	for i := range 2 {
		s, err := y.orders.PayAdoption(y.buyer(1), adopt.Pay{AdoptionNo: a.No, Method: payments.Cash, IdempotencyKey: fmt.Sprintf("tab-%d-balance", i)})
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, s)
	}
	for _, s := range starts {
		if _, err := y.take(s); err != nil {
			t.Logf("second counter payment: %v", err)
		}
	}
	a = y.adoption(1, a.No, adopt.Growing)
	y.eventually("what is too much goes back", func() bool {
		acc := y.account(a)
		return acc.DepositFen == a.PriceFen && acc.PaidFen-acc.DepositFen == acc.RefundDueFen
	})
}

func smallJPEG(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, side, side)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Texts and photos of a household are seen by its adopters and nobody else.
func TestUpdatesAreForTheAdopterOnly(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 2)
	a := y.grown(1, "mine", plot.ID, 1, adopt.FailureRefund)
	other := y.grown(2, "other", y.offer(2, gooseAdopt, 1).ID, 1, adopt.FailureRefund)
	unpaid := y.adopt(3, "unpaid", plot.ID, 1, adopt.FailureRefund)
	post := adopt.PostUpdate{IdempotencyKey: "update-1", PlotID: plot.ID, Text: "鹅下水了"}
	if _, err := y.orders.PostUpdate(y.household(2), post); link.CodeOf(err) != link.NotFound {
		t.Errorf("another household posts: %v", err)
	}
	for _, ctx := range []context.Context{y.buyer(1), y.operator(), t.Context()} {
		if _, err := y.orders.PostUpdate(ctx, adopt.PostUpdate{IdempotencyKey: "update-2", PlotID: plot.ID, Text: "x"}); err == nil {
			t.Errorf("%+v posts", link.ActorFrom(ctx))
		}
	}
	u, err := y.orders.PostUpdate(y.household(1), adopt.PostUpdate{IdempotencyKey: "update-3", PlotID: plot.ID, Text: "鹅下水了"})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := y.orders.PostUpdate(y.household(1), adopt.PostUpdate{IdempotencyKey: "update-3", PlotID: plot.ID, Text: "鹅下水了"}); err != nil || again.ID != u.ID {
		t.Errorf("posted twice: %d and %d, %v", u.ID, again.ID, err)
	}
	photo, err := y.orders.AddPhoto(y.helper(1), adopt.AddPhoto{UpdateID: u.ID, JPEG: smallJPEG(t, 40)})
	if err != nil {
		t.Fatal(err)
	}
	tagged := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, 8, 'E', 'x', 'i', 'f', 0, 0}, smallJPEG(t, 40)[2:]...)
	for name, c := range map[string]struct {
		file []byte
		code link.Code
	}{"exif": {tagged, link.Invalid}, "text": {[]byte("hello"), link.Invalid}, "wide": {smallJPEG(t, adopt.PhotoMostPixels+1), link.Invalid},
		"heavy": {make([]byte, adopt.PhotoMostBytes+1), link.TooLarge}} {
		if _, err := y.orders.AddPhoto(y.household(1), adopt.AddPhoto{UpdateID: u.ID, JPEG: c.file}); link.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := y.orders.AddPhoto(y.household(2), adopt.AddPhoto{UpdateID: u.ID, JPEG: smallJPEG(t, 20)}); link.CodeOf(err) != link.NotFound {
		t.Errorf("another household adds: %v", err)
	}
	mine, err := y.orders.Adoption(y.buyer(1), adopt.Ref{No: a.No})
	if err != nil || len(mine.Updates) != 1 || len(mine.Updates[0].Photos) != 1 {
		t.Fatalf("adopter sees %+v, %v", mine.Updates, err)
	}
	if f, err := y.orders.Photo(y.buyer(1), adopt.PhotoRef{AdoptionNo: a.No, ID: photo.ID}); err != nil || len(f.JPEG) == 0 {
		t.Errorf("adopter's photo: %v", err)
	}
	for name, c := range map[string]struct {
		ctx context.Context
		no  string
	}{"a stranger": {t.Context(), a.No}, "another buyer": {y.buyer(2), a.No}, "through their own adoption": {y.buyer(2), other.No},
		"one who has not paid": {y.buyer(3), unpaid.No}, "the county": {y.operator(), a.No}, "another household": {y.household(2), ""},
		"another's helper": {y.helper(2), ""}, "the cooperative": {y.as(link.Actor{Account: 9, Role: "clerk", Org: 1}), a.No}} {
		if name == "another's helper" {
			continue // the yard has one helper for all
		}
		if _, err := y.orders.Photo(c.ctx, adopt.PhotoRef{AdoptionNo: c.no, ID: photo.ID}); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s sees the photo: %v", name, err)
		}
	}
	for name, ctx := range map[string]context.Context{"another buyer": y.buyer(2), "another household": y.household(3)} {
		if _, err := y.orders.Adoption(ctx, adopt.Ref{No: a.No}); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s sees the adoption: %v", name, err)
		}
	}
	county, err := y.orders.Adoption(y.operator(), adopt.Ref{No: a.No})
	if err != nil || len(county.Updates) != 0 {
		t.Errorf("the county sees %d updates, %v", len(county.Updates), err)
	}
	home, err := y.orders.Adoption(y.household(1), adopt.Ref{No: a.No})
	if err != nil || home.Delivery.Phone != "" || home.Buyer.AccountID != 0 || home.PaidFen != 0 {
		t.Errorf("the household sees %+v, %v", home.Delivery, err)
	}
}

// Goods for adoption cannot be ordered: neither priced nor placed, alone or with other lines.
func TestAdoptionPresaleTakesNoOrders(t *testing.T) {
	y := newYard(t)
	y.offer(1, gooseAdopt, 2)
	for _, presale := range []int64{gooseAdopt, gardenAdopt} {
		lines := []orders.QuoteLine{{PresaleID: presale, Qty: 1}}
		_, err := y.orders.Quote(y.buyer(1), orders.QuoteRequest{Lines: lines})
		wantError(t, err, link.Invalid, "adoption.only")
		_, err = y.orders.Place(y.buyer(1), orders.PlaceRequest{IdempotencyKey: "ordinary", Lines: lines,
			Delivery: orders.Delivery{Kind: orders.DeliverAddress, Name: "林晓", Phone: "13800138000", Address: "演示路1号"}})
		wantError(t, err, link.Invalid, "adoption.only")
	}
	y.verify()
}

func TestPlotsTellStrangersNothingPersonal(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 2)
	for story, key := range map[string]string{"我是赵1，电话在下面": "adoption.plot.private", "打 138 0000 0000 找我": "adoption.plot.private", "": "adoption.plot.story"} {
		_, err := y.orders.SavePlot(y.household(1), adopt.SavePlot{HouseholdID: 1, PresaleID: gooseAdopt, Units: 2, EveryDays: 7, Story: catalog.Text{Zh: story}})
		wantError(t, err, link.Invalid, key)
	}
	_, err := y.orders.SavePlot(y.household(1), adopt.SavePlot{HouseholdID: 1, PresaleID: gooseAdopt, Units: 7, EveryDays: 7, Story: catalog.Text{Zh: "好"}})
	wantError(t, err, link.Invalid, "adoption.plot.above_supply")
	_, err = y.orders.SavePlot(y.household(2), adopt.SavePlot{HouseholdID: 1, PresaleID: gooseAdopt, Units: 1, EveryDays: 7, Story: catalog.Text{Zh: "好"}})
	if link.CodeOf(err) != link.NotFound {
		t.Errorf("another household offers: %v", err)
	}
	_, err = y.orders.SavePlot(y.helper(4), adopt.SavePlot{HouseholdID: 4, PresaleID: gooseAdopt, Units: 1, EveryDays: 7, Story: catalog.Text{Zh: "好"}})
	if link.CodeOf(err) != link.Forbidden {
		t.Errorf("a helper offers without consent: %v", err)
	}
	y.adopt(1, "one", plot.ID, 2, adopt.FailureRefund)
	_, err = y.orders.SavePlot(y.household(1), adopt.SavePlot{HouseholdID: 1, PresaleID: gooseAdopt, Units: 1, EveryDays: 7, Story: catalog.Text{Zh: "好"}})
	wantError(t, err, link.Conflict, "adoption.plot.below_adopted")
	page, err := y.orders.Plots(t.Context(), adopt.PlotFilter{})
	if err != nil || page.Total != 0 {
		t.Errorf("a plot with nothing left is offered: %+v, %v", page, err)
	}
}

// Plots are found by the place of their household, and adoptions by their number and the adopter's name: by pinyin and its
// initials, and whatever spaces, dots, width and case they are written with.
func TestAdoptionsAndPlotsAreFound(t *testing.T) {
	y := newYard(t)
	plot := y.offer(1, gooseAdopt, 4)
	a := y.adopt(1, "one", plot.ID, 1, adopt.FailureRefund)
	y.pay(1, a.No)
	y.adoption(1, a.No, adopt.Reserved)
	y.db.MustExec(`UPDATE adoption SET buyer = '单雄·信' WHERE id = (SELECT max(id) FROM adoption)`)
	s := desk.BuyerSearch{DB: y.db, Log: yardLog()}
	if err := s.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	number := strings.ToLower(a.No[:2]) + " " + a.No[2:]
	for query, want := range map[string]int{"shanxiongxin": 1, "SXX": 1, "ｄａｎｘｉｏｎｇ": 1, "单 雄信": 1, "单雄•信": 1, "信": 1, a.No: 1, number: 1, "wang": 0, "—": 0, "%": 0} {
		page, err := y.orders.AdoptionList(y.operator(), adopt.Filter{Query: query})
		if err != nil || page.Total != want || len(page.Items) != want {
			t.Errorf("%q finds %d adoptions, want %d, %v", query, page.Total, want, err)
		}
	}
	// An adopter finds by the number only: names are other people's.
	if page, err := y.orders.AdoptionList(y.buyer(1), adopt.Filter{Query: "sxx"}); err != nil || page.Total != 0 {
		t.Errorf("an adopter finds %d by a name, %v", page.Total, err)
	}
	for query, want := range map[string]int{"永丰": 1, "永 丰村": 1, "yongfeng": 1, "YFC": 1, "ｙｆｃ": 1, "依龙": 1, "yilongzhen": 1, "黑土": 1, "新发": 0, "没有这里": 0, "·": 0} {
		page, err := y.orders.Plots(t.Context(), adopt.PlotFilter{Query: query})
		if err != nil || page.Total != want {
			t.Errorf("%q finds %d plots, want %d, %v", query, page.Total, want, err)
		}
	}
}
