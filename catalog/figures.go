package catalog

import "fmt"

// OrganisationMembers is the number of member households of a cooperative: the reported one, or that of its registered members
// where they are more. Members need not be registered households.
func OrganisationMembers(reported, registered int64) int64 { return max(reported, registered) }

// VillageSolar is the number of a village's solar stations and their kilowatts: of its registered stations or, without any,
// its own figure, which is one station's.
func VillageSolar(own, stations, stationKW int64) (plants, kw int64) {
	switch {
	case stations > 0:
		return stations, stationKW
	case own > 0:
		return 1, own
	}
	return 0, 0
}

// CheckSums compares the county's figures with the sums of the list of villages. It returns the differences.
func (c Coverage) CheckSums() []string {
	var households, garden, plants, kw, entrusted int64
	for _, v := range c.ByVillage {
		households += v.Households
		garden += v.GardenM2
		kw += v.SolarKW
		entrusted += v.EntrustedMilliMu
		plants += v.SolarPlants
	}
	var wrong []string
	for _, f := range []struct {
		name       string
		county, by int64
	}{{"households", c.Households, households}, {"garden", c.GardenM2, garden}, {"solar plants", c.SolarPlants, plants}, {"solar kilowatts", c.SolarKW, kw},
		{"entrusted land", c.EntrustedMilliMu, entrusted}} {
		if f.county != f.by {
			wrong = append(wrong, fmt.Sprintf("%s: the county has %d, its villages %d", f.name, f.county, f.by))
		}
	}
	return wrong
}
