package catalog

import (
	"testing"
	"time"
)

func TestWhyTurn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)
	open := Presale{State: PresaleOpen, OpensAt: now.AddDate(0, 0, -1), ClosesAt: now.AddDate(0, 0, 1), Policy: "fair"}
	with := func(change func(*Presale)) Presale {
		p := open
		change(&p)
		return p
	}
	lot := Lot{Capacity: 10, Reserved: 2}
	for name, c := range map[string]struct {
		lot    Lot
		p      Presale
		season SeasonState
		place  Place
		absent bool
		want   TurnWhy
	}{
		"the first in line":                     {lot, open, SeasonCurrent, Place{Of: 3}, false, TurnNext},
		"a begun yard that is first":            {lot, open, SeasonCurrent, Place{Begun: true}, false, TurnNext},
		"a begun yard":                          {lot, open, SeasonCurrent, Place{Begun: true, Before: 1, Lower: 1}, false, TurnBegun},
		"behind begun yards only":               {lot, open, SeasonCurrent, Place{Before: 2, BegunBefore: 2}, false, TurnFilled},
		"others are lower":                      {lot, open, SeasonCurrent, Place{Before: 3, Lower: 1, Village: 2}, false, TurnLower},
		"of equals":                             {lot, open, SeasonCurrent, Place{Before: 3, Village: 3}, false, TurnEqual},
		"of equals, behind a begun yard":        {lot, open, SeasonCurrent, Place{Before: 2, BegunBefore: 1, Register: 1}, false, TurnEqual},
		"raised, and nothing covers it":         {lot, open, SeasonCurrent, Place{Waits: true, Before: 9}, false, TurnWaits},
		"raised, nothing covers it, and alone":  {lot, open, SeasonCurrent, Place{Waits: true}, false, TurnWaits},
		"all is sold":                           {Lot{Capacity: 10, Reserved: 4, Delivered: 6}, open, SeasonCurrent, Place{}, true, TurnUsedUp},
		"the line says that it is sold":         {lot, open, SeasonCurrent, Place{}, true, TurnUsedUp},
		"nothing is offered":                    {Lot{}, open, SeasonCurrent, Place{}, true, TurnNothing},
		"named by buyers":                       {lot, with(func(p *Presale) { p.Policy = "direct" }), SeasonCurrent, Place{}, false, TurnNamed},
		"by quotas":                             {lot, with(func(p *Presale) { p.Policy = "contract" }), SeasonCurrent, Place{}, false, TurnQuota},
		"near has a line too":                   {lot, with(func(p *Presale) { p.Policy = "near" }), SeasonCurrent, Place{Of: 2}, false, TurnNext},
		"a draft":                               {lot, with(func(p *Presale) { p.State = PresaleDraft }), SeasonCurrent, Place{}, false, TurnEarly},
		"before it opens":                       {lot, with(func(p *Presale) { p.OpensAt = now.Add(time.Second) }), SeasonPlanned, Place{}, false, TurnEarly},
		"when it opens":                         {lot, with(func(p *Presale) { p.OpensAt = now }), SeasonPlanned, Place{}, false, TurnNext},
		"when it closes":                        {lot, with(func(p *Presale) { p.ClosesAt = now }), SeasonCurrent, Place{}, false, TurnClosed},
		"closed by hand":                        {lot, with(func(p *Presale) { p.State = PresaleClosed }), SeasonCurrent, Place{}, false, TurnClosed},
		"of a closed season":                    {lot, open, SeasonClosed, Place{}, false, TurnClosed},
		"sold out and closed: closed is enough": {Lot{Capacity: 1, Reserved: 1}, with(func(p *Presale) { p.State = PresaleClosed }), SeasonCurrent, Place{}, true, TurnClosed},
	} {
		if got := WhyTurn(c.lot, c.p, c.season, c.place, !c.absent, now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestNearestTurn(t *testing.T) {
	t.Parallel()
	turn := func(why TurnWhy, before int) Turn { return Turn{Why: why, Place: Place{Before: before}} }
	for _, c := range []struct {
		turns []Turn
		want  int
	}{
		{nil, -1},
		{[]Turn{turn(TurnLower, 9), turn(TurnEqual, 4), turn(TurnNext, 0)}, 2},
		{[]Turn{turn(TurnClosed, 0), turn(TurnLower, 9_000)}, 1},
		{[]Turn{turn(TurnEarly, 0), turn(TurnWaits, 12)}, 1},
		{[]Turn{turn(TurnNothing, 0), turn(TurnEarly, 0), turn(TurnClosed, 0)}, 1},
		{[]Turn{turn(TurnWaits, 30), turn(TurnWaits, 3)}, 0},
	} {
		if got := NearestTurn(c.turns); got != c.want {
			t.Errorf("%+v: %d, want %d", c.turns, got, c.want)
		}
	}
	for _, why := range []TurnWhy{TurnClosed, TurnEarly, TurnNothing, TurnUsedUp, TurnNamed, TurnQuota} {
		if (Turn{Why: why}).InLine() {
			t.Errorf("%s stands in a line", why)
		}
	}
}
