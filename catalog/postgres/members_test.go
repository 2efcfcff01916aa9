package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
)

// found is the one entry of a kind that a query finds, in use or not.
func (b *bundle) found(c *postgres.Catalog, kind, query string, retired bool) catalog.Entry {
	b.t.Helper()
	list, err := c.Directory().Entries(county(b.t.Context()), catalog.EntryFilter{Kind: kind, Query: query, Retired: retired})
	if err != nil || list.Total != 1 {
		b.t.Fatalf("%s %q: %+v, %v", kind, query, list, err)
	}
	return list.Items[0]
}

// TestHouseholdsChange: a household splits, moves, gets another helper and dies out, each with its history; an id number
// belongs to one person in use at a time.
func TestHouseholdsChange(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	ctx, d := county(t.Context()), c.Directory()
	batch := b.fill(c, workbook())
	b.run(c, batch.ID, false)
	b.run(c, batch.ID, true)

	// The daughter begins a household of her own.
	split := catalog.SaveEntry{Kind: catalog.KindHousehold, Reason: "分户", Cells: map[string]string{"code": "QH-0011", "head": "郑小雨", "id_number": idNumber(111),
		"persons": "1", "township": "青禾镇", "village": "东河村"}}
	if _, err := d.SaveEntry(ctx, split); link.AsError(err).Key != "import.id_number.taken" {
		t.Errorf("one person in two households: %v", err)
	}
	member := b.found(c, catalog.KindMember, "小雨", false)
	if _, err := d.RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindMember, ID: member.ID}); link.AsError(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	left, err := d.RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindMember, ID: member.ID, Reason: "分户"})
	if err != nil || left.Retired == nil || left.History[0].What != "retired" || left.History[0].Reason != "分户" || left.History[0].By != "operator" || left.History[0].Command {
		t.Fatalf("left: %+v, %v", left, err)
	}
	if _, err := d.SaveEntry(ctx, split); err != nil {
		t.Errorf("the new household: %v", err)
	}
	old, err := c.Household(ctx, catalog.HouseholdRef{Code: "QH-0001"})
	if err != nil || len(old.Members) != 1 || old.Members[0].Name != "郑大河" {
		t.Errorf("the old household: %+v, %v", old.Members, err)
	}
	known, err := d.RegisteredHouseholds(link.System(t.Context(), "payments"), catalog.RegistryRequest{Keys: []catalog.RegistryKey{{Code: "QH-0001"}, {HeadID: idNumber(111)}}})
	if err != nil || len(known.Items[0].Members) != 0 || known.Items[1].Code != "QH-0011" {
		t.Errorf("the register: %+v, %v", known, err)
	}
	if b.found(c, catalog.KindMember, "小雨", true).Retired == nil {
		t.Error("she is not in the list of those who left")
	}
	back := catalog.RetireEntry{Kind: catalog.KindMember, ID: member.ID, Undo: true, Reason: "登记有误"}
	if _, err := d.RetireEntry(ctx, back); link.AsError(err).Key != "directory.person.elsewhere" || link.AsError(err).Args["code"] != "QH-0011" {
		t.Errorf("back in the old household: %v", err)
	}

	// The new household dies out, and its number is free again; both cannot come back.
	fresh := b.found(c, catalog.KindHousehold, "QH-0011", false)
	if _, err := d.RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindHousehold, ID: fresh.ID, Reason: "并回原户"}); err != nil {
		t.Fatal(err)
	}
	if got, err := d.RetireEntry(ctx, back); err != nil || got.Retired != nil {
		t.Errorf("back after the other household ended: %+v, %v", got, err)
	}
	again := catalog.RetireEntry{Kind: catalog.KindHousehold, ID: fresh.ID, Undo: true, Reason: "登记有误"}
	if _, err := d.RetireEntry(ctx, again); link.AsError(err).Key != "directory.person.elsewhere" || link.AsError(err).Args["code"] != "QH-0001" {
		t.Errorf("the household back with a head who is elsewhere: %v", err)
	}
	if h, err := c.Household(ctx, catalog.HouseholdRef{Code: "QH-0011"}); err != nil || len(h.Members) != 1 {
		t.Errorf("a household out of use keeps its persons: %+v, %v", h.Members, err)
	}

	// A household moves and gets another helper, which asks for a new consent.
	one := b.found(c, catalog.KindHousehold, "QH-0001", false)
	one.Cells["township"], one.Cells["village"], one.Cells["helper"] = "南岗乡", "东河村", "周敏（县一中）"
	moved, err := d.SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindHousehold, ID: one.ID, Cells: one.Cells, Reason: "搬家，换帮扶人"})
	if err != nil {
		t.Fatal(err)
	}
	if ch := moved.History[0]; ch.What != "changed" || ch.From["township"] != "青禾镇" || ch.To["township"] != "南岗乡" || ch.From["helper"] != "周敏（县医院）" ||
		ch.To["helper"] != "周敏（县一中）" || ch.Reason != "搬家，换帮扶人" {
		t.Errorf("history %+v", ch)
	}
	helper := b.found(c, catalog.KindHelper, "县一中", false)
	former := b.found(c, catalog.KindHelper, "县医院", false)
	if _, err := d.ReplaceHelper(ctx, catalog.ReplaceHelper{ID: helper.ID, By: "无此人", Reason: "调离"}); link.AsError(err).Key != "import.helper" || link.AsError(err).Field != "by" {
		t.Errorf("households to somebody unknown: %v", err)
	}
	for _, want := range []int{1, 0} {
		if got, err := d.ReplaceHelper(ctx, catalog.ReplaceHelper{ID: helper.ID, By: "周敏（县医院）", Reason: "调离"}); err != nil || got.Households != want {
			t.Errorf("replaced: %+v, %v", got, err)
		}
	}
	h, err := d.Entry(ctx, catalog.EntryRef{Kind: catalog.KindHousehold, ID: one.ID})
	if err != nil || h.Cells["helper"] != "周敏（县医院）" || h.History[0].Reason != "调离" || h.History[0].From["helper"] != "周敏（县一中）" || h.Cells["geese"] != one.Cells["geese"] {
		t.Errorf("the household: %+v, %v", h, err)
	}
	b.handedOver(c, one.ID, helper.ID, former.ID)
	former, helper = helper, former
	if _, err := d.RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindHelper, ID: helper.ID, Reason: "调离"}); link.AsError(err).Key != "directory.used" {
		t.Errorf("a helper with a household: %v", err)
	}
	if _, err := d.RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindHelper, ID: former.ID, Reason: "调离"}); err != nil {
		t.Errorf("a helper without households: %v", err)
	}

	// Entries of a household are not given to another one.
	for kind, query := range map[string]string{catalog.KindMember: "小雨", catalog.KindMembership: "QH-0001", catalog.KindHolding: "QH-0002"} {
		e := b.found(c, kind, query, false)
		e.Cells["household"] = map[bool]string{true: "QH-0001", false: "QH-0002"}[query == "QH-0002"]
		if _, err := d.SaveEntry(ctx, catalog.SaveEntry{Kind: kind, ID: e.ID, Cells: e.Cells}); link.AsError(err).Key != "directory.household.other" {
			t.Errorf("%s of another household: %v", kind, err)
		}
	}
	b.verify(c)
}

