package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// The generated county refers to its parts by index; rows in the database have ids from 1. demoID turns one into the
// other, and "nobody" into 0.
func demoID(index int) int64 { return int64(index) + 1 }

// catalogSeed writes the county as the catalogue keeps it.
func catalogSeed(c *county.County) catalogpg.Seed {
	s := catalogpg.Seed{Season: c.Season, County: demoCountyEntry(), Reported: demoReported(), Programmes: demoProgrammes()}
	for _, season := range c.Seasons {
		if season.Year < c.Season {
			s.Earlier = append(s.Earlier, season.Year)
		}
	}
	for i, t := range c.Townships {
		s.Townships = append(s.Townships, catalog.Township{ID: demoID(i), Name: t.Name, Lat: t.Lat, Lon: t.Lon})
	}
	for i, v := range c.Villages {
		s.Villages = append(s.Villages, catalog.Village{ID: demoID(i), TownshipID: demoID(v.Township), Code: v.Code, Name: v.Name,
			Poor: v.Poor, Solar: v.Solar, Speciality: v.Produce, Lat: v.Lat, Lon: v.Lon})
		s.Points = append(s.Points, catalog.CollectionPoint{ID: demoID(i), VillageID: demoID(i), OrgID: demoID(v.Point.Cooperative),
			Name: v.Point.Name, Address: v.Point.Address, Pickup: true})
	}
	for i, o := range c.Organisations {
		s.Organisations = append(s.Organisations, catalog.Organisation{ID: demoID(i), Kind: catalog.OrgKind(o.Kind), Name: o.Name,
			TownshipID: demoID(o.Township), VillageID: demoID(o.Village), Product: o.Produce, Model: o.Model,
			Members: int(o.MemberHouseholds), Address: o.Address})
	}
	for i, r := range c.Raisers {
		v := c.Villages[r.Village]
		s.Organisations = append(s.Organisations, catalog.Organisation{ID: raiserOrg(c, i), Kind: catalog.OrgRaiser, TownshipID: demoID(v.Township),
			VillageID: demoID(r.Village), Name: r.Name + "养鹅场（" + v.Name + " " + r.Code + "）", Product: "goose", RaiserBP: county.RaiserBP})
	}
	for i, h := range c.Helpers {
		s.Helpers = append(s.Helpers, catalog.Helper{ID: demoID(i), Name: h.Name, Unit: h.Unit, Phone: h.Phone})
	}
	for i := range c.Households {
		s.Households = append(s.Households, catalogpg.SeedHousehold{Household: demoHousehold(c, i), BaseFen: c.Households[i].SolarFen})
	}
	for i, p := range c.Products {
		of, yield := demoYield(p.Key)
		s.Products = append(s.Products, catalog.Product{Grades: []string{"special", "first", "second"}, YieldOf: of, Yield: yield, MayRaise: p.Key == "goose",
			ID: demoID(i), Code: p.Key, Name: catalog.Text{Zh: p.Name, En: p.NameEn},
			Picture: picture(p.Picture), OrderUnit: p.OrderUnit.Key, PriceUnit: p.PriceUnit.Key, GramsPerUnit: p.TypicalGrams,
			Programme: string(p.Programme), Story: catalog.Text{Zh: p.Summary, En: p.SummaryEn},
			Storage: catalog.Text{Zh: p.Storage, En: p.StorageEn}, Cooking: catalog.Text{Zh: p.Cooking, En: p.CookingEn}})
	}
	for i, p := range c.Presales {
		s.Presales = append(s.Presales, demoPresale(c, i, p))
	}
	for i, l := range c.Lots {
		h := c.Households[l.Household]
		s.Lots = append(s.Lots, catalogpg.SeedLot{Lot: catalog.Lot{ID: demoID(i), PresaleID: demoID(l.Presale), HouseholdID: demoID(l.Household),
			VillageID: demoID(h.Village), Capacity: l.Capacity, AgentOrg: raiserOf(c, &h, l), AgentBP: l.AgentBP}})
	}
	return s
}

