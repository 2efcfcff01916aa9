package catalog

import (
	"context"
	"slices"
	"time"

	"banmuyuan/catalog/allocate"
)

// Turns tells households where their turn to sell stands and why, takes their objections, and tells the county what a presale
// brings to whom. What a household is told is computed from the data that orders are divided by.
//
//link:service catalog v1 raw
type Turns interface {
	// Turn returns, for each presale of a season in which a household has a lot, where its turn stands. It is at most a few
	// seconds old. To the household itself, its helper with consent, and the county.
	Turn(context.Context, HouseholdSeason) (HouseholdTurn, error)
	// Unsold lists the households of a season that have sold nothing, with the reason, and counts them by reason over all.
	// For the county.
	Unsold(context.Context, UnsoldFilter) (UnsoldPage, error)
	// PresaleMoney returns how a presale's money divides between households, those who raise for them and the seller. For
	// the county and the selling cooperative. NotFound.
	PresaleMoney(context.Context, PresaleRef) (PresaleMoney, error)

	// RaiseObjection keeps an objection of a household to its turn, with what it was told. For the household, or its helper
	// with consent. Repeating it under its key changes nothing. Conflict where one about the same presale is open.
	RaiseObjection(context.Context, RaiseObjection) (Objection, error) //link:subject objection_raise
	// EndObjection answers an objection, for an operator of the county, or withdraws it, for the household or its helper. An
	// answer is given by another account and another person than the objection. Repeating it under its key changes nothing.
	// Conflict when it was ended already.
	EndObjection(context.Context, EndObjection) (Objection, error) //link:subject objection_end
	// Objections lists objections: all for the county, its own for a household, of one it helps for a helper.
	Objections(context.Context, ObjectionFilter) (ObjectionPage, error)
	// SetObjectionDays sets within how many days objections are answered that are raised from then on. For an operator of
	// the county.
	SetObjectionDays(context.Context, ObjectionDays) (ObjectionDays, error) //link:subject objection_days
}

// Place is the place of a household in a presale's line, with the households before it.
type Place = allocate.Place

// Standing is a household's turn in a presale as memory holds it.
type Standing struct {
	Place
	InLine  bool
	Presale Presale
	Season  SeasonState
	FullFen int64     // for a unit that nobody raises for the household
	At      time.Time // of the line
}

// TurnWhy is the reason why a household's lot sells next, or does not.
type TurnWhy string

// The reasons, in the order in which they are asked.
const (
	TurnClosed  TurnWhy = "closed"  // no more is sold: the presale, or its season, is closed
	TurnEarly   TurnWhy = "early"   // the presale has not opened yet
	TurnNothing TurnWhy = "nothing" // the household offers nothing in it
	TurnUsedUp  TurnWhy = "used_up" // all it offers is sold
	TurnNamed   TurnWhy = "named"   // buyers choose the household: there is no line
	TurnQuota   TurnWhy = "quota"   // it is divided by quotas: there is no line
	TurnWaits   TurnWhy = "waits"   // a raised lot that the least part for households keeps waiting
	TurnBegun   TurnWhy = "begun"   // sold, less than a collection: filled up first, after other such yards
	TurnNext    TurnWhy = "next"    // the next unit comes from it
	TurnLower   TurnWhy = "lower"   // others with a lower level come first
	TurnEqual   TurnWhy = "equal"   // nobody is lower: others of the same level come first
	TurnFilled  TurnWhy = "filled"  // only begun yards come first
)

// Turn is where the turn of one lot stands.
type Turn struct {
	HouseholdLot
	Why TurnWhy `json:"why"`
	Place

	Policy        string    `json:"policy"`
	CollectionMin int64     `json:"collection_min"`
	Missing       int64     `json:"missing,omitempty"`    // units that a begun yard lacks for a collection
	LeastBP       int64     `json:"least_bp,omitempty"`   // the presale's least part for households
	FullFen       int64     `json:"full_fen"`             // for a unit that nobody raises for the household
	OpensAt       time.Time `json:"opens_at"`             // of the presale
	ClosesAt      time.Time `json:"closes_at"`            // of the presale
	AgentName     string    `json:"agent_name,omitempty"` // of AgentOrg
}

// Sold is the sold part of the lot.
func (t Turn) Sold() int64 { return t.Reserved + t.Delivered }

// Left is the quantity that the household still offers.
func (t Turn) Left() int64 { return max(t.Capacity-t.Sold(), 0) }

// InLine reports whether the lot stands in a line.
func (t Turn) InLine() bool {
	switch t.Why {
	case TurnWaits, TurnBegun, TurnNext, TurnLower, TurnEqual, TurnFilled:
		return true
	}
	return false
}

