package county

import (
	"fmt"
	"slices"
)

// The two cooperatives that plant seed potatoes come first; then the others, the
// first of each trade being the seller of its produce.
const (
	chuncheng  = 0
	liuHongli  = 1
	firstTrade = 2
)

// sellerOf is the cooperative that sells a produce in the presales.
func sellerOf(key string) int {
	for i, t := range trades {
		if t.produce == key {
			return firstTrade + i
		}
	}
	return chuncheng
}

func (g *generator) organisations() {
	r := g.random("organisations")
	inTownship := make([][]int, TownshipCount)
	for i := range g.Villages {
		t := g.Villages[i].Township
		inTownship[t] = append(inTownship[t], i)
	}

	type brand struct{ name, english string }
	var brands []brand
	for a := 0; a < len(brandFirst); a += 2 {
		for b := 0; b < len(brandLast); b += 2 {
			if name := brandFirst[a] + brandLast[b]; !slices.Contains(takenBrands, name) {
				brands = append(brands, brand{name, brandFirst[a+1] + brandLast[b+1]})
			}
		}
	}
	r.Shuffle(len(brands), func(i, j int) { brands[i], brands[j] = brands[j], brands[i] })

	byTownship := make([][]int, TownshipCount)
	for i := range CooperativeCount {
		t := i % TownshipCount
		v := pick(r, inTownship[t])
		contact := r.worker(g.Season)
		o := Organisation{
			Code: fmt.Sprintf("HZ-%03d", i+1), Kind: Cooperative, Township: t, Village: v,
			Address: g.Townships[t].Name + g.Villages[v].Name, Contact: contact, Phone: g.phone(), Mark: Mark,
		}
		switch i {
		case chuncheng:
			o.Name, o.NameEn, o.Produce = "春城马铃薯合作社", "Chuncheng Potato Cooperative", "seed_potato"
		case liuHongli:
			o.Name, o.NameEn, o.Produce = "刘洪亮农业种植农民专业合作社", "Liu Hongliang Farming Cooperative", "seed_potato"
		default:
			trade := trades[(i-firstTrade)%len(trades)]
			o.Name = "依安县" + brands[i].name + trade.words + "专业合作社"
			o.NameEn = brands[i].english + " " + trade.english + " Cooperative"
			o.Produce = trade.produce
		}
		g.Organisations = append(g.Organisations, o)
		byTownship[t] = append(byTownship[t], i)
	}

	scores := make([]int, CooperativeCount)
	for i := range scores {
		if scores[i] = r.IntN(1 << 20); i < firstTrade+len(trades) {
			scores[i] += 1 << 20
		}
	}
	for i, model := range chosen(ModelCooperatives, scores) {
		g.Organisations[i].Model = model
	}

	for t, villages := range inTownship {
		for i, v := range villages {
			g.Villages[v].Point.Cooperative = byTownship[t][i%len(byTownship[t])]
		}
	}
	g.Villages[g.storyVillage()].Point.Cooperative = sellerOf("goose")

	for i, e := range []struct{ name, english, address, produce string }{
		{"龙鹅食品有限公司（演示）", "Longe Goose Foods (demo)", "依安县演示工业园1号", "goose"},
		{"鹤乡净菜配送有限公司（演示）", "Hexiang Fresh-cut Vegetables (demo)", "齐齐哈尔市铁锋区演示路18号", "purple_bean"},
		{"冰城生鲜供应链有限公司（演示）", "Bingcheng Fresh Supply (demo)", "哈尔滨市松北区演示大道66号", "vegetable_box"},
		{"黑土薯业有限公司（演示）", "Black Earth Potato (demo)", "依安县演示工业园7号", "potato"},
	} {
		contact := r.worker(g.Season)
		g.Organisations = append(g.Organisations, Organisation{
			Code: fmt.Sprintf("QY-%03d", i+1), Kind: Enterprise, Name: e.name, NameEn: e.english,
			Township: None, Village: None, Address: e.address, Contact: contact, Phone: g.phone(), Produce: e.produce, Mark: Mark,
		})
	}
	for i, s := range []struct {
		name, english, address string
		township               int
	}{
		{"半亩园爱心超市（县城店）", "Banmuyuan Charity Supermarket, county town", "依安镇演示街1号", 0},
		{"半亩园爱心超市（依龙店）", "Banmuyuan Charity Supermarket, Yilong", "依龙镇演示街2号", 1},
	} {
		contact := r.worker(g.Season)
		g.Organisations = append(g.Organisations, Organisation{
			Code: fmt.Sprintf("CS-%03d", i+1), Kind: Supermarket, Name: s.name, NameEn: s.english,
			Township: s.township, Village: None, Address: s.address, Contact: contact, Phone: g.phone(), Produce: "vegetable_box", Mark: Mark,
		})
	}
}

