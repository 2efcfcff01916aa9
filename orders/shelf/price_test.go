package shelf_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
)

var (
	egg    = catalog.Product{Code: "goose_egg", OrderUnit: "egg", PriceUnit: "egg"}
	potato = catalog.Product{Code: "potato", OrderUnit: "jin", PriceUnit: "jin"}
	bean   = catalog.Product{Code: "purple_bean", OrderUnit: "kg", PriceUnit: "jin"}
	goose  = catalog.Product{Code: "goose", OrderUnit: "head", PriceUnit: "jin"}
)

// at is a time in China.
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", text, orders.China)
	if err != nil {
		panic(err)
	}
	return t
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func keyOf(err error) string {
	if err == nil {
		return ""
	}
	return link.AsError(err).Key
}

func keysOf(problems link.Problems) []string {
	keys := []string{}
	for _, p := range problems {
		keys = append(keys, p.Key+" "+p.Field)
	}
	return keys
}

func TestPrices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p       catalog.Product
		per     int64
		byPiece bool
	}{{egg, 1, false}, {potato, 500, false}, {bean, 500, false}, {goose, 500, true}} {
		if got := shelf.PriceFor(test.p, 7); got != (money.Price{Fen: 7, Per: test.per}) {
			t.Errorf("%s: %+v", test.p.Code, got)
		}
		if shelf.ByPiece(test.p) != test.byPiece || shelf.SoldOnline(true, test.p) == test.byPiece || shelf.SoldOnline(false, test.p) {
			t.Errorf("%s: by piece", test.p.Code)
		}
	}
	for cost, want := range map[int64]int64{0: 1, 1: 1, 4: 4, 5: 10, 9: 10, 10: 10, 13: 13, 14: 20, 95: 100, 100: 110, 104: 110, 105: 120, 1000: 1100, 998: 1100} {
		if got := shelf.FirstPrice(cost); got != want {
			t.Errorf("FirstPrice(%d) = %d, want %d", cost, got, want)
		}
	}
	for _, test := range []struct{ fen, measure, received, want int64 }{{100, 1, 3, 33}, {100, 2, 3, 67}, {100, 3, 3, 100}, {100, 0, 3, 0}, {100, 1, 0, 100}, {7, 1, 2, 4}, {math.MaxInt64, 9, 1, math.MaxInt64}} {
		if got := shelf.PartOf(test.fen, test.measure, test.received); got != test.want {
			t.Errorf("PartOf(%d, %d, %d) = %d", test.fen, test.measure, test.received, got)
		}
	}
	if got := shelf.PriceOf(1000, 500, 10000); got != (money.Price{Fen: 50, Per: 500}) {
		t.Errorf("%+v", got)
	}
	if got := shelf.PriceOf(1000, 500, 0); got != (money.Price{Per: 500}) {
		t.Errorf("%+v", got)
	}
	if shelf.Measure(true, 3, 900) != 900 || shelf.Measure(false, 3, 900) != 3 {
		t.Error("measures")
	}
	for fen, want := range map[int64]bool{0: true, 1: true, shelf.FenMax: true, shelf.FenMax + 1: false} {
		if _, ok := shelf.Amount(money.Price{Fen: fen, Per: 1}, 1); ok != want {
			t.Errorf("an amount of %d", fen)
		}
	}
	if got, ok := shelf.Amount(money.Price{Fen: 300, Per: 500}, 750); got != 450 || !ok {
		t.Errorf("%d, %v", got, ok)
	}
	if _, ok := shelf.Amount(money.Price{Fen: 300}, 1); ok {
		t.Error("a price per nothing")
	}
}

func TestFirstPriceIsWholeJiaoAboveTheCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cost := rapid.Int64Range(0, shelf.FenMax).Draw(t, "cost")
		got := shelf.FirstPrice(cost)
		if got < cost || got < 1 || got != cost && got != 1 && got%10 != 0 || cost >= 100 && 10*got < 11*cost-60 || 10*got > 11*cost+60 {
			t.Fatalf("a cost of %d gives %d", cost, got)
		}
	})
}