// HouseholdTurn is where a household stands in all presales of a season.
type HouseholdTurn struct {
	Season   int       `json:"season"` // 0: none is planned
	Persons  int       `json:"persons"`
	LevelFen int64     `json:"level_fen"` // its income of the season per person, expected, owed and paid
	Reviews  int       `json:"reviews"`   // entries of it that the county checks before they count
	At       time.Time `json:"at"`        // of the oldest of the lines
	Lots     []Turn    `json:"lots"`
}

// WhyTurn returns why a lot sells next or does not. place is where it stands in line, if it does.
func WhyTurn(l Lot, p Presale, season SeasonState, place Place, inLine bool, now time.Time) TurnWhy {
	switch {
	case p.State == PresaleClosed || !season.Takes() || !now.Before(p.ClosesAt):
		return TurnClosed
	case p.State == PresaleDraft || now.Before(p.OpensAt):
		return TurnEarly
	case l.Capacity == 0:
		return TurnNothing
	case l.Capacity <= l.Reserved+l.Delivered:
		return TurnUsedUp
	}
	switch allocate.Policy(p.Policy) {
	case allocate.PolicyDirect:
		return TurnNamed
	case allocate.PolicyContract:
		return TurnQuota
	}
	switch {
	case !inLine: // its last units were sold between two looks
		return TurnUsedUp
	case place.Waits:
		return TurnWaits
	case place.Before == 0:
		return TurnNext
	case place.Begun:
		return TurnBegun
	case place.Lower > 0:
		return TurnLower
	case place.Before > place.BegunBefore:
		return TurnEqual
	}
	return TurnFilled
}

// NearestTurn returns the turn of a household that comes first: of those in line the one that the fewest stand before, else the
// one with the reason that is asked last. It returns -1 where there is none.
func NearestTurn(turns []Turn) int {
	order := []TurnWhy{TurnNext, TurnFilled, TurnBegun, TurnEqual, TurnLower, TurnWaits, TurnEarly, TurnNamed, TurnQuota, TurnNothing, TurnUsedUp, TurnClosed}
	rank := func(t Turn) (int, int) {
		if t.InLine() && t.Why != TurnWaits {
			return 0, t.Before
		}
		return 1 + slices.Index(order, t.Why), 0
	}
	best := -1
	for i := range turns {
		if best < 0 {
			best = i
			continue
		}
		a, before := rank(turns[i])
		b, least := rank(turns[best])
		if a < b || a == b && before < least {
			best = i
		}
	}
	return best
}

// Further reasons why a household has sold nothing in a season.
const (
	UnsoldNoLot TurnWhy = "no_lot" // it is in no presale
	UnsoldShort TurnWhy = "short"  // it was to sell and could not deliver
)

// UnsoldReasons are all reasons why a household has sold nothing, in the order in which they are shown.
var UnsoldReasons = []TurnWhy{UnsoldNoLot, TurnNothing, UnsoldShort, TurnNext, TurnFilled, TurnBegun, TurnEqual, TurnLower, TurnWaits, TurnEarly, TurnNamed,
	TurnQuota, TurnUsedUp, TurnClosed}

// UnsoldFilter asks for households that have sold nothing. Season 0 is the default one.
type UnsoldFilter struct {
	Season   int     `json:"season,omitempty"`
	Township int64   `json:"township,omitempty"`
	Why      TurnWhy `json:"why,omitempty"`   // empty: all
	After    int64   `json:"after,omitempty"` // id of the last household read
	Limit    int     `json:"limit,omitempty"` // 1–200, 50 when 0
}

// UnsoldHousehold is a household that has sold nothing.
type UnsoldHousehold struct {
	ID       int64   `json:"id"`
	Code     string  `json:"code"`
	Head     string  `json:"head"`
	Village  string  `json:"village"`
	Township string  `json:"township"`
	Persons  int     `json:"persons"`
	Why      TurnWhy `json:"why"`
	Presale  string  `json:"presale,omitempty"` // in which it is nearest to its turn
	Before   int     `json:"before"`            // households before it there
	LevelFen int64   `json:"level_fen"`
}

// UnsoldPage is a part of the list; counts are over all that the township and season have.
type UnsoldPage struct {
	Season     int               `json:"season"`
	Items      []UnsoldHousehold `json:"items"`
	Households int               `json:"households"` // that have sold nothing
	Counts     []UnsoldCount     `json:"counts"`
	Next       int64             `json:"next,omitempty"`
}

// UnsoldCount counts households by reason.
type UnsoldCount struct {
	Why        TurnWhy `json:"why"`
	Households int     `json:"households"`
}
