package county

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"banmuyuan/cmd/banmuyuan/invent"
)

var noon = time.Date(2025, time.September, 18, 12, 0, 0, 0, China)

// counties of a few seeds, made once for all tests.
var counties = func() map[uint64]*County {
	m := map[uint64]*County{}
	for _, seed := range []uint64{0, 1, 2, 7, 2025, 1<<64 - 1} {
		m[seed] = Generate(noon, seed)
	}
	return m
}()

func each(t *testing.T, test func(t *testing.T, c *County)) {
	t.Helper()
	t.Parallel()
	for seed, c := range counties {
		if test(t, c); t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func count[T any](list []T, is func(*T) bool) (n int) {
	for i := range list {
		if is(&list[i]) {
			n++
		}
	}
	return n
}

func sum[T any](list []T, of func(*T) int64) (n int64) {
	for i := range list {
		n += of(&list[i])
	}
	return n
}

// The figures stand here a second time, as reported, so that a slip in the
// constants shows.
func TestReportedTotals(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		equal(t, "townships", len(c.Townships), 15)
		var names []string
		for _, township := range c.Townships {
			names = append(names, township.Name)
		}
		equal(t, "township names", strings.Join(names, " "), "依安镇 依龙镇 双阳镇 三兴镇 中心镇 新兴镇 富饶乡 解放乡 阳春乡 新发乡 太东乡 上游乡 红星乡 先锋乡 新屯乡")
		equal(t, "villages", len(c.Villages), 149)
		equal(t, "poor villages", count(c.Villages, func(v *Village) bool { return v.Poor }), 54)
		equal(t, "poor villages with a station", count(c.Villages, func(v *Village) bool { return v.Poor && v.Solar }), 47)
		equal(t, "villages with a station", count(c.Villages, func(v *Village) bool { return v.Solar }), 47)
		equal(t, "speciality villages", count(c.Villages, func(v *Village) bool { return v.Produce != "" }), 18)
		equal(t, "stations", len(c.Stations), 45)
		equal(t, "kilowatts", sum(c.Stations, func(s *SolarStation) int64 { return s.Kilowatts }), 16_000)

		equal(t, "households", len(c.Households), 11_187)
		equal(t, "persons", sum(c.Households, func(h *Household) int64 { return int64(h.Persons()) }), 24_611)
		equal(t, "helpers", len(c.Helpers), 1_100)
		equal(t, "gardens", count(c.Households, func(h *Household) bool { return h.GardenM2 > 0 }), 9_897)
		equal(t, "square metres of garden", sum(c.Households, func(h *Household) int64 { return h.GardenM2 }), 6_249*2_000/3)
		equal(t, "households with geese", count(c.Households, func(h *Household) bool { return h.Geese > 0 }), 10_943)
		equal(t, "geese", sum(c.Households, func(h *Household) int64 { return h.Geese }), 881_200)
		equal(t, "solar households", count(c.Households, func(h *Household) bool { return h.SolarFen > 0 }), 3_152)
		equal(t, "solar fen", sum(c.Households, func(h *Household) int64 { return h.SolarFen }), 3_152*66_960)
		equal(t, "mu of seed potatoes", sum(c.Organisations, func(o *Organisation) int64 { return o.SeedMu }), 12_000)
		equal(t, "entrusted mu", sum(c.Organisations, func(o *Organisation) int64 { return o.SeedMuEntrusted }), 11_187)

		kind := func(k OrganisationKind) int {
			return count(c.Organisations, func(o *Organisation) bool { return o.Kind == k })
		}
		equal(t, "cooperatives", kind(Cooperative), 129)
		equal(t, "supermarkets", kind(Supermarket), 2)
		if n := kind(Enterprise); n < 3 || n > 5 {
			t.Errorf("%d enterprises", n)
		}
		equal(t, "model cooperatives", count(c.Organisations, func(o *Organisation) bool { return o.Model }), 53)
		equal(t, "member households", sum(c.Organisations, func(o *Organisation) int64 { return o.MemberHouseholds }), 26_323)
		equal(t, "broker teams", len(c.BrokerTeams), 35)
		equal(t, "brokers", sum(c.BrokerTeams, func(b *BrokerTeam) int64 { return b.People }), 280)
		equal(t, "trade in yuan", c.TradeFen/100, 1_250_000_000)
		equal(t, "private buyers", len(c.Buyers), 40)
		equal(t, "closed accounts", count(c.Households, func(h *Household) bool { return h.Account.Closed }), 5)
	})
}

