package webtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// Day is the day on which most of it happens.
var Day = time.Date(2026, 9, 18, 9, 30, 0, 0, page.China)

// StubCatalog keeps the commands that it was given.
type StubCatalog struct {
	catalog.Service
	empty    bool
	Actors   []link.Actor // of the commands, in order
	Imports  []catalog.ImportRequest
	Saved    *catalog.Presale
	Consents []catalog.ConsentRequest
	Offers   []catalog.OfferRequest
	Refuse   error
}

func (c *StubCatalog) Reference(context.Context, catalog.None) (catalog.Reference, error) {
	return catalog.Reference{Season: 2026, Seasons: []catalog.Season{{ID: 2027, State: catalog.SeasonPlanned, Title: catalog.Text{Zh: "丰收年", En: "Plenty"}},
		{ID: 2026, State: catalog.SeasonCurrent}, {ID: 2025, State: catalog.SeasonClosing}, {ID: 2024, State: catalog.SeasonClosed}},
		County:   catalog.County{Name: catalog.Text{Zh: "依安县", En: "Yi’an county"}, Office: "依安县合作社联合社", BankHolder: "依安县合作社联合社", BankAccount: "6200000000000000001", BankName: "依安县农村信用社"},
		Reported: []catalog.ReportedYear{{Year: 2017, PerPersonFen: 828_00}, {Year: 2018, PerPersonFen: 895_00}, {Year: 2019, PerPersonFen: 1177_00}},
		Programmes: []catalog.Programme{{ID: 1, Code: "garden", Name: catalog.Text{Zh: "半亩园", En: "Garden"}}, {ID: 2, Code: "geese", Name: catalog.Text{Zh: "百只鹅", En: "Geese"}},
			{ID: 3, Code: "seedpotato", Name: catalog.Text{Zh: "一亩种薯", En: "Seed potato"}}, {ID: 4, Code: "mushroom", Name: catalog.Text{Zh: "千袋菌", En: "Mushroom"}},
			{ID: 5, Code: "solar", Name: catalog.Text{Zh: "光伏", En: "Solar"}}},
		Townships:     []catalog.Township{{ID: 1, Name: "依安镇"}, {ID: 2, Name: "三兴镇"}},
		Villages:      []catalog.Village{{ID: 11, TownshipID: 1, Name: "永丰村", Poor: true}, {ID: 12, TownshipID: 2, Name: "红光村"}},
		Products:      []catalog.Product{stubPresale(1).Product},
		Organisations: []catalog.Organisation{{ID: 5, Kind: catalog.OrgCooperative, Name: "依安县富民鹅业合作社"}, {ID: 6, Kind: catalog.OrgSupermarket, Name: "爱心超市"}},
	}, nil
}

func stubPresale(id int64) catalog.PresaleDetail {
	return catalog.PresaleDetail{PublicPresale: catalog.PublicPresale{
		Presale: catalog.Presale{ID: id, Code: "GOOSE-2026", ProductID: 3, Season: 2026, Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"},
			State: catalog.PresaleDraft, Channels: []catalog.Channel{catalog.ChannelContract, catalog.ChannelPrivate}, OpensAt: Day.AddDate(0, -1, 0),
			ClosesAt: Day, DeliverFrom: Day.AddDate(0, 0, 5), DeliverTo: Day.AddDate(0, 0, 12),
			Grades: []catalog.GradePrice{{Grade: "extra", Price: money.Price{Fen: 1450, Per: 500}}, {Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}},
			MinQty: 1, StepQty: 1, MaxQty: 2000, CollectionMin: 2, GramsPerUnit: 4250,
			Terms: catalog.Terms{DepositBP: 2050, FeeBP: 500, ForfeitBP: 5000, FreeCancelHours: 24, WeightToleranceBP: 2500, InspectionHours: 48}, SellerOrg: 5, Policy: "fair"},
		Product: catalog.Product{ID: 3, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, Picture: "goose", OrderUnit: "head", PriceUnit: "jin", Programme: "geese"},
		Seller:  "依安县富民鹅业合作社", Left: 880_120, Capacity: 881_200, Households: 10_943, Villages: 149}}
}

