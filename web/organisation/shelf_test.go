package organisation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// stubShelf answers with made-up goods of the shape that the module promises.
type stubShelf struct {
	shelf.Service
	rung    []shelf.Ring
	bought  []shelf.BuyInRequest
	decided []shelf.DecideBuyIn
	buys    []shelf.Buy
	saved   []shelf.SaveStandingList
	priced  []shelf.SaveItem
	back    []shelf.ReturnRequest
	refuse  error
	waiting bool // for a payment
}

var (
	jinPrice  = money.Price{Fen: 440, Per: 500}
	homePrice = money.Price{Fen: 400, Per: 500}
	beans     = catalog.Text{Zh: "紫花油豆角", En: "Purple-flower beans"}
)

func (s *stubShelf) lot() shelf.StockLot {
	return shelf.StockLot{ID: 9, Code: "0a1b2c3d4e5f", OrgID: 6, ItemID: 101, Product: "purple_bean", Title: beans, Picture: "purple-bean", Grade: "first",
		PriceUnit: "jin", Source: shelf.StockBuyIn, VillageID: 11, Village: "永丰村", Households: 1, Received: 10_000, Sold: 2500, Left: 7500, CostFen: 8000,
		Price: jinPrice, HouseholdPrice: homePrice, ShelvedAt: webtest.Day, BestBefore: webtest.Day.AddDate(0, 0, 3)}
}

func (s *stubShelf) sale() shelf.Sale {
	sale := shelf.Sale{ID: 31, No: "XS0000003188", OrgID: 6, Shop: "爱心超市", Address: "演示街1号", Channel: shelf.SaleTill, State: shelf.SaleDone, Method: "cash",
		TotalFen: 1320, GivenFen: 2000, CostFen: 1200, Cashier: "till", SoldAt: webtest.Day, ForShop: true, Lines: []shelf.SaleLine{{No: 1, ItemID: 101, Title: beans,
			Grade: "first", PriceUnit: "jin", Price: jinPrice, Measure: 1500, AmountFen: 1320, CostFen: 1200, UncoveredQty: 500, Traces: []string{"0a1b2c3d4e5f"}}}}
	if !s.waiting {
		sale.CanReturn, sale.CanVoid, sale.ReturnedFen, sale.Returns = true, true, 440, []shelf.Return{s.returned()}
		sale.Lines[0].Returned = 500
	}
	if s.waiting {
		soon := webtest.Day.Add(time.Hour)
		sale.State, sale.ExpiresAt, sale.CanCancel, sale.GivenFen = shelf.SalePlaced, &soon, true, 0
	}
	return sale
}

