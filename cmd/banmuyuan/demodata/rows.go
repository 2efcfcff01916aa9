package demodata

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
)

// Rows writes the demo county as the rows of a workbook, so that it comes in by the door of every other county. Rows are
// in the order of the county's lists, and an empty county gives them ids from 1.
func Rows(c *county.County) map[string][]entry.Row {
	r := rows{}
	r.office()
	for _, t := range c.Townships {
		r.add(catalog.KindTownship, "name", t.Name, "lat", degrees(t.Lat), "lon", degrees(t.Lon))
	}
	goods := map[string]string{}
	for _, p := range c.Produce {
		goods[p.Key] = p.Name
	}
	for _, v := range c.Villages {
		r.add(catalog.KindVillage, "code", v.Code, "township", c.Townships[v.Township].Name, "name", v.Name, "poor", yes(v.Poor), "solar", yes(v.Solar),
			"speciality", goods[v.Produce], "secretary", v.Secretary, "collective", v.Name+"股份经济合作社",
			"lat", degrees(v.Lat), "lon", degrees(v.Lon))
	}
	for _, s := range c.Stations { // a neighbour may share it
		v := c.Villages[s.Villages[0]]
		r.add(catalog.KindStation, "code", s.Code, "name", s.Name, "kw", count(s.Kilowatts), "township", c.Townships[v.Township].Name, "village", v.Name)
	}
	for _, h := range c.Helpers {
		r.add(catalog.KindHelper, "name", h.Name, "unit", h.Unit, "phone", h.Phone)
	}
	r.organisations(c, goods)
	for _, v := range c.Villages {
		r.add(catalog.KindPoint, "name", v.Point.Name, "township", c.Townships[v.Township].Name, "village", v.Name,
			"org", c.Organisations[v.Point.Cooperative].Name, "address", v.Point.Address, "pickup", "是")
	}
	for _, p := range programmes {
		r.add(catalog.KindProgramme, "code", string(p.code), "name", p.zh, "name_en", p.en)
	}
	r.products(c)
	for i := range c.Households {
		r.household(c, &c.Households[i])
	}
	return r
}

// rows are the rows of a workbook by kind.
type rows map[string][]entry.Row

// add appends a row of name and value pairs. Empty cells are left out.
func (r rows) add(kind string, pairs ...string) {
	cells := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			cells[pairs[i]] = pairs[i+1]
		}
	}
	r[kind] = append(r[kind], entry.Row{Line: len(r[kind]) + 2, Cells: cells})
}

func (r rows) office() {
	r.add(catalog.KindCounty, "name", "依安县", "name_en", "Yi’an county", "region", "黑龙江省齐齐哈尔市", "office", "依安县半亩园合作社联合社（演示）",
		"address", "依安镇演示街1号", "bank_holder", "依安县半亩园合作社联合社（演示）", "bank_account", BankNumber, "bank_name", "演示银行依安支行",
		"intro", "依安县的农户在自家园子里养鹅、种土豆和紫花油豆角。",
		"intro_en", "The households of Yi’an county raise geese and grow potatoes and purple-flower beans round their homes.")
	// The figures that the county reported for the years before; see package county.
	for _, y := range []struct {
		year string
		fen  int64
	}{{"2017", county.IncomeFenPerPerson2}, {"2018", county.IncomeFenPerPerson1}, {"2019", county.TargetFenPerPerson}} {
		r.add(catalog.KindReported, "year", y.year, "per_person", money.FormatYuan(y.fen), "source", "县里上报（2017–2019）")
	}
}

var programmes = []struct {
	code   county.Programme
	zh, en string
}{
	{county.Garden, "半亩园", "Half-mu gardens"}, {county.Geese, "百只鹅", "A hundred geese"}, {county.SeedPotato, "一亩种薯", "A mu of seed potato"},
	{county.Mushroom, "千袋菌", "A thousand bags of mushroom"}, {county.Solar, "光伏", "Solar stations"}, {county.Speciality, "一村一品", "Village specialities"},
}

func (r rows) organisations(c *county.County, goods map[string]string) {
	kinds := map[county.OrganisationKind]string{county.Cooperative: "合作社", county.Enterprise: "企业", county.Supermarket: "爱心超市"}
	for _, o := range c.Organisations {
		r.add(catalog.KindOrganisation, "name", o.Name, "kind", kinds[o.Kind], "township", township(c, o), "village", village(c, o),
			"product", goods[o.Produce], "model", yes(o.Model), "members", count(o.MemberHouseholds), "address", o.Address, "contact", o.Contact, "phone", o.Phone)
	}
	for _, x := range c.Raisers {
		r.add(catalog.KindOrganisation, "name", raiserName(c, x), "kind", "代养大户", "township", c.Townships[c.Villages[x.Village].Township].Name,
			"village", c.Villages[x.Village].Name, "product", "大鹅", "contact", x.Name, "phone", x.Phone, "raiser_bp", strconv.Itoa(county.RaiserBP/100))
	}
}

func township(c *county.County, o county.Organisation) string {
	if o.Township == county.None {
		return ""
	}
	return c.Townships[o.Township].Name
}

