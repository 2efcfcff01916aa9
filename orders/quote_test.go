package orders_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

var geese = catalog.PublicPresale{
	Presale: catalog.Presale{ID: 7, Season: 2026, State: catalog.PresaleOpen, Channels: []catalog.Channel{catalog.ChannelPrivate, catalog.ChannelMarket},
		OpensAt: midday.Add(-time.Hour), ClosesAt: midday.Add(time.Hour), MinQty: 2, StepQty: 2, MaxQty: 20, GramsPerUnit: 4000, Policy: "fair",
		Grades: []catalog.GradePrice{{Grade: "extra", Price: money.Price{Fen: 3000, Per: 500}}, {Grade: "first", Price: money.Price{Fen: 2500, Per: 500}}},
		Terms:  catalog.Terms{DepositBP: 3000}},
	Product: catalog.Product{Code: "goose", OrderUnit: "head", PriceUnit: "jin"},
	Left:    100,
}

func presale(change func(*catalog.PublicPresale)) catalog.PublicPresale {
	p := geese
	change(&p)
	return p
}

// said is the notes as "key field".
func said(problems link.Problems) []string {
	var out []string
	for _, e := range problems {
		out = append(out, e.Key+" "+e.Field)
	}
	return out
}

func TestUnitMeasure(t *testing.T) {
	t.Parallel()
	if got := orders.UnitMeasure(geese); got != 4000 {
		t.Errorf("a goose measures %d grams", got)
	}
	eggs := presale(func(p *catalog.PublicPresale) { p.Product.PriceUnit = "egg" })
	if got := orders.UnitMeasure(eggs); got != 1 {
		t.Errorf("an egg measures %d", got)
	}
	if !orders.Weighed("jin") || orders.Weighed("egg") || orders.Weighed("") {
		t.Error("the price's unit does not tell what is weighed")
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	jin := money.Price{Fen: 3001, Per: 500}
	for _, c := range []struct {
		price             money.Price
		measure, qty, bp  int64
		estimate, deposit int64
		fails             bool
	}{
		{price: jin, measure: 4000, qty: 3, bp: 3000, estimate: 72024, deposit: 21607},
		{price: jin, measure: 250, qty: 1, bp: 5000, estimate: 1501, deposit: 751}, // halves go up, once each
		{price: money.Price{Fen: 120, Per: 1}, measure: 1, qty: 30, bp: 0, estimate: 3600, deposit: 0},
		{price: money.Price{Fen: 1, Per: 1}, measure: 1, qty: 1 << 50, bp: 10_000, estimate: 1 << 50, deposit: 1 << 50},
		{price: money.Price{Fen: 1, Per: 1}, measure: 1, qty: 1<<50 + 1, fails: true},
		{price: money.Price{Fen: 2, Per: 1}, measure: 1, qty: 1<<49 + 1, fails: true},
		{price: money.Price{Fen: 1, Per: 1}, measure: 2, qty: 1<<49 + 1, fails: true},
		{price: money.Price{Fen: 1, Per: 1}, measure: 4, qty: 1 << 62, fails: true},
		{price: money.Price{Fen: 1, Per: 1}, measure: 1, qty: 1 << 50, bp: math.MaxInt64, estimate: 1 << 50, fails: true},
		{price: jin, measure: 0, qty: 1, fails: true},
		{price: jin, measure: -1, qty: 1, fails: true},
		{price: money.Price{Fen: 1}, measure: 1, qty: 1, fails: true},
		{price: money.Price{Fen: math.MaxInt64, Per: 1}, measure: 1, qty: 2, fails: true},
	} {
		estimate, deposit, err := orders.Estimate(c.price, c.measure, c.qty, c.bp)
		if estimate != c.estimate || deposit != c.deposit || (err != nil) != c.fails {
			t.Errorf("%+v: %d, %d, %v", c, estimate, deposit, err)
		}
	}
}

// A deposit is never above the estimate, and more units never cost less.
func TestEstimateIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price := money.Price{Fen: rapid.Int64Range(1, 1_000_000).Draw(t, "fen"), Per: rapid.SampledFrom([]int64{1, 500, 1000}).Draw(t, "per")}
		measure, bp := rapid.Int64Range(1, 10_000).Draw(t, "measure"), rapid.Int64Range(0, 10_000).Draw(t, "bp")
		qty := rapid.Int64Range(1, 100_000).Draw(t, "qty")
		less, lessDeposit, err := orders.Estimate(price, measure, qty, bp)
		more, moreDeposit, err2 := orders.Estimate(price, measure, qty+1, bp)
		if err != nil || err2 != nil || more < less || moreDeposit < lessDeposit || lessDeposit > less {
			t.Fatalf("%d units: %d and %d (%v); one more: %d and %d (%v)", qty, less, lessDeposit, err, more, moreDeposit, err2)
		}
	})
}

