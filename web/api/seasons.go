package api

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

type seasonRefIn struct {
	Season int `path:"season"`
}

type seasonReopenIn struct {
	Season int    `path:"season" json:"-"`
	Reason string `json:"reason"`
}

// seasonEndpoints are the county's seasons. Each act changes nothing when it is repeated.
func (a *API) seasonEndpoints() []endpoint {
	county := only(auth.County)
	return []endpoint{
		op("GET", "/seasons", "seasons.list", "All seasons with their figures", county,
			func(ctx context.Context, _ struct{}) (link.Raw[catalog.SeasonList], error) {
				return a.raw.Seasons.Seasons(ctx, catalog.None{})
			}),
		op("POST", "/seasons", "seasons.plan", "Plan a season, so that its presales can be prepared", county,
			func(ctx context.Context, in catalog.PlanSeason) (link.Raw[catalog.SeasonSummary], error) {
				return a.raw.Seasons.PlanSeason(ctx, in)
			}),
		op("GET", "/seasons/{season}", "seasons.get", "One season with its history, and the one that its beginning replaces", county,
			func(ctx context.Context, in seasonRefIn) (link.Raw[catalog.SeasonDetail], error) {
				return a.raw.Seasons.Season(ctx, catalog.SeasonRef{Season: in.Season})
			}),
		op("GET", "/seasons/{season}/open", "seasons.open", "What keeps it from being closed", county,
			func(ctx context.Context, in seasonRefIn) (link.Raw[orders.SeasonOpenItems], error) {
				return a.raw.SeasonEnds.SeasonOpenItems(ctx, catalog.SeasonRef{Season: in.Season})
			}),
		op("POST", "/seasons/{season}/begin", "seasons.begin", "Make a planned season the current one", county,
			func(ctx context.Context, in seasonRefIn) (link.Raw[catalog.SeasonSummary], error) {
				return a.raw.Seasons.BeginSeason(ctx, catalog.SeasonRef{Season: in.Season})
			}),
		op("POST", "/seasons/{season}/close", "seasons.close", "Close a season of which nothing is open", county,
			func(ctx context.Context, in seasonRefIn) (link.Raw[catalog.SeasonSummary], error) {
				return a.raw.SeasonEnds.CloseSeason(ctx, catalog.SeasonRef{Season: in.Season})
			}),
		op("POST", "/seasons/{season}/reopen", "seasons.reopen", "Reopen a closed season, with the reason", county,
			func(ctx context.Context, in seasonReopenIn) (link.Raw[catalog.SeasonSummary], error) {
				return a.raw.SeasonEnds.ReopenSeason(ctx, orders.ReopenSeason{Season: in.Season, Reason: in.Reason})
			}),
	}
}