func (c *StubCatalog) Presales(_ context.Context, f catalog.PresaleFilter) (catalog.PresalePage, error) {
	if c.empty {
		return catalog.PresalePage{}, nil
	}
	return catalog.PresalePage{Items: []catalog.PublicPresale{stubPresale(1).PublicPresale}, Total: 21, Cursor: "next-presale"}, nil
}

func (c *StubCatalog) Presale(_ context.Context, ref catalog.PresaleRef) (catalog.PresaleDetail, error) {
	p := stubPresale(1)
	if ref.Code == "OPEN-2026" {
		p.Code, p.State = ref.Code, catalog.PresaleOpen
	}
	if ref.Code == "ADOPT-2026" {
		p.Code, p.State, p.Policy, p.Orderable = ref.Code, catalog.PresaleOpen, "direct", true
	}
	return p, nil
}

func (c *StubCatalog) SavePresale(_ context.Context, p catalog.Presale) (catalog.Presale, error) {
	c.Saved = &p
	return p, c.Refuse
}

func (c *StubCatalog) SetPresaleState(_ context.Context, r catalog.PresaleStateRequest) (catalog.Presale, error) {
	return catalog.Presale{ID: r.ID, State: r.State}, c.Refuse
}

func (c *StubCatalog) DryRun(_ context.Context, r catalog.DryRunRequest) (catalog.DryRun, error) {
	if r.Qty > 1000 {
		return catalog.DryRun{}, link.E(link.SoldOut, "order.quantity.sold_out", "quantity", "left", "1000")
	}
	return catalog.DryRun{Shares: catalog.Shares{Households: []int64{1, 2, 3}, Villages: []int64{11, 11, 12}}, Villages: 2, Stops: 2, GiniBefore: 0.2113, GiniAfter: 0.2098,
		JainBefore: 0.91, JainAfter: 0.92, AmountFen: 123_450_00, LowestFen: 210_00, HighestFen: 260_50,
		ByVillage: []catalog.PublicVillage{{VillageID: 12, Village: "红光村", Township: "三兴镇", Households: 1, Qty: 8}, {VillageID: 11, Village: "永丰村", Township: "依安镇", Households: 2, Qty: 12}}}, nil
}

func stubHousehold() catalog.Household {
	return catalog.Household{ID: 77, Code: "YA-01-001-0007", Head: "王大山", Persons: 3, VillageID: 11, Village: "永丰村", Township: "依安镇", HelperID: 4, HelperName: "李明",
		Consent: true, Phone: "139****0007", Kinds: []string{"elderly"}, Programmes: []string{"garden", "geese", "seedpotato"}, GardenM2: 333, Geese: 80, Raiser: "赵强",
		MushroomBag: 1000, Members: []catalog.Person{{Name: "王大山", Relation: "户主", Born: 1956, IDNumber: "2302**********1234"}}, Demo: true}
}

func (c *StubCatalog) Household(ctx context.Context, ref catalog.HouseholdRef) (catalog.Household, error) {
	h := stubHousehold()
	switch {
	case ref.Code == "YA-01-001-0008":
		h.ID, h.Code, h.Head, h.Consent = 78, ref.Code, "李秀英", false
	case ref.Code != h.Code && ref.ID != h.ID:
		return catalog.Household{}, link.E(link.NotFound, "household.unknown", "")
	}
	return h, nil
}

func (c *StubCatalog) Households(_ context.Context, f catalog.HouseholdFilter) (catalog.HouseholdPage, error) {
	if c.empty {
		return catalog.HouseholdPage{}, nil
	}
	if f.Cursor == "next-household" {
		return catalog.HouseholdPage{Total: 11_187, Persons: 24_310}, nil
	}
	second := stubHousehold()
	second.ID, second.Code, second.Head, second.Consent = 78, "YA-01-001-0008", "李秀英", false
	return catalog.HouseholdPage{Items: []catalog.Household{stubHousehold(), second}, Total: 11_187, Persons: 24_310, Cursor: "next-household",
		Handovers: []catalog.Handover{{At: Day, Other: "周敏（县医院）", Households: 4}, {At: Day, Got: true, Other: "孙梅（县一中）", Households: 6}}}, nil
}

