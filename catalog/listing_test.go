package catalog

import (
	"testing"
	"time"
)

func TestPresaleFilterMatches(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 9, 18, 0, 0, 0, 0, time.UTC)
	listed := func() Listed {
		p, product := goose()
		p.DeliverFrom, p.DeliverTo = day, day
		return Listed{PublicPresale: PublicPresale{Presale: p, Product: product}, InTownships: map[int64]bool{3: true}, Text: "goose 鹅 东乡"}
	}
	for name, test := range map[string]struct {
		f      PresaleFilter
		day    time.Time
		change func(*Listed)
		want   bool
	}{
		"all":                   {want: true},
		"not open yet":          {change: func(p *Listed) { p.OpensAt = now.Add(time.Minute) }, want: true},
		"closing now":           {change: func(p *Listed) { p.ClosesAt = now }},
		"a draft":               {change: func(p *Listed) { p.State = PresaleDraft }},
		"drafts":                {f: PresaleFilter{State: PresaleDraft}, change: func(p *Listed) { p.State = PresaleDraft }, want: true},
		"closed ones":           {f: PresaleFilter{State: PresaleClosed}},
		"open, its window over": {f: PresaleFilter{State: PresaleOpen}, change: func(p *Listed) { p.ClosesAt = now }, want: true},
		"product":               {f: PresaleFilter{Product: "goose"}, want: true},
		"another product":       {f: PresaleFilter{Product: "potato"}},
		"township":              {f: PresaleFilter{Township: 3}, want: true},
		"another township":      {f: PresaleFilter{Township: 4}},
		"channel":               {f: PresaleFilter{Channel: ChannelPrivate}, want: true},
		"another channel":       {f: PresaleFilter{Channel: ChannelMarket}},
		"season":                {f: PresaleFilter{Season: 2026}, change: func(p *Listed) { p.Season = 2026 }, want: true},
		"another season":        {f: PresaleFilter{Season: 2026}, change: func(p *Listed) { p.Season = 2027 }},
		"delivery day":          {day: day, want: true},
		"the day before":        {day: day.AddDate(0, 0, -1)},
		"the day after":         {day: day.AddDate(0, 0, 1)},
		"words":                 {f: PresaleFilter{Query: " GOOSE 东乡 "}, want: true},
		"a word too many":       {f: PresaleFilter{Query: "goose 西乡"}},
	} {
		p := listed()
		if test.change != nil {
			test.change(&p)
		}
		if got := test.f.Matches(p, test.day, now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWithStock(t *testing.T) {
	t.Parallel()
	p, _ := goose() // two at least
	for left, orderable := range map[int64]bool{0: false, 1: false, 2: true, 9: true} {
		if got := (PublicPresale{Presale: p}).WithStock(left, now); got.Left != left || got.Orderable != orderable {
			t.Errorf("%d left: orderable %v", left, got.Orderable)
		}
	}
	if (PublicPresale{Presale: p}).WithStock(9, p.ClosesAt).Orderable {
		t.Error("orderable when closed")
	}
}

func TestShareBP(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]int64{{0, 0, 0}, {5, 0, 0}, {0, 3, 0}, {1, 3, 3333}, {2, 3, 6667}, {1, 20_000, 1}, {1, 20_001, 0}, {3, 3, 10_000}} {
		if got := ShareBP(test[0], test[1]); got != test[2] {
			t.Errorf("%d of %d: %d", test[0], test[1], got)
		}
	}
}

func TestPhase(t *testing.T) {
	t.Parallel()
	p, product := goose()
	for name, test := range map[string]struct {
		state PresaleState
		left  int64
		at    time.Duration
		want  Phase
	}{
		"draft":               {PresaleDraft, 100, 0, PhaseDraft},
		"not yet open":        {PresaleOpen, 100, -time.Hour - 1, PhaseUpcoming},
		"from its first hour": {PresaleOpen, 100, -time.Hour, PhaseOpen},
		"the smallest order":  {PresaleOpen, 2, 0, PhaseOpen},
		"less than that":      {PresaleOpen, 1, 0, PhaseSoldOut},
		"past its last hour":  {PresaleOpen, 100, time.Hour, PhaseClosed},
		"closed by hand":      {PresaleClosed, 100, 0, PhaseClosed},
		"upcoming and empty":  {PresaleOpen, 0, -2 * time.Hour, PhaseUpcoming},
	} {
		p.State = test.state
		shown := PublicPresale{Presale: p, Product: product}.WithStock(test.left, now.Add(test.at))
		if shown.Phase != test.want || shown.Orderable != (test.want == PhaseOpen) {
			t.Errorf("%s: %s, orderable %v", name, shown.Phase, shown.Orderable)
		}
	}
}

func TestNextBest(t *testing.T) {
	t.Parallel()
	p, product := goose()
	one := func(id int64, left int64, days int, change ...func(*PublicPresale)) PublicPresale {
		o := PublicPresale{Presale: p, Product: product}
		o.ID, o.DeliverFrom = id, now.AddDate(0, 0, days)
		o = o.WithStock(left, now)
		for _, f := range change {
			f(&o)
		}
		return o
	}
	gone := one(1, 0, 1)
	for name, test := range map[string]struct {
		others []PublicPresale
		want   int64
	}{
		"none":                       {nil, 0},
		"not itself":                 {[]PublicPresale{one(1, 100, 1)}, 0},
		"the soonest":                {[]PublicPresale{one(2, 100, 9), one(3, 100, 5)}, 3},
		"enough before soon":         {[]PublicPresale{one(2, 3, 1), one(3, 100, 9)}, 3},
		"a little is better than no": {[]PublicPresale{one(2, 3, 1)}, 2},
		"sold out":                   {[]PublicPresale{one(2, 1, 1)}, 0},
		"another product":            {[]PublicPresale{one(2, 100, 1, func(o *PublicPresale) { o.Product.Code = "duck" })}, 0},
		"another channel":            {[]PublicPresale{one(2, 100, 1, func(o *PublicPresale) { o.Channels = []Channel{ChannelMarket} })}, 0},
		"of a contract":              {[]PublicPresale{one(2, 100, 1, func(o *PublicPresale) { o.ContractID = 4 })}, 0},
		"with the grade": {[]PublicPresale{one(2, 100, 1, func(o *PublicPresale) { o.Grades = o.Grades[:1] }),
			one(3, 100, 9)}, 3},
	} {
		best, ok := NextBest(gone, "second", 5, ChannelPrivate, test.others)
		if ok != (test.want != 0) || best.ID != test.want {
			t.Errorf("%s: %d %v, want %d", name, best.ID, ok, test.want)
		}
	}
}
