package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// turnsOf starts a process that tells every change of a line at once.
func (b *bundle) turnsOf(s postgres.Seed) *postgres.Catalog {
	b.t.Helper()
	cfg := b.config()
	cfg.Lines = -1
	c, _ := b.processWith(cfg)
	b.load(c, s)
	return c
}

// What a household is told is true: whoever is told that the next order comes to it gets it, at the stated level, for as long as
// there are goods, and after income from elsewhere.
func TestWhoIsNextGetsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.turnsOf(smallCounty())
	next := func() (id int64, turn catalog.Turn, level int64) {
		t.Helper()
		b.refresh(c)
		before := map[int]int64{}
		for h := int64(1); h <= 6; h++ {
			got, err := c.Turns.Turn(household(h), catalog.HouseholdSeason{ID: h})
			if err != nil || got.Season != 2026 || got.Persons != int(h%3+1) {
				t.Fatalf("household %d: %+v, %v", h, got, err)
			}
			i := slices.IndexFunc(got.Lots, func(l catalog.Turn) bool { return l.PresaleID == geese })
			if l := got.Lots[i]; l.InLine() {
				if other, taken := before[l.Before]; taken {
					t.Fatalf("household %d and %d have as many before them", other, h)
				}
				before[l.Before] = h
				if l.Why == catalog.TurnNext {
					id, turn, level = h, l, got.LevelFen
				}
			}
		}
		return id, turn, level
	}
	for order := int64(1); order <= 40; order++ {
		want, turn, level := next()
		qty := order%3 + 1
		got, err := c.Reserve(t.Context(), b.reserve(geese, order, qty))
		if err != nil {
			t.Fatal(err)
		}
		if s := got.Lines[0]; s.Households[0] != want || s.LevelFen[0] != level || turn.LevelFen != level {
			t.Fatalf("order %d went to %d at %d, household %d was told %+v at %d", order, s.Households[0], s.LevelFen[0], want, turn, level)
		}
		if order%7 == 0 {
			b.told(paid(want, order*100_00, order))
			b.refresh(c)
		}
	}
	b.verify(c)
}

func TestReasonsOfATurn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.turnsOf(smallCounty())
	why := func(h, presale int64) catalog.TurnWhy {
		t.Helper()
		got, err := c.Turns.Turn(household(h), catalog.HouseholdSeason{ID: h, Season: 2026})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(got.Lots, func(l catalog.Turn) bool { return l.PresaleID == presale })
		return got.Lots[i].Why
	}
	if got := why(1, later); got != catalog.TurnEarly {
		t.Errorf("a presale that opens later: %s", got)
	}
	if got := why(1, privateGeese); got != catalog.TurnNamed {
		t.Errorf("adoption: %s", got)
	}
	b.db.MustExec(`UPDATE lot SET capacity = 0 WHERE presale_id = $1 AND household_id = 2`, geese)
	b.db.MustExec(`UPDATE season SET version = version + 2`) // memory has to be read anew
	b.refresh(c)
	if got := why(2, geese); got != catalog.TurnNothing {
		t.Errorf("nothing offered: %s", got)
	}
	first := b.nextOf(c)
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 1, 1)); err != nil {
		t.Fatal(err)
	}
	b.refresh(c)
	got, err := c.Turns.Turn(household(first), catalog.HouseholdSeason{ID: first})
	if err != nil || got.Lots[0].Why != catalog.TurnNext || !got.Lots[0].Begun || got.Lots[0].Missing != 1 { // collected by two
		t.Errorf("a begun yard: %+v, %v", got.Lots, err)
	}
	if _, err := c.SetPresaleState(county(t.Context()), catalog.PresaleStateRequest{ID: geese, State: catalog.PresaleClosed}); err != nil {
		t.Fatal(err)
	}
	b.refresh(c)
	if got := why(1, geese); got != catalog.TurnClosed {
		t.Errorf("closed: %s", got)
	}
	// Income is told also of a household without a line.
	b.told(paid(5, 90_000_00, 1))
	b.refresh(c)
	five, err := c.Turns.Turn(household(5), catalog.HouseholdSeason{ID: 5, Season: 2026})
	if err != nil || five.LevelFen != 30_000_00 {
		t.Errorf("household 5 stands at %d, %v", five.LevelFen, err)
	}
	// An offer that the county checks is said.
	if lot, err := c.Offer(helper(1), catalog.OfferRequest{PresaleID: beans, HouseholdID: 3, Capacity: 900}); err != nil || !lot.Held {
		t.Fatalf("%+v %v", lot, err)
	}
	if three, err := c.Turns.Turn(household(3), catalog.HouseholdSeason{ID: 3}); err != nil || three.Reviews != 1 {
		t.Errorf("%d reviews, %v", three.Reviews, err)
	}
}

