package catalog

import (
	"errors"
	"math"
	"regexp"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

var now = time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)

func goose() (Presale, Product) {
	return Presale{
		State: PresaleOpen, Channels: []Channel{ChannelPrivate}, OpensAt: now.Add(-time.Hour), ClosesAt: now.Add(time.Hour),
		Grades: []GradePrice{{"first", money.Price{Fen: 1400, Per: 500}}, {"second", money.Price{Fen: 1200, Per: 500}}},
		MinQty: 2, StepQty: 3, MaxQty: 11, GramsPerUnit: 4200, Terms: Terms{FeeBP: 300},
	}, Product{Code: "goose", OrderUnit: "head", PriceUnit: "jin"}
}

func TestCheckQuantity(t *testing.T) {
	p, _ := goose()
	for _, test := range []struct {
		channel Channel
		qty     int64
		want    string
	}{
		{ChannelPrivate, 2, ""}, {ChannelPrivate, 5, ""}, {ChannelPrivate, 11, ""},
		{ChannelPrivate, 0, "order.quantity.not_positive"}, {ChannelPrivate, math.MinInt64, "order.quantity.not_positive"},
		{ChannelPrivate, 1, "order.quantity.below_min"}, {ChannelPrivate, 6, "order.quantity.off_step"},
		{ChannelPrivate, 14, "order.quantity.above_max"}, {ChannelContract, 14, ""}, {ChannelMarket, 14, ""},
		{ChannelContract, math.MaxInt64, "order.quantity.too_large"},
	} {
		err := p.CheckQuantity(test.channel, test.qty, "q")
		if got := keyOf(err); got != test.want {
			t.Errorf("%s %d: %q, want %q", test.channel, test.qty, got, test.want)
		}
	}
	p.MaxQty = 0
	if err := p.CheckQuantity(ChannelPrivate, 2+3*1000, "q"); err != nil {
		t.Errorf("no maximum: %v", err)
	}
}

func keyOf(e *link.Error) string {
	if e == nil {
		return ""
	}
	return e.Key
}

func TestCheckOpen(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*Presale)
		channel Channel
		at      time.Time
		want    string
	}{
		{"open", func(*Presale) {}, ChannelPrivate, now, ""},
		{"first moment", func(*Presale) {}, ChannelPrivate, now.Add(-time.Hour), ""},
		{"too early", func(*Presale) {}, ChannelPrivate, now.Add(-time.Hour - 1), "presale.not_yet_open"},
		{"closing moment", func(*Presale) {}, ChannelPrivate, now.Add(time.Hour), "presale.closed"},
		{"channel", func(*Presale) {}, ChannelMarket, now, "presale.channel"},
		{"draft", func(p *Presale) { p.State = PresaleDraft }, ChannelPrivate, now, "presale.unknown"},
		{"closed", func(p *Presale) { p.State = PresaleClosed }, ChannelPrivate, now, "presale.closed"},
	} {
		p, _ := goose()
		test.change(&p)
		if got := keyOf(p.CheckOpen(test.at, test.channel, "f")); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if open := p.OpenAt(test.at); open != (test.want == "" || test.want == "presale.channel") {
			t.Errorf("%s: OpenAt %v", test.name, open)
		}
	}
}

func TestEstimate(t *testing.T) {
	p, product := goose()
	public := PublicPresale{Presale: p, Product: product}
	if fen, err := public.EstimateFen("", 20); err != nil || fen != 20*4200*1400/500 {
		t.Errorf("20 geese: %d, %v", fen, err)
	}
	if fen, err := public.EstimateFen("second", 1); err != nil || fen != 10_080 {
		t.Errorf("second grade: %d, %v", fen, err)
	}
	if _, err := public.EstimateFen("third", 1); link.CodeOf(err) != link.Invalid {
		t.Errorf("unknown grade: %v", err)
	}
	if _, err := public.EstimateFen("", math.MaxInt64); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("overflow: %v", err)
	}
	// 11,760 fen less 3 %, and less the raiser's part.
	if got := UnitFen(p, product); got != 11_407 {
		t.Errorf("a unit brings %d", got)
	}
	if got := LotUnitFen(11_407, 9_000); got != 1_141 {
		t.Errorf("a raised goose brings %d", got)
	}
	eggs := Product{PriceUnit: "egg"}
	if fen, err := Estimate(eggs, 150, money.Price{Fen: 250, Per: 1}, 30); err != nil || fen != 7500 {
		t.Errorf("30 eggs: %d, %v; counted, not weighed", fen, err)
	}
}

func TestSupply(t *testing.T) {
	h := Household{Geese: 80, GardenM2: 500, Programmes: []string{"seed"}, Holdings: map[int64]int64{7: 12, 8: 0}}
	for name, test := range map[string]struct {
		product Product
		want    int64
	}{
		"geese":                {Product{YieldOf: YieldGeese, Yield: 1}, 80},
		"eggs of geese":        {Product{YieldOf: YieldGeese, Yield: 15}, 1200},
		"garden":               {Product{YieldOf: YieldGarden, Yield: 450}, 225},
		"garden, rounded down": {Product{YieldOf: YieldGarden, Yield: 3}, 1},
		"programme":            {Product{YieldOf: YieldProgramme, Yield: 45, Programme: "seed"}, 45},
		"another programme":    {Product{YieldOf: YieldProgramme, Yield: 45, Programme: "solar"}, 0},
		"registered":           {Product{ID: 7, YieldOf: YieldRegistered}, 12},
		"holding before yield": {Product{ID: 7, YieldOf: YieldGeese, Yield: 1}, 12},
		"holding of none":      {Product{ID: 8, YieldOf: YieldGeese, Yield: 1}, 0},
		"not registered":       {Product{ID: 9, YieldOf: YieldRegistered}, 0},
	} {
		if got := test.product.Supply(h); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	raised := Household{RaiserOrg: 4, RaiserBP: 8_500}
	if org, bp := (Product{MayRaise: true}).Raised(raised); org != 4 || bp != 8_500 {
		t.Errorf("raised by %d for %d", org, bp)
	}
	if org, bp := (Product{}).Raised(raised); org != 0 || bp != 0 {
		t.Errorf("a product that nobody raises is raised by %d for %d", org, bp)
	}
}

func TestMessages(t *testing.T) {
	arg := regexp.MustCompile(`\{\w+\}`)
	for key, m := range Messages {
		if m[0] == "" || m[1] == "" {
			t.Errorf("%s lacks a language", key)
		}
		zh, en := map[string]bool{}, map[string]bool{}
		for _, a := range arg.FindAllString(m[0], -1) {
			zh[a] = true
		}
		for _, a := range arg.FindAllString(m[1], -1) {
			en[a] = true
		}
		if len(zh) != len(en) {
			t.Errorf("%s: %v in Chinese, %v in English", key, zh, en)
		}
	}
}

func TestFitting(t *testing.T) {
	p, _ := goose() // from 2 in steps of 3
	for most, want := range map[int64]int64{-1: 0, 1: 0, 2: 2, 4: 2, 5: 5, 7: 5, 100: 98} {
		if got := p.Fitting(most); got != want {
			t.Errorf("up to %d: %d, want %d", most, got, want)
		}
		if want > 0 && p.CheckQuantity(ChannelMarket, want, "q") != nil {
			t.Errorf("%d cannot be ordered", want)
		}
	}
}