func TestBestBefore(t *testing.T) {
	t.Parallel()
	now := at("2026-06-05 23:30:00")
	last := now.Add(3 * 366 * 24 * time.Hour)
	for text, want := range map[string]bool{
		"2026-06-05": true, " 2026-06-06 ": true, "2026-06-04": false, "": false, "soon": false, "2026-13-01": false, //nolint:gocritic // the blanks are the point
		last.Format(time.DateOnly): true, last.AddDate(0, 0, 1).Format(time.DateOnly): false,
	} {
		var problems link.Problems
		got := text
		shelf.CheckBestBefore(&got, now, &problems)
		if (len(problems) == 0) != want || want && len(got) != 10 || !want && keysOf(problems)[0] != "shelf.best_before best_before" {
			t.Errorf("%q: %v", text, problems)
		}
	}
	midnight := at("2026-06-05 00:00:00")
	text := midnight.Add(3 * 366 * 24 * time.Hour).Format(time.DateOnly)
	var problems link.Problems
	if shelf.CheckBestBefore(&text, midnight, &problems); len(problems) != 1 {
		t.Errorf("%s is within three years of %v", text, midnight)
	}
	if got := shelf.OnDay(day("2026-06-05")); !got.Equal(midnight) {
		t.Errorf("%v", got)
	}
}

func TestDueToday(t *testing.T) {
	t.Parallel()
	monday := at("2026-06-01 00:30:00") // a Sunday in UTC
	before, today := at("2026-05-31 23:59:59"), at("2026-06-01 00:00:00")
	for _, test := range []struct {
		name    string
		days    []int
		ordered *time.Time
		want    bool
	}{
		{"due", []int{1}, nil, true}, {"another day", []int{2, 7}, nil, false}, {"no day", nil, nil, false},
		{"ordered yesterday", []int{1}, &before, true}, {"ordered today", []int{1}, &today, false},
	} {
		if got := shelf.DueToday(test.days, test.ordered, monday); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	for i := range 7 {
		for d := 1; d <= 7; d++ {
			if got := shelf.DueToday([]int{d}, nil, monday.AddDate(0, 0, i)); got != (d == i+1) {
				t.Errorf("%d days after Monday, %d is due: %v", i, d, got)
			}
		}
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	now := at("2026-06-30 12:00:00")
	for _, test := range []struct{ from, to, wantFrom, wantEnd, key string }{
		{"", "", "2026-06-01", "2026-07-01", ""}, {"2026-01-01", "", "2026-01-01", "2026-07-01", ""},
		{"2026-01-01", "2026-01-31", "2026-01-01", "2026-02-01", ""}, {"x", "", "", "", "from"}, {"", "x", "", "", "to"},
	} {
		from, end, err := shelf.TurnoverFilter{From: test.from, To: test.to}.Period(now)
		if test.key != "" {
			if e := link.AsError(err); e.Key != "shelf.date" || e.Field != test.key {
				t.Errorf("%+v: %v", test, err)
			}
			continue
		}
		if err != nil || from.Format(time.RFC3339) != test.wantFrom+"T00:00:00+08:00" || end.Format(time.RFC3339) != test.wantEnd+"T00:00:00+08:00" {
			t.Errorf("%+v: %v, %v, %v", test, from, end, err)
		}
	}
	to := shelf.Turnover{RevenueFen: 9, CostFen: 4}
	if to.MarginFen() != 5 || (shelf.TurnoverItem{RevenueFen: 9, CostFen: 5}).MarginFen() != 4 {
		t.Error("margins")
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0123456789ab": "0123456789ab", "0123-4567 89AB": "0123456789ab", "0123456789a": "", "0123456789abc": "", "0123456789ag": "", "": ""} {
		if code, ok := shelf.ReadTrace(text); ok != (want != "") || ok && code != want {
			t.Errorf("%q: %q, %v", text, code, ok)
		}
	}
	delivered := day("2026-06-03")
	j := shelf.Journey{Source: shelf.StockDelivery, GatheredOn: day("2026-06-01"), DeliveredOn: &delivered, ShelvedAt: at("2026-06-04 15:00:00"), Point: "服务站", Shop: "超市"}
	weighed := shelf.TraceStep{Key: "weighed", On: at("2026-06-01 00:00:00"), Place: "服务站"}
	shelved := shelf.TraceStep{Key: "shelved", On: at("2026-06-04 00:00:00"), Place: "超市"}
	if got := j.Steps(); !slices.Equal(got, []shelf.TraceStep{weighed, {Key: "delivered", On: at("2026-06-03 00:00:00")}, shelved}) {
		t.Errorf("%+v", got)
	}
	if j.DeliveredOn = nil; !slices.Equal(j.Steps(), []shelf.TraceStep{weighed, shelved}) {
		t.Errorf("%+v", j.Steps())
	}
	if j.Source = shelf.StockBuyIn; !slices.Equal(j.Steps(), []shelf.TraceStep{{Key: "bought", On: weighed.On, Place: "超市"}, shelved}) {
		t.Errorf("%+v", j.Steps())
	}
}
