package catalog

import "fmt"

// OrganisationMembers is the number of member households of a cooperative: the reported one, or that of its registered members
// where they are more. Members need not be registered households.
func OrganisationMembers(reported, registered int64) int64 { return max(reported, registered) }

// CheckSums compares the county's figures with the sums of the list of villages. It returns the differences.
func (c Coverage) CheckSums() []string {
	var households, garden, plants, kw, entrusted int64
	for _, v := range c.ByVillage {
		households += v.Households
		garden += v.GardenM2
		kw += v.SolarKW
		entrusted += v.EntrustedMilliMu
		if v.SolarKW > 0 {
			plants++
		}
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
