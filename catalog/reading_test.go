package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"banmuyuan/internal/link"
)

func TestHouseholdFor(t *testing.T) {
	t.Parallel()
	full := Household{ID: 7, Code: "YA-1", Head: "王大山", Persons: 2, VillageID: 3, Village: "东村", HelperID: 4, HelperName: "李明", Consent: true,
		Phone: "13900000007", Kinds: []string{"illness"}, Programmes: []string{"garden"}, GardenM2: 400, Geese: 12, Raiser: "赵大户",
		Holdings: map[int64]int64{1: 30}, MushroomBag: 5, Members: []Person{{Name: "王小山", Born: 1990, IDNumber: "2302**********1234"}}}
	withdrawn := full
	withdrawn.Consent = false
	for name, c := range map[string]struct {
		reader       link.Actor
		of           Household
		reads, hides []string
	}{
		"county":                 {link.Actor{Account: 1, Role: roleOperator}, withdrawn, []string{"13900000007", "illness", "1234"}, nil},
		"itself":                 {link.Actor{Account: 1, Role: roleHousehold, Household: 7}, withdrawn, []string{"13900000007", "illness", "1234"}, nil},
		"helper":                 {link.Actor{Account: 1, Role: roleHelper, Helper: 4}, full, []string{"13900000007", "illness", "1234"}, nil},
		"helper without consent": {link.Actor{Account: 1, Role: roleHelper, Helper: 4}, withdrawn, []string{"王大山", "YA-1"}, []string{"13900000007", "illness", "1234", "王小山", "400", "赵大户", "garden", "holdings"}},
		"clerk":                  {link.Actor{Account: 1, Role: roleClerk, Org: 2}, full, []string{"13900000007", "王大山", "holdings"}, []string{"illness", "1234", "王小山"}},
		"buyer of a cooperative": {link.Actor{Account: 1, Role: roleOfficer, Org: 2}, full, []string{"13900000007"}, []string{"illness", "1234"}},
		"administrator":          {link.Actor{Account: 1, Role: "admin"}, full, nil, []string{"illness", "1234"}},
	} {
		text, err := json.Marshal(c.of.For(c.reader))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range c.reads {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s does not read %s: %s", name, word, text)
			}
		}
		for _, word := range c.hides {
			if strings.Contains(string(text), word) {
				t.Errorf("%s reads %s: %s", name, word, text)
			}
		}
	}
}
