package shelf_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
)

const uuid = "0123ABCD-0123-0123-0123-0123456789ab"

var noon = at("2026-06-05 12:00:00")

func TestCheckOfRing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*shelf.Ring)
		want   []string
	}{
		{"good", func(*shelf.Ring) {}, nil},
		{"no id", func(r *shelf.Ring) { r.ClientID = "x" }, []string{"weigh.client_id client_id"}},
		{"no lines", func(r *shelf.Ring) { r.Lines = nil }, []string{"sale.lines lines"}},
		{"most lines", func(r *shelf.Ring) { r.Lines = make([]shelf.RingLine, 100) }, nil},
		{"too many lines", func(r *shelf.Ring) { r.Lines = make([]shelf.RingLine, 101) }, []string{"sale.lines lines"}},
		{"no method", func(r *shelf.Ring) { r.Method = "" }, []string{"payment.method method"}},
		{"fast clock", func(r *shelf.Ring) { r.SoldAt = noon.Add(orders.ClockSkew) }, nil},
		{"from the future", func(r *shelf.Ring) { r.SoldAt = noon.Add(orders.ClockSkew + 1) }, []string{"sale.sold_at sold_at"}},
		{"a month without a network", func(r *shelf.Ring) { r.SoldAt = noon.AddDate(0, 0, -31) }, nil},
		{"older", func(r *shelf.Ring) { r.SoldAt = noon.AddDate(0, 0, -31).Add(-1) }, []string{"sale.sold_at sold_at"}},
	} {
		r := shelf.Ring{ClientID: uuid, Lines: []shelf.RingLine{{}}, Method: "cash", SoldAt: noon}
		test.change(&r)
		if got := keysOf(r.Check(noon)); !slices.Equal(got, append([]string{}, test.want...)) {
			t.Errorf("%s: %v", test.name, got)
		}
		if r.ClientID != strings.ToLower(r.ClientID) {
			t.Errorf("%s: %s", test.name, r.ClientID)
		}
	}
	if got := (shelf.RingLine{Code: " AB12 "}).Scanned(); got != "ab12" {
		t.Errorf("%q", got)
	}
}

func TestPriceOfALine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fen, measure int64
		key, field   string
	}{
		{1, 1, "", ""}, {shelf.FenMax, shelf.MeasureMax, "", ""}, {0, 1, "shelf.price", "price_fen"}, {shelf.FenMax + 1, 1, "shelf.price", "price_fen"},
		{1, 0, "shelf.measure", "measure"}, {1, shelf.MeasureMax + 1, "shelf.measure", "measure"},
	} {
		price, err := shelf.RingLine{PriceFen: test.fen, Measure: test.measure}.Price(500)
		if err == nil && (test.key != "" || price != money.Price{Fen: test.fen, Per: 500}) || err != nil && (err.Key != test.key || err.Field != test.field) {
			t.Errorf("%+v: %+v, %v", test, price, err)
		}
	}
	for _, test := range []struct {
		online     bool
		p          catalog.Product
		measure    int64
		key, field string
	}{
		{true, potato, 500, "", ""}, {true, potato, 1500, "", ""}, {true, potato, 750, "sale.measure", "measure"}, {true, potato, 0, "sale.measure", "measure"},
		{true, potato, -500, "sale.measure", "measure"}, {true, potato, shelf.MeasureMax, "", ""}, {true, potato, shelf.MeasureMax + 500, "sale.measure", "measure"},
		{false, potato, 500, "sale.not_online", "item_id"}, {true, goose, 500, "sale.not_online", "item_id"},
	} {
		price, err := shelf.BuyLine{Measure: test.measure}.Price(test.online, test.p, money.Price{Fen: 300, Per: 500})
		if err == nil && (test.key != "" || price != money.Price{Fen: 300, Per: 500}) || err != nil && (err.Key != test.key || err.Field != test.field) {
			t.Errorf("%+v: %+v, %v", test, price, err)
		}
	}
}

func TestCheckTotal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method       string
		given, total int64
		before       int
		want         []string
	}{
		{"cash", 0, 300, 0, nil}, {"cash", 300, 300, 0, nil}, {"cash", 299, 300, 0, []string{"sale.given given_fen"}}, {"sandbox", 299, 300, 0, nil},
		{"cash", 0, 1, 0, nil}, {"cash", 0, 0, 0, []string{"shelf.amount lines"}}, {"cash", 0, 0, 1, []string{"earlier x"}},
	} {
		var problems link.Problems
		if test.before > 0 {
			problems.Add("earlier", "x")
		}
		r := shelf.Ring{Method: test.method, GivenFen: test.given}
		if r.CheckTotal(test.total, &problems); !slices.Equal(keysOf(problems), append([]string{}, test.want...)) || r.Cash() != (test.method == "cash") {
			t.Errorf("%+v: %v", test, problems)
		}
	}
}