func (s *stubShelf) Turnover(context.Context, shelf.TurnoverFilter) (shelf.Turnover, error) {
	return shelf.Turnover{Sales: 1, RevenueFen: 1320, CostFen: 1200, HouseholdFen: 1100, LostFen: 80, Uncovered: 1,
		Items: []shelf.TurnoverItem{{ItemID: 101, Title: beans, Grade: "first", PriceUnit: "jin", Measure: 1500, RevenueFen: 1320, CostFen: 1200}}}, nil
}
func (s *stubShelf) Sales(context.Context, shelf.SaleFilter) (shelf.SalePage, error) {
	return shelf.SalePage{Items: []shelf.Sale{s.sale()}, Total: 1, TotalFen: 1320, CostFen: 1200, Cursor: "1.2"}, nil
}
func (s *stubShelf) Stock(context.Context, shelf.StockFilter) (shelf.StockPage, error) {
	return shelf.StockPage{Items: []shelf.StockLot{s.lot()}, Total: 1, CostFen: 6000}, nil
}
func (s *stubShelf) StockLot(_ context.Context, r shelf.StockLotRef) (shelf.StockLot, error) {
	if r.ID != 9 {
		return shelf.StockLot{}, link.E(link.NotFound, "shelf.lot.unknown", "")
	}
	return s.lot(), nil
}
func (s *stubShelf) Movements(context.Context, shelf.MovementFilter) (shelf.Movements, error) {
	return shelf.Movements{Items: []shelf.Movement{{ID: 4, LotID: 9, Title: beans, Grade: "first", PriceUnit: "jin", Kind: shelf.MovementDonation, State: shelf.MovementHeld,
		Measure: 5000, CostFen: 21_000, Note: "幸福院", Actor: "till", At: webtest.Day, MayDecide: true}}}, nil
}
func (s *stubShelf) Arrivals(context.Context, shelf.ShopRef) (shelf.Arrivals, error) {
	return shelf.Arrivals{Items: []shelf.Arrival{{OrderNo: "BM0000001288", Line: 1, VillageID: 11, Village: "永丰村", Title: beans, Grade: "first", PriceUnit: "jin", Households: 3,
		Measure: 15_000, CostFen: 12_000, HouseholdFen: 11_400, DeliveredAt: webtest.Day}}}, nil
}
func (s *stubShelf) StandingLists(context.Context, shelf.ShopRef) (shelf.StandingLists, error) {
	return shelf.StandingLists{Items: []shelf.StandingList{{ID: 2, Name: "周二补货", Weekdays: []int{2}, DueToday: true, Version: 3,
		Lines:    []shelf.ListLine{{QuoteLine: orders.QuoteLine{PresaleID: 1, Grade: "extra", Qty: 20}, Presale: "GOOSE-2026", Title: beans, Unit: "head", Orderable: true}},
		Delivery: orders.Delivery{Name: "店长", Phone: "13900002222", Address: "演示街1号"}}}}, nil
}
func (s *stubShelf) SaveStandingList(_ context.Context, r shelf.SaveStandingList) (shelf.StandingList, error) {
	s.saved = append(s.saved, r)
	return shelf.StandingList{}, s.refuse
}
func (s *stubShelf) Sheets(context.Context, shelf.ShopRef) (shelf.Sheets, error) {
	return shelf.Sheets{Items: []shelf.Sheet{{ID: 7, No: "SD0000000788", State: shelf.SheetOpen, BuyIns: 2, Households: 2, AmountFen: 9000, OpenedAt: webtest.Day}}}, nil
}
func (s *stubShelf) Items(context.Context, shelf.ShopRef) (shelf.Items, error) {
	return shelf.Items{Items: []shelf.Item{{ID: 101, Title: beans, Grade: "first", PriceUnit: "jin", Price: jinPrice, HouseholdPrice: homePrice, CostFen: 400, Online: true, Left: 7500, Lots: 1}}}, nil
}
func (s *stubShelf) SaveItem(_ context.Context, r shelf.SaveItem) (shelf.Item, error) {
	s.priced = append(s.priced, r)
	return shelf.Item{}, s.refuse
}
func (s *stubShelf) Till(context.Context, orders.None) (shelf.Till, error) {
	return shelf.Till{OrgID: 6, Shop: "爱心超市", Items: []shelf.TillItem{{ItemID: 101, Title: beans, Grade: "first", PriceUnit: "jin", Price: jinPrice, Left: 7500, Codes: []string{"0a1b2c3d4e5f"}}}}, nil
}
func (s *stubShelf) Ring(_ context.Context, r shelf.Ring) (shelf.Sale, error) {
	s.rung = append(s.rung, r)
	return s.sale(), s.refuse
}
func (s *stubShelf) Sale(context.Context, shelf.SaleRef) (shelf.Sale, error) { return s.sale(), nil }
func (s *stubShelf) returned() shelf.Return {
	return shelf.Return{ID: 8, No: "TH0000000888", SaleID: 31, SaleNo: "XS0000003188", OrgID: 6, Shop: "爱心超市", Kind: shelf.ReturnGoods, Method: "cash", Reason: "quality",
		AmountFen: 440, Cashier: "till", ReturnedAt: webtest.Day, Lines: []shelf.ReturnedLine{{No: 1, Title: beans, Grade: "first", PriceUnit: "jin", Measure: 500, AmountFen: 440}}}
}
func (s *stubShelf) ReturnGoods(_ context.Context, r shelf.ReturnRequest) (shelf.Return, error) {
	s.back = append(s.back, r)
	return s.returned(), s.refuse
}
func (s *stubShelf) Return(_ context.Context, r shelf.IDRef) (shelf.Return, error) {
	if r.ID != 8 {
		return shelf.Return{}, link.E(link.NotFound, "return.unknown", "")
	}
	return s.returned(), nil
}
func (s *stubShelf) HandOver(context.Context, shelf.HandOver) (shelf.Sale, error) {
	return shelf.Sale{}, link.E(link.Invalid, "sale.pickup.wrong", "pickup")
}
func (s *stubShelf) Sellers(context.Context, shelf.SellerQuery) (shelf.Sellers, error) {
	return shelf.Sellers{Items: []shelf.Seller{{HouseholdID: 77, Code: "YA-01-001-0007", Head: "王大山", Village: "永丰村", Township: "依安镇"}}, More: true}, nil
}
func (s *stubShelf) buyIn() shelf.BuyIn {
	return shelf.BuyIn{ID: 5, No: "SG0000000588", Shop: "爱心超市", Head: "王大山", Code: "YA-01-001-0007", Village: "永丰村", Title: beans, Grade: "first", PriceUnit: "jin",
		Measure: 10_000, Price: homePrice, AmountFen: 8000, LotID: 9, Trace: "0a1b2c3d4e5f", SheetID: 7, SheetNo: "SD0000000788", SheetState: shelf.SheetOpen, BoughtAt: webtest.Day, Actor: "till", State: shelf.BuyInPosted}
}
func (s *stubShelf) BuyIns(context.Context, shelf.BuyInFilter) (shelf.BuyInPage, error) {
	return shelf.BuyInPage{Items: []shelf.BuyIn{s.buyIn()}, Total: 1, AmountFen: 8000}, nil
}
func (s *stubShelf) BuyInSlip(_ context.Context, r shelf.IDRef) (shelf.BuyIn, error) {
	if r.ID == 6 {
		return s.heldBuyIn(), nil
	}
	return s.buyIn(), nil
}
func (s *stubShelf) heldBuyIn() shelf.BuyIn {
	b := s.buyIn()
	b.ID, b.No, b.State, b.LotID, b.Trace, b.SheetID, b.SheetNo, b.SheetState = 6, "SG0000000688", shelf.BuyInWaiting, 0, "", 0, "", ""
	b.Left, b.OrderUnit, b.Decidable = 3, "jin", true
	return b
}
func (s *stubShelf) HeldBuyIns(context.Context, shelf.ShopRef) (shelf.HeldBuyIns, error) {
	return shelf.HeldBuyIns{Items: []shelf.BuyIn{s.heldBuyIn()}}, nil
}
func (s *stubShelf) DecideBuyIn(_ context.Context, r shelf.DecideBuyIn) (shelf.BuyIn, error) {
	s.decided = append(s.decided, r)
	return s.heldBuyIn(), r.Check().Err()
}
func (s *stubShelf) BuyIn(_ context.Context, r shelf.BuyInRequest) (shelf.BuyIn, error) {
	s.bought = append(s.bought, r)
	return s.buyIn(), s.refuse
}
func (s *stubShelf) goods() shelf.PublicShop {
	return shelf.PublicShop{OrgID: 6, Name: "爱心超市", Address: "演示街1号", Goods: []shelf.PublicGoods{{ItemID: 101, Product: "purple_bean", Title: beans, Picture: "purple-bean", Grade: "first",
		PriceUnit: "jin", Price: jinPrice, HouseholdPrice: homePrice, Left: 7500, Online: true, BestBefore: webtest.Day, Villages: []string{"永丰村"}, Trace: "0a1b2c3d4e5f"}}}
}
func (s *stubShelf) Shops(context.Context, orders.None) (shelf.PublicShops, error) {
	return shelf.PublicShops{Items: []shelf.PublicShop{s.goods(), {OrgID: 8, Name: "爱心超市二店"}}}, nil
}
func (s *stubShelf) Goods(context.Context, shelf.ShopRef) (shelf.PublicShop, error) {
	return s.goods(), nil
}
func (s *stubShelf) Buy(_ context.Context, r shelf.Buy) (shelf.Sale, error) {
	s.buys = append(s.buys, r)
	return s.sale(), s.refuse
}
func (s *stubShelf) Trace(_ context.Context, r shelf.TraceRef) (shelf.Trace, error) {
	if r.Code != "0a1b2c3d4e5f" {
		return shelf.Trace{}, link.E(link.NotFound, "trace.unknown", "code")
	}
	best := webtest.Day.AddDate(0, 0, 3)
	return shelf.Trace{Code: r.Code, Title: beans, Picture: "purple-bean", Grade: "first", Unit: "jin", PriceUnit: "jin", Village: "永丰村", Township: "依安镇", Homes: 3, NetGrams: 15_000,
		Price: &jinPrice, HouseholdPrice: &homePrice, BestBefore: &best, Steps: []shelf.TraceStep{{Key: "weighed", On: webtest.Day, Place: "永丰集货点"}, {Key: "shelved", On: webtest.Day, Place: "爱心超市"}}}, nil
}

