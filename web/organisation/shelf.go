package organisation

import (
	"context"
	"net/http"
	"slices"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

var (
	shelfReading = slices.Concat(auth.Organisation, auth.County)
	shelfSelling = []auth.Role{auth.Officer, auth.Clerk}
	shelfBuying  = []auth.Role{auth.Officer}
)

// shelfRoutes are the pages of charity supermarkets: their desk, their lists, their buying in and their till.
func (s *shopkeeping) shelfRoutes() {
	s.Guarded("GET", "/desk/shelf", "organisation.shelf", s.shelf, shelfReading...)
	s.Guarded("GET", "/desk/shelf/stock", "organisation.shelf.stock", s.stock, shelfReading...)
	s.Guarded("GET", "/desk/shelf/lots/{id:[0-9]+}", "organisation.shelf.lot", s.lot, shelfReading...)
	s.Guarded("POST", "/desk/shelf/lots/{id:[0-9]+}/writeoff", "organisation.shelf.writeoff", s.writeOff, shelfSelling...)
	s.Guarded("POST", "/desk/shelf/movements/{id:[0-9]+}/decide", "organisation.shelf.decide", s.writeOffDecide, auth.Organisation...)
	s.Guarded("GET", "/desk/shelf/prices", "organisation.shelf.prices", s.prices, shelfReading...)
	s.Guarded("POST", "/desk/shelf/prices/{id:[0-9]+}", "organisation.shelf.price", s.priceSave, shelfBuying...)
	s.Guarded("GET", "/desk/shelf/labels", "organisation.shelf.labels", s.labels, auth.Organisation...)
	s.Guarded("GET", "/desk/shelf/arrivals", "organisation.shelf.arrivals", s.arrivals, shelfReading...)
	s.Guarded("POST", "/desk/shelf/arrivals", "organisation.shelf.receive", s.receive, shelfSelling...)
	s.Guarded("GET", "/desk/shelf/sales", "organisation.shelf.sales", s.shelfSales, shelfReading...)

	s.Guarded("GET", "/desk/lists", "organisation.lists", s.lists, shelfReading...)
	s.Guarded("GET", "/desk/lists/new", "organisation.list.new", s.listNew, shelfBuying...)
	s.Guarded("GET", "/desk/lists/{id:[0-9]+}", "organisation.list.edit", s.listEdit, shelfBuying...)
	s.Guarded("POST", "/desk/lists", "organisation.list.save", s.listSave, shelfBuying...)
	s.Guarded("POST", "/desk/lists/{id:[0-9]+}/order", "organisation.list.order", s.listOrder, shelfBuying...)
	s.Guarded("POST", "/desk/lists/{id:[0-9]+}/drop", "organisation.list.drop", s.listDrop, shelfBuying...)

	s.Guarded("GET", "/desk/buyin", "organisation.buyin", s.buyIn, shelfSelling...)
	s.Guarded("POST", "/desk/buyin", "organisation.buyin.save", s.buyInSave, shelfSelling...)
	s.Guarded("GET", "/desk/buyin/{id:[0-9]+}", "organisation.buyin.slip", s.buyInSlip, shelfReading...)
	s.Guarded("POST", "/desk/buyin/{id:[0-9]+}/decide", "organisation.buyin.decide", s.buyInDecide, auth.Organisation...)
	s.Guarded("GET", "/desk/sheets", "organisation.sheets", s.sheets, shelfReading...)
	s.Guarded("GET", "/desk/sheets/{id:[0-9]+}", "organisation.sheet", s.sheet, shelfReading...)
	s.Guarded("POST", "/desk/sheets/{id:[0-9]+}/close", "organisation.sheet.close", s.sheetClose, shelfBuying...)
	s.Guarded("POST", "/desk/sheets/{id:[0-9]+}/pay", "organisation.sheet.pay", s.sheetPay, shelfBuying...)

	s.Guarded("GET", "/desk/till", "organisation.till", s.till, shelfSelling...)
	s.Guarded("POST", "/desk/till", "organisation.till.ring", s.tillRing, shelfSelling...)
	s.Open("GET", "/desk/till/worker.js", "organisation.till.worker", offlineWorker(s.Site, "/desk/till"))
	s.Guarded("POST", "/desk/till/handover", "organisation.till.handover", s.handOver, shelfSelling...)
	s.Guarded("GET", "/desk/till/sales/{id:[0-9]+}", "organisation.sale", s.sale, shelfReading...)
	s.Guarded("POST", "/desk/till/sales/{id:[0-9]+}/pay", "organisation.sale.pay", s.salePay, shelfSelling...)
	s.Guarded("POST", "/desk/till/sales/{id:[0-9]+}/cancel", "organisation.sale.cancel", s.saleCancel, shelfSelling...)
	s.Guarded("POST", "/desk/till/sales/{id:[0-9]+}/void", "organisation.sale.void", s.saleVoid, shelfSelling...)
	s.Guarded("GET", "/desk/till/sales/{id:[0-9]+}/return", "organisation.return.new", s.returnNew, shelfSelling...)
	s.Guarded("POST", "/desk/till/sales/{id:[0-9]+}/return", "organisation.return.save", s.returnSave, shelfSelling...)
	s.Guarded("GET", "/desk/till/returns/{id:[0-9]+}", "organisation.return", s.organisationReturn, shelfReading...)
}

// forShops are the menu's entries for the staff of supermarkets only; notForShops are entries that they do not see.
var (
	forShops    = []string{"organisation.shelf", "organisation.till", "organisation.buyin", "organisation.lists", "organisation.sheets"}
	notForShops = []string{"organisation.contracts", "organisation.plan", "organisation.collections", "organisation.weigh", "organisation.station"}
)

// keptInMenu tells whether an entry of the menu makes sense where the reader works.
func keptInMenu(ctx context.Context, s *page.Site, a *auth.Account, route string) bool {
	if a == nil || !a.Role.In(auth.Organisation...) {
		return true
	}
	if s.BuyersChannel(ctx, a) == catalog.ChannelMarket {
		return !slices.Contains(notForShops, route)
	}
	return !slices.Contains(forShops, route)
}

// measureOf reads a quantity in a product's price unit: weights as grams, pieces as they are.
func measureOf(f *page.Form, name, unit string) int64 {
	if u, ok := money.UnitByCode(unit); ok && u.Counted() {
		return f.Int(name)
	}
	return f.Grams(name, unit)
}

type shelfPage struct {
	Shop     shopChoice
	Turnover shelf.Turnover
	Today    shelf.Turnover
	Latest   shelf.SalePage // of today
	Waiting  shelf.SalePage // paid online, to be fetched
	Stock    shelf.StockPage
	Expiring shelf.StockPage
	Held     shelf.Movements
	Arrivals shelf.Arrivals
	Lists    []shelf.StandingList // due today
	Sheets   []shelf.Sheet        // that want something
}

func (s *shopkeeping) shelf(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ref := shopRef(s.QueryForm(r))
	d := shelfPage{Shop: s.shopChoice(ctx, ref)}
	ref.OrgID = d.Shop.Org
	var err error
	if d.Turnover, err = s.Shelf.Turnover(ctx, shelf.TurnoverFilter{OrgID: ref.OrgID}); err != nil {
		return err
	}
	today := s.Now().In(page.China).Format(time.DateOnly)
	if d.Today, err = s.Shelf.Turnover(ctx, shelf.TurnoverFilter{OrgID: ref.OrgID, From: today, To: today}); err != nil {
		return err
	}
	if d.Latest, err = s.Shelf.Sales(ctx, shelf.SaleFilter{OrgID: ref.OrgID, On: today, Limit: 6}); err != nil {
		return err
	}
	if d.Waiting, err = s.Shelf.Sales(ctx, shelf.SaleFilter{OrgID: ref.OrgID, State: shelf.SalePaid, Limit: 20}); err != nil {
		return err
	}
	if d.Stock, err = s.Shelf.Stock(ctx, shelf.StockFilter{OrgID: ref.OrgID, Limit: 1}); err != nil {
		return err
	}
	if d.Expiring, err = s.Shelf.Stock(ctx, shelf.StockFilter{OrgID: ref.OrgID, Expired: true, Limit: 20}); err != nil {
		return err
	}
	if d.Held, err = s.Shelf.Movements(ctx, shelf.MovementFilter{OrgID: ref.OrgID, State: shelf.MovementHeld}); err != nil {
		return err
	}
	if d.Arrivals, err = s.Shelf.Arrivals(ctx, ref); err != nil {
		return err
	}
	lists, err := s.Shelf.StandingLists(ctx, ref)
	if err != nil {
		return err
	}
	for _, l := range lists.Items {
		if l.DueToday {
			d.Lists = append(d.Lists, l)
		}
	}
	sheets, err := s.Shelf.Sheets(ctx, ref)
	if err != nil {
		return err
	}
	for _, sh := range sheets.Items {
		if sh.State != shelf.SheetSettled {
			d.Sheets = append(d.Sheets, sh)
		}
	}
	return s.Render(w, r, http.StatusOK, "organisation/shelf", d)
}

// gradeOptions are the grades of the shelf.
func (s *shopkeeping) gradeOptions(l page.Lang) []page.Option {
	var options []page.Option
	for _, g := range []string{"special", "first", "second"} {
		text, _ := s.Glossary.Say(l, "grade."+g, nil)
		options = append(options, page.Option{Value: g, Label: text})
	}
	return options
}
