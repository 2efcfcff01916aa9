package adopt_test

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
	"banmuyuan/orders/adopt"
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

func days(dates []time.Time) []string {
	out := make([]string, len(dates))
	for i, d := range dates {
		out[i] = d.Format(time.DateOnly)
	}
	return out
}

// presale sells boxes at 30 yuan each, or geese of 4 kg at 20 yuan for 500 g.
func presale(product string) catalog.PublicPresale {
	p := catalog.PublicPresale{Presale: catalog.Presale{
		State: catalog.PresaleOpen, Policy: "direct", OpensAt: at("2026-05-01 00:00:00"), ClosesAt: at("2026-09-01 00:00:00"),
		DeliverFrom: at("2026-06-01 00:00:00"), DeliverTo: at("2026-06-30 23:59:59"),
		Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 3000, Per: 1}}},
	}, Product: catalog.Product{Code: product, OrderUnit: "box", PriceUnit: "box"}}
	if product == "goose" {
		p.Product.OrderUnit, p.Product.PriceUnit, p.GramsPerUnit = "head", "jin", 4000
		p.Grades[0].Price = money.Price{Fen: 2000, Per: 500}
	}
	return p
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

func TestPlanOf(t *testing.T) {
	t.Parallel()
	early := at("2026-05-10 09:00:00")
	for _, test := range []struct {
		name    string
		kind    orders.PlotKind
		every   int64
		units   int64
		now     time.Time
		want    []string
		qty     int64
		unitFen int64
	}{
		{"a bed", orders.PlotGarden, 7, 1, early, []string{"2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22", "2026-06-29"}, 1, 5 * 3000},
		{"three beds every other week", orders.PlotGarden, 14, 3, early, []string{"2026-06-01", "2026-06-15", "2026-06-29"}, 3, 3 * 3000},
		{"two days before the first date", orders.PlotGarden, 14, 1, at("2026-05-30 09:00:00"), []string{"2026-06-02", "2026-06-16", "2026-06-30"}, 1, 3 * 3000},
		{"three days before the first date", orders.PlotGarden, 14, 1, at("2026-05-29 23:59:59"), []string{"2026-06-01", "2026-06-15", "2026-06-29"}, 1, 3 * 3000},
		{"the last day", orders.PlotGarden, 7, 2, at("2026-06-27 23:59:59"), []string{"2026-06-30"}, 2, 3000},
		{"a goose", orders.PlotGoose, 14, 1, early, []string{"2026-06-01"}, 1, 16000},
		{"three geese", orders.PlotGoose, 14, 3, early, []string{"2026-06-01", "2026-06-15", "2026-06-29"}, 1, 16000},
		{"more geese than dates", orders.PlotGoose, 14, 5, early, []string{"2026-06-01", "2026-06-15", "2026-06-29", "2026-06-29", "2026-06-29"}, 1, 16000},
	} {
		p := presale("veg_box")
		if test.kind == orders.PlotGoose {
			p = presale("goose")
		}
		pl, err := adopt.PlanOf(p, test.kind, test.every, test.units, test.now)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if !slices.Equal(days(pl.Dates), test.want) || pl.Qty != test.qty || pl.UnitFen != test.unitFen || pl.Stock() != test.qty*int64(len(test.want)) {
			t.Errorf("%s: %v of %d at %d fen, stock %d", test.name, days(pl.Dates), pl.Qty, pl.UnitFen, pl.Stock())
		}
	}
	_, err := adopt.PlanOf(presale("veg_box"), orders.PlotGarden, 7, 1, at("2026-06-28 00:00:00"))
	if link.CodeOf(err) != link.Conflict || keyOf(err) != "adoption.plot.over" {
		t.Errorf("after the last day: %v", err)
	}
	expensive := presale("veg_box")
	expensive.Grades[0].Price.Fen = math.MaxInt64
	if _, err := adopt.PlanOf(expensive, orders.PlotGarden, 7, 1, early); err == nil {
		t.Error("a price without bounds is taken")
	}
}

func TestPlanHoldsWhatItPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]orders.PlotKind{orders.PlotGoose, orders.PlotGarden}).Draw(t, "kind")
		every := rapid.SampledFrom([]int64{7, 14}).Draw(t, "every")
		units := rapid.Int64Range(1, 40).Draw(t, "units")
		now := at("2026-05-01 00:00:00").Add(time.Duration(rapid.Int64Range(0, 57*24*3600).Draw(t, "now")) * time.Second)
		pl, err := adopt.PlanOf(presale("veg_box"), kind, every, units, now)
		if err != nil {
			t.Fatal(err)
		}
		last := day("2026-06-30")
		for i, d := range pl.Dates {
			if d.After(last) || d.Before(day("2026-06-01")) || d.Before(orders.DayOf(now).AddDate(0, 0, adopt.LeadDays)) {
				t.Fatalf("box %d comes on %v", i, d)
			}
			if i > 0 && pl.Dates[i-1].AddDate(0, 0, int(every)) != d && (kind == orders.PlotGarden || d != pl.Dates[i-1]) {
				t.Fatalf("box %d comes on %v after %v", i, d, pl.Dates[i-1])
			}
		}
		if kind == orders.PlotGoose && int64(len(pl.Dates)) != units || kind == orders.PlotGarden && pl.Qty != units {
			t.Fatalf("%d units give %d boxes of %d", units, len(pl.Dates), pl.Qty)
		}
		if pl.BalanceBy(now).Before(now.Add(48 * time.Hour)) {
			t.Fatalf("the balance is due at %v", pl.BalanceBy(now))
		}
		price, fee := rapid.Int64Range(1, 1e9).Draw(t, "price"), rapid.Int64Range(0, 10000).Draw(t, "fee")
		amounts, fees, err := pl.Amounts(price, fee)
		if err != nil || len(amounts) != len(pl.Dates) || len(fees) != len(pl.Dates) {
			t.Fatal(amounts, fees, err)
		}
		var sum int64
		for i, a := range amounts {
			sum += a
			if want, _ := money.BasisPoints(a, fee); fees[i] != want {
				t.Fatalf("the fee of %d is %d, want %d", a, fees[i], want)
			}
		}
		if sum != price || slices.Max(amounts)-slices.Min(amounts) > 1 {
			t.Fatalf("%d is divided into %v", price, amounts)
		}
	})
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	pl := adopt.Plan{Dates: []time.Time{day("2026-06-01"), day("2026-06-08"), day("2026-06-15")}, Qty: 1}
	amounts, fees, err := pl.Amounts(1001, 500)
	if err != nil || !slices.Equal(amounts, []int64{334, 334, 333}) || !slices.Equal(fees, []int64{17, 17, 17}) {
		t.Errorf("%v, %v, %v", amounts, fees, err)
	}
	if _, _, err := pl.Amounts(math.MaxInt64, math.MaxInt64); err == nil {
		t.Error("a fee without bounds is taken")
	}
}

func TestBalanceBy(t *testing.T) {
	t.Parallel()
	pl := adopt.Plan{Dates: []time.Time{day("2026-06-15")}}
	for now, want := range map[string]string{
		"2026-05-01 08:00:00": "2026-06-08 20:00:00", "2026-06-06 20:00:00": "2026-06-08 20:00:00", "2026-06-06 20:00:01": "2026-06-08 20:00:01",
		"2026-06-10 08:00:00": "2026-06-12 08:00:00",
	} {
		if by := pl.BalanceBy(at(now)); !by.Equal(at(want)) || by.Location() != time.UTC {
			t.Errorf("taken at %s, the balance is due at %v, want %s", now, by, want)
		}
	}
}

func TestDeposit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ price, bp, want int64 }{{10000, 3000, 3000}, {10001, 5000, 5001}, {10000, 0, 10000}, {1, 1, 1}, {10000, 10000, 10000}} {
		if got, err := adopt.Deposit(test.price, test.bp); got != test.want || err != nil {
			t.Errorf("Deposit(%d, %d) = %d, %v", test.price, test.bp, got, err)
		}
	}
	if _, err := adopt.Deposit(math.MaxInt64, math.MaxInt64); err == nil {
		t.Error("a deposit without bounds is taken")
	}
	if price, deposit := (adopt.PublicPlot{UnitFen: 1500, DepositBP: 3000}).Price(3); price != 4500 || deposit != 1350 {
		t.Errorf("three units cost %d, deposit %d", price, deposit)
	}
	if price, deposit := (adopt.PublicPlot{UnitFen: 1500}).Price(2); price != 3000 || deposit != 3000 {
		t.Errorf("without a deposit all is due: %d of %d", deposit, price)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ left, most, boxes, want int64 }{{10, 0, 5, 10}, {10, 20, 5, 4}, {3, 20, 5, 3}, {10, 3, 5, 1}, {0, 20, 5, 0}} {
		if got := adopt.MaxUnits(test.left, test.most, test.boxes); got != test.want {
			t.Errorf("MaxUnits(%d, %d, %d) = %d", test.left, test.most, test.boxes, got)
		}
	}
	for _, test := range []struct {
		lot               catalog.Lot
		adopted, per, sum int64
	}{
		{catalog.Lot{Capacity: 100, Reserved: 20, Delivered: 10}, 3, 5, 17}, {catalog.Lot{Capacity: 100, Reserved: 20, Delivered: 11}, 3, 5, 16},
		{catalog.Lot{Capacity: 10, Reserved: 20}, 3, 5, 3}, {catalog.Lot{Capacity: 10}, 0, 0, 10},
	} {
		if got := adopt.Supply(test.adopted, test.lot, test.per); got != test.sum {
			t.Errorf("Supply(%d, %+v, %d) = %d", test.adopted, test.lot, test.per, got)
		}
	}
	if adopt.EveryDaysOf(orders.PlotGarden) != 7 || adopt.EveryDaysOf(orders.PlotGoose) != 14 {
		t.Error("the suggested rhythms changed")
	}
	r := adopt.SavePlot{Units: 5}
	for _, test := range []struct {
		adopted, supply int64
		want            string
	}{{5, 5, ""}, {6, 9, "adoption.plot.below_adopted"}, {0, 4, "adoption.plot.above_supply"}, {6, 4, "adoption.plot.below_adopted"}} {
		if got := keyOf(r.CheckUnits(test.adopted, test.supply)); got != test.want {
			t.Errorf("%d adopted, supply %d: %q", test.adopted, test.supply, got)
		}
	}
	for _, test := range []struct {
		units, left int64
		code        link.Code
		key         string
	}{{3, 3, "", ""}, {4, 3, link.SoldOut, "order.quantity.sold_out"}, {1, 0, link.SoldOut, "adoption.taken"}, {1, -1, link.SoldOut, "adoption.taken"},
		{0, 3, "", "order.quantity.not_positive"}, {-1, 0, "", "order.quantity.not_positive"}} {
		var problems link.Problems
		err := adopt.Request{Units: test.units}.CheckLeft(test.left, &problems)
		key := keyOf(err)
		if len(problems) > 0 {
			key = problems[0].Key
		}
		if link.CodeOf(err) != test.code || key != test.key {
			t.Errorf("%d of %d: %v, %v", test.units, test.left, err, problems)
		}
	}
}

