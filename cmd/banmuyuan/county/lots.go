package county

import "slices"

// RaiserBP is the raiser's part of a goose's price under 大户代养: goslings, feed
// and work.
const RaiserBP = 9_000

// crops: the yield of a mu of garden, and the part of it that is sold rather than eaten.
var crops = map[string]struct{ kgPerMu, soldBP int64 }{
	"purple_bean":   {900, 5500},
	"kidney_bean":   {130, 8000},
	"ground_cherry": {600, 6000},
	"vegetable":     {2000, 4000},
	"chilli":        {900, 5000},
	"potato":        {1500, 5000},
}

// forSale is the grams a plot brings to market.
func (p Plot) forSale() int64 {
	c := crops[p.Produce]
	return p.M2 * c.kgPerMu * 3 / 2 * c.soldBP / 10_000 // a mu is 2,000/3 m²
}

// SacksPerMu of seed potatoes, 40 kg each.
const SacksPerMu = 45

// lots gives every household its supply in each presale. All goose lots together
// are its geese, all lots of a garden product the yield that its plots sell.
func (g *generator) lots() {
	r := g.random("lots")
	byPresale := make([][]Lot, len(g.Presales))
	all := offers() // in the order of g.Presales
	index := func(key string) int {
		return slices.IndexFunc(all, func(o offer) bool { return o.key == key })
	}
	add := func(presale, household int, capacity, agent int64) {
		if capacity > 0 {
			byPresale[presale] = append(byPresale[presale], Lot{presale, household, capacity, agent})
		}
	}
	var (
		gooseMain, gooseSoon, gooseFeast = index("goose-main"), index("goose-soon"), index("goose-feast")
		gooseAdopt, gooseBulk            = index("goose-adopt"), index("goose-bulk")
		eggNow, eggNext                  = index("egg-now"), index("egg-next")
		potatoHome, potatoBulk           = index("potato-home"), index("potato-bulk")
		seedChuncheng, seedLiu           = index("seed-chuncheng"), index("seed-liu")
		beanHome, beanBulk, beanEarly    = index("bean-home"), index("bean-bulk"), index("bean-early")
		kidneyHome, kidneyBulk           = index("kidney-home"), index("kidney-bulk")
		cherry, boxHome, boxMarket       = index("cherry"), index("box-home"), index("box-market")
		boxStanding, gardenAdopt         = index("box-standing"), index("garden-adopt")
	)
	// part is a share of the whole for another presale, or nothing where a stop
	// for it would not pay.
	part := func(presale int, whole, percent int64) int64 {
		n := whole * percent / 100
		if n -= n % min(g.Presales[presale].Step, 10); n < g.Presales[presale].CollectionMinimum {
			return 0
		}
		return n
	}

	story := g.storyHousehold(g.storyVillage()) // its login shows an adoption
	for i := range g.Households {
		h := &g.Households[i]
		switch {
		case h.Raiser != None:
			bulk := part(gooseBulk, h.Geese, 40)
			add(gooseBulk, i, bulk, RaiserBP)
			add(gooseMain, i, h.Geese-bulk, RaiserBP)
		case h.Geese > 0:
			rest := h.Geese
			take := func(presale int, n int64) {
				add(presale, i, n, 0)
				rest -= n
			}
			if r.chance(35) {
				take(gooseSoon, part(gooseSoon, h.Geese, r.between(12, 25)))
			}
			if r.chance(75) {
				take(gooseFeast, part(gooseFeast, h.Geese, r.between(15, 30)))
			}
			switch {
			case i == story:
				take(gooseAdopt, 6)
			case r.chance(25):
				take(gooseAdopt, r.between(1, 4))
			}
			take(gooseMain, rest)
		}

		if eggs := h.LayingGeese * 30; eggs > 0 {
			later := part(eggNext, eggs, 50)
			add(eggNext, i, later, 0)
			add(eggNow, i, eggs-later, 0)
		}

		seed := seedChuncheng
		if h.SeedCooperative == liuHongli {
			seed = seedLiu
		}
		add(seed, i, SacksPerMu, 0)

		grams := map[string]int64{}
		for _, p := range h.Plots {
			grams[p.Produce] += p.forSale()
		}
		if jins := grams["purple_bean"] / 500 / 5 * 5; jins > 0 {
			early := int64(0)
			if r.chance(33) {
				early = part(beanEarly, jins, 20)
			}
			bulk := part(beanBulk, jins, 55)
			add(beanEarly, i, early, 0)
			add(beanBulk, i, bulk, 0)
			add(beanHome, i, jins-early-bulk, 0)
		}
		if jins := grams["potato"] / 500 / 5 * 5; jins > 0 {
			bulk := part(potatoBulk, jins, 60)
			add(potatoBulk, i, bulk, 0)
			add(potatoHome, i, jins-bulk, 0)
		}
		if jins := grams["kidney_bean"] / 500; jins > 0 {
			bulk := part(kidneyBulk, jins, 45)
			add(kidneyBulk, i, bulk, 0)
			add(kidneyHome, i, jins-bulk, 0)
		}
		add(cherry, i, grams["ground_cherry"]/500/2*2, 0)
		if boxes := (grams["vegetable"] + grams["chilli"]) / 5_000; boxes > 0 {
			market := part(boxMarket, boxes, 55)
			add(boxMarket, i, market, 0)
			home := boxes - market
			// Every fourth garden offers beds for adoption, the others send regular boxes as well.
			other, share := boxStanding, int64(40)
			if i%4 == 0 && home >= 12 {
				other, share = gardenAdopt, 100
			}
			taken := part(other, home, share)
			add(other, i, taken, 0)
			add(boxHome, i, home-taken, 0)
		}
	}
	g.Lots = slices.Concat(byPresale...)
}
