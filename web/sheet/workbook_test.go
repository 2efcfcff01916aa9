package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/internal/table"
)

var testDay = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)

// rawSheet is a sheet whose rows are XML, so that a test decides what is stored and not only what is shown.
type rawSheet struct{ name, state, rows string }

const households = `<row r="1">` +
	`<c t="inlineStr"><is><t>户编号</t></is></c><c t="inlineStr"><is><t>户主姓名</t></is></c><c t="inlineStr"><is><t>身份证号</t></is></c>` +
	`<c t="inlineStr"><is><t>家庭人口</t></is></c><c t="inlineStr"><is><t>乡镇</t></is></c><c t="inlineStr"><is><t>行政村</t></is></c>` +
	`<c t="inlineStr"><is><t>联系电话</t></is></c><c t="inlineStr"><is><t>园子面积(亩)</t></is></c><c t="inlineStr"><is><t>养鹅数</t></is></c></row>`

func text(s string) string {
	return `<c t="inlineStr"><is><t xml:space="preserve">` + s + `</t></is></c>`
}
func number(s string) string { return `<c><v>` + s + `</v></c>` }
func row(n int, cells ...string) string {
	return fmt.Sprintf(`<row r="%d">%s</row>`, n, strings.Join(cells, ""))
}

// rawXLSX makes a workbook. properties are the attributes of workbookPr; styles 1, 2 and 3 show a day, a percentage and a
// Chinese day.
func rawXLSX(t *testing.T, properties string, sheets ...rawSheet) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name, content string) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?>` + content)); err != nil {
			t.Fatal(err)
		}
	}
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	put("_rels/.rels", `<Relationships><Relationship Id="r" Type="`+office+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	list, relations := "", ""
	for i, s := range sheets {
		list += fmt.Sprintf(`<sheet name=%q sheetId="%d" state=%q r:id="rId%d"/>`, s.name, i+1, s.state, i+1)
		relations += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, office, i+1)
		put(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), `<worksheet><sheetData>`+s.rows+`</sheetData></worksheet>`)
	}
	put("xl/workbook.xml", `<workbook xmlns:r="`+office+`"><workbookPr `+properties+`/><sheets>`+list+`</sheets></workbook>`)
	put("xl/_rels/workbook.xml.rels", `<Relationships>`+relations+
		`<Relationship Id="st" Type="`+office+`/styles" Target="/xl/styles.xml"/></Relationships>`)
	put("xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>`+
		`<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="170"/></cellXfs></styleSheet>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readAll(t *testing.T, data []byte) Workbook {
	t.Helper()
	w, err := ReadWorkbook(data, catalog.Kinds(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// findings lists the keys of what was found, without the kinds that a file lacks.
func findings(w Workbook) []string {
	var keys []string
	for _, f := range w.Findings {
		if f.Key != "sheet.kind.absent" {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

func rowsOf(t *testing.T, w Workbook, kind string) []entry.Row {
	t.Helper()
	table, ok := w.Table(kind)
	if !ok {
		t.Fatalf("no table %s, but %+v", kind, w.Findings)
	}
	return table.Rows
}

const goodHousehold = "QH-01,郑大河,999999196203151147,3,青禾镇,东河村,13900000000,0.5,60"

func cellsOf(line string) []string {
	var cells []string
	for c := range strings.SplitSeq(line, ",") {
		cells = append(cells, text(c))
	}
	return cells
}

func TestNumbersOfSpreadsheets(t *testing.T) {
	t.Parallel()
	cells := cellsOf(goodHousehold)
	with := func(n int, changes map[int]string) string {
		c := slices.Clone(cells)
		for i, s := range changes {
			c[i] = s
		}
		return row(n, c...)
	}
	data := rawXLSX(t, "", rawSheet{name: "台账", rows: households +
		with(2, map[int]string{2: number("9.9999919620315098E+17"), 6: number("1.3812345678E10"), 7: `<c><f>0.1+0.53</f><v>0.63000000000000012</v></c>`}) +
		with(3, map[int]string{7: number("0.33333333333333331"), 3: number("3"), 8: number("1.2E2")}) +
		with(4, map[int]string{1: `<c t="str"><f>B2</f></c>`, 7: `<c><f>1/0</f></c>`, 8: `<c t="e"><f>A1/0</f><v>#DIV/0!</v></c>`}) +
		with(5, map[int]string{1: `<c t="e"><v>#SPILL!</v></c>`, 0: `<c s="1"><v>46000</v></c>`}) +
		with(6, map[int]string{1: `<c t="str"><f>B2</f><v></v></c>`, 8: number("88120")})})
	rows := rowsOf(t, readAll(t, data), catalog.KindHousehold)
	if len(rows) != 5 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for i, want := range []map[string]string{
		{"id_number": "entry.cut"}, nil, {"head": "entry.formula", "garden_m2": "entry.formula", "geese": "entry.error"},
		{"code": "entry.dated", "head": "entry.error"}, nil,
	} {
		if !maps.Equal(rows[i].Faults, want) {
			t.Errorf("line %d: faults %v, want %v", rows[i].Line, rows[i].Faults, want)
		}
	}
	for _, c := range []struct {
		row         int
		field, want string
	}{
		{0, "garden_m2", "0.63"}, {0, "phone", "13812345678"}, {1, "garden_m2", "0.333"}, {1, "persons", "3"}, {1, "geese", "120"},
		{4, "head", ""}, {4, "geese", "88120"},
	} {
		if got := rows[c.row].Cells[c.field]; got != c.want {
			t.Errorf("line %d: %s is %q, want %q", rows[c.row].Line, c.field, got, c.want)
		}
	}
}

