package organisation

import (
	"context"
	"net/http"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type arrivalsPage struct {
	Shop     shopChoice
	Arrivals shelf.Arrivals
	Best     string
	Problem  int // the arrival whose date was wrong
}

// usualDays is how long fresh goods are offered as good for until somebody says otherwise.
const usualDays = 7

func (s *shopkeeping) arrivalsPage(ctx context.Context, ref shelf.ShopRef) (arrivalsPage, error) {
	d := arrivalsPage{Shop: s.shopChoice(ctx, ref), Best: s.Now().In(page.China).AddDate(0, 0, usualDays).Format("2006-01-02"), Problem: -1}
	var err error
	d.Arrivals, err = s.Shelf.Arrivals(ctx, shelf.ShopRef{OrgID: d.Shop.Org})
	return d, err
}

func (s *shopkeeping) arrivals(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.arrivalsPage(r.Context(), shopRef(f))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/arrivals", d, f)
}

func (s *shopkeeping) receive(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	lot, err := s.Shelf.Receive(ctx, shelf.Receive{OrderNo: f.Text("order_no"), Line: int(f.Int("line")), VillageID: f.Int("village"),
		Grade: f.Text("grade"), BestBefore: f.Text("best_before"), Key: f.Key()})
	if err == nil {
		s.Flash(r, page.Good, "shelf.put")
		return s.GoTo(w, r, "organisation.shelf.lot", "id", lot.ID)
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.arrivalsPage(ctx, shelf.ShopRef{})
	if err != nil {
		return err
	}
	for i, a := range d.Arrivals.Items {
		if a.OrderNo == f.Text("order_no") && page.Num64(int64(a.Line)) == f.Text("line") && page.Num64(a.VillageID) == f.Text("village") && a.Grade == f.Text("grade") {
			d.Problem = i
		}
	}
	return s.RenderForm(w, r, "organisation/arrivals", d, f)
}
