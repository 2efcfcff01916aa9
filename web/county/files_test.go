package county

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// A list that is longer than a sheet goes on in the next one, with its heads and its filter, and no row is lost.
func TestLongListsGoOnInTheNextSheet(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 3, 4, 7} {
		list := sentList{name: "分录", head: []string{"编号", "金额"}, summed: []string{"金额"}, filter: []string{"2026 年", "", "账号 operator"}, most: 3,
			each: func(add func([]sheet.Value) error) error {
				for i := range n {
					if err := add([]sheet.Value{sheet.Text(fmt.Sprint("R", i)), sheet.Fen(100)}); err != nil {
						return err
					}
				}
				return nil
			}}
		data, rows, err := list.book(page.ZH, time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC))
		if err != nil || rows != n {
			t.Fatalf("%d rows: %d, %v", n, rows, err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		sheets := f.GetSheetList()
		if want := max(1, (n+2)/3); len(sheets) != want {
			t.Errorf("%d rows are in %q", n, sheets)
		}
		seen := 0
		for _, name := range sheets {
			cells, err := f.GetRows(name)
			if err != nil {
				t.Fatal(err)
			}
			if above := strings.Join(cells[0], "|"); !strings.Contains(above, "2026 年 · 账号 operator · 制表时间 2026-11-30 12:00") || cells[1][0] != "编号" {
				t.Errorf("%s begins with %q", name, cells[:2])
			}
			for _, row := range cells[2:] {
				if row[0] == fmt.Sprint("R", seen) {
					seen++
				}
			}
		}
		if seen != n {
			t.Errorf("%d of %d rows are in the file", seen, n)
		}
	}
}
