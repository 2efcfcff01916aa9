package orders

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Seasons ends seasons: a season closes when nothing of it is open any more. The catalogue keeps the seasons; orders sees
// what is still to be delivered, weighed, ended and paid.
//
//link:service orders v1 raw
type Seasons interface {
	// SeasonOpenItems lists what keeps a season from being closed. For county staff. NotFound.
	SeasonOpenItems(context.Context, catalog.SeasonRef) (SeasonOpenItems, error)
	// CloseSeason ends a closing season. Repeating it changes nothing. Conflict where something is open. For a person of the
	// county.
	CloseSeason(context.Context, catalog.SeasonRef) (catalog.SeasonSummary, error)
	// ReopenSeason takes a closed season back to closing, with a reason. Conflict. For a person of the county.
	ReopenSeason(context.Context, ReopenSeason) (catalog.SeasonSummary, error)
}

type ReopenSeason struct {
	Season int    `json:"season"`
	Reason string `json:"reason"`
}

// OpenKind is a kind of thing that keeps a season from being closed.
type OpenKind string

const (
	OpenPresales  OpenKind = "presales"  // still take orders
	OpenHolds     OpenKind = "holds"     // lots with units that are reserved and not delivered
	OpenOrders    OpenKind = "orders"    // not completed, cancelled or expired
	OpenTickets   OpenKind = "tickets"   // wait for a second person
	OpenConflicts OpenKind = "conflicts" // weighings from a phone that wait for a person
	OpenContracts OpenKind = "contracts" // not closed
	OpenQuotas    OpenKind = "quotas"    // proposed or signed, and not ended
	OpenAdoptions OpenKind = "adoptions" // not over
	OpenBoxes     OpenKind = "boxes"     // of adoptions, not delivered or given up
	OpenStandings OpenKind = "standings" // boxes that are still ordered regularly
	OpenBuyIns    OpenKind = "buyins"    // goods at counters that wait for a second person
	OpenExpected  OpenKind = "expected"  // income that is expected from goods not weighed yet
	OpenUnsettled OpenKind = "unsettled" // income whose time to complain is not over
	OpenUnpaid    OpenKind = "unpaid"    // income that the bank has not paid out
	OpenPools     OpenKind = "pools"     // distributions that are not posted
)

// OpenKinds are all kinds, in the order in which a season comes to its end.
var OpenKinds = []OpenKind{OpenPresales, OpenHolds, OpenOrders, OpenTickets, OpenConflicts, OpenContracts, OpenQuotas, OpenAdoptions, OpenBoxes,
	OpenStandings, OpenBuyIns, OpenExpected, OpenUnsettled, OpenUnpaid, OpenPools}

// OpenItem counts one kind. AmountFen is the money in it, where it is about money.
type OpenItem struct {
	Kind      OpenKind `json:"kind"`
	Count     int64    `json:"count"`
	AmountFen int64    `json:"amount_fen,omitempty"`
}

// SeasonOpenItems lists each kind once, in the order of OpenKinds, also those with nothing open.
type SeasonOpenItems struct {
	Season int        `json:"season"`
	Items  []OpenItem `json:"items"`
}

// OpenItemsOf sums items by kind, in the order of OpenKinds.
func OpenItemsOf(season int, items []OpenItem) SeasonOpenItems {
	sums := map[OpenKind]OpenItem{}
	for _, i := range items {
		sum := sums[i.Kind]
		sum.Count += i.Count
		sum.AmountFen += i.AmountFen
		sums[i.Kind] = sum
	}
	all := SeasonOpenItems{Season: season, Items: make([]OpenItem, 0, len(OpenKinds))}
	for _, kind := range OpenKinds {
		sum := sums[kind]
		sum.Kind = kind
		all.Items = append(all.Items, sum)
	}
	return all
}

// Open returns the items with something open.
func (s SeasonOpenItems) Open() []OpenItem {
	open := []OpenItem{}
	for _, i := range s.Items {
		if i.Count > 0 {
			open = append(open, i)
		}
	}
	return open
}

// CheckClose refuses to close a season of which something is open. Conflict, with the first kind.
func (s SeasonOpenItems) CheckClose() error {
	if open := s.Open(); len(open) > 0 {
		return link.E(link.Conflict, "season.not_settled", "season", "kind", string(open[0].Kind))
	}
	return nil
}
