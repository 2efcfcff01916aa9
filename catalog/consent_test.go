package catalog_test

import (
	"slices"
	"testing"

	"banmuyuan/catalog"
)

func TestTakeConsent(t *testing.T) {
	t.Parallel()
	helped := catalog.ConsentRecord{Helper: "周敏（县医院）"}
	ended := func(own bool) catalog.ConsentRecord {
		return catalog.ConsentRecord{Helper: helped.Helper, Ended: true, Own: own, Day: "2026-03-01"}
	}
	for name, tt := range map[string]struct {
		record catalog.ConsentRecord
		row    catalog.SheetConsent
		fresh  bool
		keys   []string
	}{
		"the first":                        {helped, catalog.SheetConsent{Day: "2026-01-10"}, true, nil},
		"today":                            {helped, catalog.SheetConsent{Day: "2026-06-01"}, true, nil},
		"tomorrow":                         {helped, catalog.SheetConsent{Day: "2026-06-02"}, false, []string{"directory.consent.day"}},
		"nobody to consent to":             {catalog.ConsentRecord{}, catalog.SheetConsent{Day: "2026-01-10"}, false, []string{"directory.consent.nobody"}},
		"the helper by name":               {helped, catalog.SheetConsent{Day: "2026-01-10", Helper: "周敏"}, true, nil},
		"the helper with the unit":         {helped, catalog.SheetConsent{Day: "2026-01-10", Helper: "周敏(县医院)"}, true, nil},
		"a namesake":                       {helped, catalog.SheetConsent{Day: "2026-01-10", Helper: "周敏（县一中）"}, false, []string{"directory.consent.helper"}},
		"recorded already":                 {catalog.ConsentRecord{Helper: helped.Helper, Given: true, Day: "2026-01-10"}, catalog.SheetConsent{Day: "2026-01-10"}, false, nil},
		"a newer paper":                    {catalog.ConsentRecord{Helper: helped.Helper, Given: true, Day: "2026-01-10"}, catalog.SheetConsent{Day: "2026-02-10"}, true, nil},
		"ended by the household":           {ended(true), catalog.SheetConsent{Day: "2026-01-10"}, false, []string{"directory.consent.revoked"}},
		"ended by the household, newer":    {ended(true), catalog.SheetConsent{Day: "2026-05-10"}, false, []string{"directory.consent.revoked"}},
		"ended by the county, later paper": {ended(false), catalog.SheetConsent{Day: "2026-03-02"}, true, nil},
		"ended by the county, same day":    {ended(false), catalog.SheetConsent{Day: "2026-03-01"}, false, []string{"directory.consent.older"}},
	} {
		fresh, faults := tt.record.Take(tt.row, "2026-06-01")
		var keys []string
		for _, f := range faults {
			keys = append(keys, f.Key)
		}
		if fresh != tt.fresh || !slices.Equal(keys, tt.keys) {
			t.Errorf("%s: %v %v, want %v %v", name, fresh, keys, tt.fresh, tt.keys)
		}
	}
}
