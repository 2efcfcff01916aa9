package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// importHousehold registers household n of the small county anew, in a village and with so many persons.
func (b *bundle) importHousehold(n, village, persons int) {
	b.t.Helper()
	res, err := b.catalog.ImportHouseholds(county(), catalog.ImportRequest{Rows: []catalog.HouseholdRow{{
		Line: 2, Code: fmt.Sprintf("YA-%03d", n), Head: fmt.Sprintf("户主%d", n), IDNumber: idNumber(n), Persons: fmt.Sprint(persons),
		Township: "依龙镇", Village: []string{"永丰村", "新发村", "团结村"}[village-1],
	}}})
	if err != nil || res.Added+res.Changed != 1 {
		b.t.Fatalf("%+v, %v", res, err)
	}
}

// idNumber is a valid number of nobody: the region does not exist.
func idNumber(n int) string {
	body, total := fmt.Sprintf("99999919600101%03d", n), 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		total += int(body[i]-'0') * w
	}
	return body + string("10X98765432"[total%11])
}

// tellHouseholds publishes an event as the catalogue would.
func (b *bundle) tellHouseholds(facts ...catalog.HouseholdFact) {
	b.t.Helper()
	ctx := link.System(b.t.Context(), "catalog")
	err := link.InTx(ctx, b.stock, nil, func(tx *sqlx.Tx) error {
		return link.Publish(ctx, tx, link.Message{Subject: catalog.EvtHouseholdsChanged, Data: catalog.HouseholdsChanged{Households: facts}})
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// copyIs waits until the copy of a household is in a village, with so many persons and a version.
func (b *bundle) copyIs(id, village int64, persons int, version int64) {
	b.t.Helper()
	b.eventually(fmt.Sprintf("household %d is in village %d with %d persons, version %d", id, village, persons, version), func() bool {
		return b.count(`SELECT count(*) FROM household_ref WHERE (id, village_id, persons, version) = ($1, $2, $3, $4)`, id, village, persons, version) == 1
	})
}

func (b *bundle) findings() orders.Findings {
	b.t.Helper()
	found, err := b.orders.Verify(system(), orders.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// TestImportedHouseholdsCount: the county's figures have the households of an import, and their changes, without anybody
// looking at them.
func TestImportedHouseholdsCount(t *testing.T) {
	b := setup(t)
	report := func(persons, ofVillage, households int64) {
		t.Helper()
		b.eventually(fmt.Sprintf("the overview counts %d persons, village 3 %d of %d households", persons, ofVillage, households), func() bool {
			r, err := b.orders.Report(county(), orders.ReportRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range r.ByVillage {
				if v.VillageID == 3 {
					return r.Persons == persons && v.Persons == ofVillage && v.Households == households
				}
			}
			return false
		})
	}
	report(12, 4, 2) // persons 2, 3, 1, 2, 3, 1
	b.importHousehold(7, 3, 5)
	report(17, 9, 3)
	b.importHousehold(7, 3, 4)
	report(16, 8, 3)
	b.importHousehold(7, 1, 4) // it moved
	report(16, 4, 2)
	list, err := b.orders.Incomes(county(), orders.IncomesRequest{})
	if err != nil || list.Total != 7 || len(list.Items) != 7 || list.Items[6].Persons != 4 || list.Items[6].VillageID != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestHouseholdEventsInAnyOrder: an event that comes late, or once more, changes nothing.
func TestHouseholdEventsInAnyOrder(t *testing.T) {
	b := setup(t)
	b.harmed = true // what is told here, the catalogue does not know
	fact := func(id, village int64, persons int, version int64) catalog.HouseholdFact {
		return catalog.HouseholdFact{ID: id, VillageID: village, Persons: persons, Version: version}
	}
	last := int64(100)
	heard := func() { // all events so far
		t.Helper()
		last++
		b.tellHouseholds(fact(6, 3, 1, last))
		b.copyIs(6, 3, 1, last)
	}
	b.tellHouseholds(fact(1, 2, 9, 5), fact(2, 3, 4, 7))
	b.copyIs(1, 2, 9, 5)
	b.tellHouseholds(fact(1, 1, 3, 4), fact(2, 1, 1, 6)) // late
	b.tellHouseholds(fact(1, 1, 2, 3))
	heard()
	b.copyIs(1, 2, 9, 5)
	b.copyIs(2, 3, 4, 7)
	b.tellHouseholds(fact(1, 2, 9, 5)) // once more, as another event
	if _, err := link.Replay(t.Context(), b.stock, start.AddDate(-10, 0, 0)); err != nil {
		t.Fatal(err)
	}
	b.settled()
	heard()
	b.copyIs(1, 2, 9, 5)
	b.tellHouseholds(fact(1, 1, 3, 7))
	b.tellHouseholds(fact(1, 1, 8, 6)) // together with a later one
	heard()
	b.copyIs(1, 1, 3, 7)

	// While the income ledger is read anew events wait: one that came between reading and writing would be lost.
	rebuilding, err := b.db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rebuilding.Close()
	const lock = `(hashtextextended(current_schema() || '.income', 0))`
	if _, err := rebuilding.ExecContext(t.Context(), `SELECT pg_advisory_lock`+lock); err != nil {
		t.Fatal(err)
	}
	b.tellHouseholds(fact(1, 3, 4, 8))
	b.eventually("the event waits", func() bool {
		return b.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32 | objid::bigint) = `+lock) > 0
	})
	if _, err := rebuilding.ExecContext(t.Context(), `SELECT pg_advisory_unlock`+lock); err != nil {
		t.Fatal(err)
	}
	b.copyIs(1, 3, 4, 8)

	// Two processes share the events, and a process that was not there hears of them later.
	_, stop := b.process()
	b.tellHouseholds(fact(2, 1, 6, 8))
	b.copyIs(2, 1, 6, 8)
	stop()
	b.tellHouseholds(fact(2, 1, 2, 9))
	b.copyIs(2, 1, 2, 9)
}

// TestHouseholdsAcrossARestart: what the catalogue changed while no process of orders ran is there when one runs.
func TestHouseholdsAcrossARestart(t *testing.T) {
	b := setup(t)
	b.copyIs(1, 1, 2, 1)
	b.stop()
	b.importHousehold(1, 2, 7)
	b.importHousehold(8, 3, 2)
	if n := b.count(`SELECT persons FROM household_ref WHERE id = 1`); n != 2 {
		t.Errorf("nobody runs, and the household has %d persons", n)
	}
	b.process()
	b.copyIs(1, 2, 7, 2)
	b.eventually("the new household is copied", func() bool { return b.count(`SELECT count(*) FROM household_ref`) == 7 })
}

// TestUpgradeCopiesHouseholds: an installation of before has copied the households that somebody looked at, and some of
// them are stale. The first process copies the rest, without events and without 'rebuild'.
func TestUpgradeCopiesHouseholds(t *testing.T) {
	b := setup(t)
	b.stop()
	for _, sql := range []string{`DELETE FROM household_ref WHERE id > 2`, `UPDATE household_ref SET version = 0`, `UPDATE household_ref SET persons = 9 WHERE id = 2`} {
		if _, err := b.db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	if found := b.findings(); !hasFinding(found, "households") {
		t.Errorf("%+v", found.Items)
	}
	b.process()
	for id := int64(1); id <= 6; id++ {
		b.copyIs(id, (id+1)/2, int(id%3+1), 1)
	}
}

// TestLookingCopiesNothing: a page of a household whose event is under way shows the catalogue's persons and stores nothing.
func TestLookingCopiesNothing(t *testing.T) {
	b := setup(t)
	b.harmed = true
	b.copyIs(1, 1, 2, 1)
	b.stop()
	if _, err := b.db.Exec(`DELETE FROM household_ref WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	in, err := b.orders.Income(household(1), orders.IncomeRequest{})
	if err != nil || in.Persons != 2 {
		t.Errorf("%+v, %v", in, err)
	}
	if n := b.count(`SELECT count(*) FROM household_ref WHERE id = 1`); n != 0 {
		t.Error("looking copied the household")
	}
	if _, err := b.orders.Income(household(99), orders.IncomeRequest{}); link.CodeOf(err) != link.NotFound {
		t.Errorf("of nobody: %v", err)
	}
}

// TestVerifyHoldsFiguresAgainstTheLedger: verify names a household that is missing in the copy, too many in it, or stale,
// and the figures that are wrong because of it; rebuilding puts all of it right.
func TestVerifyHoldsFiguresAgainstTheLedger(t *testing.T) {
	b := setup(t)
	o := b.place(buyer(1), b.asking(geese, 48))
	b.pay(buyer(1), o.No)
	b.settled()
	if found := b.findings(); len(found.Items) > 0 {
		t.Fatalf("before: %+v", found.Items)
	}
	b.importHousehold(7, 2, 5)
	b.eventually("the imported household is copied", func() bool { return b.count(`SELECT count(*) FROM household_ref`) == 7 })
	seller := b.count(`SELECT min(household_id) FROM income_entry`)
	for _, c := range []struct {
		name, harm string
		want       []string // findings that name it
	}{
		{"the imported household's event was lost", `DELETE FROM household_ref WHERE id > 6`,
			[]string{"households household 7", "figures and households overview", "figures and households list of incomes", "figures and households village 2"}},
		{"a household that earns is missing", fmt.Sprintf(`DELETE FROM household_ref WHERE id = %d`, seller),
			[]string{fmt.Sprintf("households household %d", seller), "figures and ledger season 2026, by village", "figures and ledger season 2026, list of incomes"}},
		{"persons are stale", `UPDATE household_ref SET persons = persons + 1 WHERE id = 7`,
			[]string{"households household 7", "figures and households overview", "figures and households list of incomes"}},
		{"it lives elsewhere", `UPDATE household_ref SET village_id = 1 WHERE id = 7`,
			[]string{"households household 7", "figures and households village 1", "figures and households village 2"}},
		{"one too many", `INSERT INTO household_ref (id, village_id, persons) VALUES (99, 1, 1)`,
			[]string{"households household 99", "figures and households list of incomes"}},
		{"ahead of the catalogue", `UPDATE household_ref SET version = version + 1 WHERE id = 7`, []string{"households household 7"}},
		{"retired here only", `UPDATE household_ref SET retired = true WHERE id = 7`, []string{"households household 7", "figures and households overview"}},
	} {
		if _, err := b.db.Exec(c.harm); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var lines []string
		for _, f := range b.findings().Items {
			lines = append(lines, f.Check+" "+f.Object)
			if f.Check == "figures and ledger" && f.Object == "season 2026, overview" {
				t.Errorf("%s: the county's sum lacks what it earned: %s", c.name, f.Detail)
			}
		}
		for _, want := range c.want {
			if !strings.Contains("\n"+strings.Join(lines, "\n")+"\n", "\n"+want+"\n") {
				t.Errorf("%s: verify does not name %s:\n%s", c.name, want, strings.Join(lines, "\n"))
			}
		}
		if _, err := b.orders.RebuildIncome(system(), orders.None{}); err != nil {
			t.Fatal(err)
		}
		if found := b.findings(); len(found.Items) > 0 {
			t.Errorf("%s, rebuilt: %+v", c.name, found.Items)
		}
	}
}

// TestRetiredHouseholdsKeepTheirIncome: a household that left the register is no longer counted, and what it earned stays
// in every sum.
func TestRetiredHouseholdsKeepTheirIncome(t *testing.T) {
	b := setup(t)
	b.harmed = true // the catalogue does not retire households yet
	o := b.place(buyer(1), b.asking(geese, 48))
	b.pay(buyer(1), o.No)
	b.settled()
	before, err := b.orders.Report(county(), orders.ReportRequest{})
	if err != nil {
		t.Fatal(err)
	}
	b.eventually("all households are copied", func() bool { return b.count(`SELECT count(*) FROM household_ref`) == 6 })
	b.tellHouseholds(
		catalog.HouseholdFact{ID: 1, VillageID: 1, Persons: 2, Version: 9, Retired: true},
		catalog.HouseholdFact{ID: 70, VillageID: 1, Persons: 2, Version: 9, Retired: true}) // never earned
	b.eventually("the overview counts ten persons", func() bool {
		r, err := b.orders.Report(county(), orders.ReportRequest{})
		return err == nil && r.Persons == 10
	})
	r, err := b.orders.Report(county(), orders.ReportRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if now, was := r.Sums(), before.Sums(); len(orders.SumGaps(2026, was[0].IncomeSum, now)) > 0 || was[0].Total() == 0 {
		t.Errorf("sums %+v became %+v", was, now)
	}
	if v := r.ByVillage[0]; v.Households != 1 || v.Persons != 3 || v.Total() == 0 {
		t.Errorf("its village has %+v", v)
	}
	list, err := b.orders.Incomes(county(), orders.IncomesRequest{})
	if err != nil || list.Total != 6 || len(list.Items) != 6 || !list.Items[0].Retired || list.Items[0].Total() == 0 || list.Items[1].Retired {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err = b.orders.Incomes(county(), orders.IncomesRequest{Season: 2029}); err != nil || list.Total != 5 {
		t.Errorf("years later: %+v, %v", list, err)
	}
}
