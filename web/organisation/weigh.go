package organisation

import (
	"net/http"
	"slices"

	"banmuyuan/orders"
)

type weighPage struct {
	Rows     []collectionVillageRow
	Village  int64
	Name     string
	Page     orders.CollectionPage
	Searched bool
}

// weigh finds the household that stands at the scale: by village, then by name, code or the last digits of
// the phone.
func (s *collectionPages) weigh(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := weighPage{Village: f.Int("village")}
	villages, err := s.Orders.CollectionVillages(ctx, orders.CollectionFilter{State: orders.ShareExpected})
	if err != nil {
		return err
	}
	for _, v := range villages.Items {
		village, township := s.Village(ctx, v.VillageID)
		if i := slices.IndexFunc(d.Rows, func(r collectionVillageRow) bool { return r.VillageID == v.VillageID }); i >= 0 {
			d.Rows[i].Open += v.Open
			continue
		}
		d.Rows = append(d.Rows, collectionVillageRow{CollectionVillage: v, Village: village.Name, Township: township})
	}
	if d.Village == 0 && len(d.Rows) == 1 {
		d.Village = d.Rows[0].VillageID
	}
	if d.Searched = d.Village != 0 || f.Text("q") != ""; d.Searched {
		village, _ := s.Village(ctx, d.Village)
		d.Name = village.Name
		d.Page, err = s.Orders.Collection(ctx, orders.CollectionFilter{VillageID: d.Village, Query: f.Text("q"),
			State: orders.ShareExpected, Cursor: f.Text("cursor"), Limit: 50})
		if err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/weigh", d, f)
}
