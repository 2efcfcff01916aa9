package example_test

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/example"
	"banmuyuan/cmd/banmuyuan/invent"
	"banmuyuan/internal/entry"
	"banmuyuan/payments"
	county "banmuyuan/web/directory"
	"banmuyuan/web/sheet"
)

// The workbook of the example is read back as it was made, and every row is understood and complete.
func TestTheExampleHasNoProblem(t *testing.T) {
	t.Parallel()
	rows := example.Rows()
	var b bytes.Buffer
	if err := sheet.WriteWorkbook(&b, county.Kinds(), rows); err != nil {
		t.Fatal(err)
	}
	book, err := sheet.ReadWorkbook(b.Bytes(), county.Kinds(), nil)
	if err != nil || len(book.Findings) > 0 {
		t.Fatalf("%v, %+v", err, book.Findings)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	keys := map[string]map[string]bool{} // of each kind, as others name them
	for _, table := range book.Tables {
		k := table.Kind
		if !reflect.DeepEqual(table.Rows, rows[k.Name]) {
			t.Errorf("%s: rows differ", k.Name)
		}
		keys[k.Name] = map[string]bool{}
		seen := map[string]int{}
		for _, r := range table.Rows {
			v, faults := k.Parse(r, false, now)
			v = k.Defaults().With(v)
			if faults = append(faults, k.Missing(v)...); len(faults) > 0 {
				t.Fatalf("%s line %d: %+v", k.Name, r.Line, faults)
			}
			if first, twice := seen[v.Key(k)]; twice && len(k.Key) > 0 {
				t.Errorf("%s line %d repeats line %d", k.Name, r.Line, first)
			}
			seen[v.Key(k)] = r.Line
			for _, f := range k.Fields {
				names := v.List(f.Name)
				if f.Type == entry.Ref && v.Text(f.Name) != "" {
					names = []string{v.Text(f.Name)}
				}
				for _, name := range names {
					if f.Refers != "" && !keys[f.Refers][name] {
						t.Errorf("%s line %d: no %s is called %q", k.Name, r.Line, f.Refers, name)
					}
				}
			}
			keys[k.Name][v.Text("name")], keys[k.Name][v.Text("code")] = true, true
		}
	}
	for kind, want := range map[string]int{
		catalog.KindCounty: 1, catalog.KindTownship: example.Townships, catalog.KindVillage: example.Villages, catalog.KindHelper: example.Helpers,
		catalog.KindHousehold: example.Households, catalog.KindOrganisation: 20 + 3 + 2 + 12, catalog.KindPoint: example.Villages,
		catalog.KindProgramme: 4, catalog.KindProduct: 10, catalog.KindReported: 2, catalog.KindStation: 2 * example.Townships,
	} {
		if len(rows[kind]) != want {
			t.Errorf("%d rows of %s, want %d", len(rows[kind]), kind, want)
		}
	}
	for kind, least := range map[string]int{catalog.KindMember: 3_000, catalog.KindHolding: 2_000, catalog.KindMembership: 1_000, payments.KindAccount: 2_700, payments.KindIncome: 4_000} {
		if len(rows[kind]) < least {
			t.Errorf("only %d rows of %s", len(rows[kind]), kind)
		}
	}
}

// A household has as many members as persons, besides its head, and lives in a village of its township.
func TestTheExampleHoldsTogether(t *testing.T) {
	t.Parallel()
	rows := example.Rows()
	members, villages, ids := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, r := range rows[catalog.KindMember] {
		members[r.Cells["household"]]++
	}
	for _, r := range rows[catalog.KindVillage] {
		villages[r.Cells["township"]+r.Cells["name"]] = true
	}
	for _, r := range rows[catalog.KindHousehold] {
		if want := string(rune('0' + members[r.Cells["code"]] + 1)); r.Cells["persons"] != want {
			t.Errorf("%s has %s persons, and %s with its members", r.Cells["code"], r.Cells["persons"], want)
		}
		if !villages[r.Cells["township"]+r.Cells["village"]] {
			t.Errorf("%s: no village %s in %s", r.Cells["code"], r.Cells["village"], r.Cells["township"])
		}
	}
	terms := map[string]bool{}
	for _, r := range rows[catalog.KindOrganisation] {
		if part := r.Cells["raiser_bp"]; part != "" {
			terms[part] = true
		}
	}
	if len(terms) < 4 {
		t.Errorf("raisers have %d different terms", len(terms))
	}
	nobody := regexp.MustCompile(`^999998\d{11}[\dX]$`)
	for _, kind := range []string{catalog.KindHousehold, catalog.KindMember} {
		for _, r := range rows[kind] {
			id := r.Cells["id_number"]
			if !nobody.MatchString(id) || ids[id] {
				t.Errorf("%s line %d: id number %s", kind, r.Line, id)
			}
			ids[id] = true
		}
	}
	heads, numbers := map[string]string{}, map[string]bool{}
	for _, r := range rows[catalog.KindHousehold] {
		heads[r.Cells["code"]] = r.Cells["head"]
	}
	for _, r := range rows[payments.KindAccount] {
		number := r.Cells["number"]
		if r.Cells["holder"] != heads[r.Cells["household"]] || numbers[number] || !strings.HasPrefix(number, "0000") || invent.Luhn(number[:len(number)-1]) != number {
			t.Errorf("account in line %d: %v", r.Line, r.Cells)
		}
		numbers[number] = true
	}
	if !reflect.DeepEqual(rows, example.Rows()) {
		t.Error("made again, the county is another")
	}
}

// Nothing of the demo county is in it.
func TestTheExampleIsAnotherCounty(t *testing.T) {
	t.Parallel()
	foreign := []string{"依安", "Yi'an", "半亩园", "百只鹅", "一亩种薯", "千袋菌", "YA-", "999999", "演示"}
	for kind, rows := range example.Rows() {
		for _, r := range rows {
			for field, cell := range r.Cells {
				for _, word := range foreign {
					if strings.Contains(cell, word) {
						t.Fatalf("%s line %d: %s is %q", kind, r.Line, field, cell)
					}
				}
				if strings.Contains(field, "phone") && !strings.HasPrefix(cell, "000") {
					t.Fatalf("%s line %d: phone %s could be somebody's", kind, r.Line, cell)
				}
			}
		}
	}
}
