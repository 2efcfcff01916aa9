package sheet

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
)

// Lists of households as people made them, with the right result: rows that are read, and the problems of the others.
func TestHouseholdCases(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for file, want := range map[string]string{
		"hh01_names_gb18030.csv":   "4",
		"hh02_yan_fe9f.csv":        "1",
		"hh03_name_spaces.csv":     "6",
		"hh04_ids.csv":             "7 entry.id_number.old import.id_number.twice",
		"hh05_id_as_number.xlsx":   "0 entry.cut",
		"hh06_float_mu.xlsx":       "2",
		"hh07_title_row.xlsx":      "1",
		"hh08_hidden_first.xlsx":   "1",
		"hh09_header_decor.xlsx":   "1",
		"hh10_units.csv":           "4 import.garden import.persons",
		"hh11_total_row.csv":       "1",
		"hh12_village_forms.csv":   "5",
		"hh13_member_rows.xlsx":    "1 import.member",
		"hh14_utf16.txt":           "1",
		"hh15_dup_code.csv":        "1 import.code.twice",
		"hh16_dup_id.csv":          "1 import.id_number.twice",
		"hh17_formula_names.csv":   "0 entry.formula import.head.signs",
		"hh18_programme_forms.csv": "5",
		"hh19_phones.csv":          "7 import.phone",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := Households(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		good, wrong := catalog.ParseRows(rows, now)
		var keys []string
		for _, p := range wrong {
			if !slices.Contains(keys, p.Key) {
				keys = append(keys, p.Key)
			}
		}
		slices.Sort(keys)
		got := strings.Join(append([]string{string(rune('0' + len(good)))}, keys...), " ")
		if got != want {
			t.Errorf("%s: %s, want %s: %+v", file, got, want, wrong)
		}
		if perRow := map[int]bool{}; file == "hh13_member_rows.xlsx" || file == "hh17_formula_names.csv" {
			for _, p := range wrong {
				if perRow[p.Line] {
					t.Errorf("%s: line %d has several messages", file, p.Line)
				}
				perRow[p.Line] = true
			}
		}
		for _, r := range good {
			if like, ok := catalog.VillageLike([][2]string{{"依安镇", "丰收村"}, {"依安镇", "丰产村"}, {"新兴镇", "东升村"}}, r.Township, r.Village); file == "hh12_village_forms.csv" &&
				(!ok || like != [2]string{"依安镇", "丰收村"}) {
				t.Errorf("%s: %s %s is like %q", file, r.Township, r.Village, like)
			}
		}
		if file == "hh03_name_spaces.csv" {
			var heads []string
			for _, r := range good {
				heads = append(heads, r.Head)
			}
			if !slices.Equal(heads, []string{"王五", "张三", "李四", "赵六", "钱七", "买买提·艾力"}) {
				t.Errorf("%q", heads)
			}
		}
	}
}