func (c *StubCatalog) HouseholdLots(_ context.Context, _ catalog.HouseholdSeason) (catalog.HouseholdLots, error) {
	if c.empty {
		return catalog.HouseholdLots{}, nil
	}
	return catalog.HouseholdLots{Lots: []catalog.HouseholdLot{{Lot: catalog.Lot{ID: 9, PresaleID: 1, HouseholdID: 77, VillageID: 11, Capacity: 80, Reserved: 12, Delivered: 3},
		Presale: "GOOSE-2026", Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Product: "goose", Unit: "head", UnitFen: 117_80}}}, nil
}

func (c *StubCatalog) Offer(ctx context.Context, r catalog.OfferRequest) (catalog.Lot, error) {
	c.Offers, c.Actors = append(c.Offers, r), append(c.Actors, link.ActorFrom(ctx))
	if r.Capacity < 15 {
		return catalog.Lot{}, link.E(link.Conflict, "household.offer.below_sold", "capacity", "sold", "15")
	}
	return catalog.Lot{}, nil
}

func (c *StubCatalog) SetConsent(ctx context.Context, r catalog.ConsentRequest) (catalog.Household, error) {
	c.Consents, c.Actors = append(c.Consents, r), append(c.Actors, link.ActorFrom(ctx))
	return stubHousehold(), c.Refuse
}

func (c *StubCatalog) ImportHouseholds(_ context.Context, r catalog.ImportRequest) (catalog.ImportResult, error) {
	c.Imports = append(c.Imports, r)
	return catalog.ImportResult{Added: len(r.Rows) - 1, Problems: []catalog.RowProblem{{Line: 3, Field: "id_number", Key: "import.id_number.taken", Args: map[string]string{"code": "YA-09"}}}}, nil
}

func (c *StubCatalog) Coverage(context.Context, catalog.CoverageRequest) (catalog.Coverage, error) {
	if c.empty {
		return catalog.Coverage{}, nil
	}
	return catalog.Coverage{Townships: 15, Villages: 149, PoorVillages: 54, Households: 11_187, Persons: 24_310, Cooperatives: 129, Geese: 881_200, GardenM2: 4_166_000, SolarPlants: 45, SolarKW: 16_000, CoopMembers: 26_323,
		Programmes: []catalog.ProgrammeCoverage{{Programme: "garden", Households: 9897, BP: 8847}, {Programme: "geese", Households: 10_943, BP: 9782}},
		ByVillage: []catalog.VillageCoverage{{VillageID: 12, Village: "红光村", Township: "三兴镇", Households: 80, Selling: 79, Capacity: 6400, Sold: 6000},
			{VillageID: 11, Village: "永丰村", Township: "依安镇", Poor: true, Households: 75, Capacity: 6000}}}, nil
}

// StubOrders answers with one order, two shares and a ticket.
type StubOrders struct {
	orders.Service
	empty     bool
	Statement *orders.Income // instead of the usual one
}

// StubOrder is that order.
func StubOrder() orders.Order {
	return orders.Order{ID: 12, No: "100000012", Channel: catalog.ChannelContract, State: orders.StateConfirmed, Buyer: orders.Buyer{Name: "齐齐哈尔鹅业有限公司"},
		Lines:       []orders.Line{{No: 1, Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Unit: "head", Ordered: 300}},
		EstimateFen: 35_700_00, DepositFen: 7_140_00, PaidFen: 7_140_00, PlacedAt: Day}
}

func (o *StubOrders) Orders(context.Context, orders.OrderFilter) (orders.OrderPage, error) {
	if o.empty {
		return orders.OrderPage{}, nil
	}
	return orders.OrderPage{Items: []orders.Order{StubOrder()}, Total: 4031, EstimateFen: 9_876_543_21, AmountFen: 1_234_567_89, Cursor: "next-order"}, nil
}

