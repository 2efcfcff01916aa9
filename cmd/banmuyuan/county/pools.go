package county

import (
	"fmt"
	"time"
)

// Pool is one distribution: income, costs, reserve and members. The last season's are paid;
// of this season the first half's solar income waits for the county's second person.
type Pool struct {
	Programme  Programme
	Season     int
	Month      int
	Title      string
	Org        int // the cooperative, or None for solar
	RecordDate time.Time
	Income     []Amount
	Costs      []Amount
	ReserveFen int64
	Villages   []VillagePart // that collectives keep of it: solar only
	Members    []PoolMember
	PaidOn     time.Time // zero: not decided yet
}

// Amount is a named sum.
type Amount struct {
	Label string
	Fen   int64
}

// PoolMember is a household in a pool with its weights; ListedFen is solar's.
type PoolMember struct {
	Household int
	Shares    int64 // fen of share capital, or shares of 100 bags
	Trade     int64 // hundredths of a mu, or bags
	ListedFen int64
}

// VillagePart is a village collective's part of a distribution.
type VillagePart struct {
	Village int
	Fen     int64
}

// VillagesSolarFen is the village collectives' part of a year's solar income.
const VillagesSolarFen = 740_500_00

// keep leaves fen to the collectives of the villages with a station, in the proportions of their households' parts.
func (p *Pool) keep(g *generator, fen int64) {
	weights := make([]int64, len(g.Villages))
	for _, m := range p.Members {
		weights[g.Households[m.Household].Village] += m.ListedFen
	}
	for v, part := range apportion(fen, weights) {
		if part > 0 {
			p.Villages = append(p.Villages, VillagePart{v, part})
		}
	}
}

// poolTradePercent of a cooperative's surplus go by trade volume, the least that the law allows; the rest by shares.
const poolTradePercent = 60

// pool adds a distribution of surplus fen with plausible costs before it. For last season its parts become income lines.
func (g *generator) pool(p Pool, surplus int64, sold string, costs ...Amount) {
	p.Costs = append(p.Costs, costs...)
	var spent int64
	for _, c := range p.Costs {
		spent += c.Fen
	}
	if p.ReserveFen = surplus * 6 / 100 / 100_000 * 100_000; p.Programme == Solar {
		p.ReserveFen = 0
		for _, v := range p.Villages {
			p.ReserveFen += v.Fen
		}
	}
	p.Income = []Amount{{sold, surplus + spent + p.ReserveFen}}
	g.Pools = append(g.Pools, p)
	if p.PaidOn.IsZero() {
		return
	}
	produce := map[Programme]string{SeedPotato: "seed_potato", Mushroom: "mushroom"}[p.Programme]
	for i, fen := range p.parts(surplus) {
		if fen > 0 {
			g.Income = append(g.Income, Income{Household: p.Members[i].Household, Season: p.Season, Month: p.Month, Programme: p.Programme,
				Produce: produce, Channel: Distributed, AmountFen: fen, PaidOn: p.PaidOn, Pool: len(g.Pools)})
		}
	}
}

// parts returns each member's part: as listed, or by trade volume and by shares.
func (p *Pool) parts(surplus int64) []int64 {
	n := len(p.Members)
	listed, trade, shares := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, m := range p.Members {
		listed[i], trade[i], shares[i] = m.ListedFen, m.Trade, m.Shares
	}
	if p.Programme == Solar {
		return listed
	}
	rest := surplus * (100 - poolTradePercent) / 100
	parts, more := apportion(surplus-rest, trade), apportion(rest, shares)
	for i := range parts {
		parts[i] += more[i]
	}
	return parts
}

// tenths returns a cost: tenths of a surplus, in whole yuan.
func tenths(surplus, n int64) int64 { return surplus * n / 10 / 100 * 100 }