// handedOver: both helpers and the household see a household that went from one helper to the other and was given back.
func (b *bundle) handedOver(c *postgres.Catalog, household, gave, got int64) {
	b.t.Helper()
	for helper, want := range map[int64]string{gave: catalog.HandedOver, got: catalog.TakenOver} {
		e, err := c.Directory().Entry(county(b.t.Context()), catalog.EntryRef{Kind: catalog.KindHelper, ID: helper})
		if err != nil || len(e.History) < 2 {
			b.t.Fatalf("helper %d: %+v, %v", helper, e.History, err)
		}
		if ch := e.History[0]; ch.What != want || ch.Reason != "调离" || ch.To[catalog.HandedHouseholds] != "1" || ch.To[catalog.HandedHelper] == "" {
			b.t.Errorf("history of helper %d: %+v", helper, ch)
		}
		own := link.WithActor(b.t.Context(), link.Actor{Account: 9, Login: "helper", Role: "helper", Helper: helper})
		page, err := c.Households(own, catalog.HouseholdFilter{})
		if err != nil || len(page.Handovers) != 2 {
			b.t.Fatalf("handovers of helper %d: %+v, %v", helper, page.Handovers, err)
		}
		last, first := page.Handovers[0], page.Handovers[1]
		if last.Got != (helper == got) || first.Got == last.Got || last.Households != 1 || last.Other == "" {
			b.t.Errorf("helper %d sees %+v", helper, page.Handovers)
		}
	}
	log, err := c.HouseholdLog(county(b.t.Context()), catalog.HouseholdRef{ID: household})
	n := 0
	for _, a := range log.Actions {
		if a.What == "helper" && a.Args["from"] != a.Args["to"] {
			n++
		}
	}
	if err != nil || n != 2 {
		b.t.Errorf("the household is told %d handovers: %+v, %v", n, log.Actions, err)
	}
}