func TestExpectedIncome(t *testing.T) {
	t.Parallel()
	gross, fee, err := orders.ExpectedIncome(money.Price{Fen: 3001, Per: 500}, 4000, 3, 300)
	if err != nil || gross != 72024 || fee != 2161 {
		t.Errorf("%d, %d, %v", gross, fee, err)
	}
	if _, _, err := orders.ExpectedIncome(money.Price{Fen: 1, Per: 1}, 0, 1, 300); err == nil {
		t.Error("units without a measure have an income")
	}
	if _, _, err := orders.ExpectedIncome(money.Price{Fen: 1, Per: 1}, 1, 1<<50, math.MaxInt64); err == nil {
		t.Error("a fee out of range is no error")
	}
}

func TestPriceOf(t *testing.T) {
	t.Parallel()
	for grade, want := range map[string]int64{"": 3000, "extra": 3000, "first": 2500} {
		if g, ok := orders.PriceOf(geese.Grades, grade); !ok || g.Price.Fen != want {
			t.Errorf("%q costs %+v, %v", grade, g, ok)
		}
	}
	for _, grade := range []string{"second", "Extra"} {
		if g, ok := orders.PriceOf(geese.Grades, grade); ok {
			t.Errorf("%q costs %+v", grade, g)
		}
	}
	if _, ok := orders.PriceOf(nil, ""); ok {
		t.Error("nothing has a price")
	}
}

func TestCheckLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    catalog.PublicPresale
		q    orders.QuoteLine
		want []string
	}{
		"right":               {geese, orders.QuoteLine{Qty: 4}, nil},
		"another grade":       {geese, orders.QuoteLine{Qty: 4, Grade: "second"}, []string{"presale.grade l.grade"}},
		"everything is wrong": {presale(func(p *catalog.PublicPresale) { p.ClosesAt = midday }), orders.QuoteLine{Qty: 3, Grade: "x"}, []string{"presale.closed l.presale_id", "order.quantity.off_step l.quantity", "presale.grade l.grade"}},
		"adopted":             {presale(func(p *catalog.PublicPresale) { p.Policy = "direct" }), orders.QuoteLine{Qty: 3}, []string{"adoption.only l.presale_id"}},
	} {
		var problems link.Problems
		orders.CheckLine(&problems, "l", c.p, c.q, catalog.ChannelPrivate, midday)
		if got := said(problems); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPlots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy, product string
		kind            orders.PlotKind
	}{
		{"direct", "goose", orders.PlotGoose}, {"direct", "vegetable_box", orders.PlotGarden}, {"direct", "veg_box", orders.PlotGarden},
		{"direct", "potato", ""}, {"fair", "goose", ""}, {"fair", "veg_box", ""},
	} {
		p := presale(func(p *catalog.PublicPresale) { p.Policy, p.Product.Code = c.policy, c.product })
		if kind, ok := orders.PlotOf(p); kind != c.kind || ok != (c.kind != "") {
			t.Errorf("%+v: %q, %v", c, kind, ok)
		}
	}
}

func TestLineCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "order.lines.missing lines", 1: "", orders.MaxLines: "", orders.MaxLines + 1: "order.lines.many lines"} {
		var problems link.Problems
		ok := orders.CheckLineCount(&problems, make([]orders.QuoteLine, n))
		if got := said(problems); ok != (want == "") || want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
			t.Errorf("%d lines: %v, %q", n, ok, got)
		}
		if n > orders.MaxLines && problems[0].Args["max"] != strconv.Itoa(orders.MaxLines) {
			t.Errorf("%d lines: %v", n, problems[0].Args)
		}
	}
}

