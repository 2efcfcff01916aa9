package household

import (
	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// soldGoods are a household's goods of one title in a season.
type soldGoods struct {
	Title     catalog.Text
	Programme string
	Unit      string
	Sold      int64
	Delivered int64
	NetGrams  int64  // of the delivered units, where they went over a scale
	Page      string // route of the page that lists them
}

// Missing is the number of units that are still to be handed over.
func (g soldGoods) Missing() int64 { return g.Sold - g.Delivered }

// soldOf sums the goods of a household's ledger, in the order in which they were sold last. Goods are handed over once their
// amount is more than expected.
func soldOf(entries []orders.IncomeEntry) []soldGoods {
	var out []soldGoods
	type key struct{ title, unit, page string }
	places := map[key]int{}
	for _, e := range entries {
		if e.Qty == 0 {
			continue // a dividend
		}
		route := "household.income"
		switch {
		case e.AdoptionNo != "":
			route = "household.adoptions"
		case e.OrderNo != "":
			route = "household.sales"
		}
		at := key{e.Title.Zh, e.Unit, route}
		i, ok := places[at]
		if !ok {
			i = len(out)
			places[at] = i
			out = append(out, soldGoods{Title: e.Title, Programme: e.Programme, Unit: e.Unit, Page: route})
		}
		out[i].Sold += e.Qty
		if e.ExpectedFen == 0 {
			out[i].Delivered += e.Qty
			out[i].NetGrams += e.NetGrams
		}
	}
	return out
}

// partsOf sums the price of everything and the parts of it that others got.
func partsOf(entries []orders.IncomeEntry) (p orders.Parts) {
	for _, e := range entries {
		p.GrossFen += e.GrossFen
		p.FeeFen += e.FeeFen
		p.AgentFen += e.AgentFen
	}
	return p
}
