package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// A list that is written has its season and filter above, sums below, its heads on every page, numbered pages of its width.
func TestWrittenListsAreWhole(t *testing.T) {
	t.Parallel()
	f, err := NewLists()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	day := time.Date(2026, 9, 17, 16, 30, 0, 0, time.UTC) // the 18th in China
	const rows = 300
	for _, name := range []string{"农户: 清单", "第二"} {
		l, err := f.Begin(ListHead{Name: name, Note: "2026 年 · 依安镇", Total: "合计"}, []ListColumn{{Head: "户编号", Width: 20}, {Head: "金额", Sum: true}, {Head: "鹅", Sum: true},
			{Head: "亩", Sum: true}, {Head: "单价"}, {Head: "日期"}, {Head: "备注"}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if err := l.Add(Text(fmt.Sprintf("=YA-%d", i)), Fen(int64(i)*100+1), Count(2), Number(0.5), Fen(1450), Day(day), Day(time.Time{})); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.End(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, name := range []string{"农户  清单", "第二"} {
		for at, want := range map[string]string{"C1": "2026 年 · 依安镇", "A2": "户编号", "A3": "=YA-0", "B3": "0.01", "F3": "46283", "G3": "", "A302": "=YA-299", "A303": "合计（300）", "B303": "44853",
			"C303": "600", "D303": "150", "E303": "", "A304": ""} {
			if got, err := x.GetCellValue(name, at, excelize.Options{RawCellValue: true}); err != nil || got != want {
				t.Errorf("%s %s is %q, want %q, %v", name, at, got, want, err)
			}
		}
		props, err := x.GetSheetProps(name)
		if err != nil || props.FitToPage == nil || !*props.FitToPage {
			t.Errorf("%s does not fit a page's width: %v", name, err)
		}
		layout, err := x.GetPageLayout(name)
		if err != nil || layout.FitToWidth == nil || *layout.FitToWidth != 1 || layout.FitToHeight == nil || *layout.FitToHeight != 0 || *layout.Orientation != "landscape" {
			t.Errorf("%s is laid out as %+v, %v", name, layout, err)
		}
		if foot, err := x.GetHeaderFooter(name); err != nil || foot == nil || foot.OddFooter != "&C&P / &N" {
			t.Errorf("%s has the foot %+v, %v", name, foot, err)
		}
		titles := false
		for _, d := range x.GetDefinedName() {
			titles = titles || d.Name == "_xlnm.Print_Titles" && d.Scope == name && strings.HasSuffix(d.RefersTo, "!$1:$2")
		}
		if !titles {
			t.Errorf("%s repeats no heads: %+v", name, x.GetDefinedName())
		}
		if formula, _ := x.GetCellFormula(name, "A3"); formula != "" {
			t.Errorf("a text became the formula %s", formula)
		}
	}
	// A list without rows has no sums, and reads back as empty.
	data, err = Write(ListHead{Name: "空"}, []ListColumn{{Head: "户编号"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if x, err := excelize.OpenReader(bytes.NewReader(data)); err != nil {
		t.Error(err)
	} else if got, _ := x.GetRows("空"); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
