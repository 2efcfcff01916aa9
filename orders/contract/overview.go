package contract

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/orders"
)

// Rate is the received part of the units that are received or short, in 1/10,000, or -1 when there are none.
func Rate(received, short int64) int64 {
	if received+short == 0 {
		return -1
	}
	return received * 10_000 / (received + short)
}

// Add adds a household to a sum.
func (f *FulfilmentRow) Add(one FulfilmentRow) {
	f.Households += one.Households
	f.Signed += one.Signed
	f.CalledOff += one.CalledOff
	f.Received += one.Received
	f.Short += one.Short
	f.RateBP = Rate(f.Received, f.Short)
}

// Add adds a household, which comes after all others of earlier villages.
func (f *Fulfilment) Add(one FulfilmentRow) {
	one.Households, one.RateBP = 1, Rate(one.Received, one.Short)
	f.Households = append(f.Households, one)
	if n := len(f.Villages); n == 0 || f.Villages[n-1].VillageID != one.VillageID {
		f.Villages = append(f.Villages, FulfilmentRow{VillageID: one.VillageID, Village: one.Village})
	}
	f.Villages[len(f.Villages)-1].Add(one)
	f.Contract.Add(one)
}

// SortStops sorts stops by day, township and village: a driver goes township by township.
func SortStops(stops []PlanStop) {
	slices.SortStableFunc(stops, func(a, b PlanStop) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Township+"\x00"+a.Village, b.Township+"\x00"+b.Village))
	})
}

// LateFirst sorts late call-offs before the others.
func LateFirst(rows []CallOffRow) {
	slices.SortStableFunc(rows, func(a, b CallOffRow) int {
		switch {
		case a.Late == b.Late:
			return 0
		case a.Late:
			return -1
		}
		return 1
	})
}

// LateItems lists overdue work: goods to be collected, contracts to begin, bills and advances to be paid.
func (p Procurement) LateItems(today string) []LateItem {
	items := []LateItem{}
	for _, c := range p.Contracts {
		item := LateItem{ContractNo: c.No, Title: c.Title, Unit: c.Unit}
		switch {
		case c.State == Signing && c.SignBy < today:
			item.Kind, item.Since, item.Qty = "start", c.SignBy, c.Signed
		case c.State == Running && c.DeliverTo < today && c.CalledOff < c.Signed:
			item.Kind, item.Since, item.Qty = "call_off", c.DeliverTo, c.Signed-c.CalledOff
		case c.AdvanceDue > 0:
			item.Kind, item.AmountFen = "advance", c.AdvanceDue
		default:
			continue
		}
		items = append(items, item)
	}
	for _, k := range p.CallOffs {
		item := LateItem{ContractNo: k.ContractNo, Title: k.Title, OrderNo: k.OrderNo, Since: k.Day, Unit: k.Unit}
		switch {
		case k.Late:
			item.Kind, item.Qty = "collection", k.Ordered-k.Received-k.Short
		case k.State == orders.StateBilled:
			item.Kind, item.AmountFen = "payment", k.BilledFen-k.PaidFen
		default:
			continue
		}
		items = append(items, item)
	}
	return items
}

// AppendEntry adds an entry to a timeline. Signatures, and refusals, that follow one another are one entry with their sum.
func AppendEntry(timeline []orders.TimelineEntry, e orders.TimelineEntry) []orders.TimelineEntry {
	if e.Key != "contract.timeline.signed" && e.Key != "contract.timeline.declined" {
		return append(timeline, e)
	}
	e.Args["n"] = "1"
	last := len(timeline) - 1
	if last < 0 || timeline[last].Key != e.Key {
		return append(timeline, e)
	}
	sums := map[string]string{}
	for _, name := range []string{"n", "qty"} {
		was, err1 := strconv.ParseInt(timeline[last].Args[name], 10, 64)
		more, err2 := strconv.ParseInt(e.Args[name], 10, 64)
		if err1 != nil || err2 != nil {
			return append(timeline, e)
		}
		sums[name] = figure(was + more)
	}
	maps.Copy(e.Args, sums)
	e.Actor = ""
	timeline[last] = e
	return timeline
}