func TestIncomeOfEarlierSeasons(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		type key struct {
			season    int
			programme Programme
		}
		totals := map[int]int64{}
		programmes := map[key]int64{}
		lines := map[[2]int]int{}
		shared := map[int][2]int64{}
		for i := range c.Income {
			r := &c.Income[i]
			totals[r.Season] += r.AmountFen
			programmes[key{r.Season, r.Programme}] += r.AmountFen
			lines[[2]int{r.Season, r.Household}]++
			if r.Channel == Agency {
				s := shared[r.Season]
				shared[r.Season] = [2]int64{s[0] + r.AmountFen, s[1] + r.Units}
			}
		}
		equal(t, "seasons", len(totals), 2)
		equal(t, "2023", totals[2023], 82_800*24_611)
		equal(t, "2024", totals[2024], 89_500*24_611)
		equal(t, "solar 2023", programmes[key{2023, Solar}], 3_152*56_916)
		equal(t, "solar 2024", programmes[key{2024, Solar}], 3_152*66_960)
		equal(t, "seed potatoes 2023", programmes[key{2023, SeedPotato}], 33_000*24_611)
		equal(t, "seed potatoes 2024", programmes[key{2024, SeedPotato}], 35_000*24_611)
		for season, s := range shared {
			// The raisers' share takes up the remainder, so it must come out plausible.
			if perGoose := s[0] / s[1]; perGoose < 400 || perGoose > 700 {
				t.Errorf("raisers shared out %d fen a goose in %d", perGoose, season)
			}
		}
		equal(t, "households with income", len(lines), 2*11_187)
		for who, n := range lines {
			if n > 10 {
				t.Errorf("%d lines for household %d in %d", n, who[1], who[0])
			}
		}
		if len(c.Income) > 200_000 {
			t.Errorf("%d income lines", len(c.Income))
		}
		equal(t, "reported seasons", len(c.Seasons), 3)
		equal(t, "target", c.Seasons[2], Season{Year: 2025, FenPerPerson: 117_700, Target: true})
	})
}

func TestIncomeLinesHoldTogether(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		named := map[string]bool{"": true}
		for _, p := range c.Produce {
			named[p.Key] = true
		}
		for i := range c.Income {
			r := &c.Income[i]
			h := &c.Households[r.Household]
			ok := r.AmountFen > 0 && r.FeeFen >= 0 && r.CostFen >= 0 && r.Month >= 1 && r.Month <= 12 && named[r.Produce]
			sold := r.Channel == Contract || r.Channel == Market || r.Channel == Private
			ok = ok && sold == (r.Grams > 0) && (!sold || r.Units > 0)
			ok = ok && r.PaidOn.Year() == r.Season && int(r.PaidOn.Month()) >= r.Month
			switch r.Programme {
			case Garden:
				ok = ok && slices.ContainsFunc(h.Plots, func(p Plot) bool { return p.Produce == r.Produce })
			case Geese:
				ok = ok && h.Geese > 0 && (r.Channel == Agency) == (h.Raiser != None)
			case Solar:
				ok = ok && h.SolarFen > 0
			case Mushroom:
				ok = ok && h.MushroomShares > 0
			case Speciality:
				ok = ok && c.Villages[h.Village].Produce == r.Produce
			}
			if !ok {
				t.Errorf("income line %+v", *r)
				return
			}
		}
		if !slices.IsSortedFunc(c.Income, func(a, b Income) int {
			if a.Household != b.Household {
				return a.Household - b.Household
			}
			return (a.Season*100 + a.Month) - (b.Season*100 + b.Month)
		}) {
			t.Error("income is not in order")
		}
	})
}

