package webtest

import (
	"context"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// StubDirectory holds one county's entries and one batch, and keeps the commands that it was given.
type StubDirectory struct {
	catalog.Directory
	Empty   bool
	State   catalog.BatchState
	Opener  int64
	Fault   string
	Refuse  error
	Actors  []link.Actor
	Added   []catalog.BatchRows
	Runs    []catalog.RunBatch
	Dropped []int64
	Saved   []catalog.SaveEntry
	Retired []catalog.RetireEntry
}

var stubCells = map[string]map[string]string{
	catalog.KindCounty:    {"name": "青禾县", "name_en": "Qinghe", "office": "青禾县服务中心", "bank_account": "6200000000000001"},
	catalog.KindTownship:  {"name": "青禾镇", "lat": "47.6", "lon": "125.3"},
	catalog.KindVillage:   {"code": "QH-01-001", "name": "东河村", "township": "青禾镇", "poor": yes, "solar": no, "solar_kw": "300", "secretary": "孙志远"}, //nolint:gosec // a secretary is no secret
	catalog.KindStation:   {"code": "GF-01", "name": "东河村光伏电站", "kw": "300", "township": "青禾镇", "village": "东河村"},
	catalog.KindHelper:    {"name": "周敏", "unit": "县医院", "phone": "13900000002"},
	catalog.KindProgramme: {"code": "garden", "name": "庭院种植", "name_en": "Home gardens"},
	catalog.KindProduct: {"code": "goose", "name": "散养大鹅", "name_en": "Goose", "programme": "庭院种植", "order_unit": "只", "price_unit": "斤",
		"grams_per_unit": "4.2", "grades": "特级、一级", "yield_of": "养鹅数", "yield": "1", "raised": yes},
	catalog.KindOrganisation: {"name": "绿源鹅业专业合作社", "kind": "合作社", "township": "青禾镇", "members": "86"},
	catalog.KindHousehold: {"code": "QH-01-001-0001", "head": "郑大河", "id_number": "", "persons": "3", "township": "青禾镇", "village": "东河村",
		"programmes": "庭院种植", "helper": "周敏（县医院）", "needs": "老人、独居"},
	catalog.KindMember: {"household": "QH-01-001-0001", "name": "郑小雨", "relation": "女儿", "born": "2012", "female": "女"},
}

const yes, no = "是", "否"

func (d *StubDirectory) entry(kind string) catalog.Entry {
	return catalog.Entry{Kind: kind, ID: 7, Cells: stubCells[kind]}
}

func (d *StubDirectory) Entries(_ context.Context, f catalog.EntryFilter) (catalog.EntryPage, error) {
	if d.Empty || stubCells[f.Kind] == nil || f.Query == "没有" {
		return catalog.EntryPage{}, nil
	}
	e := d.entry(f.Kind)
	if f.Retired {
		e.Retired = &Day
	}
	page := catalog.EntryPage{Items: []catalog.Entry{e}, Total: 1}
	if f.Kind == catalog.KindHousehold {
		page.Total, page.Next = 11_187, 7
	}
	return page, nil
}

func (d *StubDirectory) Entry(_ context.Context, r catalog.EntryRef) (catalog.Entry, error) {
	if r.ID != 7 {
		return catalog.Entry{}, link.E(link.NotFound, "directory.entry", "id")
	}
	e := d.entry(r.Kind)
	e.History = []catalog.EntryChange{
		{At: Day, By: "operator", What: "changed", Reason: "并村", From: map[string]string{"name": "东河屯", "poor": no}, To: map[string]string{"name": "东河村", "poor": yes}},
		{At: Day.AddDate(0, -1, 0), By: "setup", Command: true, What: "added", To: map[string]string{"name": "东河屯", "poor": no}},
	}
	if r.Kind == catalog.KindHelper {
		e.History = append(e.History,
			catalog.EntryChange{At: Day, By: "operator", What: catalog.HandedOver, Reason: "调离", To: map[string]string{catalog.HandedHouseholds: "4", catalog.HandedHelper: "周敏（县医院）"}},
			catalog.EntryChange{At: Day, By: "operator", What: catalog.TakenOver, To: map[string]string{catalog.HandedHouseholds: "6", catalog.HandedHelper: "孙梅（县一中）"}})
	}
	return e, nil
}

func (d *StubDirectory) SaveEntry(ctx context.Context, r catalog.SaveEntry) (catalog.Entry, error) {
	d.Actors = append(d.Actors, link.ActorFrom(ctx))
	d.Saved = append(d.Saved, r)
	return d.entry(r.Kind), d.Refuse
}

func (d *StubDirectory) RetireEntry(ctx context.Context, r catalog.RetireEntry) (catalog.Entry, error) {
	d.Retired = append(d.Retired, r)
	if err := r.Check(); err != nil {
		return catalog.Entry{}, err
	}
	return d.entry(r.Kind), d.Refuse
}

func (d *StubDirectory) ReplaceHelper(_ context.Context, r catalog.ReplaceHelper) (catalog.HelperReplaced, error) {
	if err := r.Check(); err != nil {
		return catalog.HelperReplaced{}, err
	}
	return catalog.HelperReplaced{Households: 42}, d.Refuse
}

func (d *StubDirectory) stubBatch() catalog.Batch {
	b := catalog.Batch{ID: 5, Name: "青禾县.xlsx", State: d.State, By: "operator", At: Day, Rows: 3_149, Done: 1_000, Opener: d.Opener, Fault: d.Fault,
		Kinds: []catalog.BatchKind{{Kind: catalog.KindVillage, Rows: 149}, {Kind: catalog.KindHousehold, Rows: 3_000}}}
	if d.State == catalog.BatchChecked || d.State == catalog.BatchLoaded {
		b.Problems, b.Wrong = 412, 310
		b.Kinds = []catalog.BatchKind{{Kind: catalog.KindVillage, Rows: 149, Added: 140, Changed: 4, Unchanged: 3, Wrong: 2},
			{Kind: catalog.KindHousehold, Rows: 3_000, Added: 2_692, Wrong: 308}}
	}
	return b
}

func (d *StubDirectory) Batch(_ context.Context, r catalog.BatchRef) (catalog.Batch, error) {
	if r.ID != 5 {
		return catalog.Batch{}, link.E(link.NotFound, "batch.unknown", "id")
	}
	return d.stubBatch(), nil
}

func (d *StubDirectory) Batches(context.Context, catalog.BatchesRequest) (catalog.BatchList, error) {
	if d.Empty {
		return catalog.BatchList{}, nil
	}
	return catalog.BatchList{Items: []catalog.Batch{d.stubBatch()}}, nil
}

func (d *StubDirectory) OpenBatch(context.Context, catalog.OpenBatch) (catalog.Batch, error) {
	d.State = catalog.BatchFilling
	return d.stubBatch(), nil
}

func (d *StubDirectory) AddBatchRows(_ context.Context, r catalog.BatchRows) (catalog.Batch, error) {
	d.Added = append(d.Added, r)
	return d.stubBatch(), d.Refuse
}

func (d *StubDirectory) RunBatch(_ context.Context, r catalog.RunBatch) (catalog.Batch, error) {
	d.Runs = append(d.Runs, r)
	return d.stubBatch(), d.Refuse
}

func (d *StubDirectory) DropBatch(_ context.Context, r catalog.BatchRef) (catalog.Batch, error) {
	d.Dropped = append(d.Dropped, r.ID)
	return d.stubBatch(), d.Refuse
}

func (d *StubDirectory) BatchProblems(_ context.Context, r catalog.BatchProblemsRequest) (catalog.BatchProblemPage, error) {
	page := catalog.BatchProblemPage{Total: 412}
	if r.After > 0 {
		return page, nil
	}
	page.Items = []entry.Problem{
		{Kind: catalog.KindVillage, Line: 4, Field: "township", Value: "北岗乡", Key: "directory.unknown", Args: map[string]string{"value": "北岗乡"}},
		{Kind: catalog.KindHousehold, Line: 12, Field: "persons", Value: "二十一", Key: "entry.count"},
		{Kind: catalog.KindHousehold, Line: 15, Field: "id_number", Value: "2302**********1234", Key: "entry.twice", Args: map[string]string{"line": "9"}},
	}
	return page, nil
}

func (d *StubDirectory) BatchWrong(_ context.Context, r catalog.BatchWrongRequest) (catalog.BatchRows, error) {
	out := catalog.BatchRows{ID: r.ID, Kind: r.Kind}
	if d.Empty || r.After > 0 {
		return out, nil
	}
	out.Rows = []entry.Row{{Line: 4, Cells: map[string]string{"code": "QH-03", "township": "北岗乡", "name": "西村"}}}
	if r.Kind == catalog.KindHousehold {
		out.Rows = []entry.Row{{Line: 12, Cells: map[string]string{"code": "QH-0012", "persons": "二十一"}}, {Line: 15, Cells: map[string]string{"code": "QH-0015"}}}
	}
	return out, nil
}

// Cells joins what an entry was saved with, for tests.
func Cells(cells map[string]string, names ...string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		value, sent := cells[name]
		if parts[i] = value; !sent {
			parts[i] = "(none)"
		}
	}
	return strings.Join(parts, "|")
}
