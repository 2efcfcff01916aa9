package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// workbook is a small county from nothing, as its sheets are read.
func workbook() map[string][]entry.Row {
	row := func(line int, cells ...string) entry.Row {
		r := entry.Row{Line: line, Cells: map[string]string{}}
		for i := 0; i < len(cells); i += 2 {
			r.Cells[cells[i]] = cells[i+1]
		}
		return r
	}
	id := func(n int) string { return idNumber(100 + n) }
	return map[string][]entry.Row{
		catalog.KindCounty:   {row(2, "name", "青禾县", "name_en", "Qinghe", "office", "青禾县服务中心", "bank_holder", "青禾联合社", "bank_account", "6200000000000001", "bank_name", "青禾银行")},
		catalog.KindTownship: {row(2, "name", "青禾镇", "lat", "47.6"), row(3, "name", "南岗乡")},
		catalog.KindVillage: {row(2, "code", "QH-01", "township", "青禾镇", "name", "东河村", "poor", "是"), row(3, "code", "QH-02", "township", "南岗乡", "name", "东河村"),
			row(4, "code", "QH-03", "township", "北岗乡", "name", "西村"), row(5, "code", "QH-01", "township", "南岗乡", "name", "西村"),
			row(6, "code", "QH-04", "township", "南岗乡", "name", "东河村")},
		catalog.KindHelper: {row(2, "name", "周敏", "unit", "县医院"), row(3, "name", "周敏", "unit", "县一中")},
		catalog.KindOrganisation: {row(2, "name", "绿源合作社", "kind", "合作社", "township", "青禾镇"), row(3, "name", "河西养殖场", "kind", "代养大户", "raiser_bp", "85%"),
			row(4, "name", "无提成养殖场", "kind", "大户")},
		catalog.KindPoint:     {row(2, "name", "东河集货点", "township", "青禾镇", "village", "东河村", "org", "绿源合作社"), row(3, "name", "错点", "township", "青禾镇", "village", "东河村", "org", "河西养殖场")},
		catalog.KindProgramme: {row(2, "code", "yard", "name", "庭院", "name_en", "Yards"), row(3, "code", "flock", "name", "养禽", "name_en", "Flocks")},
		catalog.KindProduct: {row(2, "code", "goose", "name", "大鹅", "name_en", "Goose", "programme", "养禽", "order_unit", "只", "price_unit", "斤", "grams_per_unit", "4.2",
			"yield_of", "养鹅数", "yield", "1", "raised", "是", "grades", "特级、一级"),
			row(3, "code", "sheep", "name", "肉羊", "name_en", "Sheep", "programme", "养禽", "order_unit", "只", "price_unit", "只", "yield_of", "登记")},
		catalog.KindHousehold: {row(2, "code", "QH-0001", "head", "郑大河", "id_number", id(1), "persons", "3", "township", "青禾镇", "village", "东河村", "programmes", "养禽、庭院",
			"geese", "60", "helper", "周敏（县医院）", "needs", "老人、独居", "raiser", "河西养殖场"),
			row(3, "code", "QH-0002", "head", "李小溪", "id_number", id(2), "persons", "1", "township", "南岗乡", "village", "东河村", "garden_m2", "0.5"),
			row(4, "code", "QH-0003", "head", "张三", "id_number", id(2), "persons", "1", "township", "南岗乡", "village", "东河村"),
			row(5, "code", "QH-0001", "head", "张三", "id_number", id(5), "persons", "1", "township", "南岗乡", "village", "东河村"),
			row(6, "code", "QH-0006", "head", "张三", "persons", "二十一", "township", "南岗乡", "village", "无此村")},
		catalog.KindMember: {row(2, "household", "QH-0001", "name", "郑小雨", "relation", "女儿", "id_number", id(11)),
			row(3, "household", "QH-0009", "name", "谁", "relation", "儿子", "born", "2011"), row(4, "household", "QH-0002", "name", "李大", "relation", "父亲", "id_number", id(1))},
		catalog.KindHolding:    {row(2, "household", "QH-0002", "product", "肉羊", "units", "12"), row(3, "household", "QH-0002", "product", "骆驼", "units", "1")},
		catalog.KindMembership: {row(2, "org", "绿源合作社", "household", "QH-0001", "shares", "2", "share_fen", "500", "entrusted", "1.5")},
	}
}

// wrongRows are the rows of workbook that are left out, with the field and the reason of each.
var wrongRows = []string{
	"village 4 township directory.unknown", "village 5 code entry.twice", "village 6 name directory.taken",
	"organisation 4 raiser_bp directory.raiser_bp", "point 3 org directory.cooperative",
	"household 4 id_number entry.twice", "household 5 code entry.twice", "household 6 persons entry.count",
	"member 3 household directory.unknown", "member 4 id_number import.id_number.taken", "holding 3 product directory.unknown",
}

