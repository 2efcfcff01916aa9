package api

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

type presaleQuery struct {
	Product   string          `query:"product" description:"Product code, e.g. goose"`
	Township  int64           `query:"township"`
	Channel   catalog.Channel `query:"channel" enum:"contract,market,private"`
	Season    int             `query:"season"`
	DeliverOn string          `query:"deliver_on" description:"YYYY-MM-DD inside the delivery window"`
	Query     string          `query:"q"`
	State     string          `query:"state" enum:"draft,open,closed"`
	Cursor    string          `query:"cursor"`
	Limit     int             `query:"limit" minimum:"1" maximum:"100"`
}

type codeIn struct {
	Code string `path:"code"`
}

type stockOut struct {
	Items []catalog.Stock `json:"items"`
}

type dryRunIn struct {
	PresaleID int64  `json:"presale_id"`
	Quantity  int64  `json:"quantity"`
	Policy    string `json:"policy,omitempty" enum:"fair,near,direct,contract"`
}

type presaleStateIn struct {
	Code  string               `path:"code" json:"-"`
	State catalog.PresaleState `json:"state" enum:"open,closed"`

	Reason string `json:"reason,omitempty" description:"Of opening a closed presale again"`
}

func (a *API) catalogEndpoints() []endpoint {
	c := a.raw.Catalog
	managing := only([]auth.Role{auth.Officer}, auth.County)
	return []endpoint{
		op("GET", "/presales", "presales.list", "What can be ordered now or soon", public,
			func(ctx context.Context, in presaleQuery) (link.Raw[catalog.PresalePage], error) {
				return c.Presales(ctx, catalog.PresaleFilter{Product: in.Product, Township: in.Township, Channel: in.Channel, Season: in.Season,
					DeliverOn: in.DeliverOn, Query: in.Query, State: catalog.PresaleState(in.State), Cursor: in.Cursor, Limit: in.Limit})
			}).often(),
		op("GET", "/presales/{code}", "presales.get", "One presale and the villages behind it", public,
			func(ctx context.Context, in codeIn) (link.Raw[catalog.PresaleDetail], error) {
				return c.Presale(ctx, catalog.PresaleRef{Code: in.Code})
			}).often(),
		op("GET", "/stock", "presales.stock", "What is left of every open presale, at most a second old", public,
			func(ctx context.Context, _ struct{}) (stockOut, error) {
				items, err := a.services.Catalog.Stock(ctx, catalog.None{})
				return stockOut{items}, err
			}).often(),
		op("GET", "/reference", "presales.reference", "Names of places, products and organisations", public,
			func(ctx context.Context, _ struct{}) (link.Raw[catalog.Reference], error) {
				// As a stranger, so that the answer can be kept for everybody.
				return c.Reference(link.WithActor(ctx, link.Actor{}), catalog.None{})
			}).often(),
		opBody("POST", "/presales", "presales.save", "Create a presale as a draft, or change one", managing,
			func(ctx context.Context, _ catalog.Presale, body []byte) (link.Raw[catalog.Presale], error) {
				return c.SavePresaleBody(ctx, body)
			}),
		op("POST", "/presales/{code}/state", "presales.state", "Open, close or reopen a presale", managing,
			func(ctx context.Context, in presaleStateIn) (link.Raw[catalog.Presale], error) {
				p, err := a.services.Catalog.Presale(ctx, catalog.PresaleRef{Code: in.Code})
				if err != nil {
					return nil, err
				}
				return c.SetPresaleState(ctx, catalog.PresaleStateRequest{ID: p.ID, State: in.State, Reason: in.Reason})
			}),
		op("GET", "/presales/{code}/reach", "presales.reach", "The households and units that it has, or would have once it is open", managing,
			func(ctx context.Context, in codeIn) (link.Raw[catalog.PresaleReach], error) {
				return a.raw.Seasons.PresaleReach(ctx, catalog.PresaleRef{Code: in.Code})
			}),
		op("GET", "/presales/{code}/history", "presales.history", "When it was opened and closed, by whom and why", managing,
			func(ctx context.Context, in codeIn) (link.Raw[catalog.PresaleHistory], error) {
				return a.raw.Seasons.PresaleHistory(ctx, catalog.PresaleRef{Code: in.Code})
			}),
		op("POST", "/dry-runs", "presales.dry_run", "How a quantity would be split, before anything is held", only(auth.Organisation, auth.County),
			func(ctx context.Context, in dryRunIn) (link.Raw[catalog.DryRun], error) {
				return c.DryRun(ctx, catalog.DryRunRequest{PresaleID: in.PresaleID, Qty: in.Quantity, Policy: in.Policy})
			}),
	}
}
