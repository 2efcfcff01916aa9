package organisation

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type salePage struct {
	page.OpenSale
	Reasons  []page.Option // to void it
	ClientID string
}

// saleDesk is a sale with the actions that the desk may take.
func (s *shopkeeping) saleDesk(ctx context.Context, l page.Lang, id int64) (salePage, error) {
	sale, err := page.LookAtSale(ctx, s.Shelf, s.Payments, id)
	return salePage{sale, s.reasonOptions(l, shelf.VoidReasons), uuid.NewString()}, err
}

// sale is a sale and its receipt; while it waits for a payment by phone it shows the QR code to scan.
func (s *shopkeeping) sale(w http.ResponseWriter, r *http.Request) error {
	d, err := s.saleDesk(r.Context(), page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		if d.Sale.State != shelf.SalePlaced {
			return s.GoTo(w, r, "organisation.sale", "id", d.Sale.ID)
		}
		w.WriteHeader(http.StatusNoContent) // nothing new: the code stays where it is
		return nil
	}
	return s.RenderForm(w, r, "organisation/sale", d, s.NewForm(page.LangOf(r)))
}

func (s *shopkeeping) salePay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	// The customer's phone comes back to the shop's shelf, not to the till.
	back, err := s.URL("shelf.home")
	if err != nil {
		return err
	}
	_, err = s.Shelf.PaySale(ctx, shelf.PayRefRequest{ID: id, Method: f.Text("method"), ReturnURL: s.Abs(back), Key: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.saleDesk(ctx, page.LangOf(r), id)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/sale", d, f)
	}
	return s.GoTo(w, r, "organisation.sale", "id", id)
}

func (s *shopkeeping) saleCancel(w http.ResponseWriter, r *http.Request) error {
	sale, err := s.Shelf.CancelSale(r.Context(), shelf.SaleRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "sale.cancelled")
	return s.GoTo(w, r, "organisation.sale", "id", sale.ID)
}