func TestLots(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		if n := len(c.Lots); n < 30_000 || n > 100_000 {
			t.Errorf("%d lots", n)
		}
		seen := map[[2]int]bool{}
		supply := make([]map[string]int64, len(c.Households)) // order units by product
		for i := range supply {
			supply[i] = map[string]int64{}
		}
		behind := map[string]map[int]bool{}
		for _, l := range c.Lots {
			h, p := &c.Households[l.Household], &c.Presales[l.Presale]
			if l.Capacity <= 0 || seen[[2]int{l.Presale, l.Household}] {
				t.Fatalf("lot %+v is empty or there twice", l)
			}
			if raised := p.Product == "goose" && h.Raiser != None; raised != (l.AgentBP > 0) || l.AgentBP+p.FeeBP > 10_000 {
				t.Fatalf("lot %+v keeps the wrong part for a raiser", l)
			}
			seen[[2]int{l.Presale, l.Household}] = true
			supply[l.Household][p.Product] += l.Capacity
			if behind[p.Product] == nil {
				behind[p.Product] = map[int]bool{}
			}
			behind[p.Product][l.Household] = true
		}
		var geese int64
		for i := range c.Households {
			h, s := &c.Households[i], supply[i]
			geese += s["goose"]
			grams := map[string]int64{}
			for _, p := range h.Plots {
				grams[p.Produce] += p.forSale()
			}
			grams["vegetable_box"] = grams["vegetable"] + grams["chilli"]
			for _, p := range c.Products {
				if p.Registered {
					continue // not for sale yet
				}
				var whole, step int64 // the whole supply, and the part that may stay unoffered
				switch p.Key {
				case "goose":
					whole, step = h.Geese, 0
				case "goose_egg":
					whole, step = h.LayingGeese*30, 0
				case "seed_potato":
					whole, step = 45, 0
				default:
					whole, step = grams[p.Key]/p.TypicalGrams, 4
				}
				if n := s[p.Key]; n > whole || n < whole-step {
					t.Fatalf("household %s offers %d of %d %s", h.Code, n, whole, p.Key)
				}
			}
		}
		equal(t, "geese in lots", geese, 881_200)
		equal(t, "households behind the geese", len(behind["goose"]), 10_943)
		equal(t, "households behind seed potatoes", len(behind["seed_potato"]), 11_187)
		main := slices.IndexFunc(c.Presales, func(p Presale) bool { return p.Code == "2025-goose-main" })
		equal(t, "lots of the main goose presale", count(c.Lots, func(l *Lot) bool { return l.Presale == main }), 10_943)
	})
}

func TestGardensGrowMostlyPurpleBeans(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		area := map[string]int64{}
		for i := range c.Households {
			var plots int64
			for _, p := range c.Households[i].Plots {
				if p.M2 <= 0 {
					t.Fatalf("household %s has an empty plot", c.Households[i].Code)
				}
				plots += p.M2
				area[p.Produce] += p.M2
			}
			if plots != c.Households[i].GardenM2 {
				t.Fatalf("household %s: plots of %d in a garden of %d", c.Households[i].Code, plots, c.Households[i].GardenM2)
			}
		}
		for crop, a := range area {
			if crop != "purple_bean" && a >= area["purple_bean"]/2 {
				t.Errorf("%d of %s against %d of beans", a, crop, area["purple_bean"])
			}
		}
	})
}

