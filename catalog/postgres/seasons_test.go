package postgres_test

import (
	"context"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

var system = link.System(context.Background(), "orders")

var person = catalog.SeasonActor{Account: 4, Login: "li.xian", Role: "approver"}

func stateOf(t *testing.T, c catalog.Seasons, season int) catalog.SeasonDetail {
	t.Helper()
	d, err := c.Season(operator, catalog.SeasonRef{Season: season})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func steps(all []catalog.Act) string {
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = a.Step + " by " + a.Actor
	}
	return strings.Join(out, ", ")
}

// nextPresale is a presale of geese in a season, as a draft.
func (b *bundle) nextPresale(c catalog.Service, season int, code string) catalog.Presale {
	b.t.Helper()
	p, err := c.Presale(operator, catalog.PresaleRef{ID: draft})
	if err != nil {
		b.t.Fatal(err)
	}
	next := p.Presale
	next.ID, next.Season, next.Code = 0, season, code
	saved, err := c.SavePresale(operator, next)
	if err != nil {
		b.t.Fatal(err)
	}
	return saved
}

func TestASeasonFollowsAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	reference := func() catalog.Reference {
		t.Helper()
		ref, err := c.Reference(anonymous, catalog.None{})
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	if d := stateOf(t, c, 2026); d.State != catalog.SeasonCurrent || steps(d.Acts) != "begin by seed, plan by seed" || d.BegunAt == nil || d.Figures.Open != 4 ||
		d.Figures.Drafts != 1 || d.Figures.Ended != 1 || d.Figures.Households != 6 || d.Figures.Selling != 0 {
		t.Errorf("the seed's season: %+v", d)
	}

	// A presale needs a season that was planned, and its year changes nobody's page.
	bad := catalog.Presale{}
	if p, err := c.Presale(operator, catalog.PresaleRef{ID: draft}); err != nil {
		t.Fatal(err)
	} else {
		bad = p.Presale
	}
	bad.ID, bad.Code, bad.Season = 0, "goose-2027", 2027
	_, err := c.SavePresale(operator, bad)
	wantCode(t, err, link.Invalid, "season.unknown", "season")
	if _, err := c.PlanSeason(operator, catalog.PlanSeason{Season: 2027, Title: catalog.Text{Zh: "丰收年"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PlanSeason(operator, catalog.PlanSeason{Season: 2027, Title: catalog.Text{Zh: "丰收年"}}); err != nil {
		t.Errorf("planned again: %v", err)
	}
	_, err = c.PlanSeason(operator, catalog.PlanSeason{Season: 2027, Title: catalog.Text{Zh: "别的"}})
	wantCode(t, err, link.Conflict, "season.taken", "season")
	next := b.nextPresale(c, 2027, "goose-2027")
	b.refresh(c)
	if ref := reference(); ref.Season != 2026 || len(ref.Seasons) != 2 || ref.Seasons[0].ID != 2027 {
		t.Errorf("a draft of 2027 makes %d the season (%v)", ref.Season, ref.Seasons)
	}

	// It is opened and sold while the old one is delivered: a goose of 2026 is no goose of 2027.
	if _, err := c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: next.ID, State: catalog.PresaleOpen}); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Presale(operator, catalog.PresaleRef{Code: next.Code}); err != nil || d.State != catalog.PresaleOpen || d.Capacity == 0 {
		t.Errorf("just opened: %+v, %v", d, err)
	}
	b.refresh(c)
	old, err := c.Reserve(system, b.reserve(geese, 1, 60))
	if err != nil {
		t.Fatal(err)
	}
	young, err := c.Reserve(system, b.reserve(next.ID, 2, 600))
	if err != nil || sum(young.Lines[0].Qty) != 600 {
		t.Fatalf("all geese of 2027: %v, %v", young, err)
	}
	mine, err := c.HouseholdLots(household(1), catalog.HouseholdSeason{ID: 1})
	if err != nil || mine.Season != 2026 || len(mine.Lots) != 4 {
		t.Errorf("lots of the season: %+v, %v", mine, err)
	}
	mine, err = c.HouseholdLots(household(1), catalog.HouseholdSeason{ID: 1, Season: 2027})
	if err != nil || mine.Season != 2027 || len(mine.Lots) != 1 || mine.Lots[0].Reserved != 100 {
		t.Errorf("lots of the next season: %+v, %v", mine, err)
	}
	unsold := func(season int) int {
		t.Helper()
		page, err := c.Households(operator, catalog.HouseholdFilter{Unsold: true, Season: season})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	if n, m := unsold(2026), unsold(2027); n != 6-len(old.Lines[0].Households) || m != 0 || unsold(0) != n {
		t.Errorf("nothing sold: %d of 2026, %d of 2027", n, m)
	}
	selling := func(season int) (n int64) {
		t.Helper()
		cov, err := c.Coverage(operator, catalog.CoverageRequest{Season: season})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range cov.ByVillage {
			n += v.Sold
		}
		return n
	}
	if selling(2026) != 60 || selling(2027) != 600 || selling(0) != 60 || selling(2030) != 0 {
		t.Errorf("sold: %d of 2026, %d of 2027", selling(2026), selling(2027))
	}

	// The next one begins by an act of a person.
	if d := stateOf(t, c, 2027); d.State != catalog.SeasonPlanned || d.Replaces == nil || d.Replaces.ID != 2026 || d.Figures.Holds == 0 {
		t.Errorf("preview: %+v", d)
	}
	for _, ctx := range []context.Context{system, anonymous, clerk(1), household(1), buyer} {
		if _, err := c.BeginSeason(ctx, catalog.SeasonRef{Season: 2027}); link.CodeOf(err) != link.Forbidden && link.CodeOf(err) != link.Unauthenticated {
			t.Errorf("begun by %v: %v", link.ActorFrom(ctx), err)
		}
	}
	if _, err := c.CloseSeason(system, catalog.CloseSeason{Season: 2026, By: person}); link.CodeOf(err) != link.Conflict {
		t.Errorf("the current season closes: %v", err)
	}
	begun, err := c.BeginSeason(operator, catalog.SeasonRef{Season: 2027})
	if err != nil || begun.State != catalog.SeasonCurrent {
		t.Fatalf("begin: %+v, %v", begun, err)
	}
	if _, err := c.BeginSeason(operator, catalog.SeasonRef{Season: 2027}); err != nil {
		t.Errorf("begun again: %v", err)
	}
	if d := stateOf(t, c, 2026); d.State != catalog.SeasonClosing || steps(d.Acts) != "replace by operator, begin by seed, plan by seed" {
		t.Errorf("the old season: %s, %s", d.State, steps(d.Acts))
	}
	if ref := reference(); ref.Season != 2027 || unsold(0) != 0 || selling(0) != 600 {
		t.Errorf("season %d, %d without a sale, %d sold", ref.Season, unsold(0), selling(0))
	}
	if _, err := c.PlanSeason(operator, catalog.PlanSeason{Season: 2025}); err != nil {
		t.Fatal(err)
	}
	_, err = c.BeginSeason(operator, catalog.SeasonRef{Season: 2025})
	wantCode(t, err, link.Conflict, "season.begin.order", "season")
	b.verify(c)
}

func TestAClosedSeasonTakesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	if _, err := c.Reserve(system, b.reserve(geese, 1, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PlanSeason(operator, catalog.PlanSeason{Season: 2027}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.BeginSeason(operator, catalog.SeasonRef{Season: 2027}); err != nil {
		t.Fatal(err)
	}
	closing := catalog.CloseSeason{Season: 2026, By: person}
	_, err := c.CloseSeason(operator, closing)
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = c.CloseSeason(system, closing)
	wantCode(t, err, link.Conflict, "season.not_settled", "season")
	for _, id := range []int64{geese, beans, later, privateGeese} {
		if _, err := c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: id, State: catalog.PresaleClosed}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.CloseSeason(system, closing)
	wantCode(t, err, link.Conflict, "season.not_settled", "season") // units are still held
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	if s, err := c.CloseSeason(system, closing); err != nil || s.State != catalog.SeasonClosed || s.ClosedAt == nil {
		t.Fatalf("close: %+v, %v", s, err)
	}
	if _, err := c.CloseSeason(system, closing); err != nil {
		t.Errorf("closed again: %v", err)
	}
	var acts int // the person's, whom the other module names
	err = b.db.Get(&acts, `SELECT count(*) FROM outbox WHERE subject = $1 AND data->>'kind' = 'season.close' AND headers::text LIKE $2`,
		catalog.EvtAct, "%"+person.Login+"%")
	if err != nil || acts != 1 {
		t.Errorf("%d acts of closing, %v", acts, err)
	}
	b.refresh(c)
	if d := stateOf(t, c, 2026); d.Acts[0].Actor != person.Login || d.Acts[0].Role != person.Role || d.Acts[0].Step != "close" {
		t.Errorf("closed for %+v", d.Acts[0])
	}
	b.verify(c)

	p, err := c.Presale(operator, catalog.PresaleRef{ID: draft})
	if err != nil {
		t.Fatal(err)
	}
	fresh := p.Presale
	fresh.ID, fresh.Code = 0, "too-late"
	_, err = c.SavePresale(operator, fresh)
	wantCode(t, err, link.Conflict, "season.closed", "season")
	_, err = c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: draft, State: catalog.PresaleOpen})
	wantCode(t, err, link.Conflict, "season.closed", "state")
	_, err = c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: geese, State: catalog.PresaleOpen, Reason: "有人还要"})
	wantCode(t, err, link.Conflict, "season.closed", "state")
	_, err = c.Offer(household(1), catalog.OfferRequest{PresaleID: geese, HouseholdID: 1, Capacity: 101})
	wantCode(t, err, link.Conflict, "season.closed", "presale_id")
	_, err = c.Reserve(system, b.reserve(geese, 5, 1))
	wantCode(t, err, link.Conflict, "season.closed", "lines[0].presale_id")
	refill := b.reserve(geese, 6, 1)
	refill.Confirmed = true // as for an order that was paid
	_, err = c.Reserve(system, refill)
	wantCode(t, err, link.Conflict, "season.closed", "lines[0].presale_id")

	// A reason opens it again.
	_, err = c.ReopenSeason(system, catalog.ReopenSeason{Season: 2026, By: person, Reason: " "})
	wantCode(t, err, link.Invalid, "act.reason", "reason")
	_, err = c.ReopenSeason(system, catalog.ReopenSeason{Season: 2027, By: person, Reason: "错了"})
	wantCode(t, err, link.Conflict, "season.reopen.state", "season")
	if s, err := c.ReopenSeason(system, catalog.ReopenSeason{Season: 2026, By: person, Reason: "漏了一张过磅单"}); err != nil || s.State != catalog.SeasonClosing || s.ClosedAt != nil {
		t.Fatalf("reopen: %+v, %v", s, err)
	}
	if d := stateOf(t, c, 2026); d.Acts[0].Reason != "漏了一张过磅单" || d.Acts[0].Step != "reopen" {
		t.Errorf("reopened: %+v", d.Acts[0])
	}
	if _, err := c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: geese, State: catalog.PresaleOpen, Reason: "有人还要"}); err != nil {
		t.Error(err)
	}
	b.refresh(c)
	if _, err := c.Reserve(system, b.reserve(geese, 7, 1)); err != nil {
		t.Errorf("a reopened season: %v", err)
	}
	b.verify(c)

	for _, statement := range []string{`DELETE FROM season_act`, `UPDATE season_act SET login = 'nobody'`, `TRUNCATE season_act`, `DELETE FROM presale_act`} {
		if _, err := b.db.Exec(statement); link.Constraint(err) != "act_stays" {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := b.db.Exec(`UPDATE season SET state = 'current', closed_at = NULL WHERE id = 2026`); link.Constraint(err) != "season_one_current" {
		t.Errorf("two current seasons: %v", err)
	}
}

func TestVerifyFindsSeasonsGoneWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	if _, err := b.db.Exec(`UPDATE season SET state = 'closed', closed_at = now() WHERE id = 2026`); err != nil {
		t.Fatal(err)
	}
	found, err := c.Verify(operator, catalog.None{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, f := range found.Items {
		all[f.Check] = true
	}
	if !all["catalog.season.current"] || !all["catalog.season.closed"] {
		t.Errorf("found %+v", found.Items)
	}
}

func TestAPresaleOpensForSomebody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	reach := func(id int64) catalog.PresaleReach {
		t.Helper()
		r, err := c.PresaleReach(operator, catalog.PresaleRef{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	open := func(id int64, reason string) error {
		_, err := c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: id, State: catalog.PresaleOpen, Reason: reason})
		return err
	}
	// All 113 geese of each household are offered elsewhere in the season.
	if r := reach(draft); r.Units != 0 || r.Registered != 6 || r.Reason != "presale.reach.promised" {
		t.Errorf("promised elsewhere: %+v", r)
	}
	wantCode(t, open(draft, ""), link.Conflict, "presale.reach.promised", "state")
	if _, err := b.db.Exec(`UPDATE household SET geese = 120 WHERE village_id <> 3`); err != nil {
		t.Fatal(err)
	}
	r := reach(draft)
	if r.Households != 4 || r.New != 4 || r.Units != 4*7 || r.Reason != "" || len(r.ByTownship) != 1 || r.ByTownship[0] != (catalog.TownshipReach{TownshipID: 1, Township: "依龙镇", Households: 4, Units: 28}) {
		t.Errorf("before it opens: %+v", r)
	}
	_, err := c.PresaleReach(clerk(2), catalog.PresaleRef{ID: geese})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = c.PresaleReach(clerk(2), catalog.PresaleRef{ID: draft})
	wantCode(t, err, link.NotFound, "presale.unknown", "id")
	if err := open(draft, ""); err != nil {
		t.Fatal(err)
	}
	b.refresh(c)
	if got := reach(draft); got.Units != r.Units || got.Households != 4 || got.New != 0 {
		t.Errorf("opened: %+v", got)
	}

	if _, err := b.db.Exec(`INSERT INTO product (id, code, name, order_unit, price_unit, grams_per_unit, yield_of) VALUES (9, 'alpaca', '{"zh":"羊驼","en":"Alpaca"}', 'head', 'jin', 40000, 'garden');
		UPDATE reference_version SET version = version + 1; UPDATE household SET garden_m2 = 0`); err != nil {
		t.Fatal(err)
	}
	b.refresh(c)
	for product, want := range map[int64]string{9: "presale.reach.no_yield", 2: "presale.reach.no_household"} {
		p, err := c.Presale(operator, catalog.PresaleRef{ID: later})
		if err != nil {
			t.Fatal(err)
		}
		next := p.Presale
		next.ID, next.ProductID, next.Code = 0, product, want[14:]
		next.Code = strings.ReplaceAll(next.Code, "_", "-")
		saved, err := c.SavePresale(operator, next)
		if err != nil {
			t.Fatal(err)
		}
		b.refresh(c)
		if r := reach(saved.ID); r.Reason != want || r.Units != 0 {
			t.Errorf("product %d: %+v", product, r)
		}
		wantCode(t, open(saved.ID, ""), link.Conflict, want, "state")
	}

	// Closed by mistake.
	if _, err := c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: draft, State: catalog.PresaleClosed}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, open(draft, ""), link.Invalid, "act.reason", "reason")
	if err := open(draft, "截错了"); err != nil {
		t.Fatal(err)
	}
	h, err := c.PresaleHistory(clerk(1), catalog.PresaleRef{ID: draft})
	if err != nil || steps(h.Acts) != "reopen by operator, close by operator, open by operator" || h.Acts[0].Reason != "截错了" {
		t.Errorf("history: %+v, %v", h, err)
	}
	_, err = c.PresaleHistory(clerk(2), catalog.PresaleRef{ID: draft})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	b.verify(c)
}
