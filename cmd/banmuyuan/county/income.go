package county

import (
	"cmp"
	"slices"
	"time"
)

// year is how an earlier season went.
type year struct {
	season        int
	fenPerPerson  int64
	seedPerPerson int64
	solarPerHouse int64
	bagShareFen   int64 // per mushroom share
	priceBP       int64 // of listed prices
	gardens       int   // percent of today's gardens that sold
	soldPercent   int64 // about, of a garden's sales today
	flockPercent  int64 // about, of today's flock
	gooseCostFen  int64 // gosling and feed advanced per goose
}

// income makes the two earlier seasons. Sales come out of quantities and prices;
// seed potatoes, solar and mushrooms are dividends by their keys; the rest of the
// season's total is the sum that the raisers shared out per goose.
func (g *generator) income() {
	for _, y := range []year{
		{
			season: g.Season - 2, fenPerPerson: IncomeFenPerPerson2, seedPerPerson: SeedFenPerPerson2,
			solarPerHouse: SolarFenPerHouse2, bagShareFen: 2_600,
			priceBP: 9_400, gardens: 86, soldPercent: 32, flockPercent: 38, gooseCostFen: 6_300,
		},
		{
			season: g.Season - 1, fenPerPerson: IncomeFenPerPerson1, seedPerPerson: SeedFenPerPerson,
			solarPerHouse: SolarFenPerHouse, bagShareFen: 3_000,
			priceBP: 10_000, gardens: 94, soldPercent: 28, flockPercent: 44, gooseCostFen: 6_950,
		},
	} {
		g.earlierSeason(y)
	}
	slices.SortStableFunc(g.Income, func(a, b Income) int {
		return cmp.Or(cmp.Compare(a.Household, b.Household), cmp.Compare(a.Season, b.Season), cmp.Compare(a.Month, b.Month))
	})
}

func (g *generator) earlierSeason(y year) {
	first := len(g.Income)
	r := g.random("income" + string(rune('0'+g.Season-y.season)))
	for i := range g.Households {
		h := &g.Households[i]
		if h.GardenM2 > 0 && r.chance(y.gardens) {
			g.gardenSales(r, y, i, h)
		}
		if h.Geese > 0 && h.Raiser == None {
			g.gooseSales(r, y, i, h)
		}
		g.specialitySales(r, y, i, h)
	}
	if y.season == g.Season-1 {
		g.pools(y)
	} else {
		g.seedDividends(r, y)
		g.solarDistributions(r, y)
		g.mushroomDividends(r, y)
	}

	left := y.fenPerPerson * PersonCount
	for i := first; i < len(g.Income); i++ {
		left -= g.Income[i].AmountFen
	}
	g.raiserShares(r, y, left)
}

// listPrice in fen per 500 g at the farm gate, and the months of sale.
var listPrice = map[string]struct {
	fen         int64
	first, last int64
}{
	"purple_bean":   {320, 7, 9},
	"kidney_bean":   {500, 10, 11},
	"ground_cherry": {600, 8, 10},
	"vegetable":     {260, 6, 10},
	"chilli":        {240, 8, 9},
	"potato":        {100, 9, 11},
	"melon":         {160, 7, 9},
	"marigold":      {55, 8, 10},
	"goose":         {1_100, 9, 12},
	"goose_egg":     {1_150, 3, 6},
}

func (r random) channel() Channel {
	return []Channel{Contract, Market, Private}[r.weighted([]int{56, 30, 14})]
}

// sale adds a line at about the list price; units of none follow from the grams.
func (g *generator) sale(r random, y year, household int, p Programme, produce string, units, grams, cost int64) {
	list := listPrice[produce]
	channel := r.channel()
	fen := list.fen * y.priceBP / 10_000 * r.between(90, 110) / 100
	if channel == Private {
		fen = fen * 115 / 100
	}
	fen -= fen % 5
	gross := (fen*grams + 250) / 500
	fee := (gross*300 + 5_000) / 10_000
	month := int(r.between(list.first, list.last))
	g.Income = append(g.Income, Income{
		Household: household, Season: y.season, Month: month, Programme: p, Produce: produce, Channel: channel,
		Units: units, Grams: grams, AmountFen: gross - fee - cost, FeeFen: fee, CostFen: cost, PaidOn: r.paidOn(y.season, month),
	})
}

