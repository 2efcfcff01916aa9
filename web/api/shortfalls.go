package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

type shortfallIn struct {
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Village   int64  `json:"village_id,omitempty" description:"This or the household"`
	Household int64  `json:"household_id,omitempty"`
	Presale   int64  `json:"presale_id,omitempty" description:"0: all presales"`
	Reason    string `json:"reason" enum:"died,harvest,quality,refused,other"`
	Lost      bool   `json:"lost,omitempty"`
}

type shortageAnswerIn struct {
	No     string                `path:"no" json:"-"`
	ID     int64                 `path:"id" json:"-"`
	Answer orders.ShortageAnswer `json:"answer" enum:"refill,less,cancel"`
}

func (a *API) shortfallEndpoints() []endpoint {
	o := a.raw.Orders
	return []endpoint{
		op("POST", "/shortfalls", "collection.shortfall", "A household or a whole village will not deliver what it still owes",
			only([]auth.Role{auth.Clerk, auth.Officer, auth.Household, auth.Helper}, auth.County),
			func(ctx context.Context, in shortfallIn) (link.Raw[orders.Shortfall], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return o.ReportShortfall(ctx, orders.ShortfallRequest{VillageID: in.Village, HouseholdID: in.Household, PresaleID: in.Presale,
					Reason: in.Reason, Lost: in.Lost, IdempotencyKey: in.Key})
			}).created(),
		op("POST", "/orders/{no}/shortages/{id}", "orders.shortage", "Say what to do about units that will not come", only(auth.Buying),
			func(ctx context.Context, in shortageAnswerIn) (link.Raw[orders.Order], error) {
				return o.AnswerShortage(ctx, orders.AnswerShortageRequest{OrderNo: in.No, ID: in.ID, Answer: in.Answer})
			}),
	}
}
