package page

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, China)
	zh, en := Format{Lang: ZH, Now: now}, Format{Lang: EN, Now: now}
	friday := time.Date(2026, 9, 18, 14, 30, 0, 0, China)
	lastYear := time.Date(2025, 9, 18, 0, 0, 0, 0, China)
	for _, c := range []struct{ name, got, want string }{
		{"money", zh.Money(123450), "¥1,234.50"},
		{"cents", zh.Money(5), "¥0.05"},
		{"negative money", zh.Money(-5), "−¥0.05"},
		{"zero", zh.Money(0), "¥0.00"},
		{"largest", zh.Money(math.MaxInt64), "¥92,233,720,368,547,758.07"},
		{"smallest", zh.Money(math.MinInt64), "−¥92,233,720,368,547,758.08"},
		{"price", zh.price(1400, "斤"), "¥14.00/斤"},
		{"number", zh.num(881200), "881,200"},
		{"jin", zh.weight(15000, "jin"), "30" + thin + "斤"},
		{"odd jin", zh.weight(15250, "jin"), "30.5" + thin + "斤"},
		{"one gram in jin", zh.weight(1, "jin"), "0.002" + thin + "斤"},
		{"kg", en.weight(15250, "kg"), "15.25" + thin + "kg"},
		{"own choice zh", zh.weight(3000, ""), "6" + thin + "斤"},
		{"own choice en", en.weight(3000, ""), "3" + thin + "kg"},
		{"tonnes", zh.weight(12_500_000, ""), "12.5" + thin + "吨"},
		{"date", zh.date(friday), "9月18日(周五)"},
		{"date of another year", zh.date(lastYear), "2025年9月18日(周四)"},
		{"date en", en.date(friday), "Fri 18 Sep"},
		{"date en of another year", en.date(lastYear), "Thu 18 Sep 2025"},
		{"midnight in China is the next day", zh.date(time.Date(2026, 9, 17, 16, 0, 0, 0, time.UTC)), "9月18日(周五)"},
		{"time", zh.dateTime(friday), "9月18日(周五) 14:30"},
		{"span", zh.span(friday, friday.AddDate(0, 0, 7)), "9月18日至25日"},
		{"span over two months", zh.span(friday, friday.AddDate(0, 0, 14)), "9月18日至10月2日"},
		{"span of a day", zh.span(friday, friday), "9月18日(周五)"},
		{"span en", en.span(friday, friday.AddDate(0, 0, 7)), "18 Sep to 25 Sep"},
		{"days left", zh.left(now.Add(75 * time.Hour)), "还剩" + thin + "3" + thin + "天"},
		{"an hour left", en.left(now.Add(61 * time.Minute)), "61 minutes left"},
		{"nothing left", zh.left(now), "已截止"},
		{"percent", zh.percent(9897, 11187), "88.5%"},
		{"percent of nothing", zh.percent(0, 0), "–"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestDigits: a number set in fours is still the number when it is copied.
func TestDigits(t *testing.T) {
	set := string(digits("6222020200112233445"))
	if groups := strings.Count(set, "<wbr>"); groups != 5 {
		t.Errorf("19 digits are set in %d groups", groups)
	}
	if bare := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(set, ""); bare != "6222020200112233445" {
		t.Errorf("copied, the number is %q", bare)
	}
	if hostile := string(digits(`<b>"`)); strings.Contains(hostile, "<b>") {
		t.Errorf("markup gets through: %s", hostile)
	}
}