func TestDaysAndPercentages(t *testing.T) {
	t.Parallel()
	heads := row(1, text("合作社"), text("户编号"), text("股数"), text("每股金额(元)"), text("入社日期"))
	rows := heads + row(2, text("甲"), text("QH-01"), number("2"), number("4349.9799999999996"), `<c s="1"><v>45352</v></c>`) +
		row(3, text("甲"), text("QH-02"), number("2"), number("500"), `<c s="3"><v>45352.5</v></c>`) +
		row(4, text("甲"), text("QH-03"), number("2"), number("500"), number("45352")) +
		row(5, text("甲"), text("QH-04"), `<c s="1"><v>2</v></c>`, number("500"), number("2024")) +
		row(6, text("甲"), text("QH-05"), number("2"), number("500"), text("2024年3月1日")) +
		row(7, text("甲"), text("QH-06"), number("2"), number("500"), `<c t="d"><v>2024-03-01T00:00:00</v></c>`)
	for name, c := range map[string]struct {
		properties string
		want       []string
	}{
		"1900": {"", []string{"2024-03-01", "2024-03-01", "2024-03-01", "2024", "2024年3月1日", "2024-03-01"}},
		"1904": {`date1904="1"`, []string{"2028-03-02", "2028-03-02", "2028-03-02", "2024", "2024年3月1日", "2024-03-01"}},
	} {
		got := rowsOf(t, readAll(t, rawXLSX(t, c.properties, rawSheet{name: "社员", rows: rows})), catalog.KindMembership)
		var days []string
		for _, r := range got {
			days = append(days, r.Cells["since"])
		}
		if !slices.Equal(days, c.want) {
			t.Errorf("%s: %v, want %v", name, days, c.want)
		}
		if got[0].Cells["share_fen"] != "4349.98" || got[3].Faults["shares"] != "entry.dated" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	org := rawXLSX(t, "", rawSheet{name: "单位", rows: row(1, text("单位名称"), text("类别"), text("代养提成（%）")) +
		row(2, text("甲"), text("代养大户"), `<c s="2"><v>0.85</v></c>`) + row(3, text("乙"), text("代养大户"), number("85"))})
	for _, r := range rowsOf(t, readAll(t, org), catalog.KindOrganisation) {
		if r.Cells["raiser_bp"] != "85" {
			t.Errorf("line %d: a part of %q percent", r.Line, r.Cells["raiser_bp"])
		}
	}
	years := rawXLSX(t, "", rawSheet{name: "历年上报", rows: row(1, text("年度"), text("人均增收")) +
		row(2, `<c s="1"><v>46000</v></c>`, number("1")) + row(3, `<c s="1"><v>2025</v></c>`, number("1")) + row(4, number("2024"), number("1"))})
	got := rowsOf(t, readAll(t, years), catalog.KindReported)
	if got[0].Cells["year"] != "2025" || got[1].Faults["year"] != "entry.dated" || got[2].Cells["year"] != "2024" {
		t.Errorf("years: %+v", got)
	}
	if day, ok := table.DayOf(59, false); !ok || day.Format(time.DateOnly) != "1900-02-28" {
		t.Errorf("day 59 is %v", day)
	}
	if day, ok := table.DayOf(61, false); !ok || day.Format(time.DateOnly) != "1900-03-01" {
		t.Errorf("day 61 is %v", day)
	}
	for _, none := range []float64{-1, 0, 60, 3e6} {
		if day, ok := table.DayOf(none, false); ok {
			t.Errorf("day %v is %v", none, day)
		}
	}
}

func TestSheetsAreFoundByTitleAndHeadings(t *testing.T) {
	t.Parallel()
	county := row(1, text("县名*"), text("英文名"), text("单据落款")) + row(2, text("青禾县"), text("Qinghe"), text("办公室"))
	for name, c := range map[string]struct {
		sheet rawSheet
		kind  string
		lines []int
		found []string
	}{
		"its title":           {rawSheet{name: "县", rows: county}, catalog.KindCounty, []int{2}, nil},
		"its title decorated": {rawSheet{name: "1. 县信息表（2026）", rows: county}, catalog.KindCounty, []int{2}, nil},
		"its English title":   {rawSheet{name: "County", rows: county}, catalog.KindCounty, []int{2}, nil},
		"its headings":        {rawSheet{name: "Sheet1", rows: county}, catalog.KindCounty, []int{2}, nil},
		"below a title": {rawSheet{name: "Sheet1", rows: row(1, text("青禾县建档立卡户台账")) + row(2, text("填表单位：东河村"), text("日期：2026-11-01")) +
			strings.Replace(households, `r="1"`, `r="4"`, 1) + row(5, cellsOf(goodHousehold)...)}, catalog.KindHousehold, []int{5}, nil},
		"decorated headings": {rawSheet{name: "Sheet1", rows: row(1, text("序号"), text("户编号（必填）"), text("户主姓名\n（必填）"), text("身份证号码*"),
			text("家庭人口（人）"), text("乡  镇"), text("行政村"), text("联系电话："), text("半亩园面积（亩）"), text("养鹅数（只）"), text("行号"), text("问题")) +
			row(2, append(append([]string{text("1")}, cellsOf(goodHousehold)...), text("17"), text("乡镇：没有"))...)}, catalog.KindHousehold, []int{2}, nil},
		"total and hints": {rawSheet{name: "农户", rows: households + row(2, text("※ 必填"), text("※ 必填")) + row(3, cellsOf(goodHousehold)...) +
			row(4, text(" ")) + row(9, text("合计"), "", "", number("3"))}, catalog.KindHousehold, []int{3}, []string{"sheet.total"}},
		"invisible characters": {rawSheet{name: "\u200b农户", rows: strings.Replace(households, "户编号", "\ufeff户\u200b编 号", 1) +
			row(2, cellsOf(goodHousehold)...)}, catalog.KindHousehold, []int{2}, nil},
		"blank columns": {rawSheet{name: "乡镇", rows: `<row r="1"><c r="C1" t="inlineStr"><is><t>乡镇名称</t></is></c></row>` +
			`<row r="2"><c r="C2" t="inlineStr"><is><t>青禾镇</t></is></c></row>`}, catalog.KindTownship, []int{2}, nil},
		"title like a heading": {rawSheet{name: "乡镇", rows: row(1, text("乡镇")) + row(2, text("乡镇"), text("纬度"), text("经度")) + row(3, text("青禾镇"))},
			catalog.KindTownship, []int{3}, nil},
	} {
		w := readAll(t, rawXLSX(t, "", c.sheet))
		if keys := findings(w); !slices.Equal(keys, c.found) {
			t.Errorf("%s: found %v in %+v", name, keys, w.Findings)
		}
		table, ok := w.Table(c.kind)
		if !ok {
			t.Errorf("%s: no table", name)
			continue
		}
		var lines []int
		for _, r := range table.Rows {
			lines = append(lines, r.Line)
			if _, faults := table.Kind.Parse(r, false, testDay); len(faults) > 0 || len(table.Kind.Missing(r2v(table.Kind, r))) > 0 {
				t.Errorf("%s: line %d: %+v %+v", name, r.Line, faults, table.Kind.Missing(r2v(table.Kind, r)))
			}
		}
		if !slices.Equal(lines, c.lines) {
			t.Errorf("%s: lines %v, want %v", name, lines, c.lines)
		}
	}
}

func r2v(k *entry.Kind, r entry.Row) entry.Values {
	v, _ := k.Parse(r, false, testDay)
	return k.Defaults().With(v)
}

func TestWhatIsWrongWithAWorkbookIsNamed(t *testing.T) {
	t.Parallel()
	good := row(2, cellsOf(goodHousehold)...)
	for name, c := range map[string]struct {
		sheets []rawSheet
		want   []Finding
		rows   int
	}{
		"a sheet of nothing known": {[]rawSheet{{name: "值班表", rows: row(1, text("日期"), text("值班人")) + row(2, text("1"), text("甲"))}},
			[]Finding{{Sheet: "值班表", Key: "sheet.kind.unknown", Stops: true, Args: map[string]string{"sheet": "值班表", "headings": "日期、值班人"}}}, 0},
		"a hidden sheet": {[]rawSheet{{name: "农户", state: "hidden", rows: households + good}, {name: "台账", rows: households + good}},
			[]Finding{{Sheet: "农户", Key: "sheet.hidden", Args: map[string]string{"sheet": "农户"}}}, 1},
		"two sheets of a kind": {[]rawSheet{{name: "农户", rows: households + good}, {name: "农户台账", rows: households + good}},
			[]Finding{{Sheet: "农户台账", Kind: "household", Key: "sheet.kind.twice", Stops: true, Args: map[string]string{"sheet": "农户台账", "other": "农户", "kind": "农户"}}}, 1},
		"needed columns missing": {[]rawSheet{{name: "行政村", rows: row(1, text("村编号"), text("乡镇"), text("村长")) + row(2, text("QH-01"), text("青禾镇"), text("甲"))}},
			[]Finding{
				{Sheet: "行政村", Kind: "village", Key: "sheet.columns.missing", Stops: true, Args: map[string]string{"sheet": "行政村", "columns": "行政村", "headings": "村编号、乡镇、村长"}},
				{Sheet: "行政村", Kind: "village", Key: "sheet.heading.unknown", Heading: "村长", Samples: []string{"甲"}, Args: map[string]string{"sheet": "行政村", "heading": "村长", "samples": "甲"}},
			}, 0},
		"all columns missing": {[]rawSheet{{name: "乡镇", rows: row(1, text("甲")) + row(2, text("x"), text("y"))}},
			[]Finding{
				{Sheet: "乡镇", Kind: "township", Key: "sheet.columns.missing", Stops: true, Args: map[string]string{"sheet": "乡镇", "columns": "乡镇", "headings": "x、y"}},
				{Sheet: "乡镇", Kind: "township", Key: "sheet.heading.unknown", Heading: "x", Args: map[string]string{"sheet": "乡镇", "heading": "x", "samples": "—"}},
				{Sheet: "乡镇", Kind: "township", Key: "sheet.heading.unknown", Heading: "y", Args: map[string]string{"sheet": "乡镇", "heading": "y", "samples": "—"}},
			}, 0},
		"unknown and nameless columns": {[]rawSheet{{name: "乡镇", rows: row(1, text("乡镇"), text("备注")) + row(2, text("青禾镇"), text("一"), text("二")) + row(3, text("白桦乡"), text("三")) + row(4, text("甲乡"), text("四"))}},
			[]Finding{
				{Sheet: "乡镇", Kind: "township", Key: "sheet.heading.unknown", Heading: "备注", Samples: []string{"一", "三"}, Args: map[string]string{"sheet": "乡镇", "heading": "备注", "samples": "一、三"}},
				{Sheet: "乡镇", Kind: "township", Key: "sheet.heading.none", Samples: []string{"二"}, Args: map[string]string{"sheet": "乡镇", "heading": "", "column": "C", "samples": "二"}},
			}, 3},
		"a surer heading": {[]rawSheet{{name: "乡镇", rows: row(1, text("名称"), text("乡镇")) + row(2, text("甲"), text("青禾镇"))}},
			[]Finding{{Sheet: "乡镇", Kind: "township", Key: "sheet.heading.unknown", Heading: "名称", Samples: []string{"甲"}, Args: map[string]string{"sheet": "乡镇", "heading": "名称", "samples": "甲"}}}, 1},
		"one column twice": {[]rawSheet{{name: "乡镇", rows: row(1, text("乡镇"), text("Township")) + row(2, text("青禾镇"), text("甲"))}},
			[]Finding{{Sheet: "乡镇", Kind: "township", Key: "sheet.heading.twice", Stops: true, Args: map[string]string{"sheet": "乡镇", "heading": "乡镇", "other": "Township", "column": "乡镇"}}}, 0},
		"another measure": {[]rawSheet{{name: "农户", rows: strings.Replace(households, "园子面积(亩)", "园子面积（平方米）", 1) + good}},
			[]Finding{{Sheet: "农户", Kind: "household", Key: "sheet.heading.unknown", Heading: "园子面积（平方米）", Samples: []string{"0.5"}, Args: map[string]string{"sheet": "农户", "heading": "园子面积（平方米）", "samples": "0.5"}}}, 1},
		"empty sheets and explanations": {[]rawSheet{{name: "说明"}, {name: "Sheet2"}, {name: "填表说明", rows: row(1, text("怎么填"), text("看这里"))}}, nil, 0},
	} {
		w := readAll(t, rawXLSX(t, "", c.sheets...))
		var got []Finding
		for _, f := range w.Findings {
			if f.Key != "sheet.kind.absent" {
				got = append(got, f)
			}
		}
		if !reflect.DeepEqual(got, c.want) || w.Rows() != c.rows {
			t.Errorf("%s: %d rows\n%+v, want\n%+v", name, w.Rows(), got, c.want)
		}
		stops := slices.ContainsFunc(c.want, func(f Finding) bool { return f.Stops })
		if w.Stopped() != stops {
			t.Errorf("%s: stopped is %v", name, w.Stopped())
		}
	}
}

// A sheet whose headings fit two kinds alike, or less than half of a kind, is nobody's.
func TestDoubtfulSheetsAreNotGuessed(t *testing.T) {
	t.Parallel()
	kind := func(name string, more int) *entry.Kind {
		return &entry.Kind{Name: name, Title: entry.Text{Zh: name}, Fields: []entry.Field{
			{Name: "a", Head: entry.Text{Zh: "甲"}, Need: true}, {Name: "b", Head: entry.Text{Zh: "乙"}},
			{Name: "c", Head: entry.Text{Zh: "丙" + name}, Need: more > 0}, {Name: "d", Head: entry.Text{Zh: "丁" + name}, Need: more > 1}}}
	}
	data := []byte("甲,乙\n1,2\n")
	for name, c := range map[string]struct {
		kinds []*entry.Kind
		want  string
	}{
		"one":                {[]*entry.Kind{kind("x", 0)}, "x"},
		"two alike":          {[]*entry.Kind{kind("x", 0), kind("y", 0)}, ""},
		"one of them whole":  {[]*entry.Kind{kind("y", 1), kind("x", 0)}, "x"},
		"too little of that": {[]*entry.Kind{kind("x", 2)}, ""},
	} {
		w, err := ReadWorkbook(data, c.kinds, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Table(c.want); ok != (c.want != "") || ok == w.Stopped() || len(w.Tables) > 0 != ok {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

func TestAbsentKindsAreNamed(t *testing.T) {
	t.Parallel()
	w := readAll(t, rawXLSX(t, "", rawSheet{name: "乡镇", rows: row(1, text("乡镇")) + row(2, text("青禾镇"))}))
	absent := map[string]bool{}
	for _, f := range w.Findings {
		absent[f.Kind] = f.Key == "sheet.kind.absent" && !f.Stops && f.Args["kind"] != ""
	}
	if len(absent) != len(catalog.Kinds())-1 || absent[catalog.KindTownship] || !absent[catalog.KindVillage] {
		t.Errorf("%v", absent)
	}
}

func TestPeopleMapHeadings(t *testing.T) {
	t.Parallel()
	data := rawXLSX(t, "", rawSheet{name: "农户", rows: strings.NewReplacer("养鹅数", "鹅（只）总数", "园子面积(亩)", "备 注", "户主姓名", "谁家").Replace(households) +
		row(2, cellsOf(goodHousehold)...)})
	w, err := ReadWorkbook(data, catalog.Kinds(), Mapping{"household": {"鹅(只)总数": "geese", "备注": "", "谁家": "head", "没有的": "geese"}})
	if err != nil || findings(w) != nil {
		t.Fatalf("%v, %+v", err, w.Findings)
	}
	r := rowsOf(t, w, catalog.KindHousehold)[0]
	if r.Cells["geese"] != "60" || r.Cells["head"] != "郑大河" || r.Cells["garden_m2"] != "" {
		t.Errorf("%+v", r)
	}
	if table, _ := w.Table("household"); table.Heads["geese"] != "鹅（只）总数" {
		t.Errorf("%+v", table.Heads)
	}
}

func TestTextFilesOfEveryCoding(t *testing.T) {
	t.Parallel()
	table := "青禾县农户台账\n户编号,户主姓名,身份证号,家庭人口,乡镇,行政村,联系电话,园子面积（亩）,养鹅数\n" + goodHousehold + "\n" +
		"QH-02,𠮷永福,=\"999999196203151198\",3,青禾镇,东河村,'13900000000,0.5,\n" +
		"QH-03,䶮大,9.99999E+17,3,青禾镇,东河村,,,\nQH-04,\"=HYPERLINK(\"\"x\"\")\",999999196203151155,3,青禾镇,东河村,,1.2E-1,#N/A\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	utf16 := func(e unicode.Endianness) string {
		s, err := unicode.UTF16(e, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(table, ",", "\t"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, data := range map[string]string{
		"UTF-8": table, "with a mark": "\ufeff" + table, "GB 18030": gb, "tabs": strings.ReplaceAll(table, ",", "\t"),
		"semicolons": strings.ReplaceAll(table, ",", ";"), "UTF-16": utf16(unicode.LittleEndian), "UTF-16 BE": utf16(unicode.BigEndian),
		"Windows": strings.ReplaceAll(table, "\n", "\r\n"),
	} {
		rows := rowsOf(t, readAll(t, []byte(data)), catalog.KindHousehold)
		if len(rows) != 4 || rows[0].Line != 3 || rows[1].Cells["id_number"] != "999999196203151198" || rows[1].Cells["head"] != "𠮷永福" ||
			rows[1].Cells["phone"] != "13900000000" || rows[2].Faults["id_number"] != "entry.cut" || rows[3].Faults["head"] != "entry.formula" ||
			rows[3].Faults["geese"] != "entry.error" || rows[3].Cells["garden_m2"] != "0.12" {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("甲乡\n", MaxWorkbookRows+1)
	for name, c := range map[string]struct {
		data []byte
		key  string
	}{
		"nothing":            {nil, "sheet.empty"},
		"too large":          {make([]byte, MaxWorkbookBytes+1), "sheet.large"},
		"old Excel":          {[]byte{0xd0, 0xcf, 0x11, 0xe0, 1, 2}, "sheet.old_excel"},
		"no archive":         {[]byte("PK\x03\x04nonsense"), "sheet.unknown"},
		"another archive":    {archive(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "sheet.archive"},
		"a web page":         {[]byte("\n<html><body>请重新登录</body></html>"), "sheet.html"},
		"binary":             {[]byte("a,b\n\x00\x01,2\n"), "sheet.unknown"},
		"no coding":          {[]byte("a,b\n\xff\x30,2\n"), "sheet.encoding"},
		"too many rows":      {[]byte("乡镇,纬度\n" + long), "sheet.rows"},
		"an open quote":      {[]byte("乡镇,纬度\n\"甲乡,\n" + strings.Repeat("乙乡,\n", 100)), "sheet.quotes"},
		"a broken worksheet": {rawXLSX(t, "", rawSheet{name: "乡镇", rows: "<row><c></row"}), "sheet.unknown"},
	} {
		_, err := ReadWorkbook(c.data, catalog.Kinds(), nil)
		if e := link.AsError(err); err == nil || e.Key != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
}

func archive(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What excelize writes, with shared strings, is read as well.
func TestSharedStrings(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	for cell, value := range map[string]any{"A1": "乡镇", "B1": "纬度", "C1": "经度", "A2": "青禾镇", "B2": 47.62, "C2": 125.31, "A4": true} {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellRichText("Sheet1", "A3", []excelize.RichTextRun{{Text: "白桦", Font: &excelize.Font{Bold: true}}, {Text: "乡"}}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, readAll(t, b.Bytes()), catalog.KindTownship)
	want := []entry.Row{{Line: 2, Cells: map[string]string{"name": "青禾镇", "lat": "47.62", "lon": "125.31"}},
		{Line: 3, Cells: map[string]string{"name": "白桦乡"}}, {Line: 4, Cells: map[string]string{"name": "TRUE"}}}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%+v", rows)
	}
}

// Within a kind no two fields may be named by the same heading, and no two kinds by the same title.
func TestHeadingsOfKindsDiffer(t *testing.T) {
	t.Parallel()
	titles := map[string]string{}
	for _, k := range catalog.Kinds() {
		names := append([]string{k.Title.Zh, k.Title.En, k.Name}, k.Aliases...)
		for _, name := range names {
			if had, ok := titles[foldTitle(name)]; ok && had != k.Name {
				t.Errorf("%q is the title of %s and %s", name, had, k.Name)
			}
			titles[foldTitle(name)] = k.Name
		}
		sure, other := map[string]string{}, map[string]string{}
		for i := range k.Fields {
			f := &k.Fields[i]
			for _, name := range []string{f.Head.Zh, f.Head.En, f.Name} {
				if had, ok := sure[foldHeading(name)]; ok && had != f.Name {
					t.Errorf("%s: %q names %s and %s", k.Name, name, had, f.Name)
				}
				if sure[foldHeading(name)] = f.Name; !fits(name, f) {
					t.Errorf("%s: %q names a measure that %s has not", k.Name, name, f.Name)
				}
			}
			for _, name := range f.Aliases {
				if had, ok := other[foldHeading(name)]; ok && had != f.Name {
					t.Errorf("%s: %q names %s and %s", k.Name, name, had, f.Name)
				}
				other[foldHeading(name)] = f.Name
			}
		}
		for name, field := range other {
			if had, ok := sure[name]; ok && had != field {
				t.Errorf("%s: %q names %s, and %s by another name", k.Name, name, had, field)
			}
		}
	}
}

func TestColumnNames(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 255: "IV"} {
		if got := columnName(i); got != want {
			t.Errorf("column %d is %s", i, got)
		}
	}
}
