package api

import (
	"context"
	"strconv"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type householdQuery struct {
	Query     string `query:"q"`
	Township  int64  `query:"township"`
	Village   int64  `query:"village"`
	Programme string `query:"programme"`
	Unsold    bool   `query:"unsold"`
	Season    int    `query:"season" description:"Of unsold; the current one if not given"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"100"`
}

type incomeIn struct {
	Code   string `path:"code"`
	Season int    `query:"season"`
}

type offerIn struct {
	Code     string `path:"code" json:"-"`
	Presale  int64  `path:"presale" json:"-"`
	Capacity int64  `json:"capacity"`
}

type consentIn struct {
	Code  string `path:"code" json:"-"`
	Given bool   `json:"given"`
	How   string `json:"how" enum:"signed,phone,visit"`
}

type accountIn struct {
	Code   string `path:"code" json:"-"`
	Holder string `json:"holder"`
	Bank   string `json:"bank"`
	Number string `json:"number"`

	Why      string `json:"why,omitempty" description:"Needed where the holder is not the household's head"`
	Document string `json:"document,omitempty" description:"So is the document that shows it, such as the number of an authorisation"`
}

// household finds the household of a path; the catalogue decides whether the caller may know it. A helper acts on its
// behalf from there on.
func (a *API) household(ctx context.Context, code string) (context.Context, catalog.Household, error) {
	h, err := a.services.Catalog.Household(ctx, catalog.HouseholdRef{Code: code})
	if err != nil {
		return ctx, h, err
	}
	actor := link.ActorFrom(ctx)
	if actor.Role == string(auth.Helper) {
		if !h.Consent {
			return ctx, h, link.E(link.Forbidden, "household.no_consent", "")
		}
		actor.OnBehalfOf = h.ID
		ctx = link.WithActor(ctx, actor)
	}
	return ctx, h, nil
}

func (a *API) tellHelped(ctx context.Context, h catalog.Household, kind string, args map[string]string) {
	if a.services.TellHelped != nil {
		a.services.TellHelped(ctx, h, kind, args)
	}
}

// tellOffer tells a household that its helper changed its offer.
func (a *API) tellOffer(ctx context.Context, h catalog.Household, lot catalog.Lot, capacity int64) {
	title := ""
	if p, err := a.services.Catalog.Presale(ctx, catalog.PresaleRef{ID: lot.PresaleID}); err == nil {
		title = p.Title.Zh
	}
	a.tellHelped(ctx, h, "offer", map[string]string{"product": title, "capacity": strconv.FormatInt(capacity, 10)})
}

func (a *API) householdEndpoints() []endpoint {
	c, o, p := a.raw.Catalog, a.raw.Orders, a.raw.Payments
	return []endpoint{
		op("GET", "/households", "households.list", "Households the caller may see", loggedIn,
			func(ctx context.Context, in householdQuery) (link.Raw[catalog.HouseholdPage], error) {
				return c.Households(ctx, catalog.HouseholdFilter{Query: in.Query, Township: in.Township, VillageID: in.Village,
					Programme: in.Programme, Unsold: in.Unsold, Season: in.Season, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		opBody("POST", "/households/import", "households.import", "Add or update households, row by row", only(auth.County),
			func(ctx context.Context, _ catalog.ImportRequest, body []byte) (link.Raw[catalog.ImportResult], error) {
				return c.ImportHouseholdsBody(ctx, body)
			}),
		op("GET", "/households/{code}", "households.get", "One household", loggedIn,
			func(ctx context.Context, in codeIn) (link.Raw[catalog.Household], error) {
				return c.Household(ctx, catalog.HouseholdRef{Code: in.Code})
			}).ofPeople(),
		op("GET", "/households/{code}/income", "households.income", "Its income ledger: expected, owed, paid", loggedIn,
			func(ctx context.Context, in incomeIn) (link.Raw[orders.Income], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return o.Income(ctx, orders.IncomeRequest{HouseholdID: h.ID, Season: in.Season})
			}),
		op("GET", "/households/{code}/lots", "households.lots", "What it offers in a season", loggedIn,
			func(ctx context.Context, in incomeIn) (link.Raw[catalog.HouseholdLots], error) {
				return c.HouseholdLots(ctx, catalog.HouseholdSeason{Code: in.Code, Season: in.Season})
			}),
		op("PUT", "/households/{code}/lots/{presale}", "households.offer", "Change what it offers in a presale", loggedIn,
			func(ctx context.Context, in offerIn) (link.Raw[catalog.Lot], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				raw, err := c.Offer(ctx, catalog.OfferRequest{PresaleID: in.Presale, HouseholdID: h.ID, Capacity: in.Capacity})
				if err != nil || link.ActorFrom(ctx).Role != string(auth.Helper) {
					return raw, err
				}
				if lot, err := raw.Decode(); err == nil && !lot.Held {
					a.tellOffer(ctx, h, lot, in.Capacity)
				}
				return raw, nil
			}),
		op("PUT", "/households/{code}/consent", "households.consent", "Record or revoke that its helper may act for it", loggedIn,
			func(ctx context.Context, in consentIn) (link.Raw[catalog.Household], error) {
				h, err := a.services.Catalog.Household(ctx, catalog.HouseholdRef{Code: in.Code})
				if err != nil {
					return nil, err
				}
				raw, err := c.SetConsent(ctx, catalog.ConsentRequest{HouseholdID: h.ID, Given: in.Given, How: in.How})
				if err == nil && !in.Given && link.ActorFrom(ctx).Role == string(auth.Helper) {
					a.tellHelped(ctx, h, "consent", map[string]string{})
				}
				return raw, err
			}),
		op("GET", "/households/{code}/account", "households.account", "What it is owed, and how it is paid", loggedIn,
			func(ctx context.Context, in codeIn) (link.Raw[payments.HouseholdAccount], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return p.HouseholdAccount(ctx, payments.HouseholdRef{ID: h.ID})
			}).ofPeople(),
		op("PUT", "/households/{code}/account", "households.account_set", "Enter where it is paid: used after a second person has approved it", loggedIn,
			func(ctx context.Context, in accountIn) (link.Raw[payments.PayoutAccount], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return p.SetPayoutAccount(ctx, payments.SetPayoutAccount{Household: h.ID, Holder: in.Holder, Bank: in.Bank, Number: in.Number, Why: in.Why, Document: in.Document})
			}),
		op("POST", "/households/{code}/account/approval", "households.account_approve", "Confirm a change of account as the second person", only(auth.County),
			func(ctx context.Context, in codeIn) (link.Raw[payments.PayoutAccount], error) {
				_, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return p.ApprovePayoutAccount(ctx, payments.HouseholdRef{ID: h.ID})
			}),
	}
}
