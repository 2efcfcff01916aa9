// Package example invents a complete second county, 青禾县 (Qinghe), as the rows of a workbook: places, people, products
// and programmes that have nothing to do with the demo county, so that a county office can see a filled workbook and a
// test can run a season on it.
//
// It is the same whenever it is made. Nobody in it can be a real person: names are drawn from lists, id numbers carry the
// region 999998, phones begin with 000 and accounts with 0000, and the places do not exist.
package example

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/invent"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
)

// The size of the county.
const (
	Townships  = 8
	Villages   = 64
	Households = 3_000
	Helpers    = 90

	year = 2026 // in which ages are counted

	cooperatives = 20
	raisers      = 12
)

// county is the generator of the rows.
type county struct {
	*rand.Rand
	rows   map[string][]entry.Row
	ids    *invent.IDNumbers
	phones int
	cards  int

	villages  []village
	helpers   []string   // as households name them
	coops     [][]string // by township
	raisers   [][]string // by township
	townships []string
}

type village struct {
	township   int
	name       string
	code       string
	speciality string
}

// Rows returns the rows of the county by kind, with the lines that they have in a workbook.
func Rows() map[string][]entry.Row {
	c := &county{Rand: rand.New(rand.NewPCG(0x71, 0x68)), rows: map[string][]entry.Row{}, ids: invent.NewIDNumbers("999998")}
	c.office()
	c.places()
	c.people()
	c.organisations()
	c.points()
	c.goods()
	c.households()
	c.earlier()
	return c.rows
}

// firstLine is the line of a sheet's first row, below headings and hints.
const firstLine = 3

// add appends a row of name and value pairs. Empty cells are left out.
func (c *county) add(kind string, pairs ...string) {
	cells := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			cells[pairs[i]] = pairs[i+1]
		}
	}
	c.rows[kind] = append(c.rows[kind], entry.Row{Line: firstLine + len(c.rows[kind]), Cells: cells})
}

// phone gives out numbers of a range that no operator has.
func (c *county) phone() string {
	c.phones++
	return fmt.Sprintf("000%08d", 31_000_000+c.phones*3)
}

func (c *county) worker() string { return invent.Worker(c.Rand, year) }

func flag(yes bool) string {
	if yes {
		return "是"
	}
	return "否"
}

func (c *county) office() {
	c.add(catalog.KindCounty, "name", "青禾县", "name_en", "Qinghe", "region", "某省某市", "office", "青禾县农产品产销服务中心",
		"address", "青禾镇人民路1号", "phone", "000-31000000", "bank_holder", "青禾县农民合作社联合社",
		"bank_account", invent.Luhn("000031000000000001"), "bank_name", "青禾农商银行营业部",
		"intro", "青禾县的农户在自家院子里养鹅、养鸡、种菇娘和辣椒，下单以后由村里集货、过秤、发货。",
		"intro_en", "The households of Qinghe county keep geese and hens and grow ground cherries and chillies around their homes; the villages collect, weigh and send what is ordered.")
	for _, y := range []struct{ year, yuan, source string }{{"2024", "642.5", "县统计公报"}, {"2025", "718", "县统计公报"}} {
		c.add(catalog.KindReported, "year", y.year, "per_person", y.yuan, "source", y.source)
	}
}

var (
	townshipNames = strings.Fields("青禾镇 白桦镇 柳泉镇 石桥镇 云岭乡 沙河乡 月湖乡 枫林乡")
	villageNames  = strings.Fields(`东河 西河 南坡 北坡 前洼 后洼 老井 新井 桦树沟 杏花 梨园 枣林 山前 山后 鹿鸣 雁落
		石磨 碾盘 上坝 下坝 水磨 渡口 芦苇荡 荷塘 松岗 柏岭 槐荫 椴树 花楸 野葡萄 黄花 马兰
		麦田 谷场 稻香 豆腐坊 油坊 糖坊 铁匠 窑上 瓦房 木桥 石阶 云脚 雾谷 风口 晴川 雨亭
		月牙 星泉 银杏 红叶 白鹭 灰鹤 金鲤 青蛙塘 草甸 湿地 长堤 短坡 大湾 小湾 东坳 西坳`)
	specialities = strings.Fields("菇娘果 红辣椒 溜达鸡 小尾寒羊")
)