func newShelf(t *testing.T) (*webtest.Desk, *stubShelf) {
	s := &stubShelf{}
	return webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) {
		deps.Shelf, deps.Payments = s, webtest.CounterPayments{StubPayments: d.Payments}
	}), s
}

func TestShelfPages(t *testing.T) {
	t.Parallel()
	d, s := newShelf(t)
	officer := d.Login(t, auth.Account{Login: "market", Name: "陈洋", Role: auth.Officer, OrgID: 6, Lang: "zh"})
	for path, says := range map[string][]string{
		"/desk/shelf":          {"今天该下单", "1 批到货还没上架", "请盘点", "¥1.20", "等第二个人复核", "SD0000000788"},
		"/desk/shelf/stock":    {"永丰村", "15", "柜台收购", "¥60.00"},
		"/desk/shelf/lots/9":   {"0A1B 2C3D 4E5F", "幸福院", "退回", "¥4.00"},
		"/desk/shelf/prices":   {`value="4.40"`, "网上卖", "9.1%"},
		"/desk/shelf/labels":   {"data:image/png", "其中农户得", "0A1B 2C3D 4E5F"},
		"/desk/shelf/arrivals": {"BM0000001288", "上架", "¥114.00"},
		"/desk/shelf/sales":    {"XS0000003188", "账外", "¥1.20"},
		"/desk/lists":          {"周二补货", "按清单下单", "今天该下单"},
		"/desk/lists/new":      {"周一", "不会下单"},
		"/desk/lists/2":        {`value="周二补货"`, `name="version" value="3"`},
		"/desk/buyin":          {"SG0000000588", "超过登记的收购", "SG0000000688"},
		"/desk/buyin?q=%E7%8E%8B%E5%A4%A7%E5%B1%B1":     {"王大山", "还有更多"},
		"/desk/buyin?code=YA-01-001-0007&product=goose": {"大鹅", "收下，记账"},
		"/desk/buyin/5":       {"您家得", "¥80.00"},
		"/desk/buyin/6":       {"待复核", "3 斤", "同意收下", "收下后得"},
		"/desk/sheets":        {"SD0000000788", "收购中", "待复核"},
		"/desk/sheets/7":      {"结账", "王大山"},
		"/desk/till":          {"data-goods=", "0a1b2c3d4e5f", "取货码"},
		"/desk/till/sales/31": {"找零", "¥6.80", "毛利", "部分退货", "TH0000000888", "顾客退货", "作废并退款"},

		"/desk/till/sales/31/return": {"最多 2", "放回货架", "不能再卖"},
		"/desk/till/returns/8":       {"TH0000000888", "XS0000003188", "报损", "退现金", "¥4.40"},
	} {
		webtest.ReadPage(t, officer, path, says...)
	}
	if got := officer.Get("/desk/till").Header.Get("Permissions-Policy"); !strings.Contains(got, "camera=(self)") {
		t.Errorf("the till may not use the camera: %s", got)
	}
	if got := officer.Get("/desk/shelf").Header.Get("Permissions-Policy"); !strings.Contains(got, "camera=()") {
		t.Errorf("other pages may use the camera: %s", got)
	}
	webtest.ReadPage(t, d.Operator(t), "/desk/shelf", "爱心超市", "毛利")
	visitor := d.Person(t)
	for path, says := range map[string][]string{
		"/shelf":              {"其中农户得", "永丰村", "今天卖完了"},
		"/shelf/6":            {"下一步", "（90.9%）"},
		"/trace/0a1b2c3d4e5f": {"永丰村", "3 户农家", "在村里过秤分级", "不显示姓名"},
		"/trace":              {"溯源码"},
	} {
		webtest.ReadPage(t, visitor, path, says...)
	}
	s.waiting = true
	buyer := d.Login(t, auth.Account{Login: "13900001111", Name: "王芳", Phone: "13900001111", Role: auth.Buyer, Lang: "zh"})
	webtest.ReadPage(t, buyer, "/shelf/6/check?qty.101=3", "¥13.20", "王芳")
	webtest.ReadPage(t, buyer, "/shelf/purchases", "XS0000003188")
	webtest.ReadPage(t, buyer, "/shelf/purchases/31", "待付款", "¥13.20")
}

