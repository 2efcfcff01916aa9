package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// The register answers with the good rows of a workbook that is checked laid over what is stored, and with what is stored alone
// once it is loaded.
func TestRegisterLooksIntoAWorkbook(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	ctx := link.System(t.Context(), "payments")
	ask := func(workbook int64, keys ...catalog.RegistryKey) []catalog.RegistryEntry {
		t.Helper()
		a, err := c.Directory().RegisteredHouseholds(ctx, catalog.RegistryRequest{Workbook: workbook, Keys: keys})
		if err != nil || a.Busy || len(a.Items) != len(keys) {
			t.Fatalf("%+v %v", a, err)
		}
		return a.Items
	}
	first := b.fill(c, workbook())
	keys := []catalog.RegistryKey{{Code: "QH-0001", HeadID: idNumber(101)}, {HeadID: idNumber(102)}, {Code: "QH-0003"}, {Code: "QH-0009"}}
	if got := ask(first.ID, keys...); got[0].ID != 0 {
		t.Errorf("rows that nobody checked are registered: %+v", got)
	}
	b.run(c, first.ID, false)
	got := ask(first.ID, keys...)
	if e := got[0]; e.ID != -2 || e.Code != "QH-0001" || e.Head != "郑大河" || e.HeadID != catalog.HeadIDSame || len(e.Members) != 1 || e.Members[0] != "郑小雨" {
		t.Errorf("a household of the workbook: %+v", e)
	}
	if e := got[1]; e.ID != -3 || e.Code != "QH-0002" || e.HeadID != catalog.HeadIDSame || len(e.Members) != 0 { // its member's row is wrong
		t.Errorf("by its head's id number: %+v", e)
	}
	if got[2].ID != 0 || got[3].ID != 0 {
		t.Errorf("wrong rows and strangers are registered: %+v", got[2:])
	}
	if got := ask(0, keys...); got[0].ID != 0 {
		t.Errorf("without the workbook: %+v", got)
	}
	b.run(c, first.ID, true)
	loaded := ask(first.ID, keys...)
	if loaded[0].ID <= 0 || loaded[1].ID <= 0 || loaded[2].ID != 0 {
		t.Errorf("loaded: %+v", loaded)
	}
	second := b.fill(c, map[string][]entry.Row{
		catalog.KindHousehold: {{Line: 7, Cells: map[string]string{"code": "QH-0001", "head": "郑小河", "id_number": idNumber(120)}}},
		catalog.KindMember:    {{Line: 3, Cells: map[string]string{"household": "QH-0002", "name": "李小弟", "relation": "弟弟", "born": "1990"}}},
	})
	b.run(c, second.ID, false)
	got = ask(second.ID, catalog.RegistryKey{Code: "QH-0001", HeadID: idNumber(101)}, catalog.RegistryKey{HeadID: idNumber(101)}, catalog.RegistryKey{Code: "QH-0002"},
		catalog.RegistryKey{ID: loaded[0].ID})
	if e := got[0]; e.ID != loaded[0].ID || e.Head != "郑小河" || e.HeadID != catalog.HeadIDOther {
		t.Errorf("a new head: %+v", e)
	}
	if got[1].ID != 0 {
		t.Errorf("the number of the head that the workbook replaces: %+v", got[1])
	}
	if e := got[2]; e.ID != loaded[1].ID || e.Head != "李小溪" || len(e.Members) != 1 {
		t.Errorf("a new member: %+v", e)
	}
	if got[3].Head != "郑大河" {
		t.Errorf("by id, as it is applied: %+v", got[3])
	}
}

// Consents come in a sheet: each is recorded with its day, and one that the household itself ended is not given again.
func TestConsentsComeInASheet(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	first := b.fill(c, workbook())
	b.run(c, first.ID, false)
	b.run(c, first.ID, true)
	household := func() catalog.Household {
		t.Helper()
		h, err := c.Household(county(t.Context()), catalog.HouseholdRef{Code: "QH-0001"})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	problems := ""
	sheet := func(day string, more ...entry.Row) catalog.BatchKind {
		t.Helper()
		rows := append([]entry.Row{{Line: 3, Cells: map[string]string{"household": "QH-0001", "given_on": day, "how": "上门"}}}, more...)
		batch := b.fill(c, map[string][]entry.Row{catalog.KindConsent: rows})
		if batch = b.run(c, batch.ID, false); household().Consent && len(more) > 0 {
			t.Error("a check gave the consent")
		}
		batch = b.run(c, batch.ID, true)
		problems = fmt.Sprint(b.problems(c, batch.ID))
		return batch.Kinds[0]
	}
	nobody := entry.Row{Line: 4, Cells: map[string]string{"household": "QH-0002", "given_on": "2025-01-10"}}
	if got := sheet("2025-01-10", nobody); got.Added != 1 || got.Wrong != 1 || !household().Consent {
		t.Fatalf("first: %+v", got)
	}
	if got := sheet("2025-01-10"); got.Unchanged != 1 {
		t.Errorf("the same again: %+v", got)
	}
	if got := sheet("2025-02-10"); got.Changed != 1 {
		t.Errorf("a newer paper: %+v", got)
	}
	log, err := c.HouseholdLog(county(t.Context()), catalog.HouseholdRef{Code: "QH-0001"})
	if err != nil || len(log.Consents) != 2 || log.Consents[0].How != "visit" {
		t.Errorf("log: %+v %v", log, err)
	}
	own := link.WithActor(t.Context(), link.Actor{Account: 77, Login: "zheng", Role: "household", Household: household().ID})
	if _, err := c.SetConsent(own, catalog.ConsentRequest{HouseholdID: household().ID, How: "phone"}); err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"2025-02-10", "2025-03-10"} {
		if got := sheet(day); got.Wrong != 1 || household().Consent || !strings.Contains(problems, "directory.consent.revoked") {
			t.Errorf("ended by the household, and given again by a sheet of %s: %+v, %s", day, got, problems)
		}
	}
}
