package contract_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

const (
	today = "2026-07-01"
	coop  = 1
	mill  = 2
	shop  = 3
)

var goose = catalog.Product{ID: 5, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Geese"}, OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000}

func places() contract.Places {
	p := contract.Places{Programmes: []catalog.Programme{{Code: "garden"}, {Code: "geese"}},
		Orgs:      map[int64]catalog.Organisation{coop: {ID: coop, Kind: catalog.OrgCooperative}, mill: {ID: mill, Kind: catalog.OrgEnterprise}, shop: {ID: shop, Kind: catalog.OrgSupermarket}},
		Townships: map[int64]string{1: "依龙镇", 2: "双阳镇"}, Points: map[int64]catalog.CollectionPoint{},
	}
	for id := range int64(30) {
		p.Points[id+1] = catalog.CollectionPoint{ID: id + 1}
	}
	return p
}

func terms() contract.Terms {
	return contract.Terms{
		Title: "中秋大鹅收购", Product: "goose", Season: 2026, CollectorOrg: coop, Quantity: 300,
		Grades: []contract.Grade{{Grade: "first", Floor: money.Price{Fen: 1400, Per: 500}}, {Grade: "second", Floor: money.Price{Fen: 1200, Per: 500}}},
		Adjustments: []orders.ContractAdjustment{
			{Code: "clean", Name: catalog.Text{Zh: "净膛"}, Fen: 50}, {Code: "wet", Name: catalog.Text{Zh: "羽毛潮湿", En: "wet"}, Fen: -100}},
		FeeBP: 300, AdvanceFen: 1000, ToleranceBP: 2500, MinQuota: 10, MaxQuota: 80,
		SignBy: "2026-08-20", DeliverFrom: "2026-08-01", DeliverTo: "2026-10-01", Destination: "依安县依龙镇演示街1号", Contact: "赵经理", Phone: "13800138000",
	}
}

// problemsOf returns "key field" for each problem of an error.
func problemsOf(err error) []string {
	if err == nil {
		return nil
	}
	e := link.AsError(err)
	if len(e.Details) == 0 {
		return []string{strings.TrimSpace(e.Key + " " + e.Field)}
	}
	var all []string
	for _, f := range e.Details {
		all = append(all, f.Key+" "+f.Field)
	}
	return all
}

// check checks changed terms of geese.
func check(t *testing.T, change func(*contract.Terms)) (contract.Terms, error) {
	t.Helper()
	return checkOf(goose, change)
}

func checkOf(product catalog.Product, change func(*contract.Terms)) (contract.Terms, error) {
	k := terms()
	change(&k)
	var problems link.Problems
	k.Check(&problems, product, places(), today)
	return k, problems.Err()
}

func TestTermsAreChecked(t *testing.T) {
	t.Parallel()
	adjust := func(k *contract.Terms, a ...orders.ContractAdjustment) { k.Adjustments = a }
	named := func(code string, fen int64) orders.ContractAdjustment {
		return orders.ContractAdjustment{Code: code, Name: catalog.Text{Zh: "加价"}, Fen: fen}
	}
	many := func(n int) []orders.ContractAdjustment {
		all := make([]orders.ContractAdjustment, n)
		for i := range all {
			all[i] = named(strings.Repeat("a", i+1), 1)
		}
		return all
	}
	points := func(n int) []int64 {
		all := make([]int64, n)
		for i := range all {
			all[i] = int64(n - i)
		}
		return all
	}
	for name, c := range map[string]struct {
		change func(*contract.Terms)
		want   string
	}{
		"right":                        {func(*contract.Terms) {}, ""},
		"title of one":                 {func(k *contract.Terms) { k.Title = "鹅" }, "contract.title title"},
		"title of two":                 {func(k *contract.Terms) { k.Title = "大鹅" }, ""},
		"title of sixty":               {func(k *contract.Terms) { k.Title = strings.Repeat("鹅", 60) }, ""},
		"title of sixty-one":           {func(k *contract.Terms) { k.Title = strings.Repeat("鹅", 61) }, "contract.title title"},
		"collector unknown":            {func(k *contract.Terms) { k.CollectorOrg = 9 }, "contract.collector collector_org"},
		"collector no cooperative":     {func(k *contract.Terms) { k.CollectorOrg = mill }, "contract.collector collector_org"},
		"season 1999":                  {func(k *contract.Terms) { k.Season = 1999 }, "presale.season season"},
		"season 2000":                  {func(k *contract.Terms) { k.Season = 2000 }, ""},
		"season 2199":                  {func(k *contract.Terms) { k.Season = 2199 }, ""},
		"season 2200":                  {func(k *contract.Terms) { k.Season = 2200 }, "presale.season season"},
		"no quantity":                  {func(k *contract.Terms) { k.Quantity, k.MinQuota = 0, 1 }, "contract.quantity quantity"},
		"one unit":                     {func(k *contract.Terms) { k.Quantity, k.MinQuota = 1, 1 }, ""},
		"most quantity":                {func(k *contract.Terms) { k.Quantity = 10_000_000 }, ""},
		"more":                         {func(k *contract.Terms) { k.Quantity = 10_000_001 }, "contract.quantity quantity"},
		"fee below zero":               {func(k *contract.Terms) { k.FeeBP = -1 }, "contract.fee fee_bp"},
		"no fee":                       {func(k *contract.Terms) { k.FeeBP = 0 }, ""},
		"highest fee":                  {func(k *contract.Terms) { k.FeeBP = 3000 }, ""},
		"all of the fee to villages":   {func(k *contract.Terms) { k.VillageBP = 10_000 }, ""},
		"more than the fee":            {func(k *contract.Terms) { k.VillageBP = 10_001 }, "contract.village_part village_bp"},
		"a village's part below zero":  {func(k *contract.Terms) { k.VillageBP = -1 }, "contract.village_part village_bp"},
		"higher fee":                   {func(k *contract.Terms) { k.FeeBP = 3001 }, "contract.fee fee_bp"},
		"no tolerance":                 {func(k *contract.Terms) { k.ToleranceBP = 0 }, "contract.tolerance tolerance_bp"},
		"smallest tolerance":           {func(k *contract.Terms) { k.ToleranceBP = 1 }, ""},
		"largest tolerance":            {func(k *contract.Terms) { k.ToleranceBP = 10_000 }, ""},
		"larger tolerance":             {func(k *contract.Terms) { k.ToleranceBP = 10_001 }, "contract.tolerance tolerance_bp"},
		"no least quota":               {func(k *contract.Terms) { k.MinQuota = 0 }, "contract.quota_bounds min_quota"},
		"quota of one":                 {func(k *contract.Terms) { k.MinQuota = 1 }, ""},
		"one size of quota":            {func(k *contract.Terms) { k.MaxQuota = 10 }, ""},
		"most below least":             {func(k *contract.Terms) { k.MaxQuota = 9 }, "contract.quota_bounds min_quota"},
		"one quota is all":             {func(k *contract.Terms) { k.MinQuota, k.MaxQuota = 300, 300 }, ""},
		"one quota above all":          {func(k *contract.Terms) { k.MinQuota, k.MaxQuota = 301, 301 }, "contract.quota_bounds min_quota"},
		"township":                     {func(k *contract.Terms) { k.Townships = []int64{2, 1} }, ""},
		"township unknown":             {func(k *contract.Terms) { k.Townships = []int64{1, 9, 8} }, "import.township townships"},
		"programme":                    {func(k *contract.Terms) { k.Programmes = []string{"geese"} }, ""},
		"programme unknown":            {func(k *contract.Terms) { k.Programmes = []string{"geese", "x", "y"} }, "contract.programme programmes"},
		"point unknown":                {func(k *contract.Terms) { k.Points = []int64{1, 99, 98} }, "weigh.point points"},
		"twenty points":                {func(k *contract.Terms) { k.Points = append(points(20), 1, 2, 3) }, ""},
		"twenty-one points":            {func(k *contract.Terms) { k.Points = points(21) }, "contract.points points"},
		"short address":                {func(k *contract.Terms) { k.Destination = "街上" }, "order.delivery.address destination"},
		"no contact":                   {func(k *contract.Terms) { k.Contact = " " }, "order.delivery.name contact"},
		"no phone":                     {func(k *contract.Terms) { k.Phone = "0" }, "order.delivery.phone phone"},
		"long note":                    {func(k *contract.Terms) { k.Note = strings.Repeat("x", 501) }, "order.note note"},
		"a note of two lines":          {func(k *contract.Terms) { k.Note = "a\nb" }, ""},
		"no grade":                     {func(k *contract.Terms) { k.Grades = nil }, "presale.grades grades"},
		"grade unknown":                {func(k *contract.Terms) { k.Grades[0].Grade = "best" }, "presale.grades grades"},
		"grade twice":                  {func(k *contract.Terms) { k.Grades[1].Grade = "first" }, "presale.grades grades"},
		"no price":                     {func(k *contract.Terms) { k.Grades[1].Floor.Fen = 0 }, "presale.grades grades"},
		"highest price":                {func(k *contract.Terms) { k.Grades[0].Floor.Fen = 10_000_000 }, ""},
		"higher price":                 {func(k *contract.Terms) { k.Grades[0].Floor.Fen = 10_000_001 }, "presale.grades grades"},
		"bad grades and adjustments":   {func(k *contract.Terms) { k.Grades = nil; adjust(k, named("", 0)) }, "presale.grades grades"},
		"lowest price":                 {func(k *contract.Terms) { k.Grades[1].Floor.Fen, k.Adjustments = 1, nil }, ""},
		"adjustment without name":      {func(k *contract.Terms) { k.Adjustments[1].Name.Zh = "" }, "contract.adjustment adjustments[1]"},
		"adjustment of a long name":    {func(k *contract.Terms) { k.Adjustments[0].Name.Zh = strings.Repeat("净", 21) }, "contract.adjustment adjustments[0]"},
		"adjustment of twenty letters": {func(k *contract.Terms) { k.Adjustments[0].Name.Zh = strings.Repeat("净", 20) }, ""},
		"adjustment of a bad code":     {func(k *contract.Terms) { adjust(k, named("Clean", 1)) }, "contract.adjustment adjustments[0]"},
		"adjustment twice":             {func(k *contract.Terms) { adjust(k, named("a", 1), named("a", 2)) }, "contract.adjustment adjustments[1]"},
		"adjustment of nothing":        {func(k *contract.Terms) { adjust(k, named("a", 0)) }, "contract.adjustment adjustments[0]"},
		"highest adjustment":           {func(k *contract.Terms) { adjust(k, named("a", 10_000_000)) }, ""},
		"higher adjustment":            {func(k *contract.Terms) { adjust(k, named("a", 10_000_001)) }, "contract.adjustment adjustments[0]"},
		"deductions leave a fen":       {func(k *contract.Terms) { adjust(k, named("a", -600), named("b", -599), named("c", 5)) }, ""},
		"deductions leave nothing":     {func(k *contract.Terms) { adjust(k, named("a", -600), named("b", -600), named("c", 5)) }, "contract.adjustments adjustments"},
		"the least price comes first":  {func(k *contract.Terms) { k.Grades[0].Floor.Fen, k.AdvanceFen = 100, 0 }, "contract.adjustments adjustments"},
		"twelve adjustments":           {func(k *contract.Terms) { k.Adjustments = many(12) }, ""},
		"thirteen adjustments":         {func(k *contract.Terms) { k.Adjustments = many(13) }, "contract.adjustments adjustments"},
		"advance of half the worth":    {func(k *contract.Terms) { k.AdvanceFen = 5600 }, ""},
		"advance above half of it":     {func(k *contract.Terms) { k.AdvanceFen = 5601 }, "contract.advance advance_fen"},
		"advance below zero":           {func(k *contract.Terms) { k.AdvanceFen = -1 }, "contract.advance advance_fen"},
		"no advance":                   {func(k *contract.Terms) { k.AdvanceFen = 0 }, ""},
		"advance of all numbers":       {func(k *contract.Terms) { k.AdvanceFen = math.MaxInt64 }, "contract.advance advance_fen"},
	} {
		_, err := check(t, c.change)
		if got := strings.Join(problemsOf(err), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTermsNameTheirBounds(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*contract.Terms){
		"60":       func(k *contract.Terms) { k.Title = "" },
		"10000000": func(k *contract.Terms) { k.Quantity = 10_000_001 },
		"20": func(k *contract.Terms) {
			k.Points = []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}
		},
		"40":  func(k *contract.Terms) { k.Contact = "" },
		"500": func(k *contract.Terms) { k.Note = strings.Repeat("x", 501) },
		"200": func(k *contract.Terms) { k.Destination = "" },
	} {
		_, err := check(t, change)
		if e := link.AsError(err); e.Args["max"] != want || want == "200" && e.Args["min"] != "5" {
			t.Errorf("%s: %+v", want, e)
		}
	}
}

func TestTermsAreWrittenInOneForm(t *testing.T) {
	t.Parallel()
	k, err := check(t, func(k *contract.Terms) {
		k.Title, k.Contact, k.Destination, k.Note = " 中秋 ", " 赵 ", " 依龙镇演示街1号 ", " x\r\ny "
		k.Grades[0].Floor.Per = 7
		k.Points = []int64{3, 1, 3}
	})
	if err != nil {
		t.Fatal(err)
	}
	if k.Title != "中秋" || k.Contact != "赵" || k.Destination != "依龙镇演示街1号" || k.Note != "x\ny" {
		t.Errorf("%+v", k)
	}
	if k.Grades[0].Floor != (money.Price{Fen: 1400, Per: 500}) || !slices.Equal(k.Points, []int64{1, 3}) {
		t.Errorf("prices %v, points %v", k.Grades, k.Points)
	}
	if k.Adjustments[0].Name.En != "净膛" || k.Adjustments[1].Name.En != "wet" {
		t.Errorf("%+v", k.Adjustments)
	}
	long, err := check(t, func(k *contract.Terms) { k.Adjustments[1].Name.En = strings.Repeat("x", 61) })
	if err != nil || long.Adjustments[1].Name.En != "羽毛潮湿" {
		t.Errorf("%+v, %v", long.Adjustments, err)
	}
}

func TestPricesOfCountedGoods(t *testing.T) {
	t.Parallel()
	eggs := catalog.Product{Code: "egg", OrderUnit: "egg", PriceUnit: "egg", GramsPerUnit: 60}
	k, err := checkOf(eggs, func(k *contract.Terms) { k.AdvanceFen = 700 })
	if err != nil || k.Grades[1].Floor != (money.Price{Fen: 1200, Per: 1}) {
		t.Errorf("%+v, %v", k.Grades, err)
	}
	if _, err := checkOf(eggs, func(k *contract.Terms) { k.AdvanceFen = 701 }); !slices.Equal(problemsOf(err), []string{"contract.advance advance_fen"}) {
		t.Error(err)
	}
	if _, err := checkOf(catalog.Product{}, func(k *contract.Terms) { k.AdvanceFen = 1 << 40 }); err != nil {
		t.Errorf("an unknown product has a worth: %v", err)
	}
	if contract.UnitGrams(eggs) != 0 || contract.UnitGrams(goose) != 4000 {
		t.Error("the weight of a unit")
	}
}

func TestBuyersOfContracts(t *testing.T) {
	t.Parallel()
	for org, ok := range map[int64]bool{coop: true, mill: true, shop: false, 9: false} {
		if err := contract.MayBuy(places(), org); (err == nil) != ok || err != nil && (link.CodeOf(err) != link.Forbidden || link.AsError(err).Key != "contract.buyer") {
			t.Errorf("organisation %d: %v", org, err)
		}
	}
	for name, c := range map[string]struct {
		k         contract.Terms
		org       int64
		season    int
		collector int64
	}{
		"cooperative":      {contract.Terms{}, coop, 2027, coop},
		"enterprise":       {contract.Terms{}, mill, 2027, 0},
		"says both itself": {contract.Terms{Season: 2025, CollectorOrg: 7}, coop, 2025, 7},
	} {
		if c.k.Complete(places(), 2027, c.org); c.k.Season != c.season || c.k.CollectorOrg != c.collector {
			t.Errorf("%s: season %d, collector %d", name, c.k.Season, c.k.CollectorOrg)
		}
	}
}
