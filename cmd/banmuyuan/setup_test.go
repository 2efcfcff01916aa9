package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/web"
	county "banmuyuan/web/directory"
	"banmuyuan/web/sheet"
)

// memoryDirectory keeps entries by kind and key. It works on a batch when it is told to, as the module does.
type memoryDirectory struct {
	catalog.Directory
	rows     map[string][]entry.Row
	batch    catalog.Batch
	entries  map[string]map[string]entry.Values
	problems []entry.Problem
	largest  int    // rows of one call
	fault    string // of the next run
	idle     int    // calls of RunBatches that find another process at work
}

func (d *memoryDirectory) OpenBatch(_ context.Context, r catalog.OpenBatch) (catalog.Batch, error) {
	d.rows, d.batch = map[string][]entry.Row{}, catalog.Batch{ID: d.batch.ID + 1, Name: r.Name, State: catalog.BatchFilling}
	return d.batch, nil
}

func (d *memoryDirectory) AddBatchRows(_ context.Context, r catalog.BatchRows) (catalog.Batch, error) {
	d.rows[r.Kind] = append(d.rows[r.Kind], r.Rows...)
	d.largest = max(d.largest, len(r.Rows))
	return d.batch, r.Check()
}

func (d *memoryDirectory) RunBatch(_ context.Context, r catalog.RunBatch) (catalog.Batch, error) {
	d.batch.State = catalog.BatchChecking
	if r.Load {
		d.batch.State = catalog.BatchLoading
	}
	return d.batch, nil
}

func (d *memoryDirectory) Batch(context.Context, catalog.BatchRef) (catalog.Batch, error) {
	return d.batch, nil
}

func (d *memoryDirectory) BatchProblems(_ context.Context, r catalog.BatchProblemsRequest) (catalog.BatchProblemPage, error) {
	rest := d.problems[r.After:]
	return catalog.BatchProblemPage{Items: rest[:min(2, len(rest))], Total: int64(len(d.problems))}, nil
}

func (d *memoryDirectory) DropBatch(context.Context, catalog.BatchRef) (catalog.Batch, error) {
	d.rows = nil
	return d.batch, nil
}

func (d *memoryDirectory) RunBatches(context.Context) error {
	if d.idle > 0 {
		d.idle--
		return nil
	}
	load := d.batch.State == catalog.BatchLoading
	if d.fault != "" {
		d.batch.State, d.batch.Fault = catalog.BatchFilling, d.fault
		return nil
	}
	d.batch.State = catalog.BatchChecked
	if load {
		d.batch.State = catalog.BatchLoaded
	}
	d.problems, d.batch.Kinds, d.batch.Wrong = nil, nil, 0
	for _, k := range catalog.Kinds() {
		if len(d.rows[k.Name]) > 0 {
			n := d.take(k, load)
			d.batch.Kinds = append(d.batch.Kinds, n)
			d.batch.Wrong += n.Wrong
		}
	}
	return nil
}

func (d *memoryDirectory) take(k *entry.Kind, load bool) catalog.BatchKind {
	n := catalog.BatchKind{Kind: k.Name, Rows: int64(len(d.rows[k.Name]))}
	for _, r := range d.rows[k.Name] {
		v, faults := k.Parse(r, false, time.Now())
		before, known := d.entries[k.Name][v.Key(k)]
		if len(faults) == 0 && !known {
			faults = k.Missing(k.Defaults().With(v))
		}
		for _, f := range faults {
			d.problems = append(d.problems, entry.Problem{Kind: k.Name, Line: r.Line, Field: f.Field, Value: r.Cells[f.Field], Key: f.Key, Args: f.Args})
		}
		switch {
		case len(faults) > 0:
			n.Wrong++
			continue
		case !known:
			n.Added++
		case len(before.Changed(k, v)) == 0:
			n.Unchanged++
		default:
			n.Changed++
		}
		if load {
			if d.entries[k.Name] == nil {
				d.entries[k.Name] = map[string]entry.Values{}
			}
			d.entries[k.Name][v.Key(k)] = before.With(v)
		}
	}
	return n
}