// TestEveryKindHasItsActs: an entry of each kind is added, changed and, unless it stays, retired and restored, and its history
// says so.
func TestEveryKindHasItsActs(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	ctx, d := county(t.Context()), c.Directory()
	batch := b.fill(c, workbook())
	b.run(c, batch.ID, false)
	b.run(c, batch.ID, true)
	cells := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, c := range []struct {
		kind          string
		cells         map[string]string
		field, change string
	}{
		{catalog.KindReported, cells("year", "2024", "per_person", "812"), "source", "公报"},
		{catalog.KindTownship, cells("name", "西岭乡"), "lat", "47.7"},
		{catalog.KindVillage, cells("code", "QH-09", "township", "青禾镇", "name", "新村", "poor", "否"), "secretary", "孙志远"},
		{catalog.KindHelper, cells("name", "李强"), "phone", "13900000002"},
		{catalog.KindOrganisation, cells("name", "新合作社", "kind", "合作社", "model", "否"), "address", "青禾镇"},
		{catalog.KindPoint, cells("name", "新点", "township", "青禾镇", "village", "东河村", "org", "绿源合作社", "pickup", "是"), "hours", "每天"},
		{catalog.KindProgramme, cells("code", "herbs", "name", "药材", "name_en", "Herbs"), "name", "中药材"},
		{catalog.KindProduct, cells("code", "duck", "name", "鸭", "name_en", "Duck", "programme", "养禽", "order_unit", "只", "price_unit", "只", "yield_of", "登记", "raised", "否", "grades", "一级"),
			"grades", "一级、二级"},
		{catalog.KindHousehold, cells("code", "QH-0020", "head", "孙一", "id_number", idNumber(120), "persons", "2", "township", "青禾镇", "village", "东河村"), "geese", "20"},
		{catalog.KindMember, cells("household", "QH-0002", "name", "李二", "relation", "儿子", "born", "2010"), "relation", "长子"},
		{catalog.KindHolding, cells("household", "QH-0001", "product", "肉羊", "units", "3"), "units", "5"},
		{catalog.KindMembership, cells("org", "绿源合作社", "household", "QH-0002", "shares", "1"), "shares", "2"},
	} {
		k, _ := catalog.KindByName(c.kind)
		added, err := d.SaveEntry(ctx, catalog.SaveEntry{Kind: c.kind, Cells: c.cells, Reason: "补登"})
		if err != nil {
			t.Errorf("%s: add: %v", c.kind, err)
			continue
		}
		next := added.Cells
		next[c.field] = c.change
		changed, err := d.SaveEntry(ctx, catalog.SaveEntry{Kind: c.kind, ID: added.ID, Cells: next, Reason: "更正"})
		if err != nil || changed.Cells[c.field] != c.change {
			t.Errorf("%s: change: %+v, %v", c.kind, changed, err)
			continue
		}
		acts := []string{"changed", "added"}
		if k.Stays {
			if _, err := d.RetireEntry(ctx, catalog.RetireEntry{Kind: c.kind, ID: added.ID, Reason: "停用"}); link.AsError(err).Key != "directory.stays" {
				t.Errorf("%s: retire: %v", c.kind, err)
			}
		} else {
			for _, undo := range []bool{false, true} {
				if changed, err = d.RetireEntry(ctx, catalog.RetireEntry{Kind: c.kind, ID: added.ID, Undo: undo, Reason: "停用"}); err != nil || (changed.Retired == nil) != undo {
					t.Errorf("%s: retire, undo %v: %+v, %v", c.kind, undo, changed.Retired, err)
				}
			}
			acts = []string{"restored", "retired", "changed", "added"}
		}
		var got []string
		for _, ch := range changed.History {
			got = append(got, ch.What)
			if ch.By != "operator" || ch.Reason == "" || ch.At.IsZero() {
				t.Errorf("%s: %+v", c.kind, ch)
			}
		}
		if !slices.Equal(got, acts) {
			t.Errorf("%s: history %s, want %s", c.kind, strings.Join(got, " "), strings.Join(acts, " "))
		}
	}
}
