package sheet

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
)

func template(t *testing.T, rows map[string][]entry.Row) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteWorkbook(&b, catalog.Kinds(), rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestATemplateReadsAsNothing(t *testing.T) {
	t.Parallel()
	w := readAll(t, template(t, nil))
	if len(w.Findings) > 0 || w.Rows() != 0 || len(w.Tables) != len(catalog.Kinds()) {
		t.Fatalf("%d rows, %d tables, %+v", w.Rows(), len(w.Tables), w.Findings)
	}
	for _, table := range w.Tables {
		if len(table.Heads) != len(table.Kind.Fields) {
			t.Errorf("%s: %d of %d columns are found", table.Kind.Name, len(table.Heads), len(table.Kind.Fields))
		}
	}
}

// The examples of the kinds, written into a template, are read back as they are and understood.
func TestAFilledTemplateReadsBack(t *testing.T) {
	t.Parallel()
	rows := map[string][]entry.Row{}
	for _, k := range catalog.Kinds() {
		row := entry.Row{Line: 3, Cells: map[string]string{}}
		for _, f := range k.Fields {
			if f.Example != "" {
				row.Cells[f.Name] = f.Example
			}
		}
		rows[k.Name] = []entry.Row{row}
	}
	rows[catalog.KindHousehold][0].Cells["id_number"] = "999999196203151147"
	w := readAll(t, template(t, rows))
	for _, table := range w.Tables {
		if !reflect.DeepEqual(table.Rows, rows[table.Kind.Name]) {
			t.Errorf("%s: %+v, want %+v", table.Kind.Name, table.Rows, rows[table.Kind.Name])
		}
		for _, r := range table.Rows {
			if v, faults := table.Kind.Parse(r, false, testDay); len(faults) > 0 || len(table.Kind.Missing(table.Kind.Defaults().With(v))) > 0 {
				t.Errorf("%s: %+v, %+v", table.Kind.Name, faults, table.Kind.Missing(table.Kind.Defaults().With(v)))
			}
		}
	}
}

func TestATemplateHelpsToFillIt(t *testing.T) {
	t.Parallel()
	f, err := excelize.OpenReader(bytes.NewReader(template(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sheets := f.GetSheetList(); sheets[0] != "说明" || len(sheets) != len(catalog.Kinds())+1 {
		t.Errorf("sheets: %v", sheets)
	}
	for cell, want := range map[string]string{"A1": "户编号*", "G1": "联系电话"} {
		if got, _ := f.GetCellValue("农户", cell); got != want {
			t.Errorf("%s is %q, want %q", cell, got, want)
		}
	}
	if hint, _ := f.GetCellValue("农户", "A2"); !strings.HasPrefix(hint, "※ 必填。") || !strings.Contains(hint, "例：QH-01") {
		t.Errorf("hint: %q", hint)
	}
	style, err := f.GetColStyle("农户", "C")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.GetStyle(style); err != nil || s.NumFmt != textFormat {
		t.Errorf("id numbers are no text: %+v, %v", s, err)
	}
	lists := map[string]string{}
	for _, sheet := range []string{"农户", "单位", "行政村"} {
		all, err := f.GetDataValidations(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			lists[sheet+" "+strings.Split(v.Sqref, ":")[0]] = v.Formula1
		}
	}
	for at, want := range map[string]string{"农户 E3": "'乡镇'!$A$3:$A$2000", "单位 B3": `"合作社,企业,爱心超市,代养大户"`, "行政村 D3": `"是,否"`} {
		if lists[at] != want {
			t.Errorf("list of %s is %q, want %q; all: %v", at, lists[at], want, lists)
		}
	}
}

func TestWrongRowsCanBeMendedAndSentAgain(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(goodHousehold, "999999196203151147", "999999196203151148", 1)
	data := rawXLSX(t, "", rawSheet{name: "农户", rows: households + row(2, cellsOf(goodHousehold)...) +
		row(3, cellsOf(strings.Replace(bad, "QH-01", "QH-02", 1))...) + row(4, cellsOf(",王大,999999196203151198,,,,,,")...)},
		rawSheet{name: "乡镇", rows: row(1, text("乡镇")) + row(2, text("青禾镇"))})
	w := readAll(t, data)
	problems := []entry.Problem{
		{Kind: "household", Line: 3, Field: "id_number", Value: "9999**********1148", Key: "import.id_number.check"},
		{Kind: "household", Line: 4, Field: "code", Key: "entry.missing"},
		{Kind: "household", Line: 4, Field: "nobody", Key: "other"},
	}
	var b bytes.Buffer
	if err := WriteProblems(&b, w.Tables, problems, func(p entry.Problem) string { return "见 " + p.Key }); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sheets := f.GetSheetList(); !slices.Equal(sheets, []string{"农户"}) {
		t.Errorf("sheets: %v", sheets)
	}
	got, err := f.GetRows("农户")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"行号", "户编号*", "户主姓名*", "身份证号*", "家庭人口*", "乡镇*", "行政村*", "联系电话", "园子面积(亩)", "养鹅数", "问题"},
		{"3", "QH-02", "郑大河", "999999196203151148", "3", "青禾镇", "东河村", "13900000000", "0.5", "60", "身份证号：见 import.id_number.check"},
		{"4", "", "王大", "999999196203151198", "", "", "", "", "", "", "户编号：见 entry.missing\n见 other"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	coloured := func(cell string) bool {
		id, err := f.GetCellStyle("农户", cell)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.GetStyle(id)
		return err == nil && len(s.Fill.Color) > 0
	}
	if !coloured("D2") || !coloured("B3") || coloured("B2") || coloured("D3") {
		t.Error("not the wrong cells are coloured")
	}
	if err := f.SetCellStr("农户", "D2", "999999196203151147"); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	again := readAll(t, b.Bytes())
	rows := rowsOf(t, again, catalog.KindHousehold)
	if findings(again) != nil || len(rows) != 2 || rows[0].Line != 2 || rows[0].Cells["id_number"] != "999999196203151147" || len(rows[0].Cells) != 9 {
		t.Errorf("%+v %+v", again.Findings, rows)
	}
}