func TestPresalesOfferEveryProduct(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		open := map[string]int{}
		channels := map[Channel]bool{}
		titles := map[string]bool{}
		var closed, upcoming, soon int
		for _, p := range c.Presales {
			product := c.Products[slices.IndexFunc(c.Products, func(x Product) bool { return x.Key == p.Product })]
			ok := p.Opens.Before(p.Closes) && p.Closes.Before(p.DeliverTo) && !p.DeliverTo.Before(p.DeliverFrom) &&
				p.MinQuantity > 0 && p.Step > 0 && p.MinQuantity%p.Step == 0 && p.MaxQuantity%p.Step == 0 && p.MaxQuantity >= p.MinQuantity &&
				p.CollectionMinimum > 0 && p.PriceGrams == product.PriceUnit.Grams && p.PriceGrams > 0 && p.UnitGrams > 0 &&
				p.DepositBP > 0 && p.DepositBP < 10_000 && p.FeeBP > 0 && p.FeeBP < 10_000 && p.ForfeitBP <= 10_000 && p.ToleranceBP > 0 &&
				len(p.Channels) > 0 && len(p.Prices) > 0 && p.Season == 2025 &&
				c.Organisations[p.Seller].Kind == Cooperative && !titles[p.Title] && !titles[p.TitleEn] &&
				p.Note != "" && p.NoteEn != "" && p.FeeNote != "" && p.FeeNoteEn != ""
			if !ok {
				t.Errorf("presale %+v", p)
			}
			titles[p.Title], titles[p.TitleEn] = true, true
			for i, price := range p.Prices {
				known := slices.ContainsFunc(product.Grades, func(g Grade) bool { return g.Key == price.Grade })
				if !known || price.Fen <= 0 || i > 0 && price.Fen >= p.Prices[i-1].Fen {
					t.Errorf("presale %s: price %+v", p.Code, price)
				}
			}
			for _, ch := range p.Channels {
				channels[ch] = true
			}
			switch {
			case p.Closes.Before(noon):
				closed++
			case p.Opens.After(noon):
				upcoming++
			default:
				open[p.Product]++
				if p.Closes.Sub(noon) < 72*time.Hour {
					soon++
				}
			}
		}
		registered := map[string]bool{}
		for i := range c.Households {
			if h := &c.Households[i]; h.SpecialityUnits > 0 {
				registered[h.Speciality] = true
			}
		}
		for _, p := range c.Products {
			if (open[p.Key] == 0) != p.Registered {
				t.Errorf("%d open presales for %s", open[p.Key], p.Key)
			}
		}
		if open["goose"] < 3 || closed != 1 || upcoming != 1 || soon == 0 || len(channels) != 3 {
			t.Errorf("goose %d, closed %d, upcoming %d, about to close %d, channels %v", open["goose"], closed, upcoming, soon, channels)
		}
		equal(t, "products", len(c.Products), 15)
		equal(t, "kinds of goods that households register", len(registered), 7)
	})
}

// A private buyer must be able to order twenty geese and thirty jin of beans, an
// organisation thousands.
func TestTheStoryCanBeOrdered(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		capacity := make([]int64, len(c.Presales))
		for _, l := range c.Lots {
			capacity[l.Presale] += l.Capacity
		}
		for _, want := range []struct {
			product  string
			channel  Channel
			quantity int64
		}{{"goose", Private, 20}, {"purple_bean", Private, 30}, {"goose", Contract, 88_000}, {"goose", Market, 5_000}, {"purple_bean", Market, 3_000}, {"purple_bean", Contract, 5_000}} {
			if !slices.ContainsFunc(c.Presales, func(p Presale) bool {
				i := slices.IndexFunc(c.Presales, func(x Presale) bool { return x.Code == p.Code })
				return p.Product == want.product && slices.Contains(p.Channels, want.channel) && p.Opens.Before(noon) && p.Closes.After(noon) &&
					p.MinQuantity <= want.quantity && want.quantity <= p.MaxQuantity && want.quantity%p.Step == 0 && capacity[i] >= want.quantity
			}) {
				t.Errorf("nowhere to order %+v", want)
			}
		}
	})
}

