package shelf_test

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
)

func TestCheckOfBuyIn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		known  bool
		change func(*shelf.BuyInRequest)
		want   []string
	}{
		{"good", true, func(*shelf.BuyInRequest) {}, nil},
		{"unknown product", false, func(*shelf.BuyInRequest) {}, []string{"shelf.product product"}},
		{"second grade", true, func(r *shelf.BuyInRequest) { r.Grade = "second" }, nil},
		{"no grade", true, func(r *shelf.BuyInRequest) { r.Grade = "" }, []string{"shelf.grade grade"}},
		{"nothing", true, func(r *shelf.BuyInRequest) { r.Measure = 0 }, []string{"shelf.measure measure"}},
		{"too much", true, func(r *shelf.BuyInRequest) { r.Measure = shelf.MeasureMax + 1 }, []string{"shelf.measure measure"}},
		{"for nothing", true, func(r *shelf.BuyInRequest) { r.PriceFen = 0 }, []string{"shelf.price price_fen"}},
		{"too dear", true, func(r *shelf.BuyInRequest) { r.PriceFen = shelf.FenMax + 1 }, []string{"shelf.price price_fen"}},
		{"spoiled", true, func(r *shelf.BuyInRequest) { r.BestBefore = "2026-06-04" }, []string{"shelf.best_before best_before"}},
		{"from nobody", true, func(r *shelf.BuyInRequest) { r.HouseholdID = 0 }, []string{"shelf.seller.missing household_id"}},
		{"no key", true, func(r *shelf.BuyInRequest) { r.Key = "" }, []string{"order.key.invalid idempotency_key"}},
	} {
		r := shelf.BuyInRequest{HouseholdID: 1, Grade: "special", Measure: 1, PriceFen: 1, BestBefore: " 2026-06-05", Key: "12345678"}
		test.change(&r)
		if got := keysOf(r.Check(test.known, noon)); !slices.Equal(got, append([]string{}, test.want...)) || strings.Contains(r.BestBefore, " ") {
			t.Errorf("%s: %v, %q", test.name, got, r.BestBefore)
		}
	}
}

func TestPriceOfBuyIn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p            catalog.Product
		fen, measure int64
		amount       int64
	}{{potato, 150, 2500, 750}, {egg, 300, 12, 3600}, {potato, 1, 249, 0}, {potato, 1, 250, 1}, {egg, shelf.FenMax, 1, shelf.FenMax}, {egg, shelf.FenMax / 2, 3, 0}} {
		price, amount, err := shelf.BuyInRequest{PriceFen: test.fen, Measure: test.measure}.Price(test.p)
		if amount != test.amount || (err != nil) != (amount == 0) || err != nil && keyOf(err) != "shelf.amount" || price != shelf.PriceFor(test.p, test.fen) {
			t.Errorf("%+v: %+v, %d, %v", test, price, amount, err)
		}
	}
	if price, _, _ := (shelf.BuyInRequest{PriceFen: 150, Measure: 1000}).Price(potato); price != (money.Price{Fen: 150, Per: 500}) {
		t.Errorf("%+v", price)
	}
	for _, test := range []struct {
		p       catalog.Product
		measure int64
		want    shelf.Bought
	}{
		{egg, 12, shelf.Bought{Units: 12, Qty: 12}}, {potato, 1249, shelf.Bought{Grams: 1249, Qty: 2}}, {potato, 1250, shelf.Bought{Grams: 1250, Qty: 3}},
		{bean, 1499, shelf.Bought{Grams: 1499, Qty: 1}}, {bean, 1500, shelf.Bought{Grams: 1500, Qty: 2}}, {goose, 4000, shelf.Bought{Grams: 4000}},
	} {
		if got := shelf.BoughtOf(test.p, test.measure); got != test.want {
			t.Errorf("%s, %d: %+v", test.p.Code, test.measure, got)
		}
	}
}