// storyVillage is where the demo household lives and the demo clerk weighs: a
// village with a solar station in the township of the geese's seller.
func (g *generator) storyVillage() int {
	township := g.Organisations[sellerOf("goose")].Township
	return slices.IndexFunc(g.Villages, func(v Village) bool { return v.Township == township && v.Solar })
}

// memberships: registered households join cooperatives of their own township, and those that they have shares in; the
// other members of a cooperative are only counted.
func (g *generator) memberships() {
	r := g.random("memberships")
	byTownship := make([][]int, TownshipCount)
	for i := range CooperativeCount {
		t := g.Organisations[i].Township
		byTownship[t] = append(byTownship[t], i)
	}
	for i := range g.Households {
		h := &g.Households[i]
		count := r.weighted([]int{36, 54, 10})
		near := byTownship[g.Villages[h.Village].Township]
		first := r.IntN(len(near))
		for n := range count {
			// A township has eight or nine, so the two differ.
			c := near[(first+n*3)%len(near)]
			h.Cooperatives = append(h.Cooperatives, c)
		}
		// Shares make members too.
		for _, c := range []int{h.SeedCooperative, h.MushroomCooperative} {
			if c != None && !slices.Contains(h.Cooperatives, c) {
				h.Cooperatives = append(h.Cooperatives, c)
			}
		}
		for _, c := range h.Cooperatives {
			g.Organisations[c].RegisteredMembers = append(g.Organisations[c].RegisteredMembers, i)
		}
	}
	weights := make([]int64, CooperativeCount)
	others := int64(MemberHouseholds)
	for i := range weights {
		weights[i] = r.between(40, 160)
		if g.Organisations[i].Model {
			weights[i] *= 2
		}
		others -= int64(len(g.Organisations[i].RegisteredMembers))
	}
	for i, n := range apportion(others, weights) {
		g.Organisations[i].MemberHouseholds = n + int64(len(g.Organisations[i].RegisteredMembers))
	}
}

func (g *generator) brokers() {
	r := g.random("brokers")
	weights := make([]int64, BrokerTeamCount)
	for i := range weights {
		weights[i] = r.between(5, 12)
	}
	for i, people := range apportion(BrokerCount, weights) {
		t := i % TownshipCount
		leader := r.worker(g.Season)
		g.BrokerTeams = append(g.BrokerTeams, BrokerTeam{
			Code: fmt.Sprintf("JJ-%02d", i+1), Name: fmt.Sprintf("%s第%d经纪人队", g.Townships[t].Name, i/TownshipCount+1),
			Township: t, Leader: leader, People: people, Mark: Mark,
		})
	}
}

const buyerCount = 40

func (g *generator) buyers() {
	r := g.random("buyers")
	for i := range buyerCount {
		city := cities[i%len(cities)]
		name := r.worker(g.Season)
		g.Buyers = append(g.Buyers, Buyer{
			Name: name, Phone: g.phone(), City: city[0],
			Address: fmt.Sprintf("%s%s%s%d号楼%d单元%d%02d室", city[0], pick(r, city[1:]), pick(r, estates),
				r.between(1, 28), r.between(1, 4), r.between(1, 17), r.between(1, 4)),
			Mark: Mark,
		})
	}
}

func pickupPoints() []PickupPoint {
	return []PickupPoint{
		{"ZT-01", "爱心超市县城店", "County-town supermarket", "依安县", "依安镇演示街1号", "8:00–18:00"},
		{"ZT-02", "爱心超市依龙店", "Yilong supermarket", "依安县", "依龙镇演示街2号", "8:00–17:00"},
		{"ZT-03", "齐齐哈尔龙沙自提点", "Qiqihar, Longsha", "齐齐哈尔市", "龙沙区演示路5号", "9:00–19:00"},
		{"ZT-04", "哈尔滨南岗自提点", "Harbin, Nangang", "哈尔滨市", "南岗区演示街12号", "9:00–20:00"},
		{"ZT-05", "哈尔滨松北自提点", "Harbin, Songbei", "哈尔滨市", "松北区演示大道66号", "9:00–20:00"},
		{"ZT-06", "大庆让胡路自提点", "Daqing, Ranghulu", "大庆市", "让胡路区演示路9号", "9:00–19:00"},
	}
}