func village(c *county.County, o county.Organisation) string {
	if o.Village == county.None {
		return ""
	}
	return c.Villages[o.Village].Name
}

func raiserName(c *county.County, r county.Raiser) string {
	return r.Name + "养鹅场（" + c.Villages[r.Village].Name + " " + r.Code + "）"
}

func (r rows) products(c *county.County) {
	programme := map[county.Programme]string{}
	for _, p := range programmes {
		programme[p.code] = p.zh
	}
	follows := map[string]string{catalog.YieldGeese: "养鹅数", catalog.YieldGarden: "园子面积", catalog.YieldProgramme: "参加项目的户", catalog.YieldRegistered: "按户产登记"}
	for _, p := range c.Products {
		of, yield := yieldOf(p.Key)
		kilos := ""
		if p.TypicalGrams > 0 {
			kilos = strconv.FormatFloat(float64(p.TypicalGrams)/1000, 'f', -1, 64)
		}
		r.add(catalog.KindProduct, "code", p.Key, "name", p.Name, "name_en", p.NameEn, "programme", programme[p.Programme], "order_unit", p.OrderUnit.Name,
			"price_unit", p.PriceUnit.Name, "grams_per_unit", kilos, "grades", "特级、一级、二级", "storage", p.Storage, "storage_en", p.StorageEn,
			"cooking", p.Cooking, "cooking_en", p.CookingEn, "story", p.Summary, "story_en", p.SummaryEn, "picture", picture(p.Picture),
			"yield_of", follows[of], "yield", count(yield), "raised", yes(p.Key == "goose"))
	}
}

// needs are the reasons for which a household is registered, as the workbook names them.
func needs(h *county.Household) string {
	var all []string
	for _, need := range []struct {
		has  bool
		name string
	}{{h.Elderly, "老人"}, {h.Disabled, "残疾"}, {h.Ill, "大病"}, {h.LivesAlone, "独居"}} {
		if need.has {
			all = append(all, need.name)
		}
	}
	return strings.Join(all, "、")
}

func programmesOf(h *county.Household) string {
	takesPart := map[county.Programme]bool{county.Garden: h.GardenM2 > 0, county.Geese: h.Geese > 0, county.SeedPotato: true,
		county.Mushroom: h.MushroomShares > 0, county.Solar: h.SolarFen > 0, county.Speciality: h.SpecialityUnits > 0}
	var all []string
	for _, p := range programmes {
		if takesPart[p.code] {
			all = append(all, p.zh)
		}
	}
	return strings.Join(all, "、")
}

func (r rows) household(c *county.County, h *county.Household) {
	helper, raiser := "", ""
	if h.Helper != county.None {
		helper = c.Helpers[h.Helper].Name + "（" + c.Helpers[h.Helper].Unit + "）"
	}
	if h.Raiser != county.None {
		raiser = raiserName(c, c.Raisers[h.Raiser])
	}
	v := c.Villages[h.Village]
	r.add(catalog.KindHousehold, "code", h.Code, "head", h.Head, "id_number", h.Members[0].IDNumber, "persons", strconv.Itoa(h.Persons()),
		"township", c.Townships[v.Township].Name, "village", v.Name, "phone", h.Phone, "programmes", programmesOf(h), "garden_m2", mu(h.GardenM2),
		"geese", count(h.Geese), "helper", helper, "needs", needs(h), "raiser", raiser, "mushroom_bags", count(h.MushroomShares*100))
	for _, m := range h.Members[1:] {
		r.add(catalog.KindMember, "household", h.Code, "name", m.Name, "relation", m.Relation, "id_number", m.IDNumber)
	}
	if h.SpecialityUnits > 0 {
		product := c.Products[slices.IndexFunc(c.Products, func(p county.Product) bool { return p.Key == h.Speciality })]
		r.add(catalog.KindHolding, "household", h.Code, "product", product.Name, "units", count(h.SpecialityUnits))
	}
	r.memberships(c, h)
}

// memberships: the mu of seed potatoes and the mushroom bags are brought into cooperatives as shares.
func (r rows) memberships(c *county.County, h *county.Household) {
	type membership struct{ shares, fen, mu int64 }
	coops := map[int]membership{}
	for _, o := range h.Cooperatives {
		coops[o] = membership{}
	}
	if h.MushroomShares > 0 {
		coops[h.MushroomCooperative] = membership{shares: h.MushroomShares}
	}
	coops[h.SeedCooperative] = membership{shares: int64(h.Persons()), fen: county.SeedShareFen, mu: 1}
	for _, o := range slices.Sorted(maps.Keys(coops)) {
		m := coops[o]
		fen := ""
		if m.fen > 0 {
			fen = money.FormatYuan(m.fen)
		}
		r.add(catalog.KindMembership, "org", c.Organisations[o].Name, "household", h.Code, "shares", count(m.shares), "share_fen", fen, "entrusted", count(m.mu))
	}
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return ""
}

// count writes a number, and nothing for none.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// mu writes square metres as thousandths of a mu, the finest that a sheet has.
func mu(m2 int64) string {
	if m2 == 0 {
		return ""
	}
	thousandths := (m2*3 + 1) / 2
	return fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000)
}

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
