package shop

import (
	"context"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

type shelfPurchasePage struct {
	Sale    shelf.Sale
	Account payments.Account
	Pending *payments.Payment
	Methods []string

	Messages []notify.Queued
}

func (s *shelves) purchasePage(ctx context.Context, id int64) (shelfPurchasePage, error) {
	sale, err := page.LookAtSale(ctx, s.Shelf, s.Payments, id)
	d := shelfPurchasePage{Sale: sale.Sale, Pending: sale.Pending, Methods: sale.Methods}
	if err != nil {
		return d, err
	}
	if a := auth.FromContext(ctx); a != nil {
		d.Messages = s.sentAbout(ctx, s.Site, a.ID, shelf.SaleRefOf(id))
	}
	d.Account, err = s.Payments.Account(link.System(ctx, "web.sale"), payments.Ref{Ref: shelf.SaleRefOf(id)})
	return d, err
}

func (s *shelves) shelfPurchase(w http.ResponseWriter, r *http.Request) error {
	d, err := s.purchasePage(r.Context(), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.RenderPart(w, r, http.StatusOK, "shop/purchase", "status", d)
	}
	return s.RenderForm(w, r, "shop/purchase", d, s.NewForm(page.LangOf(r)))
}

func (s *shelves) shelfPurchasePay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	back, err := s.URL("shelf.purchase", "id", id)
	if err != nil {
		return err
	}
	start, err := s.Shelf.PaySale(ctx, shelf.PayRefRequest{ID: id, Method: f.Text("method"), ReturnURL: s.Abs(back), Key: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.purchasePage(ctx, id)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/purchase", d, f)
	}
	if start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	return s.GoTo(w, r, "shelf.purchase", "id", id)
}

func (s *shelves) shelfPurchaseCancel(w http.ResponseWriter, r *http.Request) error {
	sale, err := s.Shelf.CancelSale(r.Context(), shelf.SaleRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "sale.cancelled")
	return s.GoTo(w, r, "shelf.purchase", "id", sale.ID)
}
