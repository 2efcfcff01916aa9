package organisation

import (
	"context"
	"net/http"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

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
	// The order module has just shown that the reader may see this sheet; its payments belong to it.
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
