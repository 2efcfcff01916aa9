package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"banmuyuan/catalog"
)

// idNumber completes seventeen digits with their check sign (GB 11643). The region 999999 is no place.
func idNumber(seventeen string) string {
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(seventeen[i]-'0') * weight
	}
	return seventeen + string("10X98765432"[sum%11])
}

func writeCSV(t *testing.T, table [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(table); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeXLSX(t *testing.T, table [][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range table {
		for j, cell := range row {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStr("Sheet1", at, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// householdFiles imports lists of households while the product runs.
func householdFiles(t *testing.T, w *world) {
	village := w.county.Villages[0]
	town := w.county.Townships[village.Township].Name
	titles := []string{"户编号", "户主姓名", "身份证号", "家庭人口", "乡镇", "行政村", "联系电话", "参与项目", "养鹅数"}
	for n, kind := range []struct {
		name  string
		write func(*testing.T, [][]string) []byte
	}{{"households.csv", writeCSV}, {"households.xlsx", writeXLSX}} {
		t.Run(kind.name, func(t *testing.T) {
			code := func(line int) string { return fmt.Sprintf("NEW-%d-%03d", n, line) }
			// Born in a year in which nobody of the demo county was.
			id := func(line int) string { return idNumber(fmt.Sprintf("99999919100%d12%03d", n+1, line)) }
			wrongID := id(3)[:17] + map[bool]string{true: "1", false: "2"}[id(3)[17] == '2']
			table := [][]string{titles,
				{code(2), "新来的甲", id(2), "3", town, village.Name, "00012345678", "半亩园、百只鹅", "80"},
				{code(3), "新来的乙", wrongID, "2", town, village.Name, "", "", ""},
				{code(4), "新来的丙", id(4), "1", town, village.Name, "", "百只鹅", "5"},
				{code(5), "新来的丁", id(5), "2", town, "没有这个村", "", "", ""},
				{code(6), "新来的戊", id(6), "0", town, village.Name, "", "", ""},
				{code(7), "新来的己", id(2), "2", town, village.Name, "", "", ""},
				{code(8), "新来的庚", id(8), "2", town, village.Name, "", "百只鹅", "-3"},
			}
			file := filepath.Join(t.TempDir(), kind.name)
			run := func(table [][]string) (string, int) {
				t.Helper()
				if err := os.WriteFile(file, kind.write(t, table), 0o600); err != nil {
					t.Fatal(err)
				}
				stdout, stderr, exit := runProduct(t, w.env, "import", "households", file)
				if strings.Contains(stderr, "panic") {
					t.Fatal(stderr)
				}
				return stdout, exit
			}
			out, exit := run(table)
			for line := 2; line <= 8; line++ {
				listed := strings.Contains("\n"+out, fmt.Sprintf("\n第 %d 行 ", line))
				if wrong := line != 2 && line != 4; listed != wrong {
					t.Errorf("line %d listed as wrong: %v\n%s", line, listed, out)
				}
			}
			if exit != exitFailed || !strings.Contains(out, "2 added, 0 changed, 0 unchanged, 5 problems") {
				t.Errorf("exit %d\n%s", exit, out)
			}
			if out, _ := run(table); !strings.Contains(out, "0 added, 0 changed, 2 unchanged, 5 problems") {
				t.Errorf("the same file again:\n%s", out)
			}
			good := [][]string{titles, slices.Clone(table[1]), table[3]}
			good[1][3] = "4"
			if out, exit := run(good); exit != 0 || !strings.Contains(out, "0 added, 1 changed, 1 unchanged, 0 problems") {
				t.Errorf("with one household larger: exit %d\n%s", exit, out)
			}
			h := get[catalog.Household](t, w.as(t, "operator"), "/households/"+code(2))
			if h.Head != "新来的甲" || h.Persons != 4 || h.Geese != 80 || len(h.Members) == 0 || strings.Contains(h.Members[0].IDNumber, id(2)[6:14]) {
				t.Errorf("the household is %+v", h)
			}
			page := get[catalog.HouseholdPage](t, w.as(t, "operator"), fmt.Sprintf("/households?q=NEW-%d", n))
			if page.Total != 2 {
				t.Errorf("%d households were taken", page.Total)
			}
		})
	}
	for name, data := range map[string][]byte{
		"empty.csv":    nil,
		"titles.csv":   []byte("户编号,户主姓名\n"),
		"zeros.csv":    bytes.Repeat([]byte{0}, 1<<16),
		"broken.xlsx":  []byte("PK\x03\x04 not a workbook"),
		"quote.csv":    []byte("户编号,户主姓名,身份证号,家庭人口,乡镇,行政村\n\"unclosed"),
		"picture.xlsx": append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0xff}, 4_096)...),
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, exit := runProduct(t, w.env, "import", "households", file)
		if exit != exitFailed || strings.Contains(stderr, "panic") || stderr == "" {
			t.Errorf("%s: exit %d\n%s\n%s", name, exit, stdout, stderr)
		}
	}
	w.verified(t)
}
