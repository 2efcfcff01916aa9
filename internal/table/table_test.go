package table

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"banmuyuan/internal/link"
)

var wanted = []Column{{Name: "code", Heads: []string{"户编号", "编号"}, Need: true}, {Name: "sum", Heads: []string{"金额", "金额(元)"}, Need: true}, {Name: "note", Heads: []string{"备注"}}}

const list = "名单\n户编号,金额,备注\nA-1,\"1,234.50\",甲\nA-2,5,乙\n"

// xlsx makes a workbook of parts.
func xlsx(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook><sheets><sheet name="一" id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData><row><c t="inlineStr"><is><t>户编号</t></is></c><c t="inlineStr"><is><t>金额</t></is></c></row><row><c t="inlineStr"><is><t>A-1</t></is></c><c><v>4349.9799999999996</v></c></row></sheetData></worksheet>`,
	} {
		if other, has := parts[name]; has {
			content = other
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEveryKindOfFile(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(list)
	if err != nil {
		t.Fatal(err)
	}
	wideText := func(order unicode.Endianness, bom unicode.BOMPolicy, text string) []byte {
		data, err := unicode.UTF16(order, bom).NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	plain := strings.ReplaceAll(list, "\"1,234.50\"", "1234.50")
	for name, data := range map[string][]byte{
		"UTF-8": []byte(list), "with a mark": []byte("\ufeff" + list), "GB 18030": []byte(gb),
		"UTF-16 LE": wideText(unicode.LittleEndian, unicode.UseBOM, list), "UTF-16 BE": wideText(unicode.BigEndian, unicode.UseBOM, list),
		"UTF-16 without a mark": wideText(unicode.LittleEndian, unicode.IgnoreBOM, strings.Repeat(plain, 1)),
		"semicolons":            []byte(strings.ReplaceAll(plain, ",", ";")), "tabs": []byte(strings.ReplaceAll(plain, ",", "\t")), "pipes": []byte(strings.ReplaceAll(plain, ",", "|")),
		"wide commas": []byte(strings.ReplaceAll(plain, ",", "，")), "Windows lines": []byte(strings.ReplaceAll(list, "\n", "\r\n")),
		"a web page": []byte("<html><meta charset=utf-8><table><tr><td colspan=3>名单</td></tr><tr><th>户编号<th>金额<th>备注</tr><tr><td>A-1<td>1,234.50<td>甲 &amp; 乙</tr><tr><td>A-2<td>5<td>乙</table>"),
		"an XML spreadsheet": []byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell><Data Type="String">名单</Data></Cell></Row>` +
			`<Row><Cell><Data Type="String">户编号</Data></Cell><Cell><Data Type="String">金额</Data></Cell></Row><Row><Cell><Data Type="String">A-1</Data></Cell><Cell><Data Type="Number">1234.5</Data></Cell></Row>` +
			`<Row><Cell><Data Type="String">A-2</Data></Cell><Cell Index="2"><Data Type="Number">5</Data></Cell></Row></Table></Worksheet></Workbook>`),
	} {
		tab, err := Read(data, wanted, 100)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(tab.Rows) != 2 || tab.Text(tab.Rows[0], "code") != "A-1" || len(tab.Before) != 1 || tab.Rows[1].Line != 4 {
			t.Errorf("%s: %+v", name, tab)
			continue
		}
		if a, ok := tab.Cell(tab.Rows[0], "sum").Money(); !ok || a.Fen != 123450 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestFilesAreNamedForWhatTheyAre(t *testing.T) {
	t.Parallel()
	hidden := map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="一" state="hidden" id="r1"/></sheets></workbook>`}
	for name, c := range map[string]struct {
		data []byte
		key  string
	}{
		"nothing":         {nil, "sheet.empty"},
		"old Excel":       {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "sheet.old_excel"},
		"older Excel":     {[]byte("\x09\x08\x10\x00"), "sheet.old_excel"},
		"with a password": {[]byte("\xd0\xcf\x11\xe0....E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"), "sheet.password"},
		"a PDF":           {[]byte("%PDF-1.7"), "sheet.pdf"},
		"a picture":       {[]byte("\x89PNG\r\n"), "sheet.picture"},
		"an archive":      {[]byte("Rar!"), "sheet.archive"},
		"a page":          {[]byte("<html><body>请重新登录"), "sheet.html"},
		"no columns":      {[]byte("a,b\n1,2\n"), "sheet.columns"},
		"only hidden":     {xlsx(t, hidden), "sheet.all_hidden"},
		"no archive":      {[]byte("PK\x03\x04nonsense"), "sheet.unknown"},
		"an entity":       {xlsx(t, map[string]string{"xl/workbook.xml": `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook><sheets><sheet name="x" id="r1"/></sheets></workbook>`}), "sheet.unknown"},
		"one in a sheet":  {xlsx(t, map[string]string{"xl/worksheets/sheet1.xml": `<!DOCTYPE x [<!ENTITY e "x">]><worksheet><sheetData><row><c t="inlineStr"><is><t>户编号</t></is></c><c t="inlineStr"><is><t>金额</t></is></c></row><row><c><v>1</v></c></row></sheetData></worksheet>`}), "sheet.unknown"},
		"too many rows":   {[]byte("户编号,金额\n" + strings.Repeat("A,1\n", 500)), "sheet.rows"},
		"an open quote":   {[]byte("户编号,金额\n\"A,1\n" + strings.Repeat("B,1\n", 60)), "sheet.quotes"},
	} {
		_, err := Read(c.data, wanted, 100)
		if e := link.AsError(err); err == nil || e.Key != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
}

// The unpacked size of a file is bounded, however small the file is.
func TestBombs(t *testing.T) {
	t.Parallel()
	data := xlsx(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + strings.Repeat(`<row r="1"></row>`, 50_000)})
	b, err := openXLSX(data, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Sheets[0].Rows(func(int, []Cell) error { return nil })
	if e := link.AsError(Fault(err, MaxBytes)); len(data) > 100_000 || e.Key != "sheet.large" {
		t.Errorf("%d bytes: %v", len(data), err)
	}
}

func TestHeads(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"decorated":      "*户 编号：,【金额】（元）,备注\nA-1,5,x\n",
		"in brackets":    "户编号,金额（元）,备注\nA-1,5,x\n",
		"two rows":       "户编号,收款,\n,金额,备注\nA-1,5,x\n",
		"below 150 rows": strings.Repeat("说明\n", 150) + "户编号,金额,备注\nA-1,5,x\n",
		"after a form":   "编号,1\n单位,某社\n户编号,金额,备注\nA-1,5,x\n",
		"words below":    "户编号,金额,备注\n甲,乙,丙\n",
	} {
		tab, err := Read([]byte(text), wanted, 500)
		if err != nil || len(tab.Rows) != 1 || len(tab.Head.At) != 3 || tab.Head.At["sum"] != 1 {
			t.Errorf("%s: %+v, %v", name, tab, err)
		}
	}
	for name, text := range map[string]string{"in ten thousands": "户编号,金额(万元)\nA-1,5\n", "of dollars": "户编号,金额（美元）\nA-1,5\n", "too deep": strings.Repeat("说明\n", 300) + list} {
		if tab, err := Read([]byte(text), wanted, 500); link.AsError(err).Key != "sheet.columns" {
			t.Errorf("%s: %+v, %v", name, tab, err)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Amount{
		"5": {Fen: 500}, "7,140.00": {Fen: 714000}, "７，１４０．００": {Fen: 714000}, "￥7,140.00": {Fen: 714000}, "人民币7140.00元": {Fen: 714000}, "7 140.00": {Fen: 714000},
		"7140.00CR": {Fen: 714000, Side: Credit}, "3.5 DR": {Fen: 350, Side: Debit}, "(35.00)": {Fen: -3500}, "（35.00）": {Fen: -3500}, "35.00-": {Fen: -3500}, "-35": {Fen: -3500}, "+35": {Fen: 3500},
		"1.5万": {Fen: 1500000}, ".50": {Fen: 50}, "1.23456789E7": {Fen: 1234567890}, "4349.9799999999996": {Fen: 434998}, "0.1": {Fen: 10}, "-¥5.00": {Fen: -500}, "¥-5.00": {Fen: -500},
		"": {Blank: true}, "-": {Blank: true}, "--": {Blank: true}, "/": {Blank: true}, "无": {Blank: true}, "—": {Blank: true},
		"US$5": {Fen: 500, Currency: "US$"}, "5.00美元": {Fen: 500, Currency: "美元"}, "€5": {Fen: 500, Currency: "€"},
	} {
		if got, ok := ReadMoney(text); !ok || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"12.345", "1,23", "7.140,00", "五元", "5-6", "(5", "(-5)", "-5-", "1e400", "0x10", "5 6", "Inf", "NaN", "1,2345.00"} {
		if got, ok := ReadMoney(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-09-18": "09-18 00:00:00", "2026/9/18": "09-18 00:00:00", "2026.09.18": "09-18 00:00:00", "2026年9月18日": "09-18 00:00:00", "20260918": "09-18 00:00:00",
		"2026-09-18 10:23": "09-18 10:23:00", "2026-09-18 10:23:45.0": "09-18 10:23:45", "2026-09-18T10:23:45": "09-18 10:23:45", "2026-09-18-10.23.45.123456": "09-18 10:23:45",
		"20260918 102345": "09-18 10:23:45", "20260918102345": "09-18 10:23:45", "2026年09月18日 10:23:45": "09-18 10:23:45", "2026/9/18 下午3:05": "09-18 15:05:00",
		"2026-09-18 星期五": "09-18 00:00:00", "２０２６－０９－１８": "09-18 00:00:00", "2026-09-18T10:23:45+08:00": "09-18 10:23:45",
		"2026-09-17T16:30:00Z": "09-18 00:30:00", "2026-09-17 16:30:00 +0000": "09-18 00:30:00", "2026-09-18T01:00:00+09:00": "09-18 00:00:00", "2026-09-18 10:23:45.123456+08:00": "09-18 10:23:45",
		"2026-09-18 10:23:45 AM": "09-18 10:23:45", "2026年09月18日10时23分45秒": "09-18 10:23:45", "2026/09/18 周五": "09-18 00:00:00", "20260918T102345": "09-18 10:23:45",
	} {
		got, ok := Cell{Text: text}.Day(false)
		if !ok || got.Format("01-02 15:04:05") != want || got.Year() != 2026 {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"18/09/2026", "26-09-18", "2026-02-30", "2026-13-01", "昨天", "2026-09-18 25:00", "5", "", "20261345", "2026-09-18T10:00:00+25:00",
		"09/18/2026", "18.09.2026", "18-Sep-2026", "1E3", "二〇二六年九月十八日"} {
		if got, ok := (Cell{Text: text}).Day(false); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	for _, c := range []struct {
		cell      Cell
		since1904 bool
		want      string
	}{
		{Cell{Kind: Number, Format: FormatDate, Text: "46283"}, false, "2026-09-18 00:00:00"}, {Cell{Kind: Number, Format: FormatDate, Text: "44821"}, true, "2026-09-18 00:00:00"},
		{Cell{Kind: Number, Text: "46283.999988425923"}, false, "2026-09-18 23:59:59"}, {Cell{Kind: Number, Text: "20260918"}, false, "2026-09-18 00:00:00"},
		{Cell{Kind: Number, Text: "2.0260918E7"}, false, "2026-09-18 00:00:00"}, {Cell{Text: "46283"}, false, "2026-09-18 00:00:00"},
	} {
		if got, ok := c.cell.Day(c.since1904); !ok || got.Format(time.DateTime) != c.want {
			t.Errorf("%+v is %v, %v", c.cell, got, ok)
		}
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell Cell
		want string
		cut  bool
	}{
		{Cell{Text: `="0123"`}, "0123", false}, {Cell{Text: "'0123"}, "0123", false}, {Cell{Text: "０１２３\u200b"}, "0123", false},
		{Cell{Kind: Number, Text: "999999999999999"}, "999999999999999", false}, {Cell{Kind: Number, Text: "1.3812345678E10"}, "13812345678", false},
		{Cell{Kind: Number, Text: "1000000000000000"}, "", true}, {Cell{Kind: Number, Text: "2.02609180000001E+17"}, "", true},
		{Cell{Text: "2.02609E+17"}, "", true}, {Cell{Kind: Number, Format: FormatDate, Text: "46283"}, "", true}, {Cell{Text: "1E5X"}, "1E5X", false},
	} {
		if got, cut := c.cell.Identity(); cut != c.cut || !cut && got != c.want {
			t.Errorf("%+v is %q, %v", c.cell, got, cut)
		}
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"合计": true, "总 计": true, "合计：": true, "本页小计": true, "合计(2笔)": true, "本期合计3笔": true, "Total": true, "": false, "合计公司": false, "甲": false, "某某合作社总计划": false} {
		if IsTotal(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// FuzzRead must neither panic nor take more than a file of its size may.
func FuzzRead(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte("<table><tr><td>户编号<td>金额<tr><td>1<td>2"))
	f.Add([]byte("\xff\xfe\x37\x62\t\x00"))
	f.Add(xlsx(f, nil))
	for _, dir := range []string{"../../payments/bankfile/testdata", "../../web/sheet/testdata"} {
		files, err := filepath.Glob(dir + "/*.*")
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, err := Read(data, wanted, 1000)
		if err != nil {
			if e := link.AsError(err); e.Code == link.Internal {
				t.Errorf("%v is nothing that a person can mend", err)
			}
			return
		}
		for _, r := range tab.Rows {
			for _, c := range r.Cells {
				c.Money()
				c.Day(tab.Since1904)
				c.Identity()
			}
		}
	})
}