// paidOn is some days after the month's sales, within the season's year.
func (r random) paidOn(season, month int) time.Time {
	day := time.Date(season, time.Month(month), 26, 0, 0, 0, 0, China).AddDate(0, 0, int(r.between(0, 22)))
	if last := time.Date(season, time.December, 31, 0, 0, 0, 0, China); day.After(last) {
		return last.AddDate(0, 0, -int(r.between(0, 5)))
	}
	return day
}

func (g *generator) gardenSales(r random, y year, i int, h *Household) {
	for n, p := range h.Plots {
		if n == 3 {
			break
		}
		jins := p.forSale() / 500 * y.soldPercent * r.between(40, 160) / 10_000
		if jins < 4 || n > 0 && r.chance(35) {
			continue
		}
		g.sale(r, y, i, Garden, p.Produce, jins, jins*500, 0)
	}
}

// gooseSales are of geese the household raised itself, and of its eggs.
func (g *generator) gooseSales(r random, y year, i int, h *Household) {
	if r.chance(8) {
		return // joined later
	}
	if n := h.Geese * y.flockPercent * r.between(50, 150) / 10_000; n > 0 {
		g.sale(r, y, i, Geese, "goose", n, n*r.between(4_000, 4_450), n*y.gooseCostFen)
	}
	if h.LayingGeese > 0 && r.chance(60) {
		eggs := h.LayingGeese * r.between(4, 12)
		g.sale(r, y, i, Geese, "goose_egg", eggs, eggs*r.between(130, 150), 0)
	}
}

// specialitySales: fields are sold by weight, animals pay a dividend of the
// village's farm.
func (g *generator) specialitySales(r random, y year, i int, h *Household) {
	key := g.Villages[h.Village].Produce
	if key == "" || !r.chance(62) {
		return
	}
	if list, field := listPrice[key]; field && key != "goose" {
		jins := r.between(150, 800) * 100 / (list.fen * 2 / 3) // a few hundred yuan
		g.sale(r, y, i, Speciality, key, jins, jins*500, 0)
		return
	}
	g.dividend(r, y, i, Speciality, key, 12, r.between(250, 700)*100*y.priceBP/10_000)
}

func (g *generator) dividend(r random, y year, household int, p Programme, produce string, month int, fen int64) {
	g.Income = append(g.Income, Income{
		Household: household, Season: y.season, Month: month, Programme: p, Produce: produce,
		Channel: Distributed, AmountFen: fen, PaidOn: r.paidOn(y.season, month),
	})
}

// seedDividends go by person; one cooperative did a little better.
func (g *generator) seedDividends(r random, y year) {
	weights := make([]int64, HouseholdCount)
	for i := range g.Households {
		h := &g.Households[i]
		weights[i] = int64(h.Persons()) * 103
		if h.SeedCooperative == liuHongli {
			weights[i] = int64(h.Persons()) * 97
		}
	}
	for i, fen := range apportion(y.seedPerPerson*PersonCount, weights) {
		g.dividend(r, y, i, SeedPotato, "seed_potato", 12, fen)
	}
}

// solarDistributions are paid twice a year, in the proportions of this season's.
func (g *generator) solarDistributions(r random, y year) {
	weights := make([]int64, HouseholdCount)
	for i := range g.Households {
		weights[i] = g.Households[i].SolarFen
	}
	for i, fen := range apportion(SolarHouseholds*y.solarPerHouse, weights) {
		if fen > 0 {
			half := fen * 45 / 100
			g.dividend(r, y, i, Solar, "", 6, half)
			g.dividend(r, y, i, Solar, "", 12, fen-half)
		}
	}
}

func (g *generator) mushroomDividends(r random, y year) {
	for i := range g.Households {
		if n := g.Households[i].MushroomShares; n > 0 {
			g.dividend(r, y, i, Mushroom, "mushroom", 11, n*y.bagShareFen)
		}
	}
}

// raiserShares splits the rest over the geese that raisers kept for households.
func (g *generator) raiserShares(r random, y year, total int64) {
	var owners []int
	var geese []int64
	for i := range g.Households {
		h := &g.Households[i]
		if h.Raiser != None && !r.chance(5) {
			owners = append(owners, i)
			geese = append(geese, h.Geese*(y.flockPercent+30)/100)
		}
	}
	for n, fen := range apportion(total, geese) {
		month := int(r.between(10, 12))
		g.Income = append(g.Income, Income{
			Household: owners[n], Season: y.season, Month: month, Programme: Geese, Produce: "goose", Channel: Agency,
			Units: geese[n], AmountFen: fen, PaidOn: r.paidOn(y.season, month),
		})
	}
}