func TestShelfFormsSayWhatPeopleTyped(t *testing.T) {
	t.Parallel()
	d, s := newShelf(t)
	officer := d.Login(t, auth.Account{Login: "market", Name: "陈洋", Role: auth.Officer, OrgID: 6, Lang: "zh"})
	// Without a script the till sells from its table.
	res := officer.Post("/desk/till", "client_id", "6f1c1f7e-0000-4000-8000-000000000001", "qty.101", "1.5", "method", "cash", "given_fen", "20")
	if res.StatusCode != http.StatusSeeOther || len(s.rung) != 1 || s.rung[0].Lines[0].Measure != 750 || s.rung[0].Lines[0].PriceFen != 440 || s.rung[0].GivenFen != 2000 {
		t.Errorf("%d, rung %+v", res.StatusCode, s.rung)
	}
	if res = officer.Post("/desk/till", "client_id", "x", "method", "cash"); res.StatusCode != http.StatusUnprocessableEntity || len(s.rung) != 1 {
		t.Errorf("an empty sale: %d", res.StatusCode)
	}
	res = officer.Post("/desk/buyin", "code", "YA-01-001-0007", "product", "goose", "grade", "first", "measure", "8.5", "price_fen", "12.60", "best_before", "2026-12-01")
	if res.StatusCode != http.StatusSeeOther || len(s.bought) != 1 || s.bought[0].HouseholdID != 77 || s.bought[0].Measure != 4250 || s.bought[0].PriceFen != 1260 {
		t.Errorf("%d, bought %+v", res.StatusCode, s.bought)
	}
	s.refuse = link.E(link.Invalid, "shelf.best_before", "best_before")
	res = officer.Post("/desk/buyin", "code", "YA-01-001-0007", "product", "goose", "measure", "8.5", "price_fen", "12.60", "best_before", "never")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `value="8.5"`) || !strings.Contains(res.Body, "f-best_before-error") {
		t.Errorf("%d: what was typed is lost", res.StatusCode)
	}
	s.refuse = nil
	res = officer.Post("/desk/lists", "id", "0", "name", "周二补货", "weekdays", "2", "weekdays", "9", "qty.OPEN-2026", "", "delivery.name", "店长", "delivery.phone", "1", "delivery.address", "街")
	if res.StatusCode != http.StatusUnprocessableEntity || len(s.saved) != 0 {
		t.Errorf("an empty list: %d", res.StatusCode)
	}
	res = officer.Post("/desk/shelf/prices/101", "price_fen", "4.60", "barcode", "690", "online", "1")
	if res.StatusCode != http.StatusSeeOther || len(s.priced) != 1 || s.priced[0] != (shelf.SaveItem{ID: 101, PriceFen: 460, Barcode: "690", Online: true}) {
		t.Errorf("%d, priced %+v", res.StatusCode, s.priced)
	}
	// What comes back of a sale: how much of each line, and whether it can be sold again.
	res = officer.Post("/desk/till/sales/31/return", "client_id", "6f1c1f7e-0000-4000-8000-000000000002", "qty.1", "1.5", "where.1", "loss", "reason", "damaged", "note", "袋子破了")
	if res.StatusCode != http.StatusSeeOther || len(s.back) != 1 || s.back[0].Lines[0] != (shelf.ReturnLine{No: 1, Measure: 750}) || s.back[0].Reason != "damaged" || s.back[0].SaleID != 31 {
		t.Errorf("%d, came back %+v", res.StatusCode, s.back)
	}
	if res = officer.Post("/desk/till/sales/31/return", "qty.1", "", "reason", "damaged"); res.StatusCode != http.StatusUnprocessableEntity || len(s.back) != 1 {
		t.Errorf("an empty return: %d", res.StatusCode)
	}
	s.refuse = link.E(link.Conflict, "return.not_so_much", "lines[0].measure")
	if res = officer.Post("/desk/till/sales/31/return", "qty.1", "9", "reason", "damaged"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, `href="#f-qty-1"`) && !strings.Contains(res.Body, `href="#f-qty.1"`) || !strings.Contains(res.Body, `value="9"`) {
		t.Errorf("more than was sold: %d", res.StatusCode)
	}
	s.refuse = link.E(link.Conflict, "return.not_last", "")
	if res = officer.Post("/desk/till/sales/31/void", "client_id", "6f1c1f7e-0000-4000-8000-000000000003", "reason", "mistake"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "最后一笔") {
		t.Errorf("not the last: %d", res.StatusCode)
	}
	s.refuse = nil
	if res = officer.Post("/desk/till/sales/31/void", "client_id", "6f1c1f7e-0000-4000-8000-000000000003", "reason", "mistake"); res.StatusCode != http.StatusSeeOther || s.back[len(s.back)-1].Kind != shelf.ReturnVoid {
		t.Errorf("void: %d", res.StatusCode)
	}
	if res = officer.Post("/desk/buyin/6/decide", "decision", "agree"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "请写明原因") {
		t.Errorf("a decision without a reason: %d", res.StatusCode)
	}
	if res = officer.Post("/desk/buyin/6/decide", "decision", "refuse", "reason", "不是自家种的"); res.StatusCode != http.StatusSeeOther ||
		s.decided[len(s.decided)-1] != (shelf.DecideBuyIn{ID: 6, Reason: "不是自家种的"}) {
		t.Errorf("%d, decided %+v", res.StatusCode, s.decided)
	}
	if res = officer.Post("/desk/till/handover", "pickup", "000000"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "没有这个取货码") {
		t.Errorf("a wrong code: %d", res.StatusCode)
	}
	buyer := d.Login(t, auth.Account{Login: "13900001111", Name: "王芳", Phone: "13900001111", Role: auth.Buyer, Lang: "zh"})
	if res = buyer.Get("/shelf/6/check?qty.101=99"); res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusConflict {
		t.Errorf("more than there is: %d", res.StatusCode)
	}
	res = buyer.Post("/shelf/6/buy", "item", "101", "measure.101", "1500", "name", "王芳", "phone", "13900001111", "idempotency_key", "0123456789abcdef")
	if res.StatusCode != http.StatusSeeOther || len(s.buys) != 1 || s.buys[0].Lines[0] != (shelf.BuyLine{ItemID: 101, Measure: 1500}) || s.buys[0].Key != "0123456789abcdef" {
		t.Errorf("%d, bought %+v", res.StatusCode, s.buys)
	}
}