func TestCheckOfPlot(t *testing.T) {
	t.Parallel()
	long := string(slices.Repeat([]rune("鹅"), adopt.StoryMax))
	for _, test := range []struct {
		name   string
		change func(*adopt.SavePlot)
		want   []string
	}{
		{"good", func(*adopt.SavePlot) {}, nil},
		{"longest", func(r *adopt.SavePlot) { r.Story.Zh, r.Story.En = long, long }, nil},
		{"too long", func(r *adopt.SavePlot) { r.Story.Zh = long + "鹅" }, []string{"adoption.plot.story story.zh"}},
		{"too long in English", func(r *adopt.SavePlot) { r.Story.En = long + "g" }, []string{"adoption.plot.story story.zh"}},
		{"no story", func(r *adopt.SavePlot) { r.Story.Zh = " " }, []string{"adoption.plot.story story.zh"}},
		{"no English", func(r *adopt.SavePlot) { r.Story.En = "" }, nil},
		{"other week", func(r *adopt.SavePlot) { r.EveryDays = 14 }, nil},
		{"every ten days", func(r *adopt.SavePlot) { r.EveryDays = 10 }, []string{"adoption.plot.every every_days"}},
		{"none", func(r *adopt.SavePlot) { r.Units = 0 }, nil},
		{"negative", func(r *adopt.SavePlot) { r.Units = -1 }, []string{"adoption.plot.units units"}},
		{"most", func(r *adopt.SavePlot) { r.Units = adopt.PlotMaxUnits }, nil},
		{"too many", func(r *adopt.SavePlot) { r.Units = adopt.PlotMaxUnits + 1 }, []string{"adoption.plot.units units"}},
	} {
		r := adopt.SavePlot{Units: 3, EveryDays: 7, Story: catalog.Text{Zh: " 山上的鹅 ", En: "Geese"}}
		test.change(&r)
		if got := keysOf(r.Check()); !slices.Equal(got, append([]string{}, test.want...)) {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	r := adopt.SavePlot{EveryDays: 7, Story: catalog.Text{Zh: " 山上的鹅\r\n"}}
	if r.Check(); r.Story.Zh != "山上的鹅" {
		t.Errorf("the story is %q", r.Story.Zh)
	}
}

func TestCheckOfRequest(t *testing.T) {
	t.Parallel()
	r := adopt.Request{IdempotencyKey: "12345678"}
	if p := r.Check(); len(p) != 0 || r.OnFailure != adopt.FailureReplace {
		t.Errorf("%v, %s", p, r.OnFailure)
	}
	r.OnFailure = adopt.FailureRefund
	if p := r.Check(); len(p) != 0 || r.OnFailure != adopt.FailureRefund {
		t.Errorf("%v, %s", p, r.OnFailure)
	}
	r = adopt.Request{OnFailure: "cry"}
	if got := keysOf(r.Check()); !slices.Equal(got, []string{"order.key.invalid idempotency_key", "adoption.on_failure on_failure"}) {
		t.Errorf("%v", got)
	}
}