func TestHouseholdsAndPeople(t *testing.T) {
	code := regexp.MustCompile(`^YA-\d{2}-\d{3}-\d{4}$`)
	phone := regexp.MustCompile(`^000\d{8}$`)
	id := regexp.MustCompile(`^999999\d{11}[\dX]$`)
	account := regexp.MustCompile(`^0000\d{15}$`)
	each(t, func(t *testing.T, c *County) {
		unique := map[string]bool{}
		once := func(what, s string) {
			if s == "" || unique[what+s] {
				t.Fatalf("%s %q is empty or there twice", what, s)
			}
			unique[what+s] = true
		}
		var silent int
		load := make([]int, len(c.Helpers))
		for i := range c.Helpers {
			h := &c.Helpers[i]
			once("helper", h.Code)
			once("phone", h.Phone)
			if h.Name == "" || h.Unit == "" || h.Mark != "演示数据" {
				t.Fatalf("helper %+v", *h)
			}
		}
		for i := range c.Households {
			h := &c.Households[i]
			once("household", h.Code)
			once("account", h.Account.Number)
			load[h.Helper]++
			ok := code.MatchString(h.Code) && h.Mark == "演示数据" && h.Head == h.Members[0].Name && h.Account.Holder == h.Head &&
				h.Members[0].Relation == "户主" && account.MatchString(h.Account.Number) && luhnValid(h.Account.Number) &&
				h.Persons() >= 1 && h.Persons() <= 6 && h.Cause != "" && h.Kind != "" && h.LivesAlone == (h.Persons() == 1) &&
				h.Consent == !h.Consented.IsZero() && h.SeedShareFen == int64(h.Persons())*50_000 &&
				(h.MushroomShares > 0) == (h.MushroomCooperative != None) && (h.Raiser == None || h.Geese > 0) &&
				(h.SolarFen == 0 || c.Villages[h.Village].Solar) &&
				c.Organisations[h.SeedCooperative].Produce == "seed_potato"
			if h.Phone == "" {
				silent++
				ok = ok && h.Consent
			} else {
				once("phone", h.Phone)
				ok = ok && phone.MatchString(h.Phone)
			}
			for _, m := range h.Members {
				once("id", m.IDNumber)
				n := utf8.RuneCountInString(m.Name)
				ok = ok && id.MatchString(m.IDNumber) && idValid(m.IDNumber) && n >= 2 && n <= 3 &&
					m.BirthYear > 1915 && m.BirthYear <= c.Season && strings.HasPrefix(m.IDNumber[6:], yearDigits(m.BirthYear)) &&
					(m.IDNumber[16]%2 == 1) == (m.Sex == Male)
			}
			if !ok {
				t.Fatalf("household %+v", *h)
			}
		}
		if percent := silent * 100 / len(c.Households); percent < 32 || percent > 39 {
			t.Errorf("%d %% without a phone", percent)
		}
		for i, n := range load {
			if n < 5 || n > 16 {
				t.Errorf("helper %s has %d households", c.Helpers[i].Code, n)
			}
		}
	})
}

func yearDigits(y int) string { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") }

// idValid checks by the recursive form of ISO 7064 MOD 11-2.
func idValid(s string) bool {
	p := 0
	for i := range 17 {
		p = (p + int(s[i]-'0')) * 2 % 11
	}
	last := 10
	if s[17] != 'X' {
		last = int(s[17] - '0')
	}
	return (p+last)%11 == 1
}

func luhnValid(s string) bool {
	n := 0
	for i := range s {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d = d*2/10 + d*2%10
		}
		n += d
	}
	return n%10 == 0
}

func TestCheckDigits(t *testing.T) {
	equal(t, "the standard's example", invent.Checked("11010519491231002"), "11010519491231002X")
	equal(t, "the usual Luhn example", invent.Luhn("7992739871"), "79927398713")
}

