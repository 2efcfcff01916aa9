package orders

import (
	"cmp"
	"slices"

	"banmuyuan/catalog"
)

// HouseholdUnits are the units of a line that come from a household.
type HouseholdUnits struct {
	Line               int
	Village, Household int64
	Qty                int64
}

// OriginsOf counts households and units by village, for the order and for each of its lines; village names a village.
// Largest quantity first. Units of different kinds are not added up.
func OriginsOf(lines []Line, units []HouseholdUnits, village func(id int64) catalog.PublicVillage) Origins {
	res := Origins{Lines: []LineOrigin{}}
	var all []HouseholdUnits
	kinds := map[string]bool{}
	for _, l := range lines {
		var own []HouseholdUnits
		for _, u := range units {
			if u.Line == l.No {
				own = append(own, u)
			}
		}
		if len(own) == 0 {
			continue
		}
		kinds[l.Unit] = true
		all = append(all, own...)
		o := LineOrigin{No: l.No, Title: l.Title, Unit: l.Unit}
		o.Villages, o.Households = byVillage(own, village)
		res.Lines = append(res.Lines, o)
	}
	res.Villages, res.Households = byVillage(all, village)
	if len(kinds) > 1 {
		for i := range res.Villages {
			res.Villages[i].Qty = 0
		}
	}
	return res
}

func byVillage(units []HouseholdUnits, village func(id int64) catalog.PublicVillage) (villages []catalog.PublicVillage, households int64) {
	at := map[int64]int{}
	seen := map[int64]bool{}
	villages = []catalog.PublicVillage{}
	for _, u := range units {
		i, ok := at[u.Village]
		if !ok {
			i = len(villages)
			at[u.Village] = i
			v := village(u.Village)
			v.VillageID = u.Village
			villages = append(villages, v)
		}
		if !seen[u.Household] {
			seen[u.Household] = true
			households++
			villages[i].Households++
		}
		villages[i].Qty += u.Qty
	}
	slices.SortFunc(villages, func(a, b catalog.PublicVillage) int {
		return cmp.Or(cmp.Compare(b.Qty, a.Qty), cmp.Compare(a.VillageID, b.VillageID))
	})
	return villages, households
}
