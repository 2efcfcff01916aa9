package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
)

type subscribeIn struct {
	Key       string          `header:"Idempotency-Key" json:"-" required:"true"`
	PresaleID int64           `json:"presale_id"`
	Grade     string          `json:"grade,omitempty"`
	Qty       int64           `json:"quantity"`
	EveryDays int64           `json:"every_days" enum:"7,14"`
	StartOn   string          `json:"start_on,omitempty"`
	Delivery  orders.Delivery `json:"delivery"`
}

type changeStandingIn struct {
	ID        int64           `path:"id" json:"-"`
	Qty       int64           `json:"quantity"`
	EveryDays int64           `json:"every_days" enum:"7,14"`
	Delivery  orders.Delivery `json:"delivery"`
}

type setStandingIn struct {
	ID    int64               `path:"id" json:"-"`
	State adopt.StandingState `json:"state" enum:"active,paused,ended"`
}

type skipIn struct {
	ID   int64  `path:"id" json:"-"`
	On   string `path:"on" json:"-"`
	Skip bool   `json:"skip"`
}

func (a *API) boxEndpoints() []endpoint {
	b := a.raw.Boxes
	buyer := only([]auth.Role{auth.Buyer})
	return []endpoint{
		op("GET", "/standing-offers", "boxes.offers", "Boxes one can have regularly", public,
			func(ctx context.Context, _ struct{}) (link.Raw[adopt.StandingOffers], error) {
				return b.StandingOffers(ctx, catalog.None{})
			}),
		op("POST", "/standing-orders", "boxes.subscribe", "Start a standing order", buyer,
			func(ctx context.Context, in subscribeIn) (link.Raw[adopt.Standing], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return b.Subscribe(ctx, adopt.Subscribe{IdempotencyKey: in.Key, PresaleID: in.PresaleID, Grade: in.Grade, Qty: in.Qty,
					EveryDays: in.EveryDays, StartOn: in.StartOn, Delivery: in.Delivery})
			}).created(),
		op("GET", "/standing-orders", "boxes.list", "The caller's standing orders", loggedIn,
			func(ctx context.Context, _ struct{}) (link.Raw[adopt.Standings], error) {
				return b.Standings(ctx, catalog.None{})
			}),
		op("GET", "/standing-orders/{id}", "boxes.get", "One standing order with its dates", loggedIn,
			func(ctx context.Context, in idIn) (link.Raw[adopt.Standing], error) {
				return b.Standing(ctx, adopt.StandingRef{ID: in.ID})
			}),
		op("PUT", "/standing-orders/{id}", "boxes.change", "Change what comes on dates that are not cut off yet", buyer,
			func(ctx context.Context, in changeStandingIn) (link.Raw[adopt.Standing], error) {
				return b.ChangeStanding(ctx, adopt.ChangeStanding{ID: in.ID, Qty: in.Qty, EveryDays: in.EveryDays, Delivery: in.Delivery})
			}),
		op("PUT", "/standing-orders/{id}/state", "boxes.state", "Pause, resume or end", buyer,
			func(ctx context.Context, in setStandingIn) (link.Raw[adopt.Standing], error) {
				return b.SetStanding(ctx, adopt.SetStanding{ID: in.ID, State: in.State})
			}),
		op("PUT", "/standing-orders/{id}/dates/{on}", "boxes.skip", "Skip one date, or have it after all", buyer,
			func(ctx context.Context, in skipIn) (link.Raw[adopt.Standing], error) {
				return b.SkipDate(ctx, adopt.SkipDate{ID: in.ID, On: in.On, Skip: in.Skip})
			}),
	}
}