// pools are the distributions of last season, and the one of this season that waits.
func (g *generator) pools(y year) {
	day := func(month time.Month, d int) time.Time { return time.Date(y.season, month, d, 0, 0, 0, 0, China) }

	// Two cooperatives plant the seed potatoes; one did a little better.
	for i, total := range apportion(y.seedPerPerson*PersonCount, g.seedWeights()) {
		org := []int{chuncheng, liuHongli}[i]
		p := Pool{Programme: SeedPotato, Season: y.season, Month: 12, Org: org, RecordDate: day(time.October, 31), PaidOn: day(time.December, 18),
			Title: fmt.Sprintf("%d 年种薯分红（%s）", y.season, []string{"春城马铃薯合作社", "刘洪亮合作社"}[i])}
		for n := range g.Households {
			if h := &g.Households[n]; h.SeedCooperative == org {
				p.Members = append(p.Members, PoolMember{Household: n, Shares: h.SeedShareFen, Trade: 100})
			}
		}
		g.pool(p, total, "种薯销售款", Amount{"脱毒种薯", tenths(total, 5)}, Amount{"化肥农药", tenths(total, 3)}, Amount{"机耕、起收和人工", tenths(total, 4)}, Amount{"仓储运输", tenths(total, 1)})
	}

	// Each mushroom cooperative shares out by the bags that were brought in.
	for org := range CooperativeCount {
		p := Pool{Programme: Mushroom, Season: y.season, Month: 11, Org: org, RecordDate: day(time.September, 30), PaidOn: day(time.November, 25),
			Title: fmt.Sprintf("%d 年千袋菌分红（%s）", y.season, g.Organisations[org].Name)}
		var shares int64
		for n := range g.Households {
			if h := &g.Households[n]; h.MushroomShares > 0 && h.MushroomCooperative == org {
				p.Members = append(p.Members, PoolMember{Household: n, Shares: h.MushroomShares, Trade: h.MushroomShares * 100})
				shares += h.MushroomShares
			}
		}
		if total := shares * y.bagShareFen; total > 0 {
			g.pool(p, total, "鲜菌和干菌销售款", Amount{"菌种和菌包", tenths(total, 6)}, Amount{"大棚和水电", tenths(total, 2)}, Amount{"采收人工", tenths(total, 3)})
		}
	}

	// Solar income comes twice a year, in the proportions of this season's.
	weights := make([]int64, HouseholdCount)
	for i := range g.Households {
		weights[i] = g.Households[i].SolarFen
	}
	first, second := g.solarPool(y.season, 6), g.solarPool(y.season, 12)
	var halves [2]int64
	for i, fen := range apportion(SolarHouseholds*y.solarPerHouse, weights) {
		if fen > 0 {
			half := fen * firstHalfPercent / 100
			first.Members = append(first.Members, PoolMember{Household: i, ListedFen: half})
			second.Members = append(second.Members, PoolMember{Household: i, ListedFen: fen - half})
			halves[0] += half
			halves[1] += fen - half
		}
	}
	first.PaidOn, second.PaidOn = day(time.July, 8), day(time.December, 22)
	summer := int64(VillagesSolarFen * firstHalfPercent / 100)
	first.keep(g, summer)
	second.keep(g, VillagesSolarFen-summer)
	g.pool(first, halves[0], "村级电站发电收入", Amount{"运维和保险", tenths(halves[0], 1)})
	g.pool(second, halves[1], "村级电站发电收入", Amount{"运维和保险", tenths(halves[1], 1)})
}

// firstHalfPercent of a year's solar income is distributed in summer.
const firstHalfPercent = 45

func (g *generator) solarPool(season, month int) Pool {
	name, last := "上半年", time.Date(season, time.June, 30, 0, 0, 0, 0, China)
	if month == 12 {
		name, last = "下半年", time.Date(season, time.November, 30, 0, 0, 0, 0, China)
	}
	return Pool{Programme: Solar, Season: season, Month: month, Org: None, RecordDate: last, Title: fmt.Sprintf("%d 年%s光伏收益分配", season, name)}
}

// waitingPool is the first half of this season's solar income, which nobody has approved yet.
func (g *generator) waitingPool(now time.Time) {
	p := g.solarPool(g.Season, 6)
	if now.Before(p.RecordDate) {
		p = g.solarPool(g.Season, 12)
		p.RecordDate = now
	}
	var total int64
	for i := range g.Households {
		if fen := g.Households[i].SolarFen * firstHalfPercent / 100; fen > 0 {
			p.Members = append(p.Members, PoolMember{Household: i, ListedFen: fen})
			total += fen
		}
	}
	p.keep(g, VillagesSolarFen*firstHalfPercent/100)
	g.pool(p, total, "村级电站发电收入", Amount{"运维和保险", tenths(total, 1)})
}

func (g *generator) seedWeights() []int64 {
	var weights [2]int64
	for i := range g.Households {
		h := &g.Households[i]
		if h.SeedCooperative == chuncheng {
			weights[0] += int64(h.Persons()) * 103
		} else {
			weights[1] += int64(h.Persons()) * 97
		}
	}
	return weights[:]
}