func TestQuoting(t *testing.T) {
	t.Parallel()
	potatoes := presale(func(p *catalog.PublicPresale) { p.ID = 8 })
	dear := presale(func(p *catalog.PublicPresale) { // a line of it is just within the largest order
		p.ID, p.Product.PriceUnit, p.MaxQty = 9, "egg", 0
		p.Grades = []catalog.GradePrice{{Grade: "extra", Price: money.Price{Fen: 1 << 49, Per: 1}}}
	})
	ofContract := presale(func(p *catalog.PublicPresale) { p.ContractID = 3 })
	lastSeason := presale(func(p *catalog.PublicPresale) { p.ID, p.Season = 10, 2025 })
	type ask struct {
		p catalog.PublicPresale
		q orders.QuoteLine
	}
	of := func(p catalog.PublicPresale, grade string, qty int64) ask {
		return ask{p, orders.QuoteLine{PresaleID: p.ID, Grade: grade, Qty: qty}}
	}
	for name, c := range map[string]struct {
		asked []ask
		want  []string
		ok    []bool
	}{
		"two presales":             {[]ask{of(geese, "", 2), of(potatoes, "", 2)}, nil, []bool{true, true}},
		"two grades":               {[]ask{of(geese, "extra", 2), of(geese, "first", 2)}, nil, []bool{true, true}},
		"the best grade twice":     {[]ask{of(geese, "extra", 2), of(geese, "", 2)}, []string{"order.line.twice l1.presale_id"}, []bool{true, true}},
		"an unknown grade twice":   {[]ask{of(geese, "x", 2), of(geese, "y", 2)}, []string{"presale.grade l0.grade", "order.line.twice l1.presale_id", "presale.grade l1.grade"}, []bool{false, false}},
		"three times":              {[]ask{of(geese, "", 2), of(geese, "", 2), of(geese, "", 2)}, []string{"order.line.twice l1.presale_id", "order.line.twice l2.presale_id"}, []bool{true, true, true}},
		"two seasons":              {[]ask{of(geese, "", 2), of(lastSeason, "", 2)}, []string{"reserve.lines.season l1.presale_id"}, []bool{true, true}},
		"of a contract":            {[]ask{of(ofContract, "", 2)}, []string{"presale.unknown l0.presale_id"}, []bool{false}},
		"two grades above most":    {[]ask{of(geese, "extra", 12), of(geese, "first", 10)}, []string{"order.quantity.above_max l1.quantity"}, []bool{true, false}},
		"two grades, just most":    {[]ask{of(geese, "extra", 10), of(geese, "first", 10)}, nil, []bool{true, true}},
		"too few":                  {[]ask{of(geese, "", 1)}, []string{"order.quantity.below_min l0.quantity"}, []bool{false}},
		"just within the bound":    {[]ask{of(dear, "", 2)}, nil, []bool{true}},
		"one line above the bound": {[]ask{of(dear, "", 4)}, []string{"order.quantity.too_large l0.quantity"}, []bool{false}},
		"together above the bound": {[]ask{of(dear, "", 2), of(geese, "", 2)}, nil, []bool{true, true}},
	} {
		var problems link.Problems
		quoting := orders.Quoting{Problems: &problems, Channel: catalog.ChannelPrivate, Now: midday}
		for i, a := range c.asked {
			if _, ok := quoting.Line("l"+strconv.Itoa(i), a.p, a.q); ok != c.ok[i] {
				t.Errorf("%s: line %d is %v", name, i, ok)
			}
		}
		if got := said(problems); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	var problems link.Problems
	quoting := orders.Quoting{Problems: &problems, Channel: catalog.ChannelPrivate, Now: midday}
	got, _ := quoting.Line("l", geese, orders.QuoteLine{PresaleID: 7, Grade: "first", Qty: 4})
	if want := (orders.QuotedLine{Grade: geese.Grades[1], UnitMeasure: 4000, EstimateFen: 80000, DepositFen: 24000}); got != want {
		t.Errorf("priced at %+v, want %+v", got, want)
	}
}

func TestCheckLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []orders.AskedUnits
		field string
		left  string
	}{
		"all that is left":        {lines: []orders.AskedUnits{{7, 10, 10}, {8, 1, 5}}},
		"one too many":            {lines: []orders.AskedUnits{{8, 1, 5}, {7, 11, 10}}, field: "lines[1].quantity", left: "10"},
		"two grades of a presale": {lines: []orders.AskedUnits{{7, 6, 10}, {8, 5, 5}, {7, 5, 10}}, field: "lines[2].quantity", left: "10"},
		"two grades, just enough": {lines: []orders.AskedUnits{{7, 6, 10}, {7, 4, 10}}},
	} {
		err := orders.CheckLeft(c.lines)
		if c.field == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := link.AsError(err); !isError(err, link.SoldOut, "order.quantity.sold_out") || e.Field != c.field || e.Args["left"] != c.left {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"direct": "fair", "fair": "", "near": "", "": ""} {
		if got := orders.PolicyFor(policy); got != want {
			t.Errorf("%q asks for %q", policy, got)
		}
	}
	for policy, want := range map[string]string{"fair/1": "fair", "fair": "fair", "": "", "direct/2/3": "direct"} {
		if got := orders.PolicyName(policy); got != want {
			t.Errorf("%q is named %q", policy, got)
		}
	}
}

