// Package demodata is the generated demo county as an installation takes it in: rows of a workbook, supply, logins and books.
package demodata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
	"banmuyuan/web/auth"
)

const (
	// Seed is the seed of the generator of the demo county.
	Seed = 1
	// BankNumber is the account that the demo's buyers transfer to: nobody's.
	BankNumber = "2300000000000000001"
)

// ID is the id of a part of the generated county, which its other parts refer to by index, and 0 of "nobody". Rows in the
// database have ids from 1.
func ID(index int) int64 { return int64(index) + 1 }

// Supply is the county's supply of this season.
func Supply(c *county.County) catalogpg.Supply {
	s := catalogpg.Supply{Season: c.Season}
	for _, season := range c.Seasons {
		if season.Year < c.Season {
			s.Earlier = append(s.Earlier, season.Year)
		}
	}
	for i := range c.Households {
		h := &c.Households[i]
		s.Households = append(s.Households, catalogpg.Beginning{ID: ID(i), Consent: h.Consent, Demo: true})
	}
	for i, p := range c.Presales {
		s.Presales = append(s.Presales, presale(c, i, p))
	}
	for i, l := range c.Lots {
		h := c.Households[l.Household]
		s.Lots = append(s.Lots, catalog.Lot{ID: ID(i), PresaleID: ID(l.Presale), HouseholdID: ID(l.Household),
			VillageID: ID(h.Village), Capacity: l.Capacity, AgentOrg: raiserOf(c, &h, l), AgentBP: l.AgentBP})
	}
	return s
}

// yieldOf is how much of a product a household of the county brings to market: a goose, half a season's eggs of a
// flock, 45 sacks of 40 kg of a mu of seed potatoes, or the weight that 1,000 m² of a yard yield when it is divided among the crops,
// without the household's own meals.
func yieldOf(product string) (of string, yield int64) {
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
	return ID(len(c.Organisations) + raiser)
}

// raiserOf returns the raiser that has a part in a lot.
func raiserOf(c *county.County, h *county.Household, l county.Lot) int64 {
	if l.AgentBP == 0 {
		return 0
	}
	return raiserOrg(c, h.Raiser)
}