func TestPlacesAndOrganisations(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		unique := map[string]bool{}
		once := func(what, s string) {
			if s == "" || unique[what+s] {
				t.Fatalf("%s %q is empty or there twice", what, s)
			}
			unique[what+s] = true
		}
		inhabitants := make([]int, len(c.Villages))
		for i := range c.Households {
			inhabitants[c.Households[i].Village]++
		}
		for i := range c.Townships {
			once("code", c.Townships[i].Code)
		}
		for i := range c.Villages {
			v := &c.Villages[i]
			once("code", v.Code)
			once("village", v.Name)
			once("point", v.Point.Code)
			d2 := (v.Lat-c.Townships[v.Township].Lat)*(v.Lat-c.Townships[v.Township].Lat) + (v.Lon-c.Townships[v.Township].Lon)*(v.Lon-c.Townships[v.Township].Lon)
			point := &c.Organisations[v.Point.Cooperative]
			if !strings.HasPrefix(v.Code, c.Townships[v.Township].Code) || v.Number != i+1 || v.Secretary == "" || v.Unit == "" ||
				d2 > 0.12*0.12 || inhabitants[i] < 20 || point.Kind != Cooperative || point.Township != v.Township {
				t.Errorf("village %+v with %d households", *v, inhabitants[i])
			}
		}
		served := map[int]bool{}
		for _, s := range c.Stations {
			for _, v := range s.Villages {
				if served[v] || !c.Villages[v].Solar || s.Kilowatts <= 0 {
					t.Errorf("station %+v", s)
				}
				served[v] = true
			}
		}
		equal(t, "villages served", len(served), 47)

		members := map[[2]int]bool{}
		for i := range c.Organisations {
			o := &c.Organisations[i]
			once("organisation", o.Code)
			once("name", o.Name)
			once("name", o.NameEn)
			if (i < 129) != (o.Kind == Cooperative) || o.Mark != "演示数据" || int64(len(o.RegisteredMembers)) > o.MemberHouseholds || o.Contact == "" {
				t.Errorf("organisation %+v", *o)
			}
			for _, h := range o.RegisteredMembers {
				members[[2]int{i, h}] = true
			}
		}
		equal(t, "the first cooperative", c.Organisations[0].Name, "春城马铃薯合作社")
		equal(t, "the second cooperative", c.Organisations[1].Name, "刘洪亮农业种植农民专业合作社")
		n := 0
		for i := range c.Households {
			for _, o := range c.Households[i].Cooperatives {
				n++
				if !members[[2]int{o, i}] {
					t.Fatalf("household %d says it is a member of %d", i, o)
				}
			}
		}
		equal(t, "memberships from both sides", n, len(members))
		for _, r := range c.Raisers {
			once("raiser", r.Code)
		}
		for _, b := range c.Buyers {
			once("phone", b.Phone)
		}
	})
}

func TestLogins(t *testing.T) {
	each(t, func(t *testing.T, c *County) {
		by := map[string]Login{}
		for _, l := range c.Logins {
			if l.Login == "" || l.Name == "" || l.Title == "" || l.Mark != "演示数据" || by[l.Login].Login != "" {
				t.Errorf("login %+v", l)
			}
			by[l.Login] = l
		}
		equal(t, "logins", len(by), 15)
		equal(t, "the enterprise's officer and approver", by["firm"].Organisation, by["firmboss"].Organisation)
		equal(t, "buyer", c.Buyers[by["buyer"].Buyer].Name, by["buyer"].Name)
		equal(t, "cooperative's officer", c.Organisations[by["coop"].Organisation].Kind, Cooperative)
		equal(t, "supermarket's officer", c.Organisations[by["market"].Organisation].Kind, Supermarket)
		if r := c.Households[by["raised"].Household]; r.Raiser == None || r.Geese < 40 || r.Head != by["raised"].Name {
			t.Errorf("household %+v cannot show what a raiser keeps", r)
		}
		h := &c.Households[by["household"].Household]
		equal(t, "household", h.Head, by["household"].Name)
		equal(t, "helper of the household", by["helper"].Helper, h.Helper)
		equal(t, "clerk's village", by["clerk"].Village, h.Village)
		equal(t, "clerk's cooperative", by["clerk"].Organisation, c.Villages[h.Village].Point.Cooperative)
		for _, p := range c.Presales {
			if p.Product == "goose" {
				equal(t, "seller of geese", p.Seller, by["clerk"].Organisation)
			}
			if p.Seller == by["coop"].Organisation {
				t.Errorf("the buying cooperative sells %s", p.Code)
			}
		}
		equal(t, "operator's role", by["operator"].Role, RoleOperator)
		equal(t, "approver's role", by["approver"].Role, RoleApprover)
		if h.Geese == 0 || h.Raiser != None || h.SolarFen == 0 || h.Phone == "" || !h.Consent || h.Account.Closed ||
			!slices.ContainsFunc(h.Plots, func(p Plot) bool { return p.Produce == "purple_bean" }) {
			t.Errorf("household %+v cannot show the story", *h)
		}
	})
}

