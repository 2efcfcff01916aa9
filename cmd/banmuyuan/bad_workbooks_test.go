package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/invent"
)

// badWorkbook is a workbook that a county office might send, and what it is told: by 'setup check', and on the page.
type badWorkbook struct {
	name, file string
	data       []byte
	says       []string
	onPage     []string // in place of says, where the page words it in cells
	good       bool     // the command ends with 0: nothing is wrong with any row
}

// badWorkbooks are sent to the example county, which has 青禾镇 and its 东河村 (QH-01-001).
func badWorkbooks(t *testing.T) []badWorkbook {
	t.Helper()
	ids := invent.NewIDNumbers("999998")
	born := time.Date(1961, 3, 1, 0, 0, 0, 0, time.UTC)
	one, two := ids.Next(born, false), ids.Next(born, true)
	households := []any{"户编号", "户主姓名", "身份证号", "家庭人口", "乡镇", "行政村", "养鹅数"}
	home := func(code, head, id, geese any) []any {
		return []any{code, head, id, 3, "青禾镇", "东河村", geese}
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("村编号,乡镇,行政村\nZZ-01,北岭乡,上洼村\n")
	if err != nil {
		t.Fatal(err)
	}
	return []badWorkbook{
		{name: "a kind's sheet is missing", data: workbook(t, map[string][][]any{"行政村": {{"村编号", "乡镇", "行政村"}, {"ZZ-01", "南岭乡", "上洼村"}}}),
			says: []string{"文件里没有这些表：县、历年上报、乡镇、", "行政村 第 2 行 乡镇 “南岭乡”：没有登记“南岭乡”"}, onPage: []string{"行政村", "南岭乡", "没有登记“南岭乡”"}},
		{name: "headings that nobody knows", data: workbook(t, map[string][][]any{"乡镇": {{"乡镇", "带头人电话号"}, {"青禾镇", "1390"}}}),
			says: []string{"“乡镇”表的“带头人电话号”列不认识，没有读（例如：1390）"}, onPage: []string{"带头人电话号", "1390"}, good: true},
		{name: "a sheet that nobody knows", data: workbook(t, map[string][][]any{"值班": {{"日期", "人"}, {"初一", "甲"}}}),
			says: []string{"看不出“值班”这张表填的是什么"}},
		{name: "a needed column is missing", data: workbook(t, map[string][][]any{"行政村": {{"村编号", "乡镇"}, {"ZZ-01", "青禾镇"}}}),
			says: []string{"“行政村”表缺少这些列：行政村"}},
		{name: "a GBK text", file: "村.csv", data: []byte(gbk), says: []string{"行政村 第 2 行 乡镇 “北岭乡”：没有登记“北岭乡”"}, onPage: []string{"北岭乡", "没有登记“北岭乡”"}},
		{name: "a formula without its result", data: withFormula(t, workbook(t, map[string][][]any{"乡镇": {{"乡镇", "纬度"}, {"青禾镇"}}}), "乡镇", "B2", "40+7"),
			says: []string{"乡镇 第 2 行 纬度", "这里是公式，没有算出的结果"}, onPage: []string{"纬度", "这里是公式，没有算出的结果"}},
		{name: "a township twice", data: workbook(t, map[string][][]any{"乡镇": {{"乡镇"}, {"东岭乡"}, {"西岭乡"}, {"东岭乡"}}}),
			says: []string{"乡镇 第 4 行 乡镇 “东岭乡”：和第 2 行重复"}, onPage: []string{"东岭乡", "和第 2 行重复"}},
		{name: "a village in two townships", data: workbook(t, map[string][][]any{"乡镇": {{"乡镇"}, {"东岭乡"}, {"西岭乡"}},
			"行政村": {{"村编号", "乡镇", "行政村"}, {"ZZ-01", "东岭乡", "上洼村"}, {"ZZ-01", "西岭乡", "上洼村"}}}),
			says: []string{"行政村 第 3 行 村编号 “ZZ-01”：和第 2 行重复"}, onPage: []string{"ZZ-01", "和第 2 行重复"}},
		{name: "a household twice", data: workbook(t, map[string][][]any{"农户": {households, home("ZZ-1", "郑一", one, 1), home("ZZ-1", "郑二", two, 2)}}),
			says: []string{"农户 第 3 行 户编号 “ZZ-1”：和第 2 行重复"}, onPage: []string{"ZZ-1", "和第 2 行重复"}},
		{name: "text in a column of figures", data: workbook(t, map[string][][]any{"农户": {households, home("ZZ-1", "郑一", one, "六十来只")}}),
			says: []string{"农户 第 2 行 养鹅数 “六十来只”：请填整数"}, onPage: []string{"养鹅数", "六十来只", "请填整数"}},
		{name: "two persons with one id number", data: workbook(t, map[string][][]any{"农户": {households, home("ZZ-1", "郑一", one, 1), home("ZZ-2", "郑二", one, 2)}}),
			says: []string{"农户 第 3 行 身份证号", "和第 2 行重复"}, onPage: []string{"身份证号", "和第 2 行重复"}},
		{name: "a heading over two columns", data: merged(t, workbook(t, map[string][][]any{"行政村": {{"村编号", "乡镇", "", "行政村"}, {"ZZ-01", "青禾镇", "东头", "上洼村"}}}), "行政村", "B1", "C1"),
			says: []string{"“行政村”表第 C 列没有列名", "东头"}, onPage: []string{"东头"}, good: true},
		{name: "too many rows", file: "户产.csv", data: longTable(130_000), says: []string{"行数太多，一次最多 120000 行"}},
	}
}

func changedBook(t *testing.T, data []byte, change func(*excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func withFormula(t *testing.T, data []byte, sheet, at, formula string) []byte {
	return changedBook(t, data, func(f *excelize.File) error { return f.SetCellFormula(sheet, at, formula) })
}

func merged(t *testing.T, data []byte, sheet, from, to string) []byte {
	return changedBook(t, data, func(f *excelize.File) error { return f.MergeCell(sheet, from, to) })
}

// longTable is a table of holdings, of which no household is registered.
func longTable(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("户编号,产品,每季可卖\n")
	for n := range rows {
		fmt.Fprintf(&b, "ZZ-%06d,黑猪,%d\n", n, n%50)
	}
	return b.Bytes()
}

// nothingBadWorkbooks sends workbooks that are wrong to a county that has its data: each fault is named with sheet, row, column,
// value and reason, by command and on the page, and nothing of them is taken.
func nothingBadWorkbooks(t *testing.T, o *office) {
	before := o.entries(t)
	browser := o.browser(t, "operator")
	for _, c := range badWorkbooks(t) {
		t.Run(c.name, func(t *testing.T) {
			if c.file == "" {
				c.file = "表.xlsx"
			}
			file := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(file, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, code := runProduct(t, o.env, "setup", "check", file)
			for _, want := range c.says {
				if !strings.Contains(stdout+stderr, want) {
					t.Errorf("the command does not say %q:\n%s\n%s", want, stdout, tail(stderr))
				}
			}
			if (code == 0) != c.good {
				t.Errorf("the command ends with %d", code)
			}
			text := browser.sendsWorkbook(t, c.file, c.data)
			if c.onPage == nil {
				c.onPage = c.says
			}
			for _, want := range c.onPage {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q:\n%s", want, text)
				}
			}
		})
	}
	if after := o.entries(t); after != before {
		t.Errorf("entries were\n%s, and are\n%s", before, after)
	}
}

// nothingLongWorkbook checks a long workbook in bounded memory.
func nothingLongWorkbook(t *testing.T, o *office) {
	rows := 100_000
	if raceDetector {
		rows /= 10
	}
	file := filepath.Join(t.TempDir(), "户产.csv")
	if err := os.WriteFile(file, longTable(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	p, out := startProduct(t, o.env, "setup", "check", file, "--wrong", filepath.Join(t.TempDir(), "wrong.xlsx"))
	var said bytes.Buffer
	if _, err := said.ReadFrom(out); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("no resource usage")
	}
	if want := fmt.Sprintf("holding: 0 added, 0 changed, 0 unchanged, %d wrong", rows); p.cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(said.String(), want) {
		t.Errorf("exit %d:\n%s\n%s", p.cmd.ProcessState.ExitCode(), tail(said.String()), tail(p.stderr.String()))
	}
	if usage.Maxrss>>10 > 600 {
		t.Errorf("%d MB for %d rows", usage.Maxrss>>10, rows)
	}
}

// entries counts the county's entries of each kind.
func (o *office) entries(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, k := range catalog.Kinds() {
		fmt.Fprintf(&all, "%s %d\n", k.Name, get[catalog.EntryPage](t, o.as(t, "operator"), "/directory/"+k.Name+"?limit=1").Total)
	}
	return all.String()
}

// sendsWorkbook sends a workbook to 县里资料 and returns the text of the page that lists its faults.
func (v *guest) sendsWorkbook(t *testing.T, name string, data []byte) string {
	t.Helper()
	status, to, text := v.sendsFile("/county/setup", name, data)
	switch {
	case status != http.StatusSeeOther:
		if status != http.StatusOK && status != http.StatusUnprocessableEntity && status != http.StatusRequestEntityTooLarge {
			t.Fatalf("%s: %d\n%s", name, status, text)
		}
		return text
	case !strings.HasPrefix(to, "/county/setup/batches/"):
		t.Fatalf("%s leads to %s", name, to)
	}
	return await(t, "the check of "+name, func() (string, bool) {
		_, _, text := v.sees(to)
		return text, strings.Contains(text, "检查完了")
	})
}
