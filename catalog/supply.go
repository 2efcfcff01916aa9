package catalog

import "slices"

// Programmes that households take part in.
const (
	ProgrammeGarden     = "garden"
	ProgrammeGeese      = "geese"
	ProgrammeSeedPotato = "seedpotato"
	ProgrammeMushroom   = "mushroom"
	ProgrammeSolar      = "solar"
)

// Programmes lists them in the order in which pages show them.
func Programmes() []string {
	return []string{ProgrammeGarden, ProgrammeGeese, ProgrammeSeedPotato, ProgrammeMushroom, ProgrammeSolar}
}

// gardenYield is how many order units 1,000 m² of a yard bring to market when the yard is divided among the county's
// crops: the weight a household can sell, without its own meals. A household's offer can be changed afterwards.
var gardenYield = map[string]int64{
	"potato":        450, // 斤
	"purple_bean":   300, // 斤
	"kidney_bean":   60,  // 斤
	"ground_cherry": 120, // 斤
	"veg_box":       20,  // 箱
	"vegetable_box": 20,
}

const (
	eggsPerGoose = 15 // of a season over the whole flock, of which half lays
	seedPerMu    = 45 // sacks of 40 kg from the mu planted on a household's behalf
)

// Supply is how many order units a household is given as its lot when a presale of the product opens: its geese, half a
// season's eggs of its flock, its mu of seed potatoes, or its garden's yield. Zero where it does not raise or grow it.
func (p Product) Supply(h Household) int64 {
	switch p.Code {
	case "goose":
		return h.Geese
	case "goose_egg":
		return h.Geese * eggsPerGoose
	case "seed_potato":
		if slices.Contains(h.Programmes, ProgrammeSeedPotato) {
			return seedPerMu
		}
		return 0
	}
	return h.GardenM2 * gardenYield[p.Code] / 1000
}
