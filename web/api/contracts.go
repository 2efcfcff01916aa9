package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
)

type contractQuery struct {
	State     string `query:"state" enum:"draft,approval,published,signing,running,closed"`
	Open      bool   `query:"open" description:"For households: only those that can be signed"`
	Household int64  `query:"household" description:"For helpers: whom they ask for"`
	Query     string `query:"q"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200"`
}

type contractIn struct {
	Key string `header:"Idempotency-Key" json:"-" required:"true"`
	contract.Terms
}

type contractChangeIn struct {
	No  string `path:"no" json:"-"`
	Key string `header:"Idempotency-Key" json:"-" required:"true"`
	contract.Terms
}

type contractStepIn struct {
	No      string `path:"no" json:"-"`
	Step    string `json:"step" enum:"submit,return,approve,open,start,close"`
	Reason  string `json:"reason,omitempty" description:"Of a return"`
	Propose bool   `json:"propose,omitempty" description:"Open: have the platform propose quotas by the fair policy"`
}

type proposeIn struct {
	No         string `path:"no" json:"-"`
	Key        string `header:"Idempotency-Key" json:"-" required:"true"`
	Qty        int64  `json:"quantity,omitempty" description:"All that is not promised yet when left out"`
	AnswerDays int    `json:"answer_days,omitempty" description:"7 when left out"`
}

type quotaQuery struct {
	No        string `query:"contract"`
	Household int64  `query:"household"`
	Village   int64  `query:"village"`
	State     string `query:"state" enum:"proposed,booking,signed,declined,lapsed,ended"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"500"`
}

type signUpIn struct {
	No        string `path:"no" json:"-"`
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Household int64  `json:"household_id,omitempty" description:"For helpers: whom they sign for, with consent"`
	Qty       int64  `json:"quantity"`
	Read      string `json:"read_hash,omitempty" description:"SHA-256 of the text that was read, in hex: another text is not signed"`
}

type offerQuery struct {
	No        string `path:"no"`
	Household int64  `query:"household"`
	Qty       int64  `query:"qty" description:"The quantity that the text is for"`
}

type answerIn struct {
	ID     int64  `path:"id" json:"-"`
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty"`
	Read   string `json:"read_hash,omitempty" description:"SHA-256 of the text that was read, in hex: another text is not signed"`
}

type callOffIn struct {
	No    string `path:"no" json:"-"`
	Key   string `header:"Idempotency-Key" json:"-" required:"true"`
	Qty   int64  `json:"quantity"`
	Day   string `json:"day" description:"YYYY-MM-DD"`
	Slot  string `json:"slot,omitempty" enum:"morning,afternoon"`
	Point int64  `json:"point_id,omitempty" description:"One of the contract's collection points, where it has several"`
	Note  string `json:"note,omitempty"`
}