// nextOf is the household of the geese that sells next.
func (b *bundle) nextOf(c *postgres.Catalog) int64 {
	b.t.Helper()
	run, err := c.DryRun(county(b.t.Context()), catalog.DryRunRequest{PresaleID: geese, Qty: 1})
	if err != nil {
		b.t.Fatal(err)
	}
	return run.Households[0]
}

func TestWhoSeesATurn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	q := catalog.HouseholdSeason{ID: 1}
	for name, ctx := range map[string]context.Context{"itself": household(1), "its helper": helper(1), "the county": operator} {
		if _, err := c.Turns.Turn(ctx, q); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, ctx := range map[string]context.Context{"another household": household(2), "another helper": helper(2), "a buyer": buyer, "a stranger": anonymous, "its collecting cooperative": clerk(1)} {
		if _, err := c.Turns.Turn(ctx, q); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := c.Turns.Turn(helper(2), catalog.HouseholdSeason{ID: 2}) // it has not agreed
	wantCode(t, err, link.Forbidden, "household.consent.missing", "")
	for name, ctx := range map[string]context.Context{"household": household(1), "helper": helper(1), "clerk": clerk(1)} {
		if _, err := c.Turns.Unsold(ctx, catalog.UnsoldFilter{}); link.CodeOf(err) != link.Forbidden {
			t.Errorf("unsold for a %s: %v", name, err)
		}
		if _, err := c.Turns.PresaleMoney(ctx, catalog.PresaleRef{ID: geese}); name != "clerk" && link.CodeOf(err) != link.Forbidden {
			t.Errorf("money for a %s: %v", name, err)
		}
	}
}

// Readers share a copy of the line: while nothing changes nobody disturbs the writer, and while it changes only once a second.
func TestManyLooksShareALine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	look := func() catalog.HouseholdTurn {
		t.Helper()
		got, err := c.Turns.Turn(household(1), catalog.HouseholdSeason{ID: 1})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	before := look()
	release := c.Occupy() // a copy would wait for the writer
	if got := look(); got.Lots[0].Place != before.Lots[0].Place {
		t.Errorf("%+v", got.Lots[0].Place)
	}
	release()
	for order := int64(1); order <= 3; order++ {
		if _, err := c.Reserve(t.Context(), b.reserve(geese, order, 40)); err != nil {
			t.Fatal(err)
		}
	}
	b.refresh(c)
	if got := look(); got.Lots[0].Place != before.Lots[0].Place || !got.At.Equal(before.At) {
		t.Errorf("within a second: %+v at %s", got.Lots[0].Place, got.At)
	}
	b.clock.Advance(time.Second)
	if got := look(); got.Lots[0].Place == before.Lots[0].Place || !got.At.After(before.At) {
		t.Errorf("after a second: %+v at %s", got.Lots[0].Place, got.At)
	}
}

func TestObjections(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	raise := catalog.RaiseObjection{HouseholdID: 1, PresaleID: geese, Words: " 隔壁卖了，我家没卖 ", IdempotencyKey: "one"}
	o, err := c.Turns.RaiseObjection(household(1), raise)
	if err != nil || o.State != catalog.ObjectionOpen || o.Words != "隔壁卖了，我家没卖" || o.Presale != "goose-main" || o.Told.Of != 6 || o.Told.Why == "" || o.OnBehalf ||
		!o.DueAt.Equal(catalog.ObjectionDue(start, catalog.DefaultObjectionDays)) {
		t.Fatalf("%+v, %v", o, err)
	}
	if again, err := c.Turns.RaiseObjection(household(1), raise); err != nil || again.ID != o.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	other := raise
	other.Words = "别的话"
	_, err = c.Turns.RaiseObjection(household(1), other)
	wantCode(t, err, link.Conflict, "reserve.key.reused", "idempotency_key")
	other.IdempotencyKey = "two"
	_, err = c.Turns.RaiseObjection(household(1), other)
	wantCode(t, err, link.Conflict, "objection.open", "presale_id")
	other.PresaleID, other.IdempotencyKey = draft, "three"
	_, err = c.Turns.RaiseObjection(household(1), other)
	wantCode(t, err, link.Invalid, "objection.presale", "presale_id")
	for name, ctx := range map[string]context.Context{"another": household(2), "another helper": helper(2)} {
		if _, err := c.Turns.RaiseObjection(ctx, raise); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s objects: %v", name, err)
		}
	}
	_, err = c.Turns.RaiseObjection(operator, raise)
	wantCode(t, err, link.Forbidden, "objection.not_yours", "household_id")
	_, err = c.Turns.RaiseObjection(helper(2), catalog.RaiseObjection{HouseholdID: 2, Words: "没有同意", IdempotencyKey: "four"})
	wantCode(t, err, link.Forbidden, "household.consent.missing", "household_id")

	// The time that the county sets holds from then on.
	_, err = c.Turns.SetObjectionDays(household(1), catalog.ObjectionDays{Days: 3})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	if _, err := c.Turns.SetObjectionDays(county(t.Context()), catalog.ObjectionDays{Days: 3}); err != nil {
		t.Fatal(err)
	}
	byHelper := as("helper", func(a *link.Actor) { a.Helper, a.Account, a.OnBehalfOf = 1, 77, 1 })
	income, err := c.Turns.RaiseObjection(byHelper, catalog.RaiseObjection{HouseholdID: 1, Words: "少算一口人", IdempotencyKey: "five"})
	if err != nil || !income.OnBehalf || income.Presale != "" || !income.DueAt.Equal(catalog.ObjectionDue(start, 3)) {
		t.Fatalf("%+v, %v", income, err)
	}
	b.clock.Advance(4 * 24 * time.Hour)
	page, err := c.Turns.Objections(operator, catalog.ObjectionFilter{Open: true})
	if err != nil || page.Open != 2 || page.Overdue != 1 || page.Days != 3 || len(page.Items) != 2 || page.Items[0].ID != income.ID || !page.Items[0].Overdue || page.Items[1].Overdue {
		t.Fatalf("%+v, %v", page, err)
	}

	// Answers.
	answer := catalog.EndObjection{ID: income.ID, Step: catalog.ObjectionStepUphold, Words: "已补上一口人", IdempotencyKey: "a"}
	same := as("operator", func(a *link.Actor) { a.Account = 77 })
	_, err = c.Turns.EndObjection(same, answer)
	wantCode(t, err, link.Forbidden, "objection.second_person", "")
	for name, ctx := range map[string]context.Context{"the household": household(1), "its helper": helper(1), "the approver": as("approver", nil)} {
		if _, err := c.Turns.EndObjection(ctx, answer); link.CodeOf(err) != link.Forbidden {
			t.Errorf("%s answers: %v", name, err)
		}
	}
	if _, err := c.Turns.EndObjection(household(2), catalog.EndObjection{ID: o.ID, Step: catalog.ObjectionStepWithdraw, IdempotencyKey: "w"}); link.CodeOf(err) != link.NotFound {
		t.Errorf("another household withdraws: %v", err)
	}
	for range 2 {
		got, err := c.Turns.EndObjection(county(t.Context()), answer)
		if err != nil || got.State != catalog.ObjectionUpheld || got.Answer != "已补上一口人" || got.EndedBy != "operator" || got.EndedAt == nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	answer.IdempotencyKey = "b"
	_, err = c.Turns.EndObjection(county(t.Context()), answer)
	wantCode(t, err, link.Conflict, "objection.ended", "")
	if got, err := c.Turns.EndObjection(household(1), catalog.EndObjection{ID: o.ID, Step: catalog.ObjectionStepWithdraw, IdempotencyKey: "c"}); err != nil || got.State != catalog.ObjectionWithdrawn {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.Turns.RaiseObjection(household(1), catalog.RaiseObjection{HouseholdID: 1, PresaleID: geese, Words: "又提一次", IdempotencyKey: "six"}); err != nil {
		t.Errorf("after it was withdrawn: %v", err)
	}

	// The household reads its own, and the slip has them.
	mine, err := c.Turns.Objections(household(1), catalog.ObjectionFilter{Household: 1, Limit: 2})
	if err != nil || len(mine.Items) != 2 || mine.Open != 1 || mine.Next == 0 || mine.Items[1].Answer != "已补上一口人" {
		t.Errorf("%+v, %v", mine, err)
	}
	if rest, err := c.Turns.Objections(household(1), catalog.ObjectionFilter{Household: 1, Before: mine.Next}); err != nil || len(rest.Items) != 1 || rest.Items[0].ID != o.ID {
		t.Errorf("%+v, %v", rest, err)
	}
	for name, ctx := range map[string]context.Context{"all": household(1), "all for a helper": helper(1)} {
		if _, err := c.Turns.Objections(ctx, catalog.ObjectionFilter{}); link.CodeOf(err) != link.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Turns.Objections(household(2), catalog.ObjectionFilter{Household: 1}); link.CodeOf(err) != link.NotFound {
		t.Errorf("of another household: %v", err)
	}
	log, err := c.HouseholdLog(household(1), catalog.HouseholdRef{ID: 1})
	if err != nil || len(log.Actions) != 5 || log.Actions[2].What != "objection.upheld" || log.Actions[2].Args["words"] != "已补上一口人" || !log.Actions[3].OnBehalf {
		t.Errorf("%+v, %v", log.Actions, err)
	}
	acts := b.count(`SELECT count(*) FROM outbox WHERE subject = $1 AND data::text LIKE '%objection.%'`, catalog.EvtAct)
	if acts != 6 { // three raised, the days, one answered, one withdrawn
		t.Errorf("%d acts for the audit trail", acts)
	}
	for _, sql := range []string{
		`UPDATE objection SET words = ''`, `DELETE FROM objection_end`, `DELETE FROM objection_days`, `TRUNCATE objection CASCADE`, `UPDATE objection_end SET words = ''`,
		`UPDATE objection_days SET days = 60`, `DELETE FROM objection`, `TRUNCATE objection_end`, `TRUNCATE objection_days`,
	} {
		if _, err := b.db.Exec(sql); link.Constraint(err) != "objection_stays" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := b.db.Exec(`INSERT INTO objection_end (objection_id, state, words, at, account, login, role, key) VALUES ($1, 'explained', '', now(), 1, '', '', 'z')`, income.ID); link.Constraint(err) != "objection_end_once" {
		t.Errorf("a second end: %v", err)
	}
}

func TestUnsold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.turnsOf(smallCounty())
	page, err := c.Turns.Unsold(operator, catalog.UnsoldFilter{Limit: 4})
	if err != nil || page.Season != 2026 || page.Households != 6 || len(page.Items) != 4 || page.Next != 4 {
		t.Fatalf("%+v, %v", page, err)
	}
	if rest, err := c.Turns.Unsold(operator, catalog.UnsoldFilter{After: page.Next}); err != nil || len(rest.Items) != 2 || rest.Items[0].ID != 5 || rest.Households != 6 {
		t.Errorf("%+v, %v", rest, err)
	}
	next := b.nextOf(c)
	b.db.MustExec(`INSERT INTO household (id, code, head, persons, village_id) VALUES (90, 'YA-090', '没有货', 2, 3)`)
	res, err := c.Reserve(t.Context(), b.reserve(geese, 1, 2))
	if err != nil || res.Lines[0].Households[0] != next {
		t.Fatalf("%+v, %v", res, err)
	}
	page, err = c.Turns.Unsold(operator, catalog.UnsoldFilter{})
	if err != nil || page.Households != 6 || slices.ContainsFunc(page.Items, func(h catalog.UnsoldHousehold) bool { return h.ID == next }) {
		t.Fatalf("%+v, %v", page, err)
	}
	counted := 0
	for _, n := range page.Counts {
		counted += n.Households
	}
	if counted != 6 || page.Counts[0] != (catalog.UnsoldCount{Why: catalog.UnsoldNoLot, Households: 1}) {
		t.Errorf("%+v", page.Counts)
	}
	if only, err := c.Turns.Unsold(operator, catalog.UnsoldFilter{Why: catalog.UnsoldNoLot, Township: 2}); err != nil || len(only.Items) != 1 || only.Items[0].ID != 90 {
		t.Errorf("%+v, %v", only, err)
	}
	// The goods of the one that sold are lost: it has sold nothing again, and why.
	b.command(c, catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 1})
	b.command(c, catalog.CmdDeliver, catalog.HoldDeliver{OrderID: 1, Line: 1, Lots: res.Lines[0].Lots, Delivered: []int64{0}, Returned: []int64{2}, Lost: true})
	page, err = c.Turns.Unsold(operator, catalog.UnsoldFilter{Why: catalog.UnsoldShort})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != next {
		t.Errorf("%+v, %v", page, err)
	}
}

// raisedCounty has geese of which households 1 to 3 have theirs raised, for 90 % of the price after the fee.
func raisedCounty() postgres.Seed {
	s := smallCounty()
	s.Organisations = append(s.Organisations, catalog.Organisation{ID: 9, Kind: catalog.OrgRaiser, Name: "养鹅大户", RaiserBP: 9_000})
	for i := range s.Lots {
		if l := &s.Lots[i]; l.PresaleID == geese && l.HouseholdID <= 3 {
			l.AgentOrg, l.AgentBP = 9, 9_000
		}
	}
	return s
}

// A presale keeps its least part for households over all orders, and says so when it refuses.
func TestLeastPartForHouseholds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := raisedCounty()
	for i := range s.Presales {
		if s.Presales[i].ID == geese {
			s.Presales[i].HouseholdsBP = 8_000
		}
	}
	c := b.turnsOf(s)
	part := func() (households, all int64) {
		t.Helper()
		m, err := c.Turns.PresaleMoney(operator, catalog.PresaleRef{ID: geese})
		if err != nil {
			t.Fatal(err)
		}
		return m.Sold.HouseholdsFen, m.Sold.AmountFen
	}
	// 300 geese of their own bring ¥108.64 of ¥112, ¥19.04 above ¥89.60; a raised one ¥10.86, ¥78.74 below: 72 are covered.
	m, err := c.Turns.PresaleMoney(operator, catalog.PresaleRef{ID: geese})
	if err != nil || m.Sellable != 372 || m.Kept != 228 || m.All.RaisedUnits != 300 {
		t.Fatalf("%+v, %v", m, err)
	}
	if got := left(t, c, geese); got != 372 {
		t.Errorf("buyers read that %d are left", got)
	}
	turn, err := c.Turns.Turn(household(1), catalog.HouseholdSeason{ID: 1})
	if err != nil || turn.Lots[0].Why != catalog.TurnWaits || turn.Lots[0].LeastBP != 8_000 || turn.Lots[0].AgentName != "养鹅大户" || turn.Lots[0].FullFen != 108_64 ||
		turn.Lots[0].Covering != 3 {
		t.Errorf("%+v, %v", turn.Lots, err)
	}
	order := int64(0)
	for _, qty := range []int64{1, 20, 3, 100, 1, 1, 50, 120, 76} {
		order++
		res, err := c.Reserve(t.Context(), b.reserve(geese, order, qty))
		if err != nil {
			t.Fatalf("order of %d: %v", qty, err)
		}
		if res.Lines[0].Policy != "fair/3" {
			t.Errorf("divided by %s", res.Lines[0].Policy)
		}
		if households, all := part(); households*10_000 < all*8_000 {
			t.Fatalf("after %d households have %d of %d", order, households, all)
		}
	}
	_, err = c.Reserve(t.Context(), b.reserve(geese, 90, 1))
	if e := link.AsError(err); e == nil || e.Code != link.SoldOut || e.Key != "order.quantity.least_part" || e.Args["left"] != "0" || e.Args["percent"] != "80%" {
		t.Errorf("refused with %v", err)
	}
	if _, err := c.DryRun(operator, catalog.DryRunRequest{PresaleID: geese, Qty: 1}); link.CodeOf(err) != link.SoldOut || link.AsError(err).Key != "order.quantity.least_part" {
		t.Errorf("the dry run: %v", err)
	}
	// Cancelled units can be sold again, and the part is kept.
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 4})
	if _, err := c.Reserve(t.Context(), b.reserve(geese, 91, left(t, c, geese))); err != nil {
		t.Error(err)
	}
	b.refresh(c)
	b.verify(c)
	again, _ := b.process() // reads it from the database
	if got := left(t, again, geese); got != left(t, c, geese) {
		t.Errorf("another process has %d left, this one %d", got, left(t, c, geese))
	}
}

