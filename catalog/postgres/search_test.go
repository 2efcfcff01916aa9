package postgres_test

import (
	"log/slog"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/catalog/postgres/fill"
)

// Households are found by name, village and code however they are written, and by pinyin, also after a name changed.
func TestHouseholdsAreFound(t *testing.T) {
	b := setup(t)
	c := b.seeded()
	filler := fill.Filler{DB: b.db, Columns: postgres.SearchColumns, Log: slog.New(slog.DiscardHandler)}
	b.db.MustExec(`UPDATE household SET head = '阿依古丽·买买提' WHERE id = 2`)
	b.db.MustExec(`UPDATE village SET name = '红旗岭村' WHERE id = 2`)
	found := func(query string) (ids string) {
		t.Helper()
		page, err := c.Households(operator, catalog.HouseholdFilter{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Items {
			ids += string(rune('0' + h.ID))
		}
		return ids
	}
	if err := filler.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"阿依古丽买买提": "2", "买买提": "2", "ayiguli": "2", "AYGL": "2", "户 主5": "5", "hz5": "5", "红旗岭": "34", "hongqiling": "34", "ＨＱＬ": "34", "王": "",
	} {
		if got := found(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	b.db.MustExec(`UPDATE household SET head = '王大山' WHERE id = 2`)
	if err := filler.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found("wds") != "2" || found("ayiguli") != "" {
		t.Errorf("after a change: %q, %q", found("wds"), found("ayiguli"))
	}
}

// The directory's entries are found by pinyin, too, also after a name changed.
func TestDirectoryIsFound(t *testing.T) {
	b := setup(t)
	c := b.seeded()
	filler := fill.Filler{DB: b.db, Columns: postgres.SearchColumns, Log: slog.New(slog.DiscardHandler)}
	b.db.MustExec(`UPDATE township SET name = '新兴镇' WHERE id = (SELECT min(id) FROM township)`)
	b.db.MustExec(`UPDATE village SET name = '红旗岭村' WHERE id = 2`)
	b.db.MustExec(`UPDATE household SET head = '阿依古丽·买买提' WHERE id = 2`)
	b.db.MustExec(`UPDATE organisation SET name = '鑫农合作社' WHERE id = (SELECT min(id) FROM organisation)`)
	b.db.MustExec(`UPDATE product SET name = jsonb_set(name, '{zh}', '"紫花油豆"') WHERE id = (SELECT min(id) FROM product)`)
	b.db.MustExec(`INSERT INTO helper (name, unit) VALUES ('单老师', '县一中')`)
	if err := filler.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := func(kind, query string) int {
		t.Helper()
		page, err := c.Directory().Entries(operator, catalog.EntryFilter{Kind: kind, Query: query})
		if err != nil {
			t.Fatal(err)
		}
		if int(page.Total) != len(page.Items) {
			t.Errorf("%s %s: %d of %d", kind, query, len(page.Items), page.Total)
		}
		return int(page.Total)
	}
	for _, q := range []struct {
		kind, query string
		want        bool
	}{
		{catalog.KindTownship, "xinxing", true}, {catalog.KindTownship, "XXZ", true}, {catalog.KindVillage, "hongqiling", true}, {catalog.KindVillage, "红 旗岭", true},
		{catalog.KindHousehold, "ayiguli", true}, {catalog.KindHousehold, "阿依古丽买买提", true}, {catalog.KindHousehold, "hql", true}, {catalog.KindOrganisation, "xinnong", true},
		{catalog.KindProduct, "zihua", true}, {catalog.KindProduct, "ＺＨＹＤ", true}, {catalog.KindHelper, "shanlaoshi", true}, {catalog.KindHelper, "dls", true},
		{catalog.KindOrganisation, "zihua", false}, {catalog.KindProduct, "·", false}, {catalog.KindCounty, "zzz", false},
	} {
		if got := found(q.kind, q.query) > 0; got != q.want {
			t.Errorf("%s by %s: %v", q.kind, q.query, got)
		}
	}
	if found(catalog.KindHousehold, "") == 0 {
		t.Error("without a text, nothing is found")
	}
	b.db.MustExec(`UPDATE product SET name = jsonb_set(name, '{zh}', '"大鹅"')`)
	if err := filler.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found(catalog.KindProduct, "zihua") != 0 || found(catalog.KindProduct, "dae") == 0 {
		t.Error("a changed name is found by the old one")
	}
}
