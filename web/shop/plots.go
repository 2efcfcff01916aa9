package shop

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type plotsPage struct {
	Page      adopt.PlotPage
	Filter    adopt.PlotFilter
	Townships []page.Option
	Filtered  bool
}

// plots lists households to adopt from: by place, by product, by story.
func (s *adopting) plots(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := plotsPage{Filter: adopt.PlotFilter{Kind: orders.PlotKind(f.Text("kind")), Township: f.Int("township"), Query: f.Text("q"),
		Cursor: f.Text("cursor"), Limit: 24}}
	d.Filtered = d.Filter.Kind != "" || d.Filter.Township != 0 || d.Filter.Query != ""
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	for _, t := range ref.Townships {
		d.Townships = append(d.Townships, page.Option{Value: page.Num64(t.ID), Label: t.Name})
	}
	if f.OK() {
		if d.Page, err = s.Adoptions.Plots(ctx, d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/plots", d, f)
}

type plotPage struct {
	Plot     adopt.PublicPlot
	MayAdopt bool
	Units    int64
	Price    int64
	Deposit  int64
	Points   []page.Option
	Account  *auth.Account
	Request  adopt.Request
	Point    catalog.CollectionPoint
	Minutes  int64
}

func (s *adopting) plotPage(r *http.Request) (plotPage, error) {
	ctx := r.Context()
	d := plotPage{Account: auth.FromContext(ctx), Units: 1}
	id, err := strconv.ParseInt(mux.Vars(r)["plot"], 10, 64)
	if err != nil {
		return d, link.E(link.NotFound, "adoption.plot.unknown", "")
	}
	if d.Plot, err = s.Adoptions.Plot(ctx, adopt.PlotRef{ID: id}); err != nil {
		return d, err
	}
	d.MayAdopt = d.Plot.Open && (d.Account == nil || d.Account.Role == auth.Buyer)
	d.Price, d.Deposit = d.Plot.Price(1)
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Points = page.PickupPoints(ref)
	return d, nil
}

func (s *adopting) plot(w http.ResponseWriter, r *http.Request) error {
	d, err := s.plotPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/plot", d, s.NewForm(page.LangOf(r)))
}
