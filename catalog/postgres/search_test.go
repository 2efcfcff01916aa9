package postgres_test

import (
	"log/slog"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/search"
)

// Households are found by name, village and code however they are written, and by pinyin, also after a name changed.
func TestHouseholdsAreFound(t *testing.T) {
	b := setup(t)
	c := b.seeded()
	filler := search.Filler{DB: b.db, Log: slog.New(slog.DiscardHandler)}
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
