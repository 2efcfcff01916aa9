package organisation

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

// reasonOptions are reasons of a return as people choose them.
func (s *shopkeeping) reasonOptions(l page.Lang, reasons []string) []page.Option {
	options := make([]page.Option, len(reasons))
	for i, r := range reasons {
		text, _ := s.Glossary.Say(l, "return_reason."+r, nil)
		options[i] = page.Option{Value: r, Label: text}
	}
	return options
}

// saleVoid voids the receipt that was just printed.
func (s *shopkeeping) saleVoid(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	ret, err := s.Shelf.ReturnGoods(ctx, shelf.ReturnRequest{ClientID: f.Text("client_id"), SaleID: id, Kind: shelf.ReturnVoid, Reason: f.Text("reason"),
		ReturnedAt: s.Now()})
	if err == nil {
		s.Flash(r, page.Good, "sale.returned", "fen", ret.AmountFen)
		return s.GoTo(w, r, "organisation.return", "id", ret.ID)
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.saleDesk(ctx, page.LangOf(r), id)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/sale", d, f)
}

type returnFormPage struct {
	Sale     shelf.Sale
	Reasons  []page.Option
	ClientID string
}

func (s *shopkeeping) returnForm(ctx context.Context, l page.Lang, id int64) (returnFormPage, error) {
	d := returnFormPage{Reasons: s.reasonOptions(l, shelf.ReturnReasons)}
	var err error
	d.Sale, err = s.Shelf.Sale(ctx, shelf.SaleRef{ID: id})
	return d, err
}

// returnNew asks for the goods that come back of a sale, and whether they can be sold again.
func (s *shopkeeping) returnNew(w http.ResponseWriter, r *http.Request) error {
	d, err := s.returnForm(r.Context(), page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	d.ClientID = uuid.NewString()
	return s.RenderForm(w, r, "organisation/return_form", d, f)
}

func (s *shopkeeping) returnSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.returnForm(ctx, page.LangOf(r), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	d.ClientID = f.Text("client_id")
	req := shelf.ReturnRequest{ClientID: d.ClientID, SaleID: d.Sale.ID, Kind: shelf.ReturnGoods, Reason: f.Text("reason"), Note: f.Text("note"),
		ReturnedAt: s.Now()}
	fields := map[string]string{} // the module's name of a field → the form's
	for _, l := range d.Sale.Lines {
		name, where := "qty."+page.Num64(int64(l.No)), "where."+page.Num64(int64(l.No))
		if f.Text(name) == "" {
			continue
		}
		if n := measureOf(f, name, l.PriceUnit); n > 0 {
			at := fmt.Sprintf("lines[%d]", len(req.Lines))
			fields[at+".measure"], fields[at+".to_shelf"] = name, where
			req.Lines = append(req.Lines, shelf.ReturnLine{No: l.No, Measure: n, ToShelf: f.Text(where) != "loss"})
		}
	}
	if len(req.Lines) == 0 && f.OK() {
		f.Add("", "return.lines")
	}
	if f.OK() {
		ret, err := s.Shelf.ReturnGoods(ctx, req)
		if err == nil {
			s.Flash(r, page.Good, "sale.returned", "fen", ret.AmountFen)
			return s.GoTo(w, r, "organisation.return", "id", ret.ID)
		}
		e := link.AsError(err)
		for _, one := range append(slices.Clone(e.Details), e) {
			one.Field = cmp.Or(fields[one.Field], one.Field)
		}
		if !f.Fail(e) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/return_form", d, f)
}

// organisationReturn is the receipt of a return.
func (s *shopkeeping) organisationReturn(w http.ResponseWriter, r *http.Request) error {
	ret, err := s.Shelf.Return(r.Context(), shelf.IDRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/return", ret)
}