func TestCheckOfBuy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*shelf.Buy)
		want   []string
	}{
		{"good", func(*shelf.Buy) {}, nil},
		{"no name", func(r *shelf.Buy) { r.Name = " " }, []string{"order.delivery.name name"}},
		{"longest name", func(r *shelf.Buy) { r.Name = strings.Repeat("王", 40) }, nil},
		{"long name", func(r *shelf.Buy) { r.Name = strings.Repeat("王", 41) }, []string{"order.delivery.name name"}},
		{"no phone", func(r *shelf.Buy) { r.Phone = "call me" }, []string{"order.delivery.phone phone"}},
		{"no lines", func(r *shelf.Buy) { r.Lines = nil }, []string{"sale.lines lines"}},
		{"no key", func(r *shelf.Buy) { r.Key = "1" }, []string{"order.key.invalid idempotency_key"}},
	} {
		r := shelf.Buy{Name: " 王 ", Phone: " 13800000000 ", Lines: []shelf.BuyLine{{}}, Key: "12345678"}
		test.change(&r)
		if got := keysOf(r.Check()); !slices.Equal(got, append([]string{}, test.want...)) {
			t.Errorf("%s: %v", test.name, got)
		}
		if r.Name != strings.TrimSpace(r.Name) || r.Phone != strings.TrimSpace(r.Phone) {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
}

func TestPickupCodes(t *testing.T) {
	t.Parallel()
	if got, err := shelf.NewPickup(bytes.NewReader([]byte{0, 0, 7})); got != "000007" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	// 0x0F423F is 999,999: the greatest code.
	if got, err := shelf.NewPickup(bytes.NewReader([]byte{0x0F, 0x42, 0x40, 0x0F, 0x42, 0x3F})); got != "999999" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := shelf.NewPickup(bytes.NewReader(nil)); err == nil {
		t.Error("a code without randomness")
	}
	for text, want := range map[string]string{"012345": "012345", "012 345": "012345", "012-345": "012345", "０１２３４９": "012349", "12a": "12a"} {
		if got := shelf.ReadPickup(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	for _, s := range shelf.SaleMachine.States() {
		want := ""
		if s == shelf.SalePaid {
			want = "012345"
		}
		if got := shelf.ShownPickup(false, s, "012345"); got != want {
			t.Errorf("%s: %q", s, got)
		}
		if shelf.ShownPickup(true, s, "012345") != "" {
			t.Errorf("%s: the shop reads the code", s)
		}
		step, err := s.HandOver()
		if s == shelf.SaleDone && keyOf(err) != "sale.fetched" || s != shelf.SaleDone && (err != nil || step != shelf.SaleHand) {
			t.Errorf("%s: %s, %v", s, step, err)
		}
	}
}

func TestPaying(t *testing.T) {
	t.Parallel()
	later := noon.Add(1)
	for _, s := range shelf.SaleMachine.States() {
		err := shelf.Sale{State: s, ExpiresAt: &later}.CheckPay(noon)
		if (err == nil) != (s == shelf.SalePlaced) || err != nil && keyOf(err) != "sale.not_due" {
			t.Errorf("%s: %v", s, err)
		}
	}
	if (shelf.Sale{State: shelf.SalePlaced, ExpiresAt: &noon}).CheckPay(noon) == nil || (shelf.Sale{State: shelf.SalePlaced}).CheckPay(noon) == nil {
		t.Error("a sale is paid when its time is over")
	}
	for method, want := range map[string]int{"": 1, "cash": 1, "sandbox": 0} {
		if got := (shelf.PayRefRequest{Method: method, Key: "12345678"}).Check(); len(got) != want {
			t.Errorf("%q: %v", method, got)
		}
	}
	if got := keysOf(shelf.PayRefRequest{}.Check()); !slices.Equal(got, []string{"order.key.invalid idempotency_key", "payment.method method"}) {
		t.Errorf("%v", got)
	}
	for _, s := range shelf.SheetMachine.States() {
		err := s.CheckPay()
		want := map[shelf.SheetState]string{shelf.SheetOpen: "shelf.sheet.not_due", shelf.SheetClosing: "busy", shelf.SheetSettled: "shelf.sheet.not_due"}[s]
		if keyOf(err) != want {
			t.Errorf("%s: %v", s, err)
		}
	}
	var e *link.Error
	if !errors.As(shelf.SheetClosing.CheckPay(), &e) || e.Code != link.Unavailable || e.RetryAfter != 1 {
		t.Errorf("%v", e)
	}
	if shelf.BilledStep(0) != shelf.SheetSettle || shelf.BilledStep(1) != shelf.SheetBill {
		t.Error("the step of a bill")
	}
}

func TestViewer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		v       shelf.Viewer
		channel shelf.SaleChannel
		ok, all bool
	}{
		{shelf.Viewer{County: true}, shelf.SaleTill, true, true}, {shelf.Viewer{Org: 1}, shelf.SaleTill, true, true}, {shelf.Viewer{Org: 2}, shelf.SaleOnline, false, false},
		{shelf.Viewer{Buyer: 7}, shelf.SaleOnline, true, false}, {shelf.Viewer{Buyer: 7}, shelf.SaleTill, false, false}, {shelf.Viewer{Buyer: 8}, shelf.SaleOnline, false, false},
		{shelf.Viewer{}, shelf.SaleOnline, false, false},
	} {
		if ok, all := test.v.Sees(1, test.channel, 7); ok != test.ok || all != test.all {
			t.Errorf("%+v: %v, %v", test, ok, all)
		}
	}
	if ok, _ := (shelf.Viewer{}).Sees(0, shelf.SaleOnline, 0); ok {
		t.Error("a stranger sees a sale")
	}
}

func TestCheckOfReturn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*shelf.ReturnRequest)
		want   []string
	}{
		{"good", func(*shelf.ReturnRequest) {}, nil},
		{"no id", func(r *shelf.ReturnRequest) { r.ClientID = "" }, []string{"weigh.client_id client_id"}},
		{"void", func(r *shelf.ReturnRequest) { r.Kind, r.Reason = shelf.ReturnVoid, "price" }, nil},
		{"void without lines", func(r *shelf.ReturnRequest) { r.Kind, r.Reason, r.Lines = shelf.ReturnVoid, "mistake", nil }, nil},
		{"void for a reason of goods", func(r *shelf.ReturnRequest) { r.Kind = shelf.ReturnVoid }, []string{"shelf.reason reason"}},
		{"goods for a reason of a void", func(r *shelf.ReturnRequest) { r.Reason = "mistake" }, []string{"shelf.reason reason"}},
		{"another kind", func(r *shelf.ReturnRequest) { r.Kind = "swap" }, []string{"return.kind kind"}},
		{"no lines", func(r *shelf.ReturnRequest) { r.Lines = nil }, []string{"return.lines lines"}},
		{"too many lines", func(r *shelf.ReturnRequest) {
			r.Lines = nil
			for i := range 101 {
				r.Lines = append(r.Lines, shelf.ReturnLine{No: i, Measure: 1})
			}
		}, []string{"return.lines lines"}},
		{"most lines", func(r *shelf.ReturnRequest) {
			r.Lines = nil
			for i := range 100 {
				r.Lines = append(r.Lines, shelf.ReturnLine{No: i, Measure: 1})
			}
		}, nil},
		{"a line twice", func(r *shelf.ReturnRequest) { r.Lines[1].No = 1 }, []string{"return.line lines[1].no"}},
		{"nothing of a line", func(r *shelf.ReturnRequest) { r.Lines[1].Measure = 0 }, []string{"shelf.measure lines[1].measure"}},
		{"long note", func(r *shelf.ReturnRequest) { r.Note = strings.Repeat("字", 201) }, []string{"shelf.note note"}},
		{"from the future", func(r *shelf.ReturnRequest) { r.ReturnedAt = noon.Add(time.Hour) }, []string{"sale.sold_at returned_at"}},
	} {
		r := shelf.ReturnRequest{ClientID: uuid, SaleClientID: uuid, Kind: shelf.ReturnGoods, Reason: "quality", Note: " x ", ReturnedAt: noon,
			Lines: []shelf.ReturnLine{{No: 1, Measure: 5}, {No: 2, Measure: 6}}}
		test.change(&r)
		if got := keysOf(r.Check(noon)); !slices.Equal(got, append([]string{}, test.want...)) {
			t.Errorf("%s: %v", test.name, got)
		}
		if r.SaleClientID != strings.ToLower(uuid) || r.Note == " x " || r.Kind == shelf.ReturnVoid && r.Lines != nil {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
}

func TestCheckReturn(t *testing.T) {
	t.Parallel()
	until := noon.AddDate(0, 0, shelf.ReturnDays)
	for _, test := range []struct {
		name        string
		change      func(*shelf.Sold)
		at          time.Time
		account     int64
		void, goods string
	}{
		{"just sold", func(*shelf.Sold) {}, noon, 7, "", ""},
		{"by a colleague", func(*shelf.Sold) {}, noon, 8, "return.not_last", ""},
		{"just before midnight", func(*shelf.Sold) {}, at("2026-06-05 23:59:59"), 7, "", ""},
		{"tomorrow", func(*shelf.Sold) {}, at("2026-06-06 00:00:00"), 7, "return.not_last", ""},
		{"the last moment", func(*shelf.Sold) {}, until, 7, "return.not_last", ""},
		{"too late", func(*shelf.Sold) {}, until.Add(1), 7, "return.not_last", "return.too_late"},
		{"some came back", func(s *shelf.Sold) { s.ReturnedFen = 1 }, noon, 7, "return.not_whole", ""},
		{"all came back", func(s *shelf.Sold) { s.ReturnedFen = 300 }, noon, 7, "return.done", "return.done"},
		{"not handed over", func(s *shelf.Sold) { s.State = shelf.SalePaid }, noon, 7, "return.not_sold", "return.not_sold"},
		{"online", func(s *shelf.Sold) { s.Channel = shelf.SaleOnline }, noon, 7, "return.not_last", ""},
	} {
		s := shelf.Sold{State: shelf.SaleDone, Channel: shelf.SaleTill, AccountID: 7, SoldAt: noon, TotalFen: 300}
		test.change(&s)
		if got := keyOf(s.CheckReturn(shelf.ReturnVoid, test.at, test.account)); got != test.void {
			t.Errorf("%s: void %q", test.name, got)
		}
		if got := keyOf(s.CheckReturn(shelf.ReturnGoods, test.at, test.account)); got != test.goods {
			t.Errorf("%s: goods %q", test.name, got)
		}
		if void, goods := s.CanReturn(test.at, test.account); void != (test.void == "") || goods != (test.goods == "") {
			t.Errorf("%s: %v, %v", test.name, void, goods)
		}
	}
}

func TestReturnAmounts(t *testing.T) {
	t.Parallel()
	sold := []shelf.SoldLine{{No: 1, Measure: 3, AmountFen: 100}, {No: 2, Measure: 10, AmountFen: 50, Returned: 4, ReturnedFen: 20}, {No: 3, Measure: 1}}
	for _, test := range []struct {
		name       string
		back       []shelf.ReturnLine
		amounts    []int64
		key, field string
	}{
		{"one of three", []shelf.ReturnLine{{No: 1, Measure: 1}}, []int64{33}, "", ""},
		{"two of three", []shelf.ReturnLine{{No: 1, Measure: 2}}, []int64{67}, "", ""},
		{"the rest", []shelf.ReturnLine{{No: 2, Measure: 6}, {No: 1, Measure: 3}}, []int64{30, 100}, "", ""},
		{"more than the rest", []shelf.ReturnLine{{No: 1, Measure: 1}, {No: 2, Measure: 7}}, nil, "return.not_so_much", "lines[1].measure"},
		{"another line", []shelf.ReturnLine{{No: 4, Measure: 1}}, nil, "return.line", "lines[0].no"},
		{"worth nothing", []shelf.ReturnLine{{No: 3, Measure: 1}}, nil, "shelf.amount", "lines"},
	} {
		amounts, total, err := shelf.ReturnAmounts(sold, test.back)
		var sum int64
		for _, a := range amounts {
			sum += a
		}
		if e := link.AsError(err); !slices.Equal(amounts, test.amounts) || total != sum || keyOf(err) != test.key || err != nil && e.Field != test.field {
			t.Errorf("%s: %v, %d, %v", test.name, amounts, total, err)
		}
	}
	if got := shelf.Whole(sold[:2]); !slices.Equal(got, []shelf.ReturnLine{{No: 1, Measure: 3, ToShelf: true}, {No: 2, Measure: 10, ToShelf: true}}) {
		t.Errorf("%+v", got)
	}
}

func TestPartsOfAReturnAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := shelf.SoldLine{No: 1, Measure: rapid.Int64Range(1, 50).Draw(t, "measure"), AmountFen: rapid.Int64Range(1, 10000).Draw(t, "amount")}
		var money int64
		for l.Returned < l.Measure {
			b := shelf.ReturnLine{No: 1, Measure: rapid.Int64Range(1, l.Measure-l.Returned).Draw(t, "back")}
			amounts, total, err := shelf.ReturnAmounts([]shelf.SoldLine{l}, []shelf.ReturnLine{b})
			if link.CodeOf(err) == link.Invalid { // worth less than half a fen: it comes back with the next
				if l.Returned+b.Measure == l.Measure && money != l.AmountFen {
					t.Fatalf("%d of %d fen went back", money, l.AmountFen)
				}
				l.Returned += b.Measure
				continue
			}
			if err != nil || total != amounts[0] || total <= 0 {
				t.Fatal(amounts, total, err)
			}
			l.Returned, l.ReturnedFen, money = l.Returned+b.Measure, l.ReturnedFen+total, money+total
		}
		if money != l.AmountFen {
			t.Fatalf("%d of %d fen went back", money, l.AmountFen)
		}
	})
}