func TestShelfPagesAreForThoseWhoWorkThere(t *testing.T) {
	t.Parallel()
	d, _ := newShelf(t)
	people := map[string]*webtest.Person{"nobody": d.Person(t),
		"buyer":     d.Login(t, auth.Account{Login: "13900001111", Name: "王芳", Role: auth.Buyer, Lang: "zh"}),
		"household": d.Login(t, auth.Account{Login: "ya-1", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"}),
		"clerk":     d.Login(t, auth.Account{Login: "till", Name: "曲鹏", Role: auth.Clerk, OrgID: 6, Lang: "zh"}),
		"operator":  d.Operator(t)}
	for _, c := range []struct {
		who, method, path string
		want              int
	}{
		{"nobody", "GET", "/desk/till", http.StatusSeeOther}, {"buyer", "GET", "/desk/till", http.StatusForbidden}, {"household", "GET", "/desk/buyin", http.StatusForbidden},
		{"operator", "GET", "/desk/till", http.StatusForbidden}, {"operator", "POST", "/desk/shelf/prices/101", http.StatusForbidden}, {"clerk", "GET", "/desk/till", http.StatusOK},
		{"clerk", "POST", "/desk/shelf/prices/101", http.StatusForbidden}, {"clerk", "POST", "/desk/sheets/7/close", http.StatusForbidden}, {"clerk", "GET", "/desk/lists/new", http.StatusForbidden},
		{"operator", "POST", "/desk/till/sales/31/void", http.StatusForbidden}, {"buyer", "GET", "/desk/till/sales/31/return", http.StatusForbidden}, {"clerk", "GET", "/desk/till/returns/9", http.StatusNotFound},
		{"nobody", "GET", "/shelf/purchases", http.StatusSeeOther}, {"household", "GET", "/shelf/purchases/31", http.StatusForbidden}, {"nobody", "GET", "/trace/000000000000", http.StatusNotFound},
	} {
		var res webtest.Answer
		if c.method == "POST" {
			res = people[c.who].Post(c.path)
		} else {
			res = people[c.who].Get(c.path)
		}
		if res.StatusCode != c.want {
			t.Errorf("%s %s by %s: %d, want %d", c.method, c.path, c.who, res.StatusCode, c.want)
		}
	}
	// Who works at a till starts there, and sees nothing of scales in villages.
	menu := people["clerk"].Get("/desk/till").Body
	if !strings.Contains(menu, `href="/desk/till" aria-current="page"`) || strings.Contains(menu, `href="/desk/weigh"`) {
		t.Error("the till's menu is not its own")
	}
}