type procurementQuery struct {
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"10" description:"Contracts, with all of their call-offs and prices; without it the newest of a desk"`
}

type planQuery struct {
	No      string `query:"contract"`
	Day     string `query:"day"`
	Village int64  `query:"village"`
}

type raisingQuery struct {
	Org    int64 `query:"org" description:"One raiser, with every ticket"`
	Season int   `query:"season"`
}

type referenceQuery struct {
	Product string `query:"product"`
	Days    int    `query:"days" minimum:"1" maximum:"400"`
}

func (a *API) contractEndpoints() []endpoint {
	c := a.raw.Contracts
	buying := only([]auth.Role{auth.Officer, auth.OrgApprover})
	stepping := only([]auth.Role{auth.Officer, auth.OrgApprover, auth.Operator, auth.Approver})
	watching := only(auth.Organisation, auth.County)
	return []endpoint{
		op("GET", "/contracts", "contracts.list", "Purchase contracts the caller may see", loggedIn,
			func(ctx context.Context, in contractQuery) (link.Raw[contract.Page], error) {
				return c.Contracts(ctx, contract.Filter{State: contract.State(in.State), Open: in.Open, House: in.Household,
					Query: in.Query, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("POST", "/contracts", "contracts.create", "Draft a purchase contract", buying,
			func(ctx context.Context, in contractIn) (link.Raw[contract.Contract], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return c.SaveContract(ctx, contract.Save{Terms: in.Terms, IdempotencyKey: in.Key})
			}).created(),
		op("GET", "/contracts/{no}", "contracts.get", "One contract with its story", loggedIn,
			func(ctx context.Context, in noIn) (link.Raw[contract.Contract], error) {
				return c.Contract(ctx, contract.Ref{No: in.No})
			}),
		op("PUT", "/contracts/{no}", "contracts.change", "Change a draft", buying,
			func(ctx context.Context, in contractChangeIn) (link.Raw[contract.Contract], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return c.SaveContract(ctx, contract.Save{No: in.No, Terms: in.Terms, IdempotencyKey: in.Key})
			}),
		op("POST", "/contracts/{no}/steps", "contracts.step", "Carry out a step: submit, return, approve, open, start, close", stepping,
			func(ctx context.Context, in contractStepIn) (link.Raw[contract.Contract], error) {
				return c.MoveContract(ctx, contract.Move{No: in.No, Step: contract.Step(in.Step), Reason: in.Reason, Propose: in.Propose})
			}),
		op("POST", "/contracts/{no}/proposals", "contracts.propose", "Propose quotas to households, those who earn least first", buying,
			func(ctx context.Context, in proposeIn) (link.Raw[contract.Proposed], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return c.ProposeQuotas(ctx, contract.ProposeQuotas{No: in.No, Qty: in.Qty, AnswerDays: in.AnswerDays, IdempotencyKey: in.Key})
			}).created(),
		op("GET", "/contracts/{no}/offer", "contracts.offer", "What a household may sign for", only(auth.Earning),
			func(ctx context.Context, in offerQuery) (link.Raw[contract.SignOffer], error) {
				return c.SignOffer(ctx, contract.SignOfferRequest{No: in.No, HouseholdID: in.Household, Qty: in.Qty})
			}),
		op("POST", "/contracts/{no}/quotas", "contracts.sign", "Sign up for a quota", only(auth.Earning),
			func(ctx context.Context, in signUpIn) (link.Raw[contract.Quota], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return c.SignUp(ctx, contract.SignUp{No: in.No, HouseholdID: in.Household, Qty: in.Qty, ReadHash: in.Read, IdempotencyKey: in.Key})
			}).created(),
		op("GET", "/quotas", "contracts.quotas", "Quotas of a contract, or of the caller's household", loggedIn,
			func(ctx context.Context, in quotaQuery) (link.Raw[contract.QuotaPage], error) {
				return c.Quotas(ctx, contract.QuotaFilter{No: in.No, Household: in.Household, VillageID: in.Village,
					State: contract.QuotaState(in.State), Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("GET", "/quotas/{id}", "contracts.quota", "One quota with the text that is signed and its hash", loggedIn,
			func(ctx context.Context, in idIn) (link.Raw[contract.Quota], error) {
				return c.Quota(ctx, contract.QuotaRef{ID: in.ID})
			}),
		op("POST", "/quotas/{id}/answer", "contracts.answer", "Accept or decline a proposed quota; the same answer twice is one", only(auth.Earning),
			func(ctx context.Context, in answerIn) (link.Raw[contract.Quota], error) {
				return c.AnswerQuota(ctx, contract.AnswerQuota{ID: in.ID, Accept: in.Accept, Reason: in.Reason, ReadHash: in.Read})
			}),
		op("POST", "/contracts/{no}/call-offs", "contracts.call_off", "Call off a quantity for a day", buying,
			func(ctx context.Context, in callOffIn) (link.Raw[orders.Order], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return c.CallOff(ctx, contract.CallOff{No: in.No, Qty: in.Qty, Day: in.Day, Slot: contract.CallSlot(in.Slot), PointID: in.Point, Note: in.Note, IdempotencyKey: in.Key})
			}).created(),
		op("GET", "/contracts/{no}/call-offs", "contracts.call_offs", "Call-offs of a contract", watching,
			func(ctx context.Context, in noIn) (link.Raw[contract.CallOffs], error) {
				return c.CallOffs(ctx, contract.Ref{No: in.No})
			}),
		op("GET", "/contracts/{no}/fulfilment", "contracts.fulfilment", "What was signed, called off and came, by household and village", watching,
			func(ctx context.Context, in noIn) (link.Raw[contract.Fulfilment], error) {
				return c.Fulfilment(ctx, contract.Ref{No: in.No})
			}).ofPeople(),
		op("POST", "/contracts/{no}/advance", "contracts.advance", "Pay what is advanced to the households", buying,
			func(ctx context.Context, in payIn) (link.Raw[orders.PayStart], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				if err := ownPath("return_url", in.ReturnURL); err != nil {
					return nil, err
				}
				return c.PayAdvance(ctx, orders.PayRequest{OrderNo: in.No, Method: in.Method, ReturnURL: in.ReturnURL, IdempotencyKey: in.Key})
			}),
		op("GET", "/collection/plan", "contracts.plan", "What is to be collected for call-offs, by day and village", watching,
			func(ctx context.Context, in planQuery) (link.Raw[contract.Plan], error) {
				return c.Plan(ctx, contract.PlanRequest{No: in.No, Day: in.Day, Village: in.Village})
			}),
		op("GET", "/procurement", "contracts.procurement", "Where every contract stands, what is late, and prices beside the market", watching,
			func(ctx context.Context, in procurementQuery) (link.Raw[contract.Procurement], error) {
				return c.Procurement(ctx, contract.ProcurementRequest{Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/raising", "contracts.raising", "What raisers have of what sells for the households whose goods they raise", watching,
			func(ctx context.Context, in raisingQuery) (link.Raw[orders.Raising], error) {
				return c.Raising(ctx, orders.RaisingRequest{OrgID: in.Org, Season: in.Season})
			}),
		op("GET", "/reference-prices", "contracts.references", "What the market pays, newest day first", loggedIn,
			func(ctx context.Context, in referenceQuery) (link.Raw[contract.ReferencePrices], error) {
				return c.References(ctx, contract.ReferenceFilter{Product: in.Product, Days: in.Days})
			}),
		opBody("POST", "/reference-prices", "contracts.set_reference", "Publish a day's prices; saying the same twice changes nothing", only([]auth.Role{auth.Operator}),
			func(ctx context.Context, _ contract.SetReference, body []byte) (link.Raw[contract.ReferencePrices], error) {
				return c.SetReferenceBody(ctx, body)
			}).created(),
	}
}