func (b *bundle) fill(c *postgres.Catalog, sheets map[string][]entry.Row) catalog.Batch {
	b.t.Helper()
	ctx := county(b.t.Context())
	batch, err := c.Directory().OpenBatch(ctx, catalog.OpenBatch{Name: "青禾县.xlsx"})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, k := range catalog.Kinds() {
		if rows := sheets[k.Name]; len(rows) > 0 {
			if batch, err = c.Directory().AddBatchRows(ctx, catalog.BatchRows{ID: batch.ID, Kind: k.Name, Rows: rows}); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	return batch
}

// run asks for a run and waits until it is done.
func (b *bundle) run(c *postgres.Catalog, id int64, load bool) catalog.Batch {
	b.t.Helper()
	ctx := county(b.t.Context())
	batch, err := c.Directory().RunBatch(ctx, catalog.RunBatch{ID: id, Load: load})
	if err != nil {
		b.t.Fatal(err)
	}
	b.eventually("batch done", func() bool {
		if batch, err = c.Directory().Batch(ctx, catalog.BatchRef{ID: id}); err != nil {
			b.t.Fatal(err)
		}
		return batch.State != catalog.BatchChecking && batch.State != catalog.BatchLoading
	})
	return batch
}

func (b *bundle) problems(c *postgres.Catalog, id int64) []string {
	b.t.Helper()
	page, err := c.Directory().BatchProblems(county(b.t.Context()), catalog.BatchProblemsRequest{ID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for _, p := range page.Items {
		all = append(all, fmt.Sprintf("%s %d %s %s", p.Kind, p.Line, p.Field, p.Key))
	}
	return all
}

// TestCountyFromNothing: a check names every wrong row and changes nothing, loading takes the good rows, and the second
// time nothing changes.
func TestCountyFromNothing(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	ctx := county(t.Context())
	batch := b.fill(c, workbook())
	if batch.State != catalog.BatchFilling || batch.Rows != 30 {
		t.Errorf("filled %+v", batch)
	}
	batch = b.run(c, batch.ID, false)
	if got := b.problems(c, batch.ID); strings.Join(got, "\n") != strings.Join(wrongRows, "\n") {
		t.Errorf("the check finds\n%s", strings.Join(got, "\n"))
	}
	if batch.State != catalog.BatchChecked || batch.Wrong != int64(len(wrongRows)) || batch.Fault != "" {
		t.Errorf("checked %+v", batch)
	}
	for _, table := range []string{"county", "township", "village", "household", "person", "holding", "membership", "directory_change", "household_action", "outbox"} {
		if n := b.count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("the check left %d rows in %s", n, table)
		}
	}

	batch = b.run(c, batch.ID, true)
	if batch.State != catalog.BatchLoaded || len(b.problems(c, batch.ID)) != len(wrongRows) || batch.Fault != "" {
		t.Fatalf("loaded %+v: %v", batch, b.problems(c, batch.ID))
	}
	if n := b.count(`SELECT count(*) FROM batch_row`); n != int64(len(wrongRows)) {
		t.Errorf("%d rows are kept after loading, not the wrong ones", n)
	}
	ref, err := c.Reference(ctx, catalog.None{})
	if err != nil || ref.County.Name.Zh != "青禾县" || len(ref.Villages) != 2 || !ref.Villages[0].Poor || len(ref.Products) != 2 || len(ref.Programmes) != 2 ||
		ref.Organisations[1].RaiserBP != 8_500 || ref.Products[0].GramsPerUnit != 4200 || !ref.Products[0].MayRaise {
		t.Errorf("reference %+v, %v", ref, err)
	}
	h, err := c.Household(ctx, catalog.HouseholdRef{Code: "QH-0001"})
	if err != nil || h.Geese != 60 || h.HelperName != "周敏" || len(h.Members) != 2 || h.Members[1].Name != "郑小雨" || h.RaiserBP != 8_500 ||
		strings.Join(h.Programmes, " ") != "yard flock" || strings.Join(h.Kinds, " ") != "elderly alone" {
		t.Errorf("household %+v, %v", h, err)
	}
	if h, err = c.Household(ctx, catalog.HouseholdRef{Code: "QH-0002"}); err != nil || h.GardenM2 != 333 || len(h.Holdings) != 1 {
		t.Errorf("household %+v, %v", h, err)
	}
	members, err := c.Households(ctx, catalog.HouseholdFilter{MemberOf: ref.Organisations[0].ID})
	if err != nil || members.Total != 1 || members.Items[0].Code != "QH-0001" || *members.Items[0].Membership != (catalog.Membership{Shares: 2, ShareFen: 50_000, Entrusted: 1_500}) {
		t.Errorf("members %+v, %v", members, err)
	}
	if others, err := c.Households(ctx, catalog.HouseholdFilter{MemberOf: ref.Organisations[1].ID}); err != nil || others.Total != 0 {
		t.Errorf("members of another %+v, %v", others, err)
	}
	if n := b.count(`SELECT count(*) FROM directory_change WHERE what = 'added' AND login = 'operator'`); n != 30-int64(len(wrongRows)) {
		t.Errorf("%d entries are noted as added", n)
	}
	b.verify(c)

	again := b.fill(c, workbook())
	b.run(c, again.ID, false)
	again = b.run(c, again.ID, true)
	for _, k := range again.Kinds {
		if k.Added+k.Changed != 0 || k.Unchanged+k.Wrong != k.Rows {
			t.Errorf("the second time: %+v", k)
		}
	}
	if n := b.count(`SELECT count(*) FROM directory_change WHERE what <> 'added'`); n != 0 {
		t.Errorf("%d changes the second time", n)
	}
	if _, err := c.Directory().AddBatchRows(ctx, catalog.BatchRows{ID: again.ID, Kind: catalog.KindHelper, Rows: workbook()[catalog.KindHelper]}); link.CodeOf(err) != link.Conflict {
		t.Errorf("rows for a loaded batch: %v", err)
	}
	if _, err := c.Directory().OpenBatch(household(1), catalog.OpenBatch{}); link.CodeOf(err) != link.Forbidden {
		t.Errorf("a household opens a batch: %v", err)
	}
}

// TestWrongRowsAreReadBack: the rows that were left out are there to be mended, also after loading, for the person who
// sent them and for nobody else.
func TestWrongRowsAreReadBack(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	ctx := county(t.Context())
	batch := b.fill(c, workbook())
	for _, load := range []bool{false, true} {
		batch = b.run(c, batch.ID, load)
		got, err := c.Directory().BatchWrong(ctx, catalog.BatchWrongRequest{ID: batch.ID, Kind: catalog.KindVillage, Limit: 2})
		if err != nil || len(got.Rows) != 2 || got.Rows[0].Line != 4 || got.Rows[0].Cells["township"] != "北岗乡" || got.Rows[1].Line != 5 {
			t.Errorf("loaded %v: %+v, %v", load, got, err)
		}
		if got, err = c.Directory().BatchWrong(ctx, catalog.BatchWrongRequest{ID: batch.ID, Kind: catalog.KindVillage, After: 5}); err != nil || len(got.Rows) != 1 || got.Rows[0].Line != 6 {
			t.Errorf("loaded %v, the rest: %+v, %v", load, got, err)
		}
	}
	if n := b.count(`SELECT count(*) FROM batch_row`); n != batch.Wrong {
		t.Errorf("%d rows are kept of %d wrong ones", n, batch.Wrong)
	}
	other := link.WithActor(t.Context(), link.Actor{Account: 99, Login: "other", Role: "approver"})
	if _, err := c.Directory().BatchWrong(other, catalog.BatchWrongRequest{ID: batch.ID, Kind: catalog.KindVillage}); link.AsError(err).Key != "batch.opener" {
		t.Errorf("another person reads id numbers: %v", err)
	}
	list, err := c.Directory().Batches(other, catalog.BatchesRequest{})
	if err != nil || len(list.Items) != 1 || list.Items[0].ID != batch.ID || list.Items[0].State != catalog.BatchLoaded {
		t.Errorf("batches %+v, %v", list, err)
	}
}

// TestBatchIsContinued: a stop between two chunks leaves a batch that the next process finishes.
func TestBatchIsContinued(t *testing.T) {
	b := setup(t)
	c, stop := b.process()
	batch := b.fill(c, workbook())
	b.run(c, batch.ID, false)
	stop()
	if _, err := c.Directory().RunBatch(county(t.Context()), catalog.RunBatch{ID: batch.ID, Load: true}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Directory().RunBatches(ctx); err == nil {
		t.Error("a process that stops has run a batch")
	}
	next, _ := b.process()
	b.eventually("another process loads it", func() bool {
		got, err := next.Directory().Batch(county(t.Context()), catalog.BatchRef{ID: batch.ID})
		return err == nil && got.State == catalog.BatchLoaded
	})
}

func TestSaveEntry(t *testing.T) {
	b := setup(t)
	c, _ := b.process()
	ctx := county(t.Context())
	batch := b.fill(c, workbook())
	b.run(c, batch.ID, false)
	b.run(c, batch.ID, true)

	list, err := c.Directory().Entries(ctx, catalog.EntryFilter{Kind: catalog.KindVillage, Query: "东河"})
	if err != nil || list.Total != 2 || list.Items[0].Cells["township"] != "青禾镇" || list.Items[0].Cells["poor"] != "是" {
		t.Fatalf("villages %+v, %v", list, err)
	}
	village := list.Items[0]
	// A village moves to another township, unless one of that name is there.
	cells := village.Cells
	cells["township"] = "南岗乡"
	if _, err := c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindVillage, ID: village.ID, Cells: cells}); link.AsError(err).Key != "directory.taken" {
		t.Errorf("two villages of a name in a township: %v", err)
	}
	cells["name"], cells["secretary"] = "东河新村", "孙志远"
	saved, err := c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindVillage, ID: village.ID, Cells: cells, Reason: "并乡"})
	if err != nil || saved.Cells["name"] != "东河新村" || len(saved.History) != 2 {
		t.Fatalf("saved %+v, %v", saved, err)
	}
	if ch := saved.History[0]; ch.What != "changed" || ch.From["name"] != "东河村" || ch.To["township"] != "南岗乡" || ch.Reason != "并乡" || ch.By != "operator" ||
		strings.Contains(ch.To["secretary"], "志") {
		t.Errorf("history %+v", ch)
	}
	cells["secretary"] = ""
	if saved, err = c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindVillage, ID: village.ID, Cells: cells}); err != nil || saved.Cells["secretary"] != "" {
		t.Errorf("an emptied field: %+v, %v", saved, err)
	}
	cells["township"] = "北岗乡"
	if _, err := c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindVillage, ID: village.ID, Cells: cells}); link.AsError(err).Field != "township" {
		t.Errorf("an unknown township: %v", err)
	}

	households, err := c.Directory().Entries(ctx, catalog.EntryFilter{Kind: catalog.KindHousehold, Query: "郑大"})
	if err != nil || households.Total != 1 {
		t.Fatalf("households %+v, %v", households, err)
	}
	one := households.Items[0]
	if one.Cells["id_number"] != "" || one.Cells["village"] != "东河新村" || one.Cells["helper"] != "周敏（县医院）" || one.Cells["programmes"] != "庭院、养禽" {
		t.Errorf("household %+v", one)
	}
	one.Cells["persons"], one.Cells["helper"], one.Cells["raiser"] = "2", "", ""
	saved, err = c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindHousehold, ID: one.ID, Cells: one.Cells, Reason: "分户"})
	if err != nil || saved.Cells["persons"] != "2" || saved.Cells["helper"] != "" || saved.Cells["raiser"] != "" ||
		saved.History[1].To["id_number"] != "******" || saved.History[1].To["programmes"] != "庭院、养禽" {
		t.Errorf("saved %+v, %v", saved, err)
	}
	// A form does not know the registered id number, and sends it empty: it stays.
	members, err := c.Directory().Entries(ctx, catalog.EntryFilter{Kind: catalog.KindMember, Query: "小雨"})
	if err != nil || members.Total != 1 {
		t.Fatalf("members %+v, %v", members, err)
	}
	member := members.Items[0]
	member.Cells["relation"] = "长女"
	if saved, err = c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindMember, ID: member.ID, Cells: member.Cells}); err != nil || saved.Cells["relation"] != "长女" {
		t.Errorf("saved %+v, %v", saved, err)
	}
	if n := b.count(`SELECT count(*) FROM person WHERE household_id = $1 AND id_sealed IS NOT NULL AND id_index IS NOT NULL`, one.ID); n != 2 {
		t.Errorf("%d id numbers of two are left after forms without them", n)
	}
	one.Cells["code"] = "QH-7777"
	if _, err := c.Directory().SaveEntry(ctx, catalog.SaveEntry{Kind: catalog.KindHousehold, ID: one.ID, Cells: one.Cells}); link.AsError(err).Key != "directory.household.code" {
		t.Errorf("another code: %v", err)
	}

	// What others in use depend on stays in use.
	if _, err := c.Directory().RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindVillage, ID: village.ID, Reason: "撤村"}); link.AsError(err).Key != "directory.used" || !strings.Contains(link.AsError(err).Args["names"], "QH-0001") {
		t.Errorf("a village with households retires: %v", err)
	}
	if _, err := c.Directory().RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindHousehold, ID: one.ID}); link.AsError(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	for range 2 {
		if saved, err = c.Directory().RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindHousehold, ID: one.ID, Reason: "户主去世"}); err != nil || saved.Retired == nil {
			t.Errorf("retired %+v, %v", saved, err)
		}
	}
	if saved.History[0].What != "retired" || saved.History[1].What == "retired" {
		t.Errorf("history %+v", saved.History)
	}
	if saved, err = c.Directory().RetireEntry(ctx, catalog.RetireEntry{Kind: catalog.KindHousehold, ID: one.ID, Undo: true, Reason: "登记有误"}); err != nil || saved.Retired != nil {
		t.Errorf("restored %+v, %v", saved, err)
	}
	if _, err := b.db.Exec(`UPDATE directory_change SET login = 'nobody'`); err == nil {
		t.Error("the history can be changed")
	}
}
