package contract_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

func TestPriceOfATicket(t *testing.T) {
	t.Parallel()
	none := money.Price{}
	for name, c := range map[string]struct {
		grade     string
		reference money.Price
		adjust    []string
		want      orders.ContractPricing
		problem   string
	}{
		"floor":           {"second", none, nil, orders.ContractPricing{FloorFen: 1200, PriceFen: 1200, Per: 500}, ""},
		"reference above": {"first", money.Price{Fen: 1401, Per: 500}, nil, orders.ContractPricing{FloorFen: 1400, ReferenceFen: 1401, PriceFen: 1401, Per: 500}, ""},
		"reference below": {"first", money.Price{Fen: 1, Per: 500}, nil, orders.ContractPricing{FloorFen: 1400, ReferenceFen: 1, PriceFen: 1400, Per: 500}, ""},
		"reference in another measure": {"first", money.Price{Fen: 9000, Per: 1000}, nil,
			orders.ContractPricing{FloorFen: 1400, PriceFen: 1400, Per: 500}, ""},
		"no reference in the same measure": {"first", money.Price{Per: 500}, nil, orders.ContractPricing{FloorFen: 1400, PriceFen: 1400, Per: 500}, ""},
		"adjusted": {"first", money.Price{Fen: 1500, Per: 500}, []string{"wet", "clean"},
			orders.ContractPricing{FloorFen: 1400, ReferenceFen: 1500, AdjustFen: -50, Adjustments: []string{"wet", "clean"}, PriceFen: 1450, Per: 500}, ""},
		"below the floor":     {"second", none, []string{"wet"}, orders.ContractPricing{FloorFen: 1200, AdjustFen: -100, Adjustments: []string{"wet"}, PriceFen: 1100, Per: 500}, ""},
		"unknown grade":       {"extra", none, nil, orders.ContractPricing{}, "presale.grade grade"},
		"unknown adjustment":  {"first", none, []string{"x"}, orders.ContractPricing{}, "contract.adjustment.unknown adjustments"},
		"adjusted twice":      {"first", none, []string{"wet", "clean", "wet"}, orders.ContractPricing{}, "contract.adjustment.unknown adjustments"},
		"a fen is left":       {"second", none, []string{"most"}, orders.ContractPricing{FloorFen: 1200, AdjustFen: -1199, Adjustments: []string{"most"}, PriceFen: 1, Per: 500}, ""},
		"nothing is left":     {"second", none, []string{"all"}, orders.ContractPricing{}, "contract.adjustment.below_zero adjustments"},
		"no grade of its own": {"", none, nil, orders.ContractPricing{}, "presale.grade grade"},
	} {
		k := terms()
		k.Adjustments = append(k.Adjustments, orders.ContractAdjustment{Code: "all", Fen: -1200}, orders.ContractAdjustment{Code: "most", Fen: -1199})
		got, err := k.PriceAt(c.grade, c.reference, c.adjust)
		if strings.Join(problemsOf(err), ", ") != c.problem {
			t.Errorf("%s: %v", name, err)
		}
		if got.FloorFen != c.want.FloorFen || got.ReferenceFen != c.want.ReferenceFen || got.AdjustFen != c.want.AdjustFen || got.PriceFen != c.want.PriceFen ||
			got.Per != c.want.Per || !slices.Equal(got.Adjustments, c.want.Adjustments) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Without adjustments nobody is paid less than the floor or than a comparable reference price.
func TestPriceIsTheHigherOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		reference := money.Price{Fen: rapid.Int64Range(0, 3000).Draw(t, "reference"), Per: rapid.SampledFrom([]int64{1, 500, 1000}).Draw(t, "per")}
		p, err := terms().PriceAt("first", reference, nil)
		want := int64(1400)
		if reference.Per == 500 {
			want = max(want, reference.Fen)
		}
		if err != nil || p.PriceFen != want || p.Settled() != (money.Price{Fen: want, Per: 500}) {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestReferencePricesAreChecked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 9, 16, 0, 0, 0, time.UTC) // the tenth begins in China
	for name, c := range map[string]struct {
		change func(*contract.SetReference)
		want   string
	}{
		"today":            {func(*contract.SetReference) {}, ""},
		"tomorrow":         {func(r *contract.SetReference) { r.Day = "2026-08-11" }, "reference.day day"},
		"a week ago":       {func(r *contract.SetReference) { r.Day = "2026-08-03" }, ""},
		"more than a week": {func(r *contract.SetReference) { r.Day = "2026-08-02" }, "reference.day day"},
		"no day":           {func(r *contract.SetReference) { r.Day = "x" }, "date day"},
		"no source":        {func(r *contract.SetReference) { r.Source = " x " }, "reference.source source"},
		"a long source":    {func(r *contract.SetReference) { r.Source = strings.Repeat("x", 61) }, "reference.source source"},
		"no grade":         {func(r *contract.SetReference) { r.Grades = nil }, "presale.grades grades"},
		"all grades": {func(r *contract.SetReference) {
			r.Grades = append(r.Grades, grade("special", 1), grade("extra", 10_000_000), grade("second", 1))
		}, ""},
		"grade twice":        {func(r *contract.SetReference) { r.Grades = append(r.Grades, grade("first", 1)) }, "presale.grades grades"},
		"grade unknown":      {func(r *contract.SetReference) { r.Grades[0].Grade = "x" }, "presale.grades grades"},
		"no price":           {func(r *contract.SetReference) { r.Grades[0].Floor.Fen = 0 }, "presale.grades grades"},
		"a price too high":   {func(r *contract.SetReference) { r.Grades[0].Floor.Fen = 10_000_001 }, "presale.grades grades"},
		"everything at once": {func(r *contract.SetReference) { *r = contract.SetReference{} }, "date day, reference.source source, presale.grades grades"},
	} {
		r := contract.SetReference{Product: "goose", Day: "2026-08-10", Source: " market ", Grades: []contract.Grade{grade("first", 1500)}}
		c.change(&r)
		got, err := r.Check(true, now)
		if problems := strings.Join(problemsOf(err), ", "); problems != c.want {
			t.Errorf("%s: %q, want %q", name, problems, c.want)
		}
		if err == nil && got.Source != "market" {
			t.Errorf("%s: source %q", name, got.Source)
		}
	}
	_, err := contract.SetReference{Day: "2026-09-01"}.Check(false, now)
	if got := problemsOf(err); !slices.Equal(got, []string{"presale.product product", "reference.day day", "reference.source source", "presale.grades grades"}) {
		t.Error(got)
	}
	if d := link.AsError(err).Details; d[1].Args["days"] != "7" || d[2].Args["max"] != "60" {
		t.Errorf("%+v", d)
	}
}

func grade(name string, fen int64) contract.Grade {
	return contract.Grade{Grade: name, Floor: money.Price{Fen: fen}}
}

func TestReferencesAreListed(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]int{0: 30, 1: 1, 400: 400, -1: 0, 401: 0} {
		r, err := contract.ReferenceFilter{Days: days}.Check()
		if want != 0 && (err != nil || r.Days != want) {
			t.Errorf("%d days: %d, %v", days, r.Days, err)
		}
		if e := link.AsError(err); want == 0 && (e == nil || e.Key != "order.page.limit" || e.Field != "days" || e.Args["max"] != "400") {
			t.Errorf("%d days: %v", days, err)
		}
	}
	price := func(id int64, day, product string, fen int64) contract.ReferencePrice {
		return contract.ReferencePrice{ID: id, Day: day, Product: product, Price: money.Price{Fen: fen}}
	}
	prices := []contract.ReferencePrice{price(5, "2026-08-01", "egg", 9), price(3, "2026-08-02", "goose", 8), price(2, "2026-08-02", "goose", 9),
		price(4, "2026-08-02", "goose", 8), price(1, "2026-08-02", "egg", 1)}
	contract.SortReferences(prices)
	for i, id := range []int64{1, 2, 3, 4, 5} {
		if prices[i].ID != id {
			t.Fatalf("%+v", prices)
		}
	}
}
