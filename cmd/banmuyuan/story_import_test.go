package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/report"
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
	before := get[catalog.Coverage](t, w.as(t, "operator"), "/coverage")
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
	importedCount(t, w, before)
	lostEventsAreNamed(t, w)
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

// importedCount wants the four imported households and their ten persons in the overview, the report of villages and the
// sheet of incomes, without anybody opening their pages, and in the sheet the sums of the overview.
func importedCount(t *testing.T, w *world, before catalog.Coverage) {
	operator := w.as(t, "operator")
	overview := await(t, "the overview counting the imported households", func() (orders.Report, bool) {
		r := get[orders.Report](t, operator, "/report")
		return r, r.Persons == before.Persons+10
	})
	coverage := get[catalog.Coverage](t, operator, "/coverage")
	if coverage.Households != before.Households+4 || coverage.Persons != overview.Persons {
		t.Errorf("the catalogue counts %d households with %d persons", coverage.Households, coverage.Persons)
	}
	var villages int64
	for _, v := range overview.ByVillage {
		villages += v.Households
	}
	if villages != coverage.Households {
		t.Errorf("villages have %d of %d households", villages, coverage.Households)
	}
	// Other parts of the test earn and spend meanwhile: a sheet counts when the overview is the same before and after it.
	for kind, first := range map[report.Kind]string{report.Incomes: "NEW-1-002", report.Villages: w.county.Townships[w.county.Villages[0].Township].Name} {
		await(t, fmt.Sprintf("the sheet of %s summing to the overview", kind), func() (string, bool) {
			was := totalOf(get[orders.Report](t, operator, "/report"))
			rows := w.sheet(t, kind)
			now := totalOf(get[orders.Report](t, operator, "/report"))
			total, has := sumOf(t, rows, first)
			lines := map[report.Kind]int64{report.Incomes: coverage.Households, report.Villages: coverage.Villages}[kind]
			if !has || int64(len(rows)-3) != lines {
				t.Fatalf("%d rows, %s among them: %v", len(rows)-3, first, has)
			}
			return fmt.Sprintf("the sheet sums to %d, the overview %d and %d", total, was, now), was == now && total == now
		})
	}
}

// totalOf is all income of a report's season.
func totalOf(r orders.Report) (fen int64) {
	for _, y := range r.Years {
		if y.Season == r.Season {
			fen = y.Total()
		}
	}
	return fen
}

// sheet has a workbook made and reads its rows.
func (w *world) sheet(t *testing.T, kind report.Kind) [][]string {
	t.Helper()
	return w.sheetOf(t, kind, 0)
}

// sheetOf has the workbook of a season made, 0 being the current one.
func (w *world) sheetOf(t *testing.T, kind report.Kind, season int) [][]string {
	t.Helper()
	operator := w.as(t, "operator")
	job := post[report.Job](t, operator, "/reports", "", map[string]any{"kind": kind, "season": season, "lang": "zh"})
	await(t, fmt.Sprintf("report %d", job.ID), func() (report.Job, bool) {
		j := get[report.Job](t, operator, fmt.Sprintf("/reports/%d", job.ID))
		return j, j.EndedAt != nil && j.File != ""
	})
	a := operator.send(t, request{method: "GET", path: fmt.Sprintf("/reports/%d/file", job.ID), header: map[string]string{"Accept": "*/*"}})
	f, err := excelize.OpenReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatalf("%d: %v", a.status, err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil || len(rows) < 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows
}

// sumOf sums the columns of expected, owed and paid income, in fen, and reports whether a row begins with a text.
func sumOf(t *testing.T, rows [][]string, first string) (fen int64, has bool) {
	t.Helper()
	var columns []int
	for i, head := range rows[1] {
		if slices.Contains([]string{"预计", "应得", "已付"}, head) {
			columns = append(columns, i)
		}
	}
	if len(columns) != 3 {
		t.Fatalf("the columns are %v", rows[1])
	}
	for _, row := range rows[2 : len(rows)-1] { // the last one is the sums
		has = has || row[0] == first
		for _, i := range columns {
			if i >= len(row) || row[i] == "" {
				continue
			}
			yuan, err := strconv.ParseFloat(row[i], 64)
			if err != nil {
				t.Fatalf("%v: %v", row, err)
			}
			fen += int64(math.Round(yuan * 100))
		}
	}
	return fen, has
}

// lostEventsAreNamed takes an imported household out of the copy that figures are counted from, as if its event had been
// lost, and changes persons by hand: verify names both.
func lostEventsAreNamed(t *testing.T, w *world) {
	w.verified(t)
	data := ""
	for _, e := range w.env {
		if d, ok := strings.CutPrefix(e, "BANMU_DATA="); ok {
			data = d
		}
	}
	url, closeDatabase, err := openDatabase(t.Context(), Config{Data: data}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeDatabase(context.WithoutCancel(t.Context())) }()
	db, err := link.OpenDB(t.Context(), url, moduleOrders, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := get[catalog.Household](t, w.as(t, "operator"), "/households/NEW-0-002")
	var kept string
	if err := db.Get(&kept, `SELECT to_json(household_ref) FROM household_ref WHERE id = $1`, h.ID); err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]string{
		"a lost event": `DELETE FROM household_ref WHERE id = $1`, "persons changed by hand": `UPDATE household_ref SET persons = persons + 1 WHERE id = $1`,
	} {
		if _, err := db.Exec(harm, h.ID); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, exit := runProduct(t, w.env, "verify")
		for _, want := range []string{fmt.Sprintf("orders: households: household %d: ", h.ID), "orders: figures and households: overview: "} {
			if exit != exitFailed || !strings.Contains(stdout, want) {
				t.Errorf("%s: verify ends with %d and does not say %q:\n%s\n%s", name, exit, want, stdout, tail(stderr))
			}
		}
		if _, err := db.Exec(`DELETE FROM household_ref WHERE id = $1`, h.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`INSERT INTO household_ref SELECT * FROM json_populate_record(NULL::household_ref, $1)`, kept); err != nil {
			t.Fatal(err)
		}
	}
}