func (o *StubOrders) Collection(_ context.Context, f orders.CollectionFilter) (orders.CollectionPage, error) {
	if o.empty {
		return orders.CollectionPage{}, nil
	}
	page := orders.CollectionPage{Total: 2, Qty: 15, Items: []orders.Share{
		{OrderNo: "100000012", LotID: 9, HouseholdID: 77, Qty: 12, State: orders.ShareExpected, Policy: "fair/1", LevelFen: 210_00, ExpectedFen: 1413_60, SoldFen: 1413_60,
			Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Unit: "head", Channel: catalog.ChannelContract, DeliverFrom: Day.AddDate(0, 0, 5), DeliverTo: Day.AddDate(0, 0, 12)},
		{OrderNo: "100000013", LotID: 9, HouseholdID: 77, Qty: 3, Received: 3, NetGrams: 12_750, State: orders.ShareWeighed, Policy: "direct/1", TicketID: 31, ExpectedFen: 355_39,
			GramsPerUnit: 4_300, Grade: "extra", Price: money.Price{Fen: 1450, Per: 500}, SoldFen: 355_39, Season: 2026,
			Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Unit: "head", Channel: catalog.ChannelPrivate, DeliverFrom: Day, DeliverTo: Day}}}
	page.Items = slices.DeleteFunc(page.Items, func(s orders.Share) bool {
		return f.Household != 0 && f.OrderNo != "" && s.OrderNo != f.OrderNo || f.State != "" && s.State != f.State
	})
	return page, nil
}

func stubTicket(id int64) orders.Ticket {
	return orders.Ticket{ID: id, No: "GB-000031", OrderNo: "100000013", LotID: 9, HouseholdID: 77, Units: 3, Rejected: 1, GrossGrams: 14_000, TareGrams: 1_250, NetGrams: 12_750, Grade: "extra",
		Price: money.Price{Fen: 1450, Per: 500}, State: orders.TicketAccepted, AmountFen: 369_75, FeeFen: 18_49, NetFen: 351_26, Settled: true, WeighedAt: Day, Actor: "clerk.yongfeng",
		Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Unit: "head", PriceUnit: "jin", Point: "永丰村收购点"}
}

func (o *StubOrders) Ticket(_ context.Context, ref orders.TicketRef) (orders.Ticket, error) {
	t := stubTicket(ref.ID)
	if ref.ID == 99 {
		t.HouseholdID = 500
	}
	return t, nil
}

func (o *StubOrders) Tickets(context.Context, orders.TicketFilter) (orders.TicketPage, error) {
	if o.empty {
		return orders.TicketPage{}, nil
	}
	return orders.TicketPage{Items: []orders.Ticket{stubTicket(31)}, Total: 1}, nil
}

func (o *StubOrders) Income(_ context.Context, r orders.IncomeRequest) (orders.Income, error) {
	if o.empty {
		return orders.Income{HouseholdID: r.HouseholdID, Persons: 3, Season: 2026}, nil
	}
	if o.Statement != nil {
		return *o.Statement, nil
	}
	paidOn := Day.AddDate(0, 0, 3)
	return orders.Income{HouseholdID: r.HouseholdID, Persons: 3, Season: 2026, Sum: orders.IncomeSum{ExpectedFen: 1413_60, OwedFen: 351_26, PaidFen: 1050_00}, PerPersonFen: 938_28,
		ByMonth:     []orders.IncomeGroup{{Key: "3", IncomeSum: orders.IncomeSum{PaidFen: 1050_00}}, {Key: "9", IncomeSum: orders.IncomeSum{OwedFen: 351_26, ExpectedFen: 1413_60}}},
		ByProgramme: []orders.IncomeGroup{{Key: "geese", IncomeSum: orders.IncomeSum{OwedFen: 351_26, ExpectedFen: 1413_60}}, {Key: "seedpotato", IncomeSum: orders.IncomeSum{PaidFen: 1050_00}}},
		ByChannel:   []orders.IncomeGroup{{Key: "private", IncomeSum: orders.IncomeSum{OwedFen: 351_26}}, {IncomeSum: orders.IncomeSum{PaidFen: 1050_00}}},
		Years:       []orders.IncomeYear{{Season: 2025, IncomeSum: orders.IncomeSum{PaidFen: 2400_00}, PerPersonFen: 800_00, VillagePerPersonFen: 900_00}, {Season: 2026, PerPersonFen: 938_28, VillagePerPersonFen: 850_00}},
		Entries: []orders.IncomeEntry{
			{Season: 2026, Month: 9, Programme: "geese", Channel: catalog.ChannelPrivate, Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Qty: 3, Unit: "head",
				GrossFen: 369_75, FeeFen: 18_49, VillageBP: 2050, OwedFen: 351_26, OccurredOn: Day, OrderNo: "100000013", TicketID: 31, TicketNo: "GB-000031", Policy: "fair/1", LevelFen: 210_00},
			{Season: 2026, Month: 3, Programme: "seedpotato", Title: catalog.Text{Zh: "种薯分红", En: "Seed potato dividend"}, PaidFen: 1050_00, GrossFen: 1050_00, OccurredOn: Day, PaidOn: &paidOn, PayoutItem: 8}}}, nil
}

