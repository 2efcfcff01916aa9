package directory

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
)

// handover is a change of the helper of households. 0 is no helper.
type handover struct{ from, to int64 }

// handovers counts the households of each.
type handovers map[handover]int

// handOver notes that a household has another helper, and records it for the household.
func (im *importer) handOver(household, from, to int64) {
	if from == to {
		return
	}
	if im.given == nil {
		im.given = handovers{}
	}
	im.given[handover{from, to}]++
	what := "helper"
	switch {
	case from == 0:
		what = "helper.first"
	case to == 0:
		what = "helper.none"
	}
	im.actions = append(im.actions, desk.Action{Household: household, What: what, Detail: map[string]any{"from": im.helpers[from], "to": im.helpers[to]}})
}

// changes returns the lines of the history of both helpers.
func (n handovers) changes(names map[int64]string) []directoryChange {
	var out []directoryChange
	sorted := slices.SortedFunc(maps.Keys(n), func(a, b handover) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for _, h := range sorted {
		of := func(id, other int64, what string) {
			if id == 0 {
				return
			}
			cells := map[string]string{catalog.HandedHouseholds: strconv.Itoa(n[h]), catalog.HandedHelper: names[other]}
			out = append(out, directoryChange{id: id, what: what, before: map[string]string{}, after: cells})
		}
		of(h.from, h.to, catalog.HandedOver)
		of(h.to, h.from, catalog.TakenOver)
	}
	return out
}
