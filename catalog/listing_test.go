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
