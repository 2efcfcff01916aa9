package household

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"time"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

func TestQRIsDrawnWithQuietGround(t *testing.T) {
	t.Parallel()
	picture, err := qrPicture("https://banmuyuan.example/my/tickets/31")
	if err != nil {
		t.Fatal(err)
	}
	data, ok := strings.CutPrefix(string(picture), "data:image/svg+xml;base64,")
	svg, err := base64.StdEncoding.DecodeString(data)
	if !ok || err != nil || !strings.Contains(string(svg), "M4 4h1v1h-1z") || strings.Contains(string(svg), "M3 ") {
		t.Errorf("%v: %s", err, svg)
	}
}

// TestMonthsOfASeason: geese for the New Year come after December, with their year.
func TestMonthsOfASeason(t *testing.T) {
	income := func(month int, day time.Time) orders.IncomeGroup {
		if got := orders.SeasonMonth(2026, day); got != month {
			t.Errorf("%s is month %d of the season, want %d", day.Format(time.DateOnly), got, month)
		}
		return orders.IncomeGroup{Key: strconv.Itoa(month), IncomeSum: orders.IncomeSum{PaidFen: 100}}
	}
	groups := []orders.IncomeGroup{
		income(11, time.Date(2026, 11, 30, 0, 0, 0, 0, page.China)),
		income(14, time.Date(2027, 2, 9, 0, 0, 0, 0, page.China)),
	}
	for l, want := range map[page.Lang]string{page.ZH: "11\u00a0月|12\u00a0月|2027 年 1\u00a0月|2027 年 2\u00a0月", page.EN: "Nov|Dec|Jan 2027|Feb 2027"} {
		var names []string
		for _, m := range months(l, 2026, groups) {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("the months are %s, want %s", got, want)
		}
	}
	if early := orders.SeasonMonth(2027, time.Date(2026, 12, 1, 0, 0, 0, 0, page.China)); early != 12 {
		t.Errorf("what a season sells before it begins is in month %d", early)
	}
}
