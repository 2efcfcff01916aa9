package api

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

type unsoldQuery struct {
	Season   int    `query:"season"`
	Township int64  `query:"township"`
	Why      string `query:"why" description:"Only households with this reason"`
	After    int64  `query:"after" minimum:"0" description:"The last id of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200"`
}

type objectionQuery struct {
	Open   bool  `query:"open" description:"Only those that wait for an answer, the earliest first"`
	Before int64 `query:"before" minimum:"0" description:"The last id of the page before"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500"`
}

type householdObjectionQuery struct {
	Code   string `path:"code"`
	Open   bool   `query:"open" description:"Only those that wait for an answer, the earliest first"`
	Before int64  `query:"before" minimum:"0" description:"The last id of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500"`
}

type objectionIn struct {
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Code      string `path:"code" json:"-"`
	PresaleID int64  `json:"presale_id,omitempty" description:"0: about the household's income or persons"`
	Words     string `json:"words"`
}

type objectionEndIn struct {
	Key   string `header:"Idempotency-Key" json:"-" required:"true"`
	ID    int64  `path:"id" json:"-"`
	Step  string `json:"step" enum:"uphold,explain,withdraw" description:"An answer that it was wrong, or that it was right and why; or withdrawn by the household"`
	Words string `json:"words,omitempty" description:"Needed of an answer"`
}

// turnEndpoints are where the turn of a household stands, objections to it, and whom a presale's money reaches.
func (a *API) turnEndpoints() []endpoint {
	t := a.raw.Turns
	return []endpoint{
		op("GET", "/households/{code}/turn", "households.turn", "Where its turn to sell stands in each presale, and why", loggedIn,
			func(ctx context.Context, in incomeIn) (link.Raw[catalog.HouseholdTurn], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return t.Turn(ctx, catalog.HouseholdSeason{ID: h.ID, Season: in.Season})
			}),
		op("GET", "/households/{code}/objections", "households.objections", "Its objections with their answers", loggedIn,
			func(ctx context.Context, in householdObjectionQuery) (link.Raw[catalog.ObjectionPage], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return t.Objections(ctx, catalog.ObjectionFilter{Household: h.ID, Open: in.Open, Before: in.Before, Limit: in.Limit})
			}),
		op("POST", "/households/{code}/objections", "households.object", "Object to its turn, or to its income or persons", only(auth.Earning),
			func(ctx context.Context, in objectionIn) (catalog.Objection, error) {
				if err := needKey(in.Key); err != nil {
					return catalog.Objection{}, err
				}
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return catalog.Objection{}, err
				}
				o, err := a.services.Turns.RaiseObjection(ctx, catalog.RaiseObjection{HouseholdID: h.ID, PresaleID: in.PresaleID, Words: in.Words, IdempotencyKey: in.Key})
				if err == nil {
					a.tellHelped(ctx, h, "objection", map[string]string{"words": o.Words})
				}
				return o, err
			}).created(),
		op("GET", "/objections", "objections.list", "Objections of households", only(auth.County),
			func(ctx context.Context, in objectionQuery) (link.Raw[catalog.ObjectionPage], error) {
				return t.Objections(ctx, catalog.ObjectionFilter{Open: in.Open, Before: in.Before, Limit: in.Limit})
			}),
		op("POST", "/objections/{id}/end", "objections.end", "Answer an objection, or withdraw it", only([]auth.Role{auth.Operator, auth.Household, auth.Helper}),
			func(ctx context.Context, in objectionEndIn) (link.Raw[catalog.Objection], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return t.EndObjection(ctx, catalog.EndObjection{ID: in.ID, Step: catalog.ObjectionStep(in.Step), Words: in.Words, IdempotencyKey: in.Key})
			}),
		op("PUT", "/objections/days", "objections.days", "Within how many days objections are answered from now on", only([]auth.Role{auth.Operator}),
			t.SetObjectionDays),
		op("GET", "/unsold", "households.unsold", "Households that have sold nothing in a season, with the reason", only(auth.County),
			func(ctx context.Context, in unsoldQuery) (link.Raw[catalog.UnsoldPage], error) {
				return t.Unsold(ctx, catalog.UnsoldFilter{Season: in.Season, Township: in.Township, Why: catalog.TurnWhy(in.Why), After: in.After, Limit: in.Limit})
			}),
		op("GET", "/presales/{code}/money", "presales.money", "Whom a presale's money reaches, and what its least part for households keeps", only(auth.Organisation, auth.County),
			func(ctx context.Context, in codeIn) (link.Raw[catalog.PresaleMoney], error) {
				return t.PresaleMoney(ctx, catalog.PresaleRef{Code: in.Code})
			}),
	}
}
