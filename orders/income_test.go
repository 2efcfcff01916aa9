package orders_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

func TestSeasonMonth(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		day  time.Time
		want int
	}{
		{day(2026, 1, 1), 1}, {day(2026, 12, 31), 12}, {day(2027, 1, 1), 13}, {day(2027, 12, 31), 24}, {day(2028, 2, 1), 26}, {day(2025, 12, 31), 12},
	} {
		if got := orders.SeasonMonth(2026, c.day); got != c.want {
			t.Errorf("%v is in month %d, want %d", c.day, got, c.want)
		}
	}
	for _, c := range []struct{ season, month, wantSeason, wantMonth int }{
		{2026, 13, 2026, 13}, {0, 0, 2027, 2}, {2026, 0, 2026, 14}, {0, 5, 2027, 5},
	} {
		if s, m := orders.FactSeason(c.season, c.month, day(2027, 2, 3)); s != c.wantSeason || m != c.wantMonth {
			t.Errorf("%+v: season %d, month %d", c, s, m)
		}
	}
}

func TestStages(t *testing.T) {
	t.Parallel()
	for state, want := range map[payments.PayableState]orders.IncomeStage{
		payments.PayablePending: orders.StageOwed, payments.PayableReleased: orders.StageReleased, payments.PayableBatched: orders.StageReleased,
		payments.PayablePaid: orders.StagePaid, payments.PayableReversed: "", "": "",
	} {
		if got := orders.StageOf(state); got != want {
			t.Errorf("%q is %q", state, got)
		}
	}
	for stage, want := range map[orders.IncomeStage]orders.IncomeSum{
		orders.StageExpected: {ExpectedFen: 7}, orders.StageOwed: {OwedFen: 7}, orders.StageReleased: {OwedFen: 7}, orders.StagePaid: {PaidFen: 7},
	} {
		if got := stage.Sum(7); got != want {
			t.Errorf("7 fen %s are %+v", stage, got)
		}
	}
	a, b := orders.IncomeSum{ExpectedFen: 1, OwedFen: 2, PaidFen: 4}, orders.IncomeSum{ExpectedFen: 10, OwedFen: 20, PaidFen: 40}
	if got := a.Plus(b); got != (orders.IncomeSum{ExpectedFen: 11, OwedFen: 22, PaidFen: 44}) || got.Total() != 77 {
		t.Errorf("the sum is %+v", got)
	}
	r := orders.RaisingSum{Units: 1, ExpectedFen: 2, GrossFen: 4, FeeFen: 8, AgentFen: 16, HouseholdFen: 32}
	if got := r.Plus(orders.RaisingSum{Units: 100, ExpectedFen: 200, GrossFen: 400, FeeFen: 800, AgentFen: 1600, HouseholdFen: 3200}); got !=
		(orders.RaisingSum{Units: 101, ExpectedFen: 202, GrossFen: 404, FeeFen: 808, AgentFen: 1616, HouseholdFen: 3232}) {
		t.Errorf("the sum is %+v", got)
	}
}