// demoCountyEntry is the county's own entry.
func demoCountyEntry() catalog.County {
	return catalog.County{
		Name: catalog.Text{Zh: "依安县", En: "Yi’an county"}, Region: "黑龙江省齐齐哈尔市", Office: "依安县半亩园合作社联合社（演示）",
		Address: "依安镇演示街1号", BankHolder: "依安县半亩园合作社联合社（演示）", BankAccount: "2300000000000000001", BankName: "演示银行依安支行",
		Intro: catalog.Text{Zh: "依安县的农户在自家园子里养鹅、种土豆和紫花油豆角。",
			En: "The households of Yi’an county raise geese and grow potatoes and purple-flower beans round their homes."},
	}
}

// demoReported are the figures that the county reported for the years before; see package county.
func demoReported() []catalog.ReportedYear {
	const source = "县里上报（2017–2019）"
	return []catalog.ReportedYear{{Year: 2017, PerPersonFen: county.IncomeFenPerPerson2, Source: source},
		{Year: 2018, PerPersonFen: county.IncomeFenPerPerson1, Source: source}, {Year: 2019, PerPersonFen: county.TargetFenPerPerson, Source: source}}
}

func demoProgrammes() []catalog.Programme {
	var all []catalog.Programme
	for i, p := range []struct {
		code   county.Programme
		zh, en string
	}{
		{county.Garden, "半亩园", "Half-mu gardens"}, {county.Geese, "百只鹅", "A hundred geese"}, {county.SeedPotato, "一亩种薯", "A mu of seed potato"},
		{county.Mushroom, "千袋菌", "A thousand bags of mushroom"}, {county.Solar, "光伏", "Solar stations"}, {county.Speciality, "一村一品", "Village specialities"},
	} {
		all = append(all, catalog.Programme{ID: demoID(i), Code: string(p.code), Name: catalog.Text{Zh: p.zh, En: p.en}})
	}
	return all
}

// demoYield is how much of a product a household of the county brings to market: a goose, half a season's eggs of a
// flock, 45 sacks of 40 kg of a mu of seed potatoes, or the weight that 1,000 m² of a yard yield when it is divided among the crops,
// without the household's own meals.
func demoYield(product string) (of string, yield int64) {
	switch product {
	case "goose":
		return catalog.YieldGeese, 1
	case "goose_egg":
		return catalog.YieldGeese, 15
	case "seed_potato":
		return catalog.YieldProgramme, 45
	}
	yields := map[string]int64{"potato": 450, "purple_bean": 300, "kidney_bean": 60, "ground_cherry": 120, "vegetable_box": 20}
	if n := yields[product]; n > 0 {
		return catalog.YieldGarden, n
	}
	return catalog.YieldRegistered, 0
}

// raiserOrg is the id of a raiser's organisation: they come after all others.
func raiserOrg(c *county.County, raiser int) int64 {
	return demoID(len(c.Organisations) + raiser)
}

// raiserOf returns the raiser that has a part in a lot.
func raiserOf(c *county.County, h *county.Household, l county.Lot) int64 {
	if l.AgentBP == 0 {
		return 0
	}
	return raiserOrg(c, h.Raiser)
}

const squareMetresPerMu = 2000 // thirds: a mu is 2000/3 m²