func (c *county) places() {
	c.townships = townshipNames
	for t, name := range townshipNames {
		lat, lon := 46.4+0.11*float64(t%3)-0.03*float64(t), 121.2+0.14*float64(t%4)+0.02*float64(t)
		c.add(catalog.KindTownship, "name", name, "lat", degrees(lat), "lon", degrees(lon))
		for n := range Villages / Townships {
			v := len(c.villages)
			place := village{township: t, name: villageNames[v] + "村", code: fmt.Sprintf("QH-%02d-%03d", t+1, v+1)}
			if n%4 == 1 {
				place.speciality = specialities[v/4%len(specialities)]
			}
			kw := ""
			if n%3 == 2 {
				kw = strconv.FormatInt(100*invent.Between(c.Rand, 1, 5), 10)
			}
			solar := flag(kw != "")
			if n == 2 { // this one's stations are listed one by one
				c.add(catalog.KindStation, "code", fmt.Sprintf("QH-GF-%02d", 2*t+1), "name", place.name+"一号电站", "kw", kw, "township", name, "village", place.name)
				c.add(catalog.KindStation, "code", fmt.Sprintf("QH-GF-%02d", 2*t+2), "name", place.name+"屋顶电站", "kw", "45", "township", name, "village", place.name)
				kw = ""
			}
			c.add(catalog.KindVillage, "code", place.code, "township", name, "name", place.name, "poor", flag(c.IntN(10) < 3),
				"solar", solar, "solar_kw", kw, "speciality", place.speciality, "secretary", c.worker(), "secretary_phone", c.phone(),
				"collective", place.name+"股份经济合作社", "lat", degrees(lat+0.01*float64(n%3)), "lon", degrees(lon+0.012*float64(n%4)))
			c.villages = append(c.villages, place)
		}
	}
}

func degrees(x float64) string { return strings.TrimRight(strconv.FormatFloat(x, 'f', 4, 64), "0") }

func (c *county) people() {
	seen := map[string]bool{}
	for len(c.helpers) < Helpers {
		name, unit := c.worker(), invent.Pick(c.Rand, invent.HelperUnits)
		if t := len(c.helpers) % 5; t == 0 { // the township's own staff
			unit = invent.Pick(c.Rand, c.townships) + "人民政府"
		}
		if label := name + "（" + unit + "）"; !seen[label] {
			seen[label] = true
			c.helpers = append(c.helpers, label)
			c.add(catalog.KindHelper, "name", name, "unit", unit, "phone", c.phone())
		}
	}
}

var (
	coopWords = strings.Fields("绿源 田歌 禾丰 雁鸣 桦原 柳溪 石韵 云朵 金秋 沃野 晨露 远山 瑞穗 百草 乡情 麦浪 新月 暖阳 清渠 同耕")
	coopTrade = []struct{ word, product string }{{"养殖", "大鹅"}, {"种植", "菇娘果"}, {"养殖", "溜达鸡"}, {"蔬菜", "红辣椒"}, {"薯业", "土豆"}}
)

func (c *county) organisations() {
	c.coops, c.raisers = make([][]string, Townships), make([][]string, Townships)
	place := func(t int) (string, string) {
		v := c.villages[t*Villages/Townships+c.IntN(Villages/Townships)]
		return c.townships[t], v.name
	}
	for i := range cooperatives {
		t, trade := i%Townships, coopTrade[i%len(coopTrade)]
		township, village := place(t)
		name := "青禾县" + coopWords[i] + trade.word + "专业合作社"
		c.coops[t] = append(c.coops[t], name)
		c.add(catalog.KindOrganisation, "name", name, "kind", "合作社", "township", township, "village", village, "product", trade.product,
			"model", flag(i%4 == 0), "members", strconv.FormatInt(invent.Between(c.Rand, 40, 220), 10), "address", village+"村部东侧",
			"contact", c.worker(), "phone", c.phone())
	}
	for i, name := range []string{"青禾县谷雨食品有限公司", "青禾县北坡肉业有限公司", "青禾县田野冷链有限公司"} {
		c.add(catalog.KindOrganisation, "name", name, "kind", "企业", "township", c.townships[i], "product", []string{"酱菜", "冻品", "冷链"}[i],
			"address", c.townships[i]+"工业街"+strconv.Itoa(i+2)+"号", "contact", c.worker(), "phone", c.phone())
	}
	for i, name := range []string{"青禾县城南爱心超市", "青禾县白桦爱心超市"} {
		c.add(catalog.KindOrganisation, "name", name, "kind", "爱心超市", "township", c.townships[i], "address", c.townships[i]+"中心街12号",
			"contact", c.worker(), "phone", c.phone())
	}
	for i := range raisers {
		t := i % Townships
		township, village := place(t)
		person := c.worker()
		name := fmt.Sprintf("%s家禽养殖场（%s）", person, village)
		c.raisers[t] = append(c.raisers[t], name)
		c.add(catalog.KindOrganisation, "name", name, "kind", "代养大户", "township", township, "village", village, "product", "大鹅",
			"contact", person, "phone", c.phone(), "raiser_bp", []string{"80", "82.5", "85", "87", "88", "90"}[i%6])
	}
}