func TestLatestChanges(t *testing.T) {
	t.Parallel()
	change := func(key string, version int, fen int64) payments.PayableChange {
		return payments.PayableChange{SourceKey: key, Version: version, AmountFen: fen}
	}
	got := orders.LatestChanges([]payments.PayableChange{
		change("ticket:2", 1, 10), change("ticket:1", 3, 20), change("ticket:1", 2, 30), change("ticket:2", 1, 40), change("buyin:9", 1, 50)})
	want := []payments.PayableChange{change("buyin:9", 1, 50), change("ticket:1", 3, 20), change("ticket:2", 1, 40)}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := orders.LatestChanges(nil); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestIncomeGroups(t *testing.T) {
	t.Parallel()
	var none orders.IncomeGroups
	if m := none.Months(); m == nil || len(m) != 0 {
		t.Errorf("no income has months %v", m)
	}
	var g orders.IncomeGroups
	g.Add(10, "goose", catalog.ChannelPrivate, orders.IncomeSum{PaidFen: 1})
	g.Add(9, "beans", "", orders.IncomeSum{OwedFen: 50})
	g.Add(13, "goose", catalog.ChannelMarket, orders.IncomeSum{ExpectedFen: 4})
	g.Add(10, "egg", catalog.ChannelPrivate, orders.IncomeSum{PaidFen: 4})
	group := func(key string, expected, owed, paid int64) orders.IncomeGroup {
		return orders.IncomeGroup{Key: key, IncomeSum: orders.IncomeSum{ExpectedFen: expected, OwedFen: owed, PaidFen: paid}}
	}
	for name, c := range map[string]struct{ got, want []orders.IncomeGroup }{
		"months":     {g.Months(), []orders.IncomeGroup{group("9", 0, 50, 0), group("10", 0, 0, 5), group("13", 4, 0, 0)}},
		"programmes": {g.Programmes(), []orders.IncomeGroup{group("beans", 0, 50, 0), group("goose", 4, 0, 1), group("egg", 0, 0, 4)}},
		"channels":   {g.Channels(), []orders.IncomeGroup{group(orders.ChannelNone, 0, 50, 0), group("private", 0, 0, 5), group("market", 4, 0, 0)}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %+v", name, c.got)
		}
	}
	var same orders.IncomeGroups
	same.Add(1, "b", "", orders.IncomeSum{PaidFen: 3})
	same.Add(1, "a", "", orders.IncomeSum{PaidFen: 3})
	if p := same.Programmes(); p[0].Key != "a" || p[1].Key != "b" {
		t.Errorf("equal sums are not by key: %+v", p)
	}
}

func TestPerPerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fen, persons, want int64 }{
		{100, 4, 25}, {101, 4, 25}, {102, 4, 26}, {103, 4, 26}, {10, 3, 3}, {11, 3, 4}, {0, 3, 0}, {10, 0, 0}, {10, -1, 0}, {10, 1, 10},
	} {
		if got := orders.PerPerson(c.fen, c.persons); got != c.want {
			t.Errorf("%d for %d persons: %d each, want %d", c.fen, c.persons, got, c.want)
		}
	}
}

func TestCompareYears(t *testing.T) {
	t.Parallel()
	earned := func(persons int64, by map[int]int64) orders.Earnings {
		e := orders.Earnings{Persons: persons, BySeason: map[int]orders.IncomeSum{}}
		for s, fen := range by {
			e.BySeason[s] = orders.IncomeSum{PaidFen: fen}
		}
		return e
	}
	own := earned(2, map[int]int64{2023: 100, 2025: 300, 2027: 9})
	village := earned(10, map[int]int64{2022: 10, 2025: 1000})
	county := earned(100, map[int]int64{2024: 5000, 2025: 8000, 2027: 9})
	want := []orders.IncomeYear{
		{Season: 2023, IncomeSum: orders.IncomeSum{PaidFen: 100}, PerPersonFen: 50},
		{Season: 2024, CountyPerPersonFen: 50},
		{Season: 2025, IncomeSum: orders.IncomeSum{PaidFen: 300}, PerPersonFen: 150, VillagePerPersonFen: 100, CountyPerPersonFen: 80},
		{Season: 2026},
	}
	if got := orders.CompareYears(own, village, county, 2026); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := orders.CompareYears(own, village, county, 2027); len(got) != 4 || got[3].Season != 2027 {
		t.Errorf("up to 2027: %+v", got)
	}
	want = []orders.IncomeYear{
		{Season: 2024, IncomeSum: orders.IncomeSum{PaidFen: 5000}, PerPersonFen: 50, CountyPerPersonFen: 50},
		{Season: 2025, IncomeSum: orders.IncomeSum{PaidFen: 8000}, PerPersonFen: 80, CountyPerPersonFen: 80},
	}
	if got := orders.CountyYears(county, 2026); !slices.Equal(got, want) {
		t.Errorf("the county's: %+v", got)
	}
	if got := orders.CountyYears(county, 2027); len(got) != 3 {
		t.Errorf("the county's up to 2027: %+v", got)
	}
	if got := orders.CountyYears(orders.Earnings{}, 2027); got == nil || len(got) != 0 {
		t.Errorf("of nothing: %#v", got)
	}
}