func TestCheckOfList(t *testing.T) {
	t.Parallel()
	line := orders.QuoteLine{PresaleID: 1, Qty: 1}
	for _, test := range []struct {
		name   string
		change func(*shelf.SaveStandingList)
		want   []string
	}{
		{"good", func(*shelf.SaveStandingList) {}, nil},
		{"no name", func(r *shelf.SaveStandingList) { r.Name = " " }, []string{"shelf.list.name name"}},
		{"long name", func(r *shelf.SaveStandingList) { r.Name = strings.Repeat("单", 41) }, []string{"shelf.list.name name"}},
		{"no weekday", func(r *shelf.SaveStandingList) { r.Weekdays = nil }, nil},
		{"day zero", func(r *shelf.SaveStandingList) { r.Weekdays = []int{0, 1} }, []string{"shelf.list.weekdays weekdays"}},
		{"day eight", func(r *shelf.SaveStandingList) { r.Weekdays = []int{8, 9} }, []string{"shelf.list.weekdays weekdays"}},
		{"no lines", func(r *shelf.SaveStandingList) { r.Lines = nil }, []string{"shelf.list.lines lines"}},
		{"most lines", func(r *shelf.SaveStandingList) { r.Lines = slices.Repeat([]orders.QuoteLine{line}, 40) }, nil},
		{"too many lines", func(r *shelf.SaveStandingList) { r.Lines = slices.Repeat([]orders.QuoteLine{line}, 41) }, []string{"shelf.list.lines lines"}},
		{"nothing of a line", func(r *shelf.SaveStandingList) { r.Lines = []orders.QuoteLine{line, {PresaleID: 1}} }, []string{"shelf.list.line lines[1].quantity"}},
		{"no presale", func(r *shelf.SaveStandingList) { r.Lines = []orders.QuoteLine{{Qty: 1}} }, []string{"shelf.list.line lines[0].quantity"}},
		{"no key", func(r *shelf.SaveStandingList) { r.Key = "" }, []string{"order.key.invalid idempotency_key"}},
	} {
		r := shelf.SaveStandingList{Name: " 每周 ", Weekdays: []int{7, 1, 7}, Lines: []orders.QuoteLine{line}, Key: "12345678"}
		test.change(&r)
		if got := keysOf(r.Check()); !slices.Equal(got, append([]string{}, test.want...)) {
			t.Errorf("%s: %v", test.name, got)
		}
		if test.name == "good" && (r.Name != "每周" || !slices.Equal(r.Weekdays, []int{1, 7})) {
			t.Errorf("%+v", r)
		}
	}
}

