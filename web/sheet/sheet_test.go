package sheet

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/internal/link"
)

const listed = "户编号,户主姓名,身份证号,家庭人口,乡镇,行政村,养鹅数\nYA-01-001-0001,王大山,999999196001011234,2,依安镇,永丰村,80\n\nYA-01-001-0002,李秀英,999999195501011234,1,依安镇,永丰村,\n"

func TestHouseholdsFromEveryKindOfFile(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(listed)
	if err != nil {
		t.Fatal(err)
	}
	f := excelize.NewFile()
	for i, line := range strings.Split(strings.TrimSpace(listed), "\n") {
		for j, cell := range strings.Split(line, ",") {
			name, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if err := f.SetCellStr("Sheet1", name, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	var x bytes.Buffer
	if err := f.Write(&x); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"UTF-8": []byte(listed), "with a mark": []byte("\ufeff" + listed), "GB 18030": []byte(gb),
		"semicolons": []byte(strings.ReplaceAll(listed, ",", ";")), "tabs": []byte(strings.ReplaceAll(listed, ",", "\t")), "XLSX": x.Bytes(),
	} {
		rows, err := Households(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(rows) != 2 || rows[0].Line != 2 || rows[1].Line != 4 || rows[0].Head != "王大山" || rows[0].Geese != "80" || rows[1].Persons != "1" {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

func TestHostileFiles(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		key  string
	}{
		"nothing":         {nil, "sheet.empty"},
		"heads only":      {[]byte(strings.SplitAfter(listed, "\n")[0]), "sheet.empty"},
		"missing columns": {[]byte("户编号,户主姓名\n1,2\n"), "sheet.columns"},
		"old Excel":       {[]byte{0xd0, 0xcf, 0x11, 0xe0, 1, 2}, "sheet.old_excel"},
		"not a workbook":  {[]byte("PK\x03\x04nonsense"), "sheet.unknown"},
		"binary":          {[]byte("a,b\n\x00\x01,2\n"), "sheet.unknown"},
		"too large":       {make([]byte, MaxBytes+1), "sheet.large"},
		"too many rows":   {[]byte(strings.Repeat("a,b\n", MaxRows+500)), "sheet.rows"},
	} {
		_, err := Households(c.data)
		if e := link.AsError(err); err == nil || e.Key != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
}