func (c *county) points() {
	for i, v := range c.villages {
		coop := c.coops[v.township][i%len(c.coops[v.township])]
		c.add(catalog.KindPoint, "name", v.name+"集货点", "township", c.townships[v.township], "village", v.name, "org", coop,
			"address", v.name+"村委会院内", "pickup", flag(i%4 == 0), "hours", "每天 8:00–17:00", "phone", c.phone())
	}
}

func (c *county) goods() {
	for _, p := range []struct{ code, name, english string }{
		{"yard_crops", "庭院种植", "Yard crops"}, {"poultry", "林下养禽", "Poultry"}, {"livestock", "户养牲畜", "Livestock"},
		{"village_speciality", "特色产业", "Village specialities"},
	} {
		c.add(catalog.KindProgramme, "code", p.code, "name", p.name, "name_en", p.english)
	}
	for _, p := range products {
		c.add(catalog.KindProduct, "code", p.code, "name", p.name, "name_en", p.english, "programme", p.programme,
			"order_unit", p.order, "price_unit", p.price, "grams_per_unit", p.kilos, "grades", "特级、一级、二级", "season", p.season,
			"storage", p.storage, "storage_en", p.storageEn, "cooking", p.cooking, "cooking_en", p.cookingEn, "story", p.story, "story_en", p.storyEn,
			"picture", p.picture, "yield_of", p.yieldOf, "yield", p.yield, "raised", flag(p.raised))
	}
}

func (c *county) households() {
	perVillage := make([]int, Villages)
	for i := range Households { // every village has some, some have more
		v := i % Villages
		if i >= Villages*20 {
			v = int(min(invent.Between(c.Rand, 0, Villages-1), invent.Between(c.Rand, 0, Villages-1)))
		}
		perVillage[v]++
	}
	for v, count := range perVillage {
		for n := range count {
			c.household(&c.villages[v], v, n)
		}
	}
}

// earlier is the income of the two years before, of every other household: one row a programme.
func (c *county) earlier() {
	draw := rand.New(rand.NewPCG(0x65, 0x61)) // of its own, so that the rest stays as it was
	for i, h := range c.rows[catalog.KindHousehold] {
		if i%2 == 0 {
			continue
		}
		for n, programme := range strings.Split(h.Cells["programmes"], "、") {
			for y := year - 2; y < year && programme != ""; y++ {
				cells := []string{"household", h.Cells["code"], "year", strconv.Itoa(y), "programme", programme,
					"amount", money.FormatYuan(invent.Between(draw, 60_00, 2400_00))}
				if n == 0 && y == year-1 {
					cells = append(cells, "month", "10", "channel", "爱心超市")
				}
				c.add(payments.KindIncome, cells...)
			}
		}
	}
}