func (o *StubOrders) Report(context.Context, orders.ReportRequest) (orders.Report, error) {
	if o.empty {
		return orders.Report{Season: 2026}, nil
	}
	sum := orders.IncomeSum{ExpectedFen: 900_000_00, OwedFen: 80_000_00, PaidFen: 20_000_00}
	return orders.Report{Season: 2026, Persons: 24_310, Gini: 0.2113, NoIncome: 12,
		Years:       []orders.IncomeYear{{Season: 2025, CountyPerPersonFen: 1177_00}, {Season: 2026, IncomeSum: sum, CountyPerPersonFen: 1203_45}},
		ByProgramme: []orders.IncomeGroup{{Key: "geese", IncomeSum: sum}}, ByChannel: []orders.IncomeGroup{{Key: "contract", IncomeSum: sum}},
		Histogram: []orders.HistogramBin{{FromFen: 0, ToFen: 500_00, Households: 900}, {FromFen: 500_00, ToFen: 1000_00, Households: 4000}},
		Orders:    []orders.StateCount{{State: orders.StateConfirmed, Channel: catalog.ChannelContract, Count: 17, EstimateFen: 5_000_000_00}, {State: orders.StateConfirmed, Channel: catalog.ChannelPrivate, Count: 4000, EstimateFen: 4_000_000_00}}}, nil
}

// StubPayments keeps the commands that it was given.
type StubPayments struct {
	payments.Service
	empty       bool
	Creator     string
	recorded    []payments.Transfer
	Refuse      error
	Problems    []payments.FileProblem
	SetAccounts []payments.SetPayoutAccount
	Actors      []link.Actor
	Decisions   []payments.DecideBatch
	Posting     payments.JournalTxn // the one that is asked for by its id

	asking       sync.Mutex // the overview asks for several lists at once
	Asked        []payments.PaymentFilter
	AskedLines   []payments.StatementFilter
	AskedRefunds []payments.RefundFilter
}

func (p *StubPayments) Methods(context.Context, payments.None) (payments.Methods, error) {
	return payments.Methods{Items: []string{payments.Sandbox, payments.BankTransfer}}, nil
}

func stubAccount() *payments.PayoutAccount {
	return &payments.PayoutAccount{Household: 77, Holder: "王大山", Bank: "依安县农村信用社", Number: "6210****1234", State: "review", ChangedAt: Day}
}

func (p *StubPayments) HouseholdAccount(context.Context, payments.HouseholdRef) (payments.HouseholdAccount, error) {
	if p.empty {
		return payments.HouseholdAccount{Household: 77}, nil
	}
	on := Day
	return payments.HouseholdAccount{Household: 77, PendingFen: 351_26, PaidFen: 1050_00, Account: stubAccount(), Payouts: []payments.PayoutItem{
		{ID: 9, BatchID: 3, BatchNo: "DK-0003", AmountFen: 20_00, State: payments.ItemReturned, Reason: "账户已销户", Bank: "农信社", Number: "6210****1234"},
		{ID: 8, BatchID: 2, BatchNo: "DK-0002", AmountFen: 1050_00, State: payments.ItemPaid, PaidOn: &on, Bank: "农信社", Number: "6210****1234"}}}, nil
}