func demoHousehold(c *county.County, i int) catalog.Household {
	h := &c.Households[i]
	out := catalog.Household{ID: demoID(i), Code: h.Code, Head: h.Head, Persons: h.Persons(), VillageID: demoID(h.Village),
		HelperID: demoID(h.Helper), Consent: h.Consent, Phone: h.Phone, Geese: h.Geese, MushroomBag: h.MushroomShares * 100, Demo: true,
		GardenM2: h.GardenCentiMu * squareMetresPerMu / 300}
	for _, kind := range []struct {
		has  bool
		name string
	}{{h.Elderly, "elderly"}, {h.Disabled, "disabled"}, {h.Ill, "illness"}, {h.LivesAlone, "alone"}} {
		if kind.has {
			out.Kinds = append(out.Kinds, kind.name)
		}
	}
	for _, programme := range []struct {
		has  bool
		name county.Programme
	}{
		{h.GardenCentiMu > 0, county.Garden}, {h.Geese > 0, county.Geese}, {true, county.SeedPotato},
		{h.MushroomShares > 0, county.Mushroom}, {h.SolarFen > 0, county.Solar},
	} {
		if programme.has {
			out.Programmes = append(out.Programmes, string(programme.name))
		}
	}
	if h.Raiser != county.None {
		out.Raiser, out.RaiserOrg = c.Raisers[h.Raiser].Name, raiserOrg(c, h.Raiser)
	}
	for _, m := range h.Members {
		out.Members = append(out.Members, catalog.Person{Name: m.Name, Relation: m.Relation, Born: m.BirthYear,
			Female: m.Sex == county.Female, IDNumber: m.IDNumber})
	}
	return out
}

func demoPresale(c *county.County, i int, p county.Presale) catalog.Presale {
	product := c.Products[slices.IndexFunc(c.Products, func(q county.Product) bool { return q.Key == p.Product })]
	out := catalog.Presale{ID: demoID(i), Code: p.Code, ProductID: demoID(slices.IndexFunc(c.Products, func(q county.Product) bool { return q.Key == p.Product })),
		Season: p.Season, Title: catalog.Text{Zh: p.Title, En: p.TitleEn}, Note: catalog.Text{Zh: p.Note, En: p.NoteEn},
		State: catalog.PresaleOpen, OpensAt: p.Opens, ClosesAt: p.Closes, DeliverFrom: p.DeliverFrom, DeliverTo: p.DeliverTo,
		MinQty: p.MinQuantity, StepQty: p.Step, MaxQty: p.MaxQuantity, CollectionMin: p.CollectionMinimum, GramsPerUnit: p.UnitGrams,
		SellerOrg: demoID(p.Seller), Policy: string(p.Policy),
		// The demo's buyers have no day to inspect the goods, so that the whole story can be followed in one sitting.
		Terms: catalog.Terms{DepositBP: p.DepositBP, FeeBP: p.FeeBP, ForfeitBP: p.ForfeitBP, FreeCancelHours: 24,
			WeightToleranceBP: p.ToleranceBP},
	}
	if p.Policy == county.Direct { // adopted goods come by themselves, and the buyer has a day to look at them
		out.Terms.InspectionHours = p.ClaimHours
	}
	for _, ch := range p.Channels {
		out.Channels = append(out.Channels, demoChannel(ch))
	}
	unit, _ := money.UnitByCode(product.PriceUnit.Key)
	for _, price := range p.Prices {
		per := p.PriceGrams
		if unit.Counted() {
			per = 1
		}
		out.Grades = append(out.Grades, catalog.GradePrice{Grade: price.Grade, Price: money.Price{Fen: price.Fen, Per: per}})
	}
	return out
}

func demoChannel(ch county.Channel) catalog.Channel {
	switch ch {
	case county.Market:
		return catalog.ChannelMarket
	case county.Private:
		return catalog.ChannelPrivate
	}
	return catalog.ChannelContract
}

// picture is the name of an illustration that the pages ship.
func picture(key string) string { return strings.ReplaceAll(key, "_", "-") }

// earlierIncome returns the households' income of the seasons before, as the ledger books it. The advance for goslings and
// feed that was paid back is kept by the cooperative like its fee.
func earlierIncome(c *county.County) []payments.HistoricIncome {
	rows := make([]payments.HistoricIncome, 0, len(c.Income))
	for i := range c.Income {
		in := &c.Income[i]
		if in.Pool != 0 {
			continue // its pool brings it
		}
		h := &c.Households[in.Household]
		row := payments.HistoricIncome{Household: demoID(in.Household), Season: in.Season, Month: in.Month,
			Programme: string(in.Programme), Product: in.Produce, Qty: in.Units, NetGrams: in.Grams,
			GrossFen: in.GrossFen(), FeeFen: in.FeeFen + in.CostFen, Coop: demoID(c.Villages[h.Village].Point.Cooperative), PaidOn: in.PaidOn}
		switch in.Channel {
		case county.Contract, county.Market, county.Private:
			row.Channel = string(demoChannel(in.Channel))
		case county.Agency:
			row.Channel = "agency"
		case county.Distributed:
			row.Channel = "distribution"
		}
		rows = append(rows, row)
	}
	return rows
}

