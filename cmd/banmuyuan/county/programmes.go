package county

import "fmt"

// raiserCount large raisers, in turn over the townships.
const raiserCount = 105

func (g *generator) raisers() {
	r := g.random("raisers")
	inTownship := make([][]int, TownshipCount)
	for i := range g.Villages {
		t := g.Villages[i].Township
		inTownship[t] = append(inTownship[t], i)
	}
	for i := range raiserCount {
		name := r.worker(g.Season)
		g.Raisers = append(g.Raisers, Raiser{
			Code: fmt.Sprintf("DY-%03d", i+1), Name: name, Village: pick(r, inTownship[i%TownshipCount]),
			Phone: g.phone(), Mark: Mark,
		})
	}
}

// Crops of gardens: the main crop, and the ones beside it.
var (
	mainCrops   = []string{"purple_bean", "vegetable", "kidney_bean", "ground_cherry", "potato"}
	mainShares  = []int{62, 14, 9, 8, 7}
	sideCrops   = []string{"vegetable", "potato", "chilli", "purple_bean", "kidney_bean"}
	sideShares  = []int{38, 22, 16, 16, 8}
	gardenCrops = map[string]bool{"purple_bean": true, "kidney_bean": true, "ground_cherry": true, "chilli": true}
)

// gardens leaves out the households that can least work one.
func (g *generator) gardens() {
	r := g.random("gardens")
	scores := make([]int, HouseholdCount)
	for i := range scores {
		scores[i] = r.IntN(100) - frailty(&g.Households[i])
	}
	var tenders []int
	var weights []int64
	for i, has := range chosen(GardenHouseholds, scores) {
		if has {
			tenders = append(tenders, i)
			weights = append(weights, r.between(28, 72)+r.between(0, 30))
		}
	}
	for n, area := range apportion(GardenM2, weights) {
		h := &g.Households[tenders[n]]
		h.GardenM2 = area
		h.Plots = plots(r, area, g.Villages[h.Village].Produce)
	}
}

func plots(r random, area int64, speciality string) []Plot {
	crop := mainCrops[r.weighted(mainShares)]
	if gardenCrops[speciality] && r.chance(70) {
		crop = speciality
	}
	rest := area
	var side []Plot
	for range r.weighted([]int{30, 45, 25}) {
		name := sideCrops[r.weighted(sideShares)]
		if name == crop || len(side) > 0 && side[0].Produce == name {
			continue
		}
		part := area * r.between(12, 24) / 100
		side = append(side, Plot{name, part})
		rest -= part
	}
	return append([]Plot{{crop, rest}}, side...)
}

// geese: nearly every household has some; the weaker ones leave them to a raiser.
func (g *generator) geese() {
	r := g.random("geese")
	scores := make([]int, HouseholdCount)
	for i := range scores {
		scores[i] = r.IntN(1000)
	}
	var owners []int
	var flocks []int64
	for i, has := range chosen(GooseHouseholds, scores) {
		if has {
			owners = append(owners, i)
			flocks = append(flocks, []int64{30, 50, 60, 70, 80, 100, 120, 150}[r.weighted([]int{5, 14, 13, 6, 20, 36, 4, 2})])
		}
	}
	r.steer(flocks, GooseCount, 10, 20, 200)

	perTownship := make([]int, TownshipCount)
	for n, i := range owners {
		h := &g.Households[i]
		h.Geese = flocks[n]
		if r.IntN(100)+frailty(h) > 72 {
			t := g.Villages[h.Village].Township
			h.Raiser = t + TownshipCount*(perTownship[t]%(raiserCount/TownshipCount))
			perTownship[t]++
		} else if r.chance(45) {
			h.LayingGeese = r.between(4, 12)
		}
	}
}

// seedPotatoes: one mu for every household, with one of two cooperatives by
// township; the rest of the 12,000 mu is theirs.
func (g *generator) seedPotatoes() {
	r := g.random("seed potatoes")
	for i := range g.Households {
		h := &g.Households[i]
		h.SeedCooperative = chuncheng
		if g.Villages[h.Village].Township%2 == 1 {
			h.SeedCooperative = liuHongli
		}
		h.SeedShareFen = SeedShareFen * int64(h.Persons())
		h.SeedByLand = r.chance(58)
		g.Organisations[h.SeedCooperative].SeedMuEntrusted++
	}
	own := apportion(SeedPotatoMu-HouseholdCount, []int64{3, 2})
	for i := range own {
		o := &g.Organisations[i]
		o.SeedMu = o.SeedMuEntrusted + own[i]
	}
}

// mushrooms: some two thousand households hold a unit of 1,000 bags (ten shares)
// or half of one in the nearest mushroom cooperative.
func (g *generator) mushrooms() {
	r := g.random("mushrooms")
	var growers []int
	for i := range CooperativeCount {
		if g.Organisations[i].Produce == "mushroom" {
			growers = append(growers, i)
		}
	}
	for i := range g.Households {
		h := &g.Households[i]
		percent := 14
		if g.Villages[h.Village].Poor {
			percent = 27
		}
		if r.chance(percent) {
			h.MushroomShares = []int64{5, 10, 20}[r.weighted([]int{35, 60, 5})]
			h.MushroomCooperative = growers[g.Villages[h.Village].Township%len(growers)]
		}
	}
}

// solar goes to 3,152 households of the villages with a station, more to the
// ones that need it more.
func (g *generator) solar() {
	r := g.random("solar")
	perVillage := make([]int64, VillageCount)
	scores := make([][]int, VillageCount)
	members := make([][]int, VillageCount)
	for i := range g.Households {
		h := &g.Households[i]
		if v := h.Village; g.Villages[v].Solar {
			perVillage[v]++
			scores[v] = append(scores[v], frailty(h)+r.IntN(60))
			members[v] = append(members[v], i)
		}
	}
	var receivers []int
	var weights []int64
	for v, count := range apportion(SolarHouseholds, perVillage) {
		if count == 0 {
			continue
		}
		for n, gets := range chosen(int(count), scores[v]) {
			if gets {
				h := &g.Households[members[v][n]]
				receivers = append(receivers, members[v][n])
				weights = append(weights, solarNeed(h)+r.between(0, 25))
			}
		}
	}
	for n, fen := range apportion(SolarHouseholds*SolarFenPerHouse, weights) {
		g.Households[receivers[n]].SolarFen = fen
	}
}

func solarNeed(h *Household) int64 {
	need := int64(50 + 8*h.Persons())
	if h.Disabled {
		need += 45
	}
	if h.Ill {
		need += 20
	}
	if h.LivesAlone && h.Elderly {
		need += 30
	}
	if h.Kind != "一般户" {
		need += 15
	}
	return need
}