func (p *StubPayments) SetPayoutAccount(ctx context.Context, r payments.SetPayoutAccount) (payments.PayoutAccount, error) {
	p.SetAccounts, p.Actors = append(p.SetAccounts, r), append(p.Actors, link.ActorFrom(ctx))
	return *stubAccount(), p.Refuse
}

func (p *StubPayments) ApprovePayoutAccount(context.Context, payments.HouseholdRef) (payments.PayoutAccount, error) {
	return *stubAccount(), p.Refuse
}

func (p *StubPayments) PayoutSummary(context.Context, payments.None) (payments.PayoutSummary, error) {
	if p.empty {
		return payments.PayoutSummary{}, nil
	}
	return payments.PayoutSummary{Households: 9000, ReleasedFen: 8_000_000_00, PendingFen: 500_000_00, Blocked: 3, BlockedFen: 1_200_50}, nil
}

func (p *StubPayments) batch(state payments.BatchState) payments.PayoutBatch {
	return payments.PayoutBatch{ID: 3, No: "DK-0003", State: state, Items: 9000, AmountFen: 8_000_000_00, Returned: 1, ReturnedFen: 20_00, CreatedAt: Day, CreatedBy: p.Creator, SHA256: "abc123"}
}

func (p *StubPayments) Batches(_ context.Context, r payments.BatchesRequest) (payments.Batches, error) {
	if p.empty {
		return payments.Batches{}, nil
	}
	all := []payments.PayoutBatch{p.batch(payments.BatchDraft), p.batch(payments.BatchDone)}
	list := slices.DeleteFunc(all, func(b payments.PayoutBatch) bool { return r.State != "" && b.State != r.State })
	fen := int64(0)
	for _, b := range list {
		fen += b.AmountFen
	}
	return payments.Batches{Items: list, Total: len(list), AmountFen: fen, Counts: map[payments.BatchState]int{payments.BatchDraft: 1, payments.BatchDone: 299}, Cursor: "earlier"}, nil
}

func (p *StubPayments) CreateBatch(context.Context, payments.CreateBatch) (payments.PayoutBatch, error) {
	return p.batch(payments.BatchDraft), p.Refuse
}

func (p *StubPayments) Batch(_ context.Context, r payments.BatchPageRequest) (payments.BatchPage, error) {
	state := payments.BatchDraft
	if r.ID == 4 {
		state = payments.BatchExported
	}
	return payments.BatchPage{Batch: p.batch(state), Total: 9000, Cursor: "next-item", Items: []payments.PayoutItem{
		{ID: 9, Household: 77, Holder: "王大山", Bank: "农信社", Number: "6210****1234", AmountFen: 351_26, State: payments.ItemReturned, Reason: "账户已销户"}}}, nil
}

func (p *StubPayments) DecideBatch(_ context.Context, r payments.DecideBatch) (payments.PayoutBatch, error) {
	p.Decisions = append(p.Decisions, r)
	return p.batch(payments.BatchApproved), p.Refuse
}

func (p *StubPayments) ExportBatch(_ context.Context, r payments.ExportBatch) (payments.File, error) {
	return payments.File{Name: "代发.csv", Type: "text/csv", Data: []byte("a,b")}, p.Refuse
}

func (p *StubPayments) SampleResult(context.Context, payments.BatchSampleResult) (payments.File, error) {
	return payments.File{Name: "回盘.csv", Type: "text/csv", Data: []byte("a,b")}, nil
}

func (p *StubPayments) ImportResult(context.Context, payments.ImportResult) (payments.ImportedResult, error) {
	return payments.ImportedResult{Paid: 3, Problems: p.Problems}, p.Refuse
}

