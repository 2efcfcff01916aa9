package page_test

import (
	"testing"

	"banmuyuan/web/page"
)

// Parts have each row once, and a part that is not there is the nearest one.
func TestParts(t *testing.T) {
	t.Parallel()
	for _, total := range []int{0, 1, 199, 200, 201, 400, 1250} {
		seen := 0
		first := page.PartOf(1, total)
		for _, no := range first.All() {
			p := page.PartOf(int64(no), total)
			if p.No != no || p.Skip != seen || p.Of != first.Of {
				t.Errorf("part %d of %d rows is %+v", no, total, p)
			}
			seen = p.End()
		}
		if seen != total {
			t.Errorf("%d of %d rows are in parts", seen, total)
		}
	}
	for asked, want := range map[int64]int{-5: 1, 0: 1, 3: 3, 7: 7, 8: 7, 1 << 60: 7} {
		if p := page.PartOf(asked, 1250); p.No != want {
			t.Errorf("part %d is %d", asked, p.No)
		}
	}
	if s := page.PartOf(3, 1250).Sheet(0); s != "401 / 1250" {
		t.Errorf("the first sheet of part 3 is %s", s)
	}
}
