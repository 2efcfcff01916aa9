package household

import (
	"context"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// turnRoutes are the pages on which a household sees where its turn stands, and objects.
func (s *pages) turnRoutes() {
	earning := auth.Earning
	s.Guarded("GET", "/my/turn", "household.turn", s.turn, earning...)
	s.Guarded("GET", "/my/turn/objection", "household.objection", s.objection, earning...)
	s.Guarded("POST", "/my/turn/objection", "household.objection.raise", s.objectionRaise, earning...)
	s.Guarded("POST", "/my/turn/objections/{id:[0-9]+}/withdraw", "household.objection.withdraw", s.objectionWithdraw, earning...)
}

type turnPage struct {
	page.HouseholdPage
	Choice     page.SeasonChoice
	Turn       catalog.HouseholdTurn
	Lots       []turnCard
	Account    payments.HouseholdAccount
	Objections catalog.ObjectionPage
}

// turnCard is the turn of a lot with the last share that it sold.
type turnCard struct {
	catalog.Turn
	Share *orders.Share
}

func (s *pages) turnPage(r *http.Request) (context.Context, turnPage, error) {
	ctx, who, err := s.Acting(r)
	d := turnPage{HouseholdPage: who}
	if err != nil {
		return ctx, d, err
	}
	if d.Choice, err = s.SeasonChoice(r, int(s.QueryForm(r).Int("season"))); err != nil {
		return ctx, d, err
	}
	if d.Turn, err = s.Turns.Turn(ctx, catalog.HouseholdSeason{ID: who.Household.ID, Season: d.Choice.Season}); err != nil {
		return ctx, d, err
	}
	d.Objections, err = s.Turns.Objections(ctx, catalog.ObjectionFilter{Household: who.Household.ID, Limit: 20})
	return ctx, d, err
}

// turn says where the household's turn stands in each presale, and why.
func (s *pages) turn(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, d, err := s.turnPage(r)
	if err != nil {
		return err
	}
	if d.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: d.Household.ID}); err != nil {
		return err
	}
	for _, t := range d.Turn.Lots {
		card := turnCard{Turn: t}
		if t.Sold() > 0 {
			shares, err := s.Orders.Collection(ctx, orders.CollectionFilter{Household: d.Household.ID, LotID: t.ID, Limit: 1})
			if err != nil {
				return err
			}
			if len(shares.Items) > 0 {
				card.Share = &shares.Items[0]
			}
		}
		d.Lots = append(d.Lots, card)
	}
	return s.RenderForm(w, r, "household/turn", d, s.NewForm(page.LangOf(r)))
}

type objectionPage struct {
	turnPage
	Lot *catalog.Turn // nil: about the household's income or persons
}

func (s *pages) objectionPage(r *http.Request) (context.Context, objectionPage, error) {
	ctx, turn, err := s.turnPage(r)
	d := objectionPage{turnPage: turn}
	presale := s.QueryForm(r).Int("presale")
	if err != nil || presale == 0 {
		return ctx, d, err
	}
	i := slices.IndexFunc(turn.Turn.Lots, func(t catalog.Turn) bool { return t.PresaleID == presale })
	if i < 0 {
		return ctx, d, link.E(link.NotFound, "not_found", "")
	}
	d.Lot = &d.Turn.Lots[i]
	return ctx, d, nil
}

// objection asks one question: the mistake.
func (s *pages) objection(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.objectionPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/objection", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) objectionRaise(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.objectionPage(r)
	if err != nil {
		return err
	}
	if f.Need("words") && f.OK() {
		req := catalog.RaiseObjection{HouseholdID: d.Household.ID, Words: f.Text("words"), IdempotencyKey: f.Key()}
		if d.Lot != nil {
			req.PresaleID = d.Lot.PresaleID
		}
		o, err := s.Turns.RaiseObjection(ctx, req)
		if err == nil {
			s.Flash(r, page.Good, "objection.raised")
			s.tellHousehold(ctx, d.HouseholdPage, "objection", map[string]string{"words": o.Words})
			u, err := s.URL("household.turn", "h", d.H, "season", d.Choice.Season)
			if err != nil {
				return err
			}
			page.Redirect(w, r, u+"#objections")
			return nil
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/objection", d, f)
}

func (s *pages) objectionWithdraw(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	_, err = s.Turns.EndObjection(ctx, catalog.EndObjection{ID: page.PathInt(r, "id"), Step: catalog.ObjectionStepWithdraw, IdempotencyKey: f.Key()})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "objection.withdrawn")
	return s.GoTo(w, r, "household.turn", "h", who.H)
}
