package organisation

import (
	"context"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

func errNoPage() error { return link.E(link.NotFound, "not_found", "") }

type buyInPage struct {
	Query    string
	Searched bool
	Sellers  shelf.Sellers
	Seller   *shelf.Seller
	Products []page.Option
	Product  catalog.Product // the chosen one; its unit stands behind the fields
	Grades   []page.Option
	Recent   shelf.BuyInPage
}

func (s *shopkeeping) buyInPage(ctx context.Context, f *page.Form) (buyInPage, error) {
	d := buyInPage{Query: f.Text("q"), Grades: s.gradeOptions(f.Lang)}
	var err error
	if code := f.Text("code"); code != "" {
		found, err := s.Shelf.Sellers(ctx, shelf.SellerQuery{Query: code})
		if err != nil {
			return d, err
		}
		if i := slices.IndexFunc(found.Items, func(h shelf.Seller) bool { return h.Code == code }); i >= 0 {
			d.Seller = &found.Items[i]
		}
	} else if d.Query != "" {
		d.Searched = true
		if d.Sellers, err = s.Shelf.Sellers(ctx, shelf.SellerQuery{Query: d.Query}); err != nil {
			return d, err
		}
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	code := f.Text("product")
	for _, p := range ref.Products {
		d.Products = append(d.Products, page.Option{Value: p.Code, Label: f.Lang.Text(p.Name)})
		if p.Code == code {
			d.Product = p
		}
	}
	d.Recent, err = s.Shelf.BuyIns(ctx, shelf.BuyInFilter{Limit: 8})
	return d, err
}

// buyIn asks one thing after the other: who sells, what, and how much for how much.
func (s *shopkeeping) buyIn(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.buyInPage(r.Context(), f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.Text("best_before") == "" {
		f.Values.Set("best_before", s.Now().In(page.China).AddDate(0, 0, usualDays).Format("2006-01-02"))
	}
	return s.RenderForm(w, r, "organisation/buyin", d, f)
}

func (s *shopkeeping) buyInSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.buyInPage(ctx, f)
	if err != nil {
		return err
	}
	req := shelf.BuyInRequest{Product: f.Text("product"), Grade: f.Text("grade"), PriceFen: f.Fen("price_fen"), BestBefore: f.Text("best_before"), Key: f.Key()}
	if d.Seller != nil {
		req.HouseholdID = d.Seller.HouseholdID
	}
	if d.Product.Code != "" {
		req.Measure = measureOf(f, "measure", d.Product.PriceUnit)
	}
	if f.OK() {
		var b shelf.BuyIn
		if b, err = s.Shelf.BuyIn(ctx, req); err == nil {
			s.Flash(r, page.Good, "buyin.saved")
			return s.GoTo(w, r, "organisation.buyin.slip", "id", b.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/buyin", d, f)
}

type slipPage struct {
	BuyIn shelf.BuyIn
	Link  string
}

// buyInSlip is what the household takes home.
func (s *shopkeeping) buyInSlip(w http.ResponseWriter, r *http.Request) error {
	var d slipPage
	var err error
	if d.BuyIn, err = s.Shelf.BuyInSlip(r.Context(), shelf.IDRef{ID: page.PathInt(r, "id")}); err != nil {
		return err
	}
	if d.Link, err = s.traceLink(d.BuyIn.Trace); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/buyin_slip", d)
}

type sheetsPage struct {
	Shop   shopChoice
	Sheets shelf.Sheets
}

func (s *shopkeeping) sheets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := sheetsPage{Shop: s.shopChoice(ctx, shopRef(s.QueryForm(r)))}
	var err error
	if d.Sheets, err = s.Shelf.Sheets(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/sheets", d)
}

type sheetPage struct {
	Shop    shopChoice
	Sheet   shelf.Sheet
	Page    shelf.BuyInPage
	Methods []string
	Pending *payments.Payment
}

func (s *shopkeeping) sheetPage(ctx context.Context, f *page.Form, id int64) (sheetPage, error) {
	d := sheetPage{Shop: s.shopChoice(ctx, shopRef(f))}
	sheets, err := s.Shelf.Sheets(ctx, shelf.ShopRef{OrgID: d.Shop.Org})
	if err != nil {
		return d, err
	}
	i := slices.IndexFunc(sheets.Items, func(sh shelf.Sheet) bool { return sh.ID == id })
	if i < 0 {
		return d, errNoPage()
	}
	d.Sheet = sheets.Items[i]
	if d.Page, err = s.Shelf.BuyIns(ctx, shelf.BuyInFilter{OrgID: d.Shop.Org, SheetID: id, Limit: 500}); err != nil {
		return d, err
	}
	// The order module has just shown that the reader may see this sheet; what was paid for it belongs to it.
	account, err := s.Payments.Account(link.System(ctx, "web.sheet"), payments.Ref{Ref: shelf.SheetRefOf(id)})
	if err != nil {
		return d, err
	}
	d.Pending = page.PendingOf(account)
	d.Methods, err = page.Cashless(ctx, s.Payments, true)
	return d, err
}

func (s *shopkeeping) sheet(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.sheetPage(r.Context(), f, page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.RenderPart(w, r, http.StatusOK, "organisation/sheet", "state", d)
	}
	return s.RenderForm(w, r, "organisation/sheet", d, s.NewForm(page.LangOf(r)))
}

func (s *shopkeeping) sheetClose(w http.ResponseWriter, r *http.Request) error {
	sheet, err := s.Shelf.CloseSheet(r.Context(), shelf.IDRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "shelf.sheet.closed")
	return s.GoTo(w, r, "organisation.sheet", "id", sheet.ID)
}

func (s *shopkeeping) sheetPay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	back, err := s.URL("organisation.sheet", "id", id)
	if err != nil {
		return err
	}
	start, err := s.Shelf.PaySheet(ctx, shelf.PayRefRequest{ID: id, Method: f.Text("method"), ReturnURL: s.Abs(back), Key: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.sheetPage(ctx, f, id)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/sheet", d, f)
	}
	if start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	return s.GoTo(w, r, "organisation.sheet", "id", id)
}