func TestLeastPartIsSaidBeforeOpening(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := raisedCounty()
	s.Households[0].Raiser, s.Households[0].RaiserOrg = "养鹅大户", 9
	c := b.turnsOf(s)
	p, err := c.Presale(operator, catalog.PresaleRef{ID: draft})
	if err != nil {
		t.Fatal(err)
	}
	save := p.Presale
	save.HouseholdsBP, save.Grades = 8_000, []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}}
	b.db.MustExec(`UPDATE lot SET capacity = 0 WHERE presale_id IN ($1, $2, $3)`, geese, later, privateGeese)
	if got, err := c.SavePresale(operator, save); err != nil || got.HouseholdsBP != 8_000 {
		t.Fatalf("%+v, %v", got, err)
	}
	b.refresh(c)
	reach, err := c.PresaleReach(operator, catalog.PresaleRef{ID: draft})
	if err != nil || reach.Units != 600 || reach.Raised != 100 || reach.Sellable != 600 || reach.Money.RaisersFen == 0 { // 500 of their own cover 100
		t.Fatalf("%+v, %v", reach, err)
	}
	save.HouseholdsBP = 9_600
	b.refresh(c)
	if reach, err = b.reachWith(c, save); err != nil || reach.Sellable >= 600 || reach.Sellable <= 500 {
		t.Errorf("%+v, %v", reach, err)
	}
	save.HouseholdsBP = 9_900
	_, err = c.SavePresale(operator, save)
	wantCode(t, err, link.Invalid, "presale.households.fee", "households_bp")
	if _, err := c.SetPresaleState(operator, catalog.PresaleStateRequest{ID: draft, State: catalog.PresaleOpen}); err != nil {
		t.Fatal(err)
	}
	save.HouseholdsBP = 1
	_, err = c.SavePresale(operator, save)
	wantCode(t, err, link.Conflict, "presale.not_draft", "")
}

func (b *bundle) reachWith(c *postgres.Catalog, p catalog.Presale) (catalog.PresaleReach, error) {
	_, err := c.SavePresale(operator, p)
	b.refresh(c)
	reach, reachErr := c.PresaleReach(operator, catalog.PresaleRef{ID: p.ID})
	return reach, errors.Join(err, reachErr)
}

// BenchmarkTurn measures a household's look in a county of 11,187 households, while orders come in.
func BenchmarkTurn(b *testing.B) {
	bu := setup(b)
	c, _ := bu.process()
	bu.load(c, largeCounty())
	for i := 0; b.Loop(); i++ {
		h := int64(i%11_187 + 1)
		if _, err := c.Turns.Turn(household(h), catalog.HouseholdSeason{Code: fmt.Sprintf("YA-%05d", h)}); err != nil {
			b.Fatal(err)
		}
	}
}
