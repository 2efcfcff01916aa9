package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// householdEvents are the events of households so far, oldest first.
func (b *bundle) householdEvents() []catalog.HouseholdsChanged {
	b.t.Helper()
	var rows [][]byte
	if err := b.db.Select(&rows, `SELECT data FROM outbox WHERE subject = $1 ORDER BY seq`, catalog.EvtHouseholdsChanged); err != nil {
		b.t.Fatal(err)
	}
	events := make([]catalog.HouseholdsChanged, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row, &events[i]); err != nil {
			b.t.Fatal(err)
		}
	}
	return events
}

// householdRow is household n of the small county as a row of an import, with another number of persons.
func householdRow(n, persons int) catalog.HouseholdRow {
	village := []string{"永丰村", "新发村", "团结村"}[(n-1)/2%3]
	return catalog.HouseholdRow{Line: n, Code: fmt.Sprintf("YA-%03d", n), Head: fmt.Sprintf("户主%d", n), IDNumber: idNumber(n),
		Persons: fmt.Sprint(persons), Township: map[string]string{"团结村": "双阳镇"}[village], Village: village}
}

func importRows(rows ...catalog.HouseholdRow) catalog.ImportRequest {
	for i := range rows {
		if rows[i].Township == "" {
			rows[i].Township = "依龙镇"
		}
	}
	return catalog.ImportRequest{Rows: rows}
}

// A county that is loaded publishes all its households, in events of a bounded size.
func TestSeedPublishesItsHouseholds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, _ := b.process()
	s := smallCounty()
	for i := int64(7); i <= 1100; i++ {
		h := s.Households[0]
		h.ID, h.Code, h.Members = i, fmt.Sprintf("YA-%04d", i), nil
		s.Households = append(s.Households, h)
	}
	b.load(c, s)
	var all []catalog.HouseholdFact
	for _, e := range b.householdEvents() {
		if len(e.Households) > catalog.FactsPerEvent {
			t.Errorf("an event carries %d households", len(e.Households))
		}
		all = append(all, e.Households...)
	}
	if len(all) != 1100 || all[4] != (catalog.HouseholdFact{ID: 5, VillageID: 3, Persons: 3, Version: 1}) {
		t.Fatalf("%d households were published, beginning with %+v", len(all), all[:min(5, len(all))])
	}
	var paged []catalog.HouseholdFact
	for after := int64(0); ; {
		page, err := c.HouseholdFacts(link.System(t.Context(), "orders"), catalog.HouseholdFactsRequest{After: after, Limit: 300})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == 0 {
			break
		}
		paged = append(paged, page.Items...)
		after = page.Items[len(page.Items)-1].ID
	}
	if !slices.Equal(paged, all) {
		t.Errorf("page by page there are %d households", len(paged))
	}
	for _, ctx := range []context.Context{anonymous, operator, household(1), helper(1)} {
		_, err := c.HouseholdFacts(ctx, catalog.HouseholdFactsRequest{})
		if code := link.CodeOf(err); code != link.Forbidden && code != link.Unauthenticated {
			t.Errorf("%s reads facts: %v", link.ActorFrom(ctx).Role, err)
		}
	}
}

// An import publishes the households that it added or changed, with their next version, and no other.
func TestImportPublishesWhatItChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	seed := len(b.householdEvents())
	first := importRows(householdRow(1, 2), householdRow(2, 9), householdRow(7, 4), householdRow(8, 99))
	first.DryRun = true
	if _, err := c.ImportHouseholds(operator, first); err != nil {
		t.Fatal(err)
	}
	if n := len(b.householdEvents()) - seed; n != 0 {
		t.Errorf("a dry run published %d events", n)
	}
	first.DryRun = false
	res, err := c.ImportHouseholds(operator, first)
	if err != nil || res.Added != 1 || res.Changed != 1 || res.Unchanged != 1 || len(res.Problems) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	events := b.householdEvents()[seed:]
	if len(events) != 1 || len(events[0].Households) != 2 {
		t.Fatalf("published %+v", events)
	}
	changed, added := events[0].Households[0], events[0].Households[1]
	if changed != (catalog.HouseholdFact{ID: 2, VillageID: 1, Persons: 9, Version: 2}) || added.ID <= 6 || added.VillageID != 1 || added.Persons != 4 || added.Version < 1 {
		t.Errorf("published %+v and %+v", changed, added)
	}
	// The history has them like changes on a page.
	e, err := c.Directory().Entry(operator, catalog.EntryRef{Kind: catalog.KindHousehold, ID: 2})
	if err != nil || len(e.History) != 1 || e.History[0].What != "changed" || e.History[0].To["persons"] != "9" || len(e.History[0].To) != 1 {
		t.Errorf("history of a changed household: %+v, %v", e.History, err)
	}
	if e, err = c.Directory().Entry(operator, catalog.EntryRef{Kind: catalog.KindHousehold, ID: added.ID}); err != nil || len(e.History) != 1 || e.History[0].What != "added" {
		t.Errorf("history of a new household: %+v, %v", e.History, err)
	}
	if _, err := c.ImportHouseholds(operator, first); err != nil {
		t.Fatal(err)
	}
	if n := len(b.householdEvents()) - seed; n != 1 {
		t.Errorf("the same file again published an event more, %d", n)
	}
	if _, err := c.ImportHouseholds(operator, importRows(householdRow(2, 3))); err != nil {
		t.Fatal(err)
	}
	if last := b.householdEvents()[seed+1].Households; len(last) != 1 || last[0].Version != 3 || last[0].Persons != 3 {
		t.Errorf("the next change is %+v", last)
	}

	// An event that cannot be written takes the change back.
	if _, err := b.db.Exec(`ALTER TABLE outbox ADD CHECK (subject <> '` + catalog.EvtHouseholdsChanged + `') NOT VALID`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ImportHouseholds(operator, importRows(householdRow(2, 5))); err == nil {
		t.Error("a change was stored without its event")
	}
	if n := b.count(`SELECT persons FROM household WHERE id = 2`); n != 3 {
		t.Errorf("the household has %d persons", n)
	}
}

// Versions of a household grow by one with every change, by however many at once.
func TestHouseholdVersionsGrow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	seed := len(b.householdEvents())
	ctx := link.System(t.Context(), "test")
	var running sync.WaitGroup
	const writers, rounds = 4, 10
	for w := range writers {
		running.Go(func() {
			for range rounds {
				ids := []int64{1, 2, 3, 3}
				if w%2 == 1 {
					slices.Reverse(ids)
				}
				if err := c.HouseholdsChanged(ctx, ids); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	if n := b.count(`SELECT sum(version) FROM household WHERE id <= 3`); n != 3*(1+writers*rounds) {
		t.Errorf("versions sum to %d", n)
	}
	seen := map[int64]bool{}
	for _, e := range b.householdEvents()[seed:] {
		if len(e.Households) != 3 || seen[e.Households[0].Version] {
			t.Errorf("published %+v", e)
		}
		seen[e.Households[0].Version] = true
	}
	if err := c.HouseholdsChanged(ctx, []int64{1, 99}); err == nil {
		t.Error("a household that does not exist was changed")
	}
	if n := b.count(`SELECT version FROM household WHERE id = 1`); n != 1+writers*rounds {
		t.Errorf("a refused change left version %d", n)
	}
	if err := c.HouseholdsChanged(ctx, nil); err != nil {
		t.Errorf("of no household: %v", err)
	}
}