func (c *county) household(v *village, number, n int) {
	code := fmt.Sprintf("%s-%04d", v.code, n+1)
	people := c.family()
	head := people[0]
	garden, geese, hens := int64(0), int64(0), int64(0)
	if invent.Chance(c.Rand, 82) {
		garden = invent.Between(c.Rand, 10, 120) * 10 // thousandths of a mu
	}
	if invent.Chance(c.Rand, 58) {
		geese = invent.Between(c.Rand, 2, 24) * 5
	}
	if invent.Chance(c.Rand, 36) || v.speciality == "溜达鸡" {
		hens = invent.Between(c.Rand, 2, 16) * 5
	}
	sheep, pigs := c.animals(12, v.speciality == "小尾寒羊", 2, 15), c.animals(15, false, 1, 6)
	var programmes []string
	for _, p := range []struct {
		has  bool
		name string
	}{{garden > 0, "庭院种植"}, {geese+hens > 0, "林下养禽"}, {sheep+pigs > 0, "户养牲畜"}, {v.speciality != "", "特色产业"}} {
		if p.has {
			programmes = append(programmes, p.name)
		}
	}
	age := year - head.born.Year()
	var needs []string
	for _, need := range []struct {
		has  bool
		name string
	}{{age >= 65, "老人"}, {invent.Chance(c.Rand, 12), "残疾"}, {invent.Chance(c.Rand, 18), "大病"}, {len(people) == 1, "独居"}} {
		if need.has {
			needs = append(needs, need.name)
		}
	}
	raiser, phone := "", ""
	if geese > 0 && (age >= 70 || invent.Chance(c.Rand, 12)) && len(c.raisers[v.township]) > 0 {
		raiser = invent.Pick(c.Rand, c.raisers[v.township])
	}
	if invent.Chance(c.Rand, 78) {
		phone = c.phone()
	}
	bags := int64(0)
	if invent.Chance(c.Rand, 9) {
		bags = invent.Between(c.Rand, 2, 10) * 100
	}
	c.add(catalog.KindHousehold, "code", code, "head", head.name, "id_number", head.id, "persons", strconv.Itoa(len(people)),
		"township", c.townships[v.township], "village", v.name, "phone", phone, "programmes", strings.Join(programmes, "、"),
		"garden_m2", decimal(garden), "geese", whole(geese), "helper", c.helpers[(number+n/40*7)%len(c.helpers)],
		"needs", strings.Join(needs, "、"), "raiser", raiser, "mushroom_bags", whole(bags))
	for _, p := range people[1:] {
		c.add(catalog.KindMember, "household", code, "name", p.name, "relation", p.relation, "id_number", p.id,
			"born", strconv.Itoa(p.born.Year()), "female", map[bool]string{true: "女", false: "男"}[p.female])
	}
	if c.cards++; c.cards%17 != 0 { // the others have none yet
		c.add(payments.KindAccount, "household", code, "holder", head.name, "bank", banks[c.cards%len(banks)],
			"number", invent.Luhn(fmt.Sprintf("0000310000%08d", c.cards)))
	}
	for _, h := range []struct {
		product string
		units   int64
	}{{"溜达鸡", hens}, {"笨鸡蛋", hens * 40}, {"小尾寒羊", sheep}, {"黑猪", pigs}} {
		if h.units > 0 {
			c.add(catalog.KindHolding, "household", code, "product", h.product, "units", whole(h.units))
		}
	}
	if coops := c.coops[v.township]; invent.Chance(c.Rand, 45) {
		day := time.Date(2023, 1, 1+c.IntN(900), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		entrusted := int64(0)
		if invent.Chance(c.Rand, 60) {
			entrusted = invent.Between(c.Rand, 1, 8) * 250
		}
		c.add(catalog.KindMembership, "org", invent.Pick(c.Rand, coops), "household", code,
			"shares", whole(invent.Between(c.Rand, 1, int64(len(people))+1)), "share_fen", "300", "entrusted", decimal(entrusted), "since", day)
	}
}

// banks are where households have their accounts.
var banks = []string{"青禾农商银行营业部", "青禾农商银行白桦支行", "青禾村镇银行"}

// animals draws how many a household registers, of a village's speciality in most of its households.
func (c *county) animals(percent int, speciality bool, low, high int64) int64 {
	if speciality {
		percent = 70
	}
	if !invent.Chance(c.Rand, percent) {
		return 0
	}
	return invent.Between(c.Rand, low, high)
}

// whole writes a number, and nothing for none.
func whole(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// decimal writes thousandths, and nothing for none.
func decimal(thousandths int64) string {
	if thousandths == 0 {
		return ""
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000), "0"), ".")
}

type person struct {
	name, relation, id string
	female             bool
	born               time.Time
}

// family is a head with the other members, each with a name of their own in the household.
func (c *county) family() []person {
	size := 1 + invent.Weighted(c.Rand, []int{22, 44, 18, 10, 4, 2})
	age := int(invent.Between(c.Rand, 36, 70))
	if size <= 2 {
		age = int(invent.Between(c.Rand, 48, 86))
	}
	female := invent.Chance(c.Rand, 18)
	surname := invent.Surname(c.Rand)
	people := []person{c.person(nil, surname, "户主", female, age)}
	add := func(surname, relation string, female bool, age int) {
		people = append(people, c.person(people, surname, relation, female, max(1, age)))
	}
	child := age - int(invent.Between(c.Rand, 22, 31))
	for len(people) < size {
		switch n := len(people); {
		case n == 1 && invent.Chance(c.Rand, 88):
			add(invent.Surname(c.Rand), "配偶", !female, age+int(invent.Between(c.Rand, -4, 4)))
		case n == 2 && age < 60 && invent.Chance(c.Rand, 30):
			add(invent.Surname(c.Rand), "母亲", true, age+int(invent.Between(c.Rand, 20, 26)))
		case n >= 4 && child > 25:
			girl := invent.Chance(c.Rand, 48)
			add(surname, map[bool]string{true: "孙女", false: "孙子"}[girl], girl, child-int(invent.Between(c.Rand, 22, 26)))
		default:
			girl := invent.Chance(c.Rand, 48)
			add(surname, map[bool]string{true: "女儿", false: "儿子"}[girl], girl, child-3*(n-1))
		}
	}
	return people
}

func (c *county) person(others []person, surname, relation string, female bool, age int) person {
	born := time.Date(year-age, time.January, 1+c.IntN(365), 0, 0, 0, 0, time.UTC)
	p := person{relation: relation, female: female, born: born}
	for p.name == "" || slices.ContainsFunc(others, func(o person) bool { return o.name == p.name }) {
		p.name = surname + invent.Given(c.Rand, female, born.Year())
	}
	p.id = c.ids.Next(born, female)
	return p
}