func payoutAccounts(c *county.County) []payments.PayoutAccount {
	accounts := make([]payments.PayoutAccount, 0, len(c.Households))
	for i := range c.Households {
		a := c.Households[i].Account
		accounts = append(accounts, payments.PayoutAccount{Household: demoID(i), Holder: a.Holder, Bank: a.Bank, Number: a.Number, State: "active"})
	}
	return accounts
}

// demoLogins are one account per role, a helper's for every helper and a household's for every household with a phone:
// all of them with the demo's password.
func demoLogins(c *county.County, passwordHash string, now time.Time) []auth.Account {
	var accounts []auth.Account
	taken := map[int]bool{}
	for _, l := range c.Logins {
		a := auth.Account{Login: l.Login, Name: l.Name, Role: auth.Role(l.Role), OrgID: demoID(l.Organisation),
			HouseholdID: demoID(l.Household), HelperID: demoID(l.Helper), PasswordHash: passwordHash, Lang: "zh", CreatedAt: now}
		if l.Buyer != county.None {
			a.Phone = c.Buyers[l.Buyer].Phone
		}
		if l.Household != county.None {
			taken[l.Household] = true
			a.Phone = c.Households[l.Household].Phone
		}
		accounts = append(accounts, a)
	}
	for i := range c.Households {
		if h := &c.Households[i]; h.Phone != "" && !taken[i] {
			accounts = append(accounts, auth.Account{Login: strings.ToLower(h.Code), Name: h.Head, Phone: h.Phone, Role: auth.Household,
				HouseholdID: demoID(i), PasswordHash: passwordHash, Lang: "zh", CreatedAt: now})
		}
	}
	for i, h := range c.Helpers {
		accounts = append(accounts, auth.Account{Login: "helper" + strconv.Itoa(i+1), Name: h.Name, Phone: h.Phone, Role: auth.Helper,
			HelperID: demoID(i), PasswordHash: passwordHash, Lang: "zh", CreatedAt: now})
	}
	return accounts
}

// demoPools are the county's distributions. Two people stand behind each, as the rules ask.
func demoPools(c *county.County) []payments.LoadedPool {
	pools := make([]payments.LoadedPool, len(c.Pools))
	for i, p := range c.Pools {
		l := payments.LoadedPool{SubmittedBy: "demo:operator", DecidedBy: "demo:approver", PaidOn: p.PaidOn, SavePool: payments.SavePool{
			IdempotencyKey: "demo-pool-" + strconv.Itoa(i+1), Kind: payments.PoolKind(string(p.Programme)), Title: p.Title, Season: p.Season,
			Month: p.Month, RecordDate: p.RecordDate.Format(time.DateOnly), Income: poolItems(p.Income), Costs: poolItems(p.Costs), ReserveFen: p.ReserveFen}}
		if p.Org != county.None {
			l.Org = demoID(p.Org)
		}
		for _, v := range p.Villages {
			l.Villages = append(l.Villages, payments.VillagePart{Village: demoID(v.Village), AmountFen: v.Fen})
		}
		for _, m := range p.Members {
			l.Members = append(l.Members, payments.Member{Household: demoID(m.Household), Persons: int64(c.Households[m.Household].Persons()),
				Shares: m.Shares, Trade: m.Trade, ListedFen: m.ListedFen})
		}
		pools[i] = l
	}
	return pools
}

func poolItems(amounts []county.Amount) []payments.PoolItem {
	items := make([]payments.PoolItem, len(amounts))
	for i, a := range amounts {
		items[i] = payments.PoolItem{Label: a.Label, AmountFen: a.Fen}
	}
	return items
}