func TestChannels(t *testing.T) {
	t.Parallel()
	if orders.OwnChannel(catalog.OrgSupermarket) != catalog.ChannelMarket || orders.OwnChannel(catalog.OrgCooperative) != catalog.ChannelContract {
		t.Error("an organisation does not order through its channel")
	}
	for _, c := range []struct {
		asked  catalog.Channel
		county bool
		want   catalog.Channel
		ok     bool
	}{
		{"", false, catalog.ChannelPrivate, true}, {catalog.ChannelPrivate, false, catalog.ChannelPrivate, true},
		{catalog.ChannelMarket, false, catalog.ChannelPrivate, false}, {catalog.ChannelMarket, true, catalog.ChannelMarket, true},
		{"nonsense", true, catalog.ChannelPrivate, false}, {"", true, catalog.ChannelPrivate, true},
	} {
		if got, ok := orders.ChannelFor(catalog.ChannelPrivate, c.asked, c.county); got != c.want || ok != c.ok {
			t.Errorf("%+v: %s, %v", c, got, ok)
		}
	}
}

func TestReservedField(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"lines[0].qty": "lines[0].quantity", "lines[0].presale_id": "lines[0].presale_id", "lines[2]": "lines[2].quantity",
		"lines[1].quantity": "lines[1].quantity", "key": "idempotency_key", "channel": "channel", "": "", "qty": "qty",
	} {
		if got := orders.ReservedField(field); got != want {
			t.Errorf("%q is %q", field, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format func(int64) string
		want   string
	}{
		"order": {orders.Number, "BM0000100008"}, "ticket": {orders.TicketNumber, "GB0000100008"}, "delivery": {orders.DeliveryNumber, "YS0000100008"},
	} {
		if got := c.format(1000); got != c.want {
			t.Errorf("%s 1000 is %s", name, got)
		}
	}
	for text, want := range map[string]int64{
		"BM0000100008": 1000, " bm 0000-1000–08 ": 1000, "ＢＭ００００１００００８": 1000, "BM\u30000000100008\t": 1000, //nolint:gocritic // the blanks are the point
		"BM—0000100008": 1000, "BM0000100008" + strings.Repeat(" ", 88): 1000,
	} {
		if id, ok := orders.ParseNumber(text); !ok || id != want {
			t.Errorf("%q is %d, %v", text, id, ok)
		}
	}
	for _, text := range []string{"", "BM0000100009", "GB0000100008", "0000100008", "BM000010001", "BM00001000x7", "BM0000000098", "BM00000100008", "BM0000100008" + string(make([]byte, 100))} {
		if id, ok := orders.ParseNumber(text); ok {
			t.Errorf("%q is %d", text, id)
		}
	}
	if id, ok := orders.ParseTicketNumber("GB0000100008"); !ok || id != 1000 {
		t.Errorf("the ticket is %d, %v", id, ok)
	}
	for ref, want := range map[string]int64{"order:7": 7, "order:0": 0, "order:-7": 0, "adoption:7": 0, "order:": 0, "order:7x": 0, "": 0} {
		if id, ok := orders.ParsePaymentRef(ref); ok != (want > 0) || ok && id != want {
			t.Errorf("%q is %d, %v", ref, id, ok)
		}
	}
}

// Every number is read back, and every wrong digit and every swap of two neighbours is noticed.
func TestMistypedNumbersAreNobodys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, math.MaxInt64/1000).Draw(t, "id")
		no := []byte(orders.Number(id))
		if got, ok := orders.ParseNumber(string(no)); !ok || got != id {
			t.Fatalf("%s is %d, %v", no, got, ok)
		}
		if got, ok := orders.ParsePaymentRef(orders.PaymentRef(id)); !ok || got != id {
			t.Fatalf("the reference of %d is %d, %v", id, got, ok)
		}
		wrong := slices.Clone(no)
		at := rapid.IntRange(2, len(no)-1).Draw(t, "at")
		wrong[at] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		swapped := slices.Clone(no)
		if at > 2 {
			swapped[at-1], swapped[at] = no[at], no[at-1]
		}
		for _, w := range [][]byte{wrong, swapped} {
			if got, ok := orders.ParseNumber(string(w)); ok && string(w) != string(no) {
				t.Fatalf("%s, mistyped as %s, is order %d", no, w, got)
			}
		}
	})
}
