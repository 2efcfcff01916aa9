package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

func typedPresale() (Presale, Product) {
	p, product := goose()
	p.Code, p.Title, p.Season, p.CollectionMin, p.Policy, p.ProductID, p.SellerOrg = "goose-2026", Text{"鹅", "Geese"}, 2026, 5, "fair", 1, 2
	p.DeliverFrom, p.DeliverTo = now.AddDate(0, 1, 0), now.AddDate(0, 2, 0)
	return p, product
}

func TestPresaleCheck(t *testing.T) {
	t.Parallel()
	p, product := typedPresale()
	if err := p.Check(&product, true); err != nil {
		t.Fatal(err)
	}
	if err := p.Check(nil, false); !hasKeys(err, "presale.product", "presale.seller") {
		t.Errorf("neither product nor seller: %v", err)
	}
	eggs := Product{PriceUnit: "egg"}
	for want, changes := range map[string][]func(*Presale){
		"presale.code.missing": {func(p *Presale) { p.Code = "" }, func(p *Presale) { p.Code = "-a" }, func(p *Presale) { p.Code = "a b" },
			func(p *Presale) { p.Code = strings.Repeat("a", 41) }},
		"presale.title.missing": {func(p *Presale) { p.Title.Zh = "" }, func(p *Presale) { p.Title.En = "" }, func(p *Presale) { p.Title.En = strings.Repeat("e", 398) }},
		"presale.season":        {func(p *Presale) { p.Season = 1999 }, func(p *Presale) { p.Season = 2200 }},
		"presale.window":        {func(p *Presale) { p.ClosesAt = p.OpensAt }, func(p *Presale) { p.OpensAt = p.ClosesAt.Add(time.Second) }},
		"presale.delivery":      {func(p *Presale) { p.DeliverFrom = time.Time{} }, func(p *Presale) { p.DeliverTo = p.DeliverFrom.Add(-1) }},
		"presale.channels":      {func(p *Presale) { p.Channels = nil }, func(p *Presale) { p.Channels = append(p.Channels, "fair") }},
		"presale.grades": {func(p *Presale) { p.Grades = nil }, func(p *Presale) { p.Grades[1].Grade = "first" }, func(p *Presale) { p.Grades[1].Grade = "" },
			func(p *Presale) { p.Grades[0].Price.Fen = 0 }, func(p *Presale) { p.Grades[0].Price.Per = 0 }, func(p *Presale) { p.Grades[0].Price.Fen = MostUnits + 1 }},
		"presale.quantity": {func(p *Presale) { p.MinQty = 0 }, func(p *Presale) { p.StepQty = 0 }, func(p *Presale) { p.CollectionMin = 0 },
			func(p *Presale) { p.CollectionMin = MostUnits + 1 }, func(p *Presale) { p.MaxQty = -1 }, func(p *Presale) { p.MaxQty = 1 }},
		"presale.grams": {func(p *Presale) { p.GramsPerUnit = 0 }, func(p *Presale) { p.GramsPerUnit = -1 }, func(p *Presale) { p.GramsPerUnit = MostUnits + 1 }},
		"presale.terms": {func(p *Presale) { p.Terms.DepositBP = -1 }, func(p *Presale) { p.Terms.FeeBP = 10_001 }, func(p *Presale) { p.Terms.VillageBP = 10_001 }, func(p *Presale) { p.Terms.VillageBP = -1 }, func(p *Presale) { p.Terms.ForfeitBP = 10_001 },
			func(p *Presale) { p.Terms.WeightToleranceBP = -1 }, func(p *Presale) { p.Terms.FreeCancelHours = -1 }, func(p *Presale) { p.Terms.InspectionHours = -1 }},
		"presale.policy": {func(p *Presale) { p.Policy = "" }, func(p *Presale) { p.Policy = "fair/1" }},
	} {
		for i, change := range changes {
			p, product := typedPresale()
			change(&p)
			if err := p.Check(&product, true); !hasKeys(err, want) {
				t.Errorf("%s, change %d: %v", want, i, err)
			}
		}
	}
	for name, change := range map[string]func(*Presale){
		"no maximum":          func(p *Presale) { p.MaxQty = 0 },
		"maximum is minimum":  func(p *Presale) { p.MaxQty = p.MinQty },
		"a day of delivery":   func(p *Presale) { p.DeliverTo = p.DeliverFrom },
		"all of it is kept":   func(p *Presale) { p.Terms.FeeBP = 10_000 },
		"the longest code":    func(p *Presale) { p.Code = strings.Repeat("a", 40) },
		"first and last year": func(p *Presale) { p.Season = 2199 },
	} {
		p, product := typedPresale()
		change(&p)
		if err := p.Check(&product, true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.GramsPerUnit = 0
	if err := p.Check(&eggs, true); err != nil {
		t.Errorf("eggs are not weighed: %v", err)
	}
}

// hasKeys reports whether an error names exactly these problems, in the order of their keys.
func hasKeys(err error, want ...string) bool {
	if err == nil {
		return len(want) == 0
	}
	e := link.AsError(err)
	var got []string
	for _, d := range e.Details {
		got = append(got, d.Key)
	}
	if got == nil {
		got = []string{e.Key}
	}
	slices.Sort(got)
	return slices.Equal(slices.Compact(got), want)
}

func TestPresaleCheckChange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change      func(*Presale)
		draft, open bool // refused
	}{
		"title":           {func(p *Presale) { p.Title.En = "Fat geese" }, false, false},
		"note":            {func(p *Presale) { p.Note.En = "Now" }, false, false},
		"window":          {func(p *Presale) { p.ClosesAt = p.ClosesAt.Add(time.Hour) }, false, false},
		"delivery":        {func(p *Presale) { p.DeliverTo = p.DeliverTo.Add(time.Hour) }, false, false},
		"limits":          {func(p *Presale) { p.MinQty, p.StepQty, p.MaxQty = 1, 1, 1 }, false, false},
		"channels":        {func(p *Presale) { p.Channels = nil }, false, false},
		"season":          {func(p *Presale) { p.Season++ }, true, true},
		"code":            {func(p *Presale) { p.Code = "x" }, false, true},
		"product":         {func(p *Presale) { p.ProductID++ }, false, true},
		"price":           {func(p *Presale) { p.Grades = []GradePrice{{"first", money.Price{Fen: 1, Per: 500}}} }, false, true},
		"fee":             {func(p *Presale) { p.Terms.FeeBP++ }, false, true},
		"village's part":  {func(p *Presale) { p.Terms.VillageBP++ }, false, true},
		"weight":          {func(p *Presale) { p.GramsPerUnit++ }, false, true},
		"seller":          {func(p *Presale) { p.SellerOrg++ }, false, true},
		"policy":          {func(p *Presale) { p.Policy = "near" }, false, true},
		"collection size": {func(p *Presale) { p.CollectionMin++ }, false, true},
	} {
		for state, refused := range map[PresaleState]bool{PresaleDraft: test.draft, PresaleOpen: test.open, PresaleClosed: test.open} {
			before, _ := typedPresale()
			before.State = state
			after, _ := typedPresale()
			test.change(&after)
			if err := before.CheckChange(after); (err != nil) != refused || err != nil && link.AsError(err).Key != "presale.not_draft" {
				t.Errorf("%s of %s: %v", name, state, err)
			}
		}
	}
}
