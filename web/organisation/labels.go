package organisation

import (
	"net/http"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type shelfLabel struct {
	Lot  shelf.StockLot
	Link string
	Code string
}

type labelsPage struct {
	Labels []shelfLabel
	One    bool
}

// labels prints the labels of one lot or of everything on the shelf.
func (s *shopkeeping) labels(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	var d labelsPage
	var lots []shelf.StockLot
	if id := f.Int("lot"); id != 0 {
		lot, err := s.Shelf.StockLot(ctx, shelf.StockLotRef{ID: id})
		if err != nil {
			return err
		}
		lots, d.One = []shelf.StockLot{lot}, true
	} else {
		list, err := s.Shelf.Stock(ctx, shelf.StockFilter{Limit: 200})
		if err != nil {
			return err
		}
		for _, l := range list.Items {
			if l.Left > 0 {
				lots = append(lots, l)
			}
		}
	}
	for _, l := range lots {
		link, err := s.traceLink(l.Code)
		if err != nil {
			return err
		}
		d.Labels = append(d.Labels, shelfLabel{Lot: l, Link: link, Code: page.SpacedCode(l.Code)})
	}
	return s.Render(w, r, http.StatusOK, "organisation/labels", d)
}

func (s *shopkeeping) traceLink(code string) (string, error) {
	u, err := s.URL("trace", "code", code)
	return s.Abs(u), err
}