func presale(c *county.County, i int, p county.Presale) catalog.Presale {
	product := c.Products[slices.IndexFunc(c.Products, func(q county.Product) bool { return q.Key == p.Product })]
	out := catalog.Presale{ID: ID(i), Code: p.Code, ProductID: ID(slices.IndexFunc(c.Products, func(q county.Product) bool { return q.Key == p.Product })),
		Season: p.Season, Title: catalog.Text{Zh: p.Title, En: p.TitleEn}, Note: catalog.Text{Zh: p.Note, En: p.NoteEn},
		State: catalog.PresaleOpen, OpensAt: p.Opens, ClosesAt: p.Closes, DeliverFrom: p.DeliverFrom, DeliverTo: p.DeliverTo,
		MinQty: p.MinQuantity, StepQty: p.Step, MaxQty: p.MaxQuantity, CollectionMin: p.CollectionMinimum, GramsPerUnit: p.UnitGrams,
		SellerOrg: ID(p.Seller), Policy: string(p.Policy),
		// The demo's buyers have no day to inspect the goods, so that the whole story can be followed in one sitting.
		Terms: catalog.Terms{DepositBP: p.DepositBP, FeeBP: p.FeeBP, ForfeitBP: p.ForfeitBP, FreeCancelHours: 24,
			WeightToleranceBP: p.ToleranceBP},
	}
	if p.Policy == county.Direct { // adopted goods come by themselves, and the buyer has a day to look at them
		out.Terms.InspectionHours = p.ClaimHours
	}
	for _, ch := range p.Channels {
		out.Channels = append(out.Channels, channelOf(ch))
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

func channelOf(ch county.Channel) catalog.Channel {
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

// earlierRows writes the households' income of the seasons before as rows of a workbook. The advance for goslings and feed that
// was paid back is kept by the cooperative like its fee.
func earlierRows(c *county.County) []entry.Row {
	r := rows{}
	for i := range c.Income {
		in := &c.Income[i]
		if in.Pool != 0 {
			continue // its pool brings it
		}
		h := &c.Households[in.Household]
		channel := ""
		switch in.Channel {
		case county.Contract, county.Market, county.Private:
			channel = string(channelOf(in.Channel))
		case county.Agency:
			channel = "agency"
		case county.Distributed:
			channel = "distribution"
		}
		fee, org, grams := "", "", ""
		if kept := in.FeeFen + in.CostFen; kept > 0 {
			fee, org = money.FormatYuan(kept), c.Organisations[c.Villages[h.Village].Point.Cooperative].Name
		}
		if in.Grams > 0 {
			grams = strconv.FormatFloat(float64(in.Grams)/1000, 'f', -1, 64)
		}
		r.add(payments.KindIncome, "household", h.Code, "year", strconv.Itoa(in.Season), "month", strconv.Itoa(in.Month), "programme", string(in.Programme),
			"channel", channel, "product", in.Produce, "units", count(in.Units), "grams", grams, "amount", money.FormatYuan(in.AmountFen), "fee", fee, "org", org,
			"paid_on", in.PaidOn.Format(time.DateOnly))
	}
	return r[payments.KindIncome]
}

// EarlierIncome reads the rows as the payment module does. The register that they are checked against is the county itself.
func EarlierIncome(c *county.County) ([]earlier.HistoricIncome, error) {
	names := payments.RegisteredNames{Programmes: map[string]string{}, Organisations: map[string]int64{}}
	for _, p := range programmes {
		names.Programmes[entry.FoldName(string(p.code))] = string(p.code)
	}
	for i, o := range c.Organisations {
		names.Organisations[entry.FoldName(o.Name)] = ID(i)
	}
	households := make(map[string]int64, len(c.Households))
	for i := range c.Households {
		households[c.Households[i].Code] = ID(i)
	}
	sent, now := earlierRows(c), time.Now()
	read := make([]earlier.IncomeRow, len(sent))
	for i, row := range sent {
		read[i] = earlier.ReadIncomeRow(row, now)
		read[i].Household, read[i].Names = payments.RegisteredHousehold{ID: households[row.Cells["household"]]}, &names
	}
	out := make([]earlier.HistoricIncome, len(read))
	for i, v := range earlier.CheckIncomes(read, now) {
		if v.Outcome == payments.AccountWrong {
			return nil, fmt.Errorf("earlier income of the demo, row %d: %v", sent[i].Line, v.Findings)
		}
		out[i] = read[i].Income()
	}
	return out, nil
}

func PayoutAccounts(c *county.County) []payments.PayoutAccount {
	accounts := make([]payments.PayoutAccount, 0, len(c.Households))
	for i := range c.Households {
		a := c.Households[i].Account
		accounts = append(accounts, payments.PayoutAccount{Household: ID(i), Holder: a.Holder, Bank: a.Bank, Number: a.Number, State: "active"})
	}
	return accounts
}

// Logins are one account per role, a helper's for every helper and a household's for every household with a phone:
// all of them with the demo's password.
func Logins(c *county.County, passwordHash string, now time.Time) []auth.Account {
	var accounts []auth.Account
	taken := map[int]bool{}
	for _, l := range c.Logins {
		a := auth.Account{Login: l.Login, Name: l.Name, Role: auth.Role(l.Role), OrgID: ID(l.Organisation),
			HouseholdID: ID(l.Household), HelperID: ID(l.Helper), PasswordHash: passwordHash, Lang: "zh", CreatedAt: now}
		if l.Buyer != county.None {
			a.Phone = c.Buyers[l.Buyer].Phone
		}
		if l.Household != county.None {
			taken[l.Household] = true
			a.Phone = c.Households[l.Household].Phone
		}
		a.VerifiedAt, a.PrivacyVersion = now, auth.PrivacyVersion
		accounts = append(accounts, a)
	}
	for i := range c.Households {
		if h := &c.Households[i]; h.Phone != "" && !taken[i] {
			accounts = append(accounts, auth.Account{Login: strings.ToLower(h.Code), Name: h.Head, Phone: h.Phone, Role: auth.Household,
				HouseholdID: ID(i), PasswordHash: passwordHash, Lang: "zh", CreatedAt: now})
		}
	}
	for i, h := range c.Helpers {
		accounts = append(accounts, auth.Account{Login: "helper" + strconv.Itoa(i+1), Name: h.Name, Phone: h.Phone, Role: auth.Helper,
			HelperID: ID(i), PasswordHash: passwordHash, Lang: "zh", CreatedAt: now})
	}
	return accounts
}

// Pools are the county's distributions. Two people stand behind each, as the rules ask.
func Pools(c *county.County) []payments.LoadedPool {
	pools := make([]payments.LoadedPool, len(c.Pools))
	for i, p := range c.Pools {
		l := payments.LoadedPool{SubmittedBy: "demo:operator", DecidedBy: "demo:approver", PaidOn: p.PaidOn, SavePool: payments.SavePool{
			IdempotencyKey: "demo-pool-" + strconv.Itoa(i+1), Kind: payments.PoolKind(string(p.Programme)), Title: p.Title, Season: p.Season,
			Month: p.Month, RecordDate: p.RecordDate.Format(time.DateOnly), Income: poolItems(p.Income), Costs: poolItems(p.Costs), ReserveFen: p.ReserveFen}}
		if p.Org != county.None {
			l.Org = ID(p.Org)
		}
		for _, v := range p.Villages {
			l.Villages = append(l.Villages, payments.VillagePart{Village: ID(v.Village), AmountFen: v.Fen})
		}
		for _, m := range p.Members {
			l.Members = append(l.Members, payments.Member{Household: ID(m.Household), Persons: int64(c.Households[m.Household].Persons()),
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