func setupOf(t *testing.T, d *memoryDirectory, data []byte) (*setup, *bytes.Buffer) {
	t.Helper()
	words, err := web.NewSiteGlossary()
	if err != nil {
		t.Fatal(err)
	}
	book, err := sheet.ReadWorkbook(data, catalog.Kinds(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return &setup{directory: d, words: words, out: &out, book: book}, &out
}

func workbook(t *testing.T, sheets map[string][][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for name, rows := range sheets {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			at, _ := excelize.CoordinatesToCellName(1, i+1)
			if err := f.SetSheetRow(name, at, &row); err != nil {
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

func TestSetupTakesTheGoodRowsAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	rows := [][]any{{"青禾县乡镇"}, {"乡镇名称", "纬度", "经度"}, {"青禾镇", 47.5, 125.5}, {"白桦镇", "很高", "更高"}, {"", 47.1}}
	for n := range 2_100 {
		rows = append(rows, []any{"第" + string(rune('一'+n)) + "乡", 47})
	}
	data := workbook(t, map[string][][]any{"乡镇": rows})
	d := &memoryDirectory{entries: map[string]map[string]entry.Values{}, idle: 2}
	want := "乡镇 第 4 行 纬度 “很高”：请填度数，用小数，例如 125.31。\n乡镇 第 4 行 经度 “更高”：请填度数，用小数，例如 125.31。\n乡镇 第 5 行 乡镇名称：必填，请填写。\n"
	for _, c := range []struct {
		load bool
		end  string
	}{
		{false, "乡镇：可新增 2101，可更新 0，未变 0，有问题 2 (township: 2101 added, 0 changed, 0 unchanged, 2 wrong)\n只是检查，什么也没有改 (checked only)\n"},
		{true, "乡镇：新增 2101，更新 0，未变 0，有问题 2 (township: 2101 added, 0 changed, 0 unchanged, 2 wrong)\n"},
		{true, "乡镇：新增 0，更新 0，未变 2101，有问题 2 (township: 0 added, 0 changed, 2101 unchanged, 2 wrong)\n"},
	} {
		s, out := setupOf(t, d, data)
		wrong, err := s.run(t.Context(), "x.xlsx", c.load)
		if err != nil || wrong != 2 || out.String() != want+c.end {
			t.Errorf("load %v: %v\n%s", c.load, err, out)
		}
		if n := len(d.entries[catalog.KindTownship]); n != map[bool]int{true: 2101}[c.load] {
			t.Errorf("load %v: %d entries", c.load, n)
		}
		if d.rows != nil {
			t.Error("the batch keeps its rows")
		}
	}
	if d.largest > catalog.MaxBatchRows {
		t.Errorf("%d rows in one call", d.largest)
	}
	good, out := setupOf(t, d, workbook(t, map[string][][]any{"乡镇": rows[1:3]}))
	if _, err := good.run(t.Context(), "x.xlsx", true); err != nil || !strings.HasSuffix(out.String(), "什么也没有变 (nothing changed)\n") {
		t.Errorf("%v\n%s", err, out)
	}
	d.fault = "batch.failed"
	if _, err := good.run(t.Context(), "x.xlsx", true); link.AsError(err).Key != "batch.failed" {
		t.Errorf("a run that stops: %v", err)
	}
}

func TestSetupSaysWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	s, out := setupOf(t, nil, workbook(t, map[string][][]any{"乡镇": {{"乡镇", "电话号"}, {"青禾镇", "1"}}, "值班": {{"日期", "人"}, {"1", "甲"}}}))
	s.sayFindings()
	for _, want := range []string{
		"✗ 看不出“值班”这张表填的是什么", "“乡镇”表的“电话号”列不认识，没有读（例如：1）", "文件里没有这些表：县、历年上报、行政村、",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

// A workbook that cannot be understood is refused before a database is opened.
func TestSetupRefusesToLoadHalfAWorkbook(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.xlsx")
	data := workbook(t, map[string][][]any{"乡镇": {{"乡镇"}, {"青禾镇"}}, "行政村": {{"村编号", "乡镇"}, {"QH-01", "青禾镇"}}})
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run([]string{"setup", "load", name, "--data", filepath.Join(t.TempDir(), "none")}, &out, &errs)
	if code != exitFailed || !strings.Contains(out.String(), "✗ “行政村”表缺少这些列：行政村") || !strings.Contains(errs.String(), "什么也没有导入") {
		t.Errorf("%d\n%s\n%s", code, &out, &errs)
	}
}

func TestColumnMapping(t *testing.T) {
	t.Parallel()
	got, err := columnMapping([]string{"农户:鹅=总数=养鹅数", "household：备注=", "农户:谁家=head"})
	want := sheet.Mapping{"household": {"鹅=总数": "geese", "备注": "", "谁家": "head"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, wrong := range []string{"农户", "农户:鹅", "鸟:鹅=养鹅数", "农户:鹅=翅膀"} {
		if m, err := columnMapping([]string{wrong}); err == nil {
			t.Errorf("%q is taken as %v", wrong, m)
		}
	}
}

func TestSetupFilesAreNotOverwritten(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "t.xlsx")
	var out, errs bytes.Buffer
	if code := run([]string{"setup", "template", "-o", name}, &out, &errs); code != 0 {
		t.Fatalf("%d: %s", code, &errs)
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if book, err := sheet.ReadWorkbook(before, county.Kinds(), nil); err != nil || len(book.Tables) != len(county.Kinds()) {
		t.Errorf("%v, %+v", err, book)
	}
	if code := run([]string{"setup", "example", "-o", name}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "--force") {
		t.Errorf("%d: %s", code, &errs)
	}
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	if code := run([]string{"setup", "example", "-o", name, "--force"}, &out, &errs); code != 0 {
		t.Errorf("%d: %s", code, &errs)
	}
	failed := errors.New("no")
	if err := writeFile(filepath.Join(t.TempDir(), "no.xlsx"), false, func(io.Writer) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
}

// Every key that a fault of the directory or of a workbook carries has its sentence.
func TestDirectoryKeysAreWorded(t *testing.T) {
	t.Parallel()
	words, err := web.NewSiteGlossary()
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`"((?:entry|directory|batch|sheet|import|accounts)\.[a-z_.]+)"`)
	files := []string{}
	for _, pattern := range []string{"../../internal/entry/*.go", "../../catalog/*.go", "../../catalog/postgres/*.go", "../../catalog/postgres/directory/*.go", "../../payments/*.go", "../../payments/postgres/*.go",
		"../../web/sheet/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	seen := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "link_gen.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(text), -1) {
			if seen[m[1]] = true; !words.Has(m[1]) {
				t.Errorf("%s: %s has no sentence", name, m[1])
			}
		}
	}
	// Faults of numbers have a bound's sentence as well.
	for _, k := range []string{"entry.count", "entry.mu", "entry.weight", "entry.money", "entry.percent"} {
		if !words.Has(k + ".range") {
			t.Errorf("%s.range has no sentence", k)
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d keys were found", len(seen))
	}
}
