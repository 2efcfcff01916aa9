package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/search"
)

// Listed is a presale with the texts and places that a filter looks through.
type Listed struct {
	PublicPresale
	InTownships map[int64]bool // townships of the households behind it
	Text        string         // searched text, lower case
}

// Matches reports whether a presale passes the filter at a moment. day is the parsed DeliverOn, or zero. Without a state
// the filter passes presales that are open, or will be when their window begins.
func (f PresaleFilter) Matches(p Listed, day, now time.Time) bool {
	switch {
	case f.State == "" && (p.State != PresaleOpen || !now.Before(p.ClosesAt)),
		f.State != "" && p.State != f.State,
		f.Product != "" && p.Product.Code != f.Product,
		f.Season != 0 && p.Season != f.Season,
		f.Township != 0 && !p.InTownships[f.Township],
		f.Channel != "" && !slices.Contains(p.Channels, f.Channel),
		!day.IsZero() && (!p.DeliverFrom.Before(day.AddDate(0, 0, 1)) || p.DeliverTo.Before(day)):
		return false
	}
	for w := range strings.FieldsSeq(strings.ToLower(f.Query)) {
		if key := search.Key(w); !strings.Contains(p.Text, w) && (key == "" || !strings.Contains(p.Text, key)) {
			return false
		}
	}
	return true
}

// WithStock returns the presale as shown at a moment with so many units left. It can be ordered when its smallest order
// is left.
func (p PublicPresale) WithStock(left int64, now time.Time) PublicPresale {
	p.Left = left
	p.Phase = p.PhaseAt(left, now)
	p.Orderable = p.Phase == PhaseOpen
	return p
}

// Phase is the state of a presale as people read it: it follows the clock and the stock.
type Phase string

const (
	PhaseDraft    Phase = "draft"
	PhaseUpcoming Phase = "upcoming" // opened by the county, and its window has not begun
	PhaseOpen     Phase = "open"
	PhaseSoldOut  Phase = "sold_out" // less is left than the smallest order
	PhaseClosed   Phase = "closed"   // by the county, or by the clock
)

// PhaseAt returns the phase of the presale at a moment with so many units left.
func (p Presale) PhaseAt(left int64, now time.Time) Phase {
	switch {
	case p.State == PresaleDraft:
		return PhaseDraft
	case p.State != PresaleOpen, !now.Before(p.ClosesAt):
		return PhaseClosed
	case now.Before(p.OpensAt):
		return PhaseUpcoming
	case left < p.MinQty:
		return PhaseSoldOut
	}
	return PhaseOpen
}

// NextBest returns the presale to offer to a buyer who cannot have qty units of grade of p: another one of the product that
// can be ordered through channel, with enough left before too little, with the grade before without it, and then the one
// that is delivered soonest. ok is false where there is none.
func NextBest(p PublicPresale, grade string, qty int64, channel Channel, others []PublicPresale) (best PublicPresale, ok bool) {
	rank := func(o PublicPresale) int {
		rank := 0
		if o.Left < qty {
			rank += 2
		}
		if _, has := o.Grade(grade); !has {
			rank++
		}
		return rank
	}
	for _, o := range others {
		if o.ID == p.ID || o.Product.Code != p.Product.Code || !o.Orderable || o.ContractID != 0 || !slices.Contains(o.Channels, channel) {
			continue
		}
		if !ok || cmp.Or(cmp.Compare(rank(o), rank(best)), o.DeliverFrom.Compare(best.DeliverFrom), cmp.Compare(o.ID, best.ID)) < 0 {
			best, ok = o, true
		}
	}
	return best, ok
}

// ShareBP returns part of all in 1/10,000, half up, and 0 where there is nothing.
func ShareBP(part, all int64) int64 {
	if all <= 0 {
		return 0
	}
	return (part*20_000 + all) / (2 * all)
}