func TestSameSeedAndYearSameCounty(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(counties[7], Generate(noon, 7)) {
		t.Error("the same seed and day gave another county")
	}
	later := Generate(time.Date(2025, time.December, 2, 3, 0, 0, 0, time.UTC), 7)
	if reflect.DeepEqual(later.Presales, counties[7].Presales) {
		t.Error("presales did not follow the day")
	}
	for i := range later.Presales {
		equal(t, "presale's code", later.Presales[i].Code, counties[7].Presales[i].Code)
	}
	later.Presales = counties[7].Presales
	if !reflect.DeepEqual(later, counties[7]) {
		t.Error("another day of the year changed more than the presales")
	}
	if reflect.DeepEqual(counties[1].Households, counties[2].Households) {
		t.Error("two seeds gave the same households")
	}
	// Eight in the evening of 31 December in London is the next year in Yi'an.
	equal(t, "season", Generate(time.Date(2025, time.December, 31, 20, 0, 0, 0, time.UTC), 7).Season, 2026)
}

func TestTitlesFollowTheDelivery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		today, key, title string
	}{
		{"2025-11-24", "goose-feast", "春节年货鹅"},
		{"2026-07-10", "goose-feast", "中秋团圆鹅"},
		{"2025-03-10", "goose-feast", "端午大鹅"},
		{"2026-01-10", "goose-feast", "礼盒大鹅"},
		{"2025-07-20", "bean-home", "现摘紫花油豆角"},
		{"2025-11-24", "bean-home", "速冻紫花油豆角"},
		{"2025-11-24", "box-home", "半亩园窖菜箱 · 每周一箱"},
		{"2025-08-01", "cherry", "小姑娘鲜果"},
		{"2025-02-01", "egg-now", "散养鲜鹅蛋"},
	} {
		today, err := time.ParseInLocation("2006-01-02", test.today, China)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range offers() {
			if o.key == test.key {
				zh, _ := o.title(today.AddDate(0, 0, o.window.from), today.AddDate(0, 0, o.window.to))
				equal(t, test.today+" "+test.key, zh, test.title)
			}
		}
	}
}

func TestApportionIsExact(t *testing.T) {
	t.Parallel()
	r := (&generator{seed: 3}).random("test")
	for range 2_000 {
		weights := make([]int64, 1+r.IntN(40))
		for i := range weights {
			weights[i] = r.between(0, 50)
		}
		weights[0]++
		total := r.between(0, 100_000)
		var sum, all int64
		for _, w := range weights {
			all += w
		}
		for i, n := range apportion(total, weights) {
			sum += n
			if floor := total * weights[i] / all; n < floor || n > floor+1 {
				t.Fatalf("%d of %d by %d/%d", n, total, weights[i], all)
			}
		}
		if sum != total {
			t.Fatalf("%d apportioned as %d", total, sum)
		}
	}
	equal(t, "a tie goes to the first", apportion(1, []int64{1, 1})[0], 1)
}