func TestCheckOfItem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fen     int64
		barcode string
		want    []string
	}{
		{1, "", nil}, {shelf.FenMax, " 6901234567892 ", nil}, {0, "", []string{"shelf.price price_fen"}}, {shelf.FenMax + 1, "", []string{"shelf.price price_fen"}},
		{1, "69 01", []string{"shelf.barcode barcode"}}, {1, "69/01", []string{"shelf.barcode barcode"}},
		{1, strings.Repeat("6", 32), nil}, {1, strings.Repeat("6", 33), []string{"shelf.barcode barcode"}},
	} {
		r := shelf.SaveItem{PriceFen: test.fen, Barcode: test.barcode}
		if got := keysOf(r.Check()); !slices.Equal(got, append([]string{}, test.want...)) || r.Barcode != strings.TrimSpace(test.barcode) {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestStateAnswers(t *testing.T) {
	t.Parallel()
	if got := shelf.Waiting(); !slices.Equal(got, []string{"placed", "expiring", "paid"}) {
		t.Errorf("%v", got) // the unique index shelf_sale_pickup is on these states
	}
	for name, test := range map[string]struct {
		got  []string
		want string
	}{
		"shelf_sale_unpaid": {shelf.SaleMachine.From(shelf.SaleExpire), "placed"}, "shelf_sale_expiring": {shelf.SaleMachine.From(shelf.SaleLapse), "expiring"},
		"shelf_sheet_open": {shelf.SheetMachine.From(shelf.SheetClose), "open"},
	} {
		if !slices.Equal(test.got, []string{test.want}) {
			t.Errorf("the index %s is on %s: %v", name, test.want, test.got)
		}
	}
	if to, err := shelf.SalePaid.Next(shelf.SaleHand); to != shelf.SaleDone || err != nil {
		t.Error(to, err)
	}
	if _, err := shelf.SalePlaced.Next(shelf.SaleHand); keyOf(err) != "sale.not_paid" {
		t.Error(err)
	}
	if !shelf.SalePlaced.Can(shelf.SaleCallOff) || shelf.SaleDone.Can(shelf.SaleCallOff) || !shelf.SheetOpen.Can(shelf.SheetClose) || shelf.SheetSettled.Can(shelf.SheetClose) {
		t.Error("the answers do not follow the table")
	}
	if to, err := shelf.SheetClosing.Next(shelf.SheetSettle); to != shelf.SheetSettled || err != nil {
		t.Error(to, err)
	}
	if _, err := shelf.SheetSettled.Next(shelf.SheetBill); link.CodeOf(err) != link.Conflict {
		t.Error(err)
	}
	if to, err := shelf.MovementHeld.Next(shelf.MovementAccept); to != shelf.MovementDone || err != nil {
		t.Error(to, err)
	}
	if _, err := shelf.MovementDone.Next(shelf.MovementRefuse); keyOf(err) != "shelf.decided" {
		t.Error(err)
	}
}

func TestDecisionOfBuyIn(t *testing.T) {
	t.Parallel()
	for reason, good := range map[string]bool{"": false, "  ": false, "问过村里": true, strings.Repeat("长", orders.ReasonMax+1): false} {
		r := shelf.DecideBuyIn{Reason: reason}
		if err := r.Check().Err(); (err == nil) != good {
			t.Errorf("reason %q: %v", reason, err)
		}
	}
	if (shelf.DecideBuyIn{Agree: true}).Step() != shelf.BuyInAgree || (shelf.DecideBuyIn{}).Step() != shelf.BuyInRefuse {
		t.Error("a decision is another event")
	}
	if shelf.TakenStep(true) != shelf.BuyInPost || shelf.TakenStep(false) != shelf.BuyInHold {
		t.Error("an answer of the catalogue is another event")
	}
	for _, test := range []struct {
		state                     shelf.BuyInState
		shop, taken, org, account int64
		want                      bool
	}{
		{shelf.BuyInWaiting, 2, 10, 2, 11, true},
		{shelf.BuyInWaiting, 2, 10, 2, 10, false}, // the person that took them
		{shelf.BuyInWaiting, 2, 10, 3, 11, false}, // of another shop
		{shelf.BuyInPosted, 2, 10, 2, 11, false},
		{shelf.BuyInRefused, 2, 10, 2, 11, false},
	} {
		if got := shelf.DecidableBuyIn(test.state, test.shop, test.taken, test.org, test.account); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestCompareTaken(t *testing.T) {
	t.Parallel()
	row := catalog.CounterTakeRow{BuyInID: 5, HouseholdID: 1, Product: "goose", Season: 2026, Measure: 4000}
	other := row
	other.Measure++
	for _, test := range []struct {
		state  shelf.BuyInState
		ours   catalog.CounterTakeRow
		theirs catalog.CounterTakeRow
		good   bool
	}{
		{shelf.BuyInPosted, row, row, true}, {shelf.BuyInTaken, row, row, true}, {shelf.BuyInAgreed, row, row, true},
		{shelf.BuyInWaiting, row, row, false}, {shelf.BuyInRefused, row, row, false},
		{shelf.BuyInPosted, row, other, false}, {"", catalog.CounterTakeRow{}, row, false},
	} {
		if got := shelf.CompareTaken(test.state, test.ours, test.theirs); (got == "") != test.good {
			t.Errorf("%s: %q", test.state, got)
		}
	}
}