func TestPutBack(t *testing.T) {
	t.Parallel()
	lots := []shelf.SoldLot{
		{No: 1, Lot: 11, Measure: 4, CostFen: 10, Returned: 1, BestBefore: day("2026-06-10")},
		{No: 2, Lot: 12, Measure: 5, CostFen: 50, BestBefore: day("2026-06-04")},
		{No: 1, Lot: 13, Measure: 2, CostFen: 20, BestBefore: day("2026-06-05")},
		{No: 1, Lot: 14, Measure: 2, CostFen: 20, Returned: 2, BestBefore: day("2026-06-05")},
	}
	before := slices.Clone(lots)
	for _, test := range []struct {
		name string
		kind shelf.ReturnKind
		back []shelf.ReturnLine
		want [][]shelf.Taken
		left []int64
		key  string
	}{
		{"the rest of a lot", shelf.ReturnGoods, []shelf.ReturnLine{{No: 1, Measure: 3, ToShelf: true}}, [][]shelf.Taken{{{Lot: 11, Measure: 3, CostFen: 7}}}, []int64{0}, ""},
		{"two lots", shelf.ReturnGoods, []shelf.ReturnLine{{No: 1, Measure: 4, ToShelf: true}}, [][]shelf.Taken{{{Lot: 11, Measure: 3, CostFen: 7}, {Lot: 13, Measure: 1, CostFen: 10}}}, []int64{0}, ""},
		{"beyond the books", shelf.ReturnGoods, []shelf.ReturnLine{{No: 1, Measure: 9, ToShelf: true}}, [][]shelf.Taken{{{Lot: 11, Measure: 3, CostFen: 7}, {Lot: 13, Measure: 2, CostFen: 20}}}, []int64{4}, ""},
		{"a line that was split", shelf.ReturnGoods, []shelf.ReturnLine{{No: 1, Measure: 1}, {No: 2, Measure: 1}}, [][]shelf.Taken{{{Lot: 11, Measure: 1, CostFen: 2}}, {{Lot: 12, Measure: 1, CostFen: 10}}}, []int64{0, 0}, ""},
		{"past its date", shelf.ReturnGoods, []shelf.ReturnLine{{No: 1, Measure: 1}, {No: 2, Measure: 1, ToShelf: true}}, nil, nil, "return.past_date lines[1].to_shelf"},
		{"past its date, written off", shelf.ReturnGoods, []shelf.ReturnLine{{No: 2, Measure: 1}}, [][]shelf.Taken{{{Lot: 12, Measure: 1, CostFen: 10}}}, []int64{0}, ""},
		{"past its date, voided", shelf.ReturnVoid, []shelf.ReturnLine{{No: 2, Measure: 5, ToShelf: true}}, [][]shelf.Taken{{{Lot: 12, Measure: 5, CostFen: 50}}}, []int64{0}, ""},
	} {
		puts, err := shelf.PutBack(lots, test.back, test.kind, noon)
		key := keyOf(err)
		if err != nil {
			key += " " + link.AsError(err).Field
		}
		if key != test.key || len(puts) != len(test.want) {
			t.Errorf("%s: %+v, %v", test.name, puts, err)
			continue
		}
		for i, p := range puts {
			if !slices.Equal(p.Parts, test.want[i]) || p.Uncovered != test.left[i] {
				t.Errorf("%s: %+v", test.name, p)
			}
		}
		if !slices.Equal(lots, before) {
			t.Errorf("%s changed the lots", test.name)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		s    shelf.Sale
		want string
	}{
		{shelf.Sale{State: shelf.SalePaid, TotalFen: 9}, "paid"}, {shelf.Sale{State: shelf.SaleDone, TotalFen: 9, ReturnedFen: 8}, "part_returned"},
		{shelf.Sale{State: shelf.SaleDone, TotalFen: 9, ReturnedFen: 9}, "returned"}, {shelf.Sale{State: shelf.SaleDone, TotalFen: 9, ReturnedFen: 9, Voided: true}, "voided"},
	} {
		if got := test.s.Shown(); got != test.want {
			t.Errorf("%+v: %s", test.s, got)
		}
	}
}
