package catalog

import (
	"slices"
	"strings"
	"time"

	"banmuyuan/catalog/search"
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
	p.Orderable = p.OpenAt(now) && left >= p.MinQty
	return p
}

// ShareBP returns part of all in 1/10,000, half up, and 0 where there is nothing.
func ShareBP(part, all int64) int64 {
	if all <= 0 {
		return 0
	}
	return (part*20_000 + all) / (2 * all)
}