func (p *StubPayments) TrialBalance(context.Context, payments.None) (payments.TrialBalance, error) {
	if p.empty {
		return payments.TrialBalance{}, nil
	}
	return payments.TrialBalance{Rows: []payments.TrialRow{{Class: "asset", Kind: "bank", DebitFen: 100_00, BalanceFen: 100_00, Accounts: 1},
		{Class: "liability", Kind: "payable_pending", CreditFen: 60_00, BalanceFen: -60_00, Accounts: 2}, {Class: "liability", Kind: "payable", CreditFen: 40_00, BalanceFen: -40_00, Accounts: 2}}}, nil
}

func (p *StubPayments) Journal(_ context.Context, f payments.JournalFilter) (payments.JournalPage, error) {
	if p.empty || f.ID != 0 && p.Posting.ID == 0 {
		return payments.JournalPage{}, nil
	}
	if f.ID != 0 {
		return payments.JournalPage{Items: []payments.JournalTxn{p.Posting}}, nil
	}
	return payments.JournalPage{Items: []payments.JournalTxn{{ID: 1, Kind: "delivery", BusinessKey: "delivery:7", OccurredAt: Day, Actor: "clerk", LineCount: 2,
		Lines: []payments.JournalLine{{Account: "receivable:order:12", AmountFen: 60_00}, {Account: "payable_pending:household:77", AmountFen: -60_00}}}}, Cursor: "earlier"}, nil
}

// keep notes a question.
func (p *StubPayments) keep(note func()) {
	p.asking.Lock()
	defer p.asking.Unlock()
	note()
}

func (p *StubPayments) Payments(_ context.Context, f payments.PaymentFilter) (payments.PaymentPage, error) {
	p.keep(func() { p.Asked = append(p.Asked, f) })
	if p.empty || f.Code != "" && f.Code != "100000012" && f.Code != "100000013" {
		return payments.PaymentPage{}, nil
	}
	expires := Day
	one := payments.Payment{ID: 21, Ref: "order:12", Purpose: "deposit", Method: f.Method, State: payments.PaymentOpen, AmountFen: 7_140_00, TransferCode: "100000012", ExpiresAt: &expires}
	if f.Code == "100000013" {
		one.ID, one.TransferCode = 22, f.Code
	}
	return payments.PaymentPage{Items: []payments.Payment{one}, Total: 261, SumFen: 7_140_00, Cursor: "after-" + f.Method}, nil
}

func (p *StubPayments) Statement(_ context.Context, f payments.StatementFilter) (payments.StatementPage, error) {
	p.keep(func() { p.AskedLines = append(p.AskedLines, f) })
	if p.empty {
		return payments.StatementPage{}, nil
	}
	return payments.StatementPage{Items: []payments.StatementLine{{ID: 5, BankRef: "20260918-1", AmountFen: 7_140_00, Payer: "鹅业公司", Memo: "货款", PaidOn: Day, State: "suspense"},
		{ID: 6, BankRef: "20260918-2", AmountFen: 99_00, PaidOn: Day, State: "matched", Ref: "order:12"}}, Total: 2}, nil
}

func (p *StubPayments) Refunds(_ context.Context, f payments.RefundFilter) (payments.RefundPage, error) {
	p.keep(func() { p.AskedRefunds = append(p.AskedRefunds, f) })
	if p.empty {
		return payments.RefundPage{}, nil
	}
	return payments.RefundPage{Items: []payments.Refund{{ID: 2, Ref: "order:12", AmountFen: 50_00, State: payments.RefundByBank}}, Total: 61, SumFen: 50_00, Cursor: "after-refunds"}, nil
}

func (p *StubPayments) RecordTransfers(_ context.Context, r payments.RecordTransfers) (payments.TransferResult, error) {
	p.recorded = slices.Concat(p.recorded, r.Lines)
	return payments.TransferResult{Matched: 1, Suspense: len(r.Lines) - 1}, p.Refuse
}

func (p *StubPayments) MatchTransfer(context.Context, payments.MatchTransfer) (payments.StatementLine, error) {
	return payments.StatementLine{}, p.Refuse
}

func (p *StubPayments) RecordCash(context.Context, payments.RecordCash) (payments.Payment, error) {
	return payments.Payment{}, p.Refuse
}