func TestGini(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		earners []orders.Earner
		want    float64
	}{
		"nobody":               {nil, 0},
		"nothing":              {[]orders.Earner{{Persons: 1}, {Persons: 2}}, 0},
		"all the same":         {[]orders.Earner{{1, 10}, {2, 20}, {3, 30}}, 0},
		"one of two":           {[]orders.Earner{{1, 0}, {1, 10}}, 0.5},
		"one of four":          {[]orders.Earner{{1, 40}, {1, 0}, {1, 0}, {1, 0}}, 0.75},
		"one to three":         {[]orders.Earner{{1, 30}, {1, 10}}, 0.25},
		"a large household":    {[]orders.Earner{{3, 0}, {1, 10}}, 0.75},
		"a debt is no income":  {[]orders.Earner{{1, -50}, {1, 10}}, 0.5},
		"nobody counts as one": {[]orders.Earner{{0, 0}, {1, 10}}, 0.5},
		"in the right order":   {[]orders.Earner{{0, 6}, {1, 10}}, 0.125},
		"by person":            {[]orders.Earner{{1, 20}, {3, 30}}, 0.15},
	} {
		before := slices.Clone(c.earners)
		if got := orders.Gini(c.earners); !(math.Abs(got-c.want) <= 1e-12) { // NaN is no figure
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if !slices.Equal(before, c.earners) {
			t.Errorf("%s: the earners were sorted", name)
		}
	}
}

// The coefficient is between 0 and 1, does not depend on the order or the currency, and falls when the richest gives to
// the poorest.
func TestGiniProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []orders.Earner
		for range rapid.IntRange(2, 20).Draw(t, "households") {
			all = append(all, orders.Earner{Persons: rapid.Int64Range(1, 9).Draw(t, "persons"), Fen: rapid.Int64Range(0, 1_000_000).Draw(t, "fen")})
		}
		g := orders.Gini(all)
		if g < -1e-9 || g >= 1 {
			t.Fatalf("the coefficient is %v", g)
		}
		turned := slices.Clone(all)
		slices.Reverse(turned)
		for i := range turned {
			turned[i].Fen *= 100
		}
		if h := orders.Gini(turned); math.Abs(g-h) > 1e-9 {
			t.Fatalf("%v in another order and currency is %v", g, h)
		}
	})
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	if got := orders.Histogram(nil); got == nil || len(got) != 0 {
		t.Errorf("of nobody: %#v", got)
	}
	earners := make([]orders.Earner, 100)
	for i := range earners {
		earners[99-i] = orders.Earner{Persons: 2, Fen: int64(i) * 2000} // i * 1000 each
	}
	earners[50].Fen = 100_000_000 // one is far above
	earners[51].Fen = -1 << 40    // and one has a debt
	bins := orders.Histogram(earners)
	if len(bins) != 12 || bins[0].FromFen != 0 || bins[0].ToFen != 10_000 || bins[5] != (orders.HistogramBin{FromFen: 50_000, ToFen: 60_000, Households: 10}) {
		t.Errorf("the bins are %+v", bins)
	}
	if last := bins[11]; last.FromFen != 110_000 || last.ToFen != 50_000_001 || last.Households != 1 || bins[10].Households != 0 || bins[9].Households != 10 {
		t.Errorf("the last bins are %+v", bins[9:])
	}
	if bins[0].Households != 11 || bins[4].Households != 8 {
		t.Errorf("the first bins are %+v", bins[:5])
	}
	one := orders.Histogram([]orders.Earner{{1, 1199}})
	if one[0].ToFen != 100 || one[11].FromFen != 1100 || one[11].ToFen != 1200 || one[11].Households != 1 {
		t.Errorf("of one household: %+v", one)
	}
	if wider := orders.Histogram([]orders.Earner{{1, 1200}}); wider[0].ToFen != 200 || wider[6].Households != 1 {
		t.Errorf("of a somewhat richer one: %+v", wider)
	}
}

// Every household is in one bin, bins follow each other and are of a round width.
func TestHistogramCountsEverybody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []orders.Earner
		for range rapid.IntRange(1, 300).Draw(t, "households") {
			all = append(all, orders.Earner{Persons: rapid.Int64Range(0, 9).Draw(t, "persons"), Fen: rapid.Int64Range(-100, 1<<40).Draw(t, "fen")})
		}
		bins := orders.Histogram(all)
		var n, at int64
		width := bins[0].ToFen
		for i, b := range bins {
			if b.FromFen != at || i < 11 && b.ToFen-b.FromFen != width || b.ToFen <= b.FromFen {
				t.Fatalf("bin %d is %+v", i, b)
			}
			n, at = n+b.Households, b.ToFen
		}
		for _, e := range all {
			if fen := orders.PerPerson(max(e.Fen, 0), e.Persons); fen >= at {
				t.Fatalf("%d is above the last bin, which ends at %d", fen, at)
			}
		}
		for width >= 1000 {
			width /= 10
		}
		if n != int64(len(all)) || width != 100 && width != 200 && width != 500 {
			t.Fatalf("%d of %d households, width %d", n, len(all), bins[0].ToFen)
		}
	})
}
