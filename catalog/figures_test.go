package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestCoverageCheckSums(t *testing.T) {
	t.Parallel()
	good := func() Coverage {
		return Coverage{Households: 5, GardenM2: 900, SolarPlants: 1, SolarKW: 300, EntrustedMilliMu: 2500, ByVillage: []VillageCoverage{
			{Households: 2, GardenM2: 500, SolarPlants: 1, SolarKW: 300, EntrustedMilliMu: 1000}, {Households: 3, GardenM2: 400, EntrustedMilliMu: 1500}}}
	}
	if wrong := good().CheckSums(); len(wrong) != 0 {
		t.Errorf("good figures: %v", wrong)
	}
	for name, spoil := range map[string]func(*Coverage){
		"households": func(c *Coverage) { c.Households++ }, "garden": func(c *Coverage) { c.GardenM2-- }, "solar plants": func(c *Coverage) { c.SolarPlants++ },
		"solar kilowatts": func(c *Coverage) { c.SolarKW++ }, "entrusted land": func(c *Coverage) { c.ByVillage[0].EntrustedMilliMu++ },
	} {
		c := good()
		spoil(&c)
		if wrong := c.CheckSums(); len(wrong) != 1 || !slices.ContainsFunc(wrong, func(s string) bool { return strings.HasPrefix(s, name+":") }) {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

func TestVillageSolar(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ own, stations, stationKW, plants, kw int64 }{
		{0, 0, 0, 0, 0}, {300, 0, 0, 1, 300}, {300, 2, 550, 2, 550}, {0, 1, 40, 1, 40},
	} {
		if plants, kw := VillageSolar(test.own, test.stations, test.stationKW); plants != test.plants || kw != test.kw {
			t.Errorf("%+v: %d stations of %d kW", test, plants, kw)
		}
	}
}

func TestOrganisationMembers(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]int64{{0, 0, 0}, {40, 3, 40}, {0, 3, 3}} {
		if got := OrganisationMembers(test[0], test[1]); got != test[2] {
			t.Errorf("reported %d, registered %d: %d", test[0], test[1], got)
		}
	}
}
