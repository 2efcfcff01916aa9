package api

import (
	"context"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web/auth"
)

type unpaidRulesIn struct {
	Orders    int   `json:"orders" minimum:"1" maximum:"100" description:"Unpaid orders of a private account, and of a verified phone; adoptions and purchases at a shelf are counted by themselves against it"`
	Part      int64 `json:"part_percent" minimum:"1" maximum:"100" description:"Of a presale's quantity in the unpaid orders of a private buyer"`
	OrgOrders int   `json:"org_orders" minimum:"1" maximum:"10000" description:"Unpaid orders of an organisation's account"`
}

type coolingIn struct {
	Hours int64 `json:"hours" minimum:"0" maximum:"2160"`
}

type decideCoolingIn struct {
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty" description:"Of a refusal"`
}

// ruleEndpoints are the county's rules. Each act changes nothing when it is repeated.
func (a *API) ruleEndpoints() []endpoint {
	county := only(auth.County)
	return []endpoint{
		op("GET", "/rules/unpaid", "rules.unpaid", "The limits of what buyers hold unpaid, and who set them", county,
			func(ctx context.Context, _ struct{}) (link.Raw[orders.UnpaidRules], error) {
				return a.raw.UnpaidRules.UnpaidRules(ctx, orders.None{})
			}),
		op("PUT", "/rules/unpaid", "rules.set_unpaid", "Set the limits; an operator may only make them tighter", county,
			func(ctx context.Context, in unpaidRulesIn) (link.Raw[orders.UnpaidRules], error) {
				return a.raw.UnpaidRules.SetUnpaidRules(ctx, orders.UnpaidLimits{Orders: in.Orders, Part: in.Part, OrgOrders: in.OrgOrders})
			}),
		op("GET", "/rules/cooling", "rules.cooling", "How long nothing is paid to a payout account after its approval", county,
			func(ctx context.Context, _ struct{}) (link.Raw[cooling.Overview], error) {
				return a.raw.CoolingRules.CoolingRules(ctx, payments.None{})
			}),
		op("PUT", "/rules/cooling", "rules.set_cooling", "Set that time; a shorter one waits for another approver", county,
			func(ctx context.Context, in coolingIn) (link.Raw[cooling.Overview], error) {
				return a.raw.CoolingRules.SetCooling(ctx, cooling.Set{Hours: in.Hours})
			}),
		op("POST", "/rules/cooling/{id}/decision", "rules.decide_cooling", "Approve or refuse a shorter time as the second person", only([]auth.Role{auth.Approver}),
			func(ctx context.Context, in decideCoolingIn) (link.Raw[cooling.Overview], error) {
				return a.raw.CoolingRules.DecideCooling(ctx, cooling.Decide{ID: in.ID, Approve: in.Approve, Why: in.Why})
			}),
	}
}
