package table

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/entry"
)

// China is the zone of days in files.
var China = time.FixedZone("CST", 8*60*60)

// Unguard removes the guards that programs put around a text to keep it text: ="…", a quotation mark before it, a tab.
func Unguard(text string) string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, `="`); ok && strings.HasSuffix(inner, `"`) {
		text = strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`))
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "'"), "’"))
}

// Clean is the text of a cell as it is meant: without guards, characters that nobody sees, and full-width letters and
// digits.
func (c Cell) Clean() string { return Unguard(entry.Clean(c.Text)) }

var (
	cutText   = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+?\d+$`) // 9.99999E+17, as a CSV file keeps a number that was cut
	plainNum  = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([Ee][+-]?\d{1,3})?$`)
	grouped   = regexp.MustCompile(`^[+-]?\d{1,3}([, ]\d{3})+(\.\d*)?$`)
	blankText = regexp.MustCompile(`^[-—–―－/／\\]*$|^(无|空|nil|null|n/a|none|0元)$`)
)

// Identity is a reference, an account or an id of a cell. cut says that a spreadsheet made a number of it and kept 15 of its
// digits: it is not the one that was meant.
func (c Cell) Identity() (text string, cut bool) {
	text = c.Clean()
	if c.Kind == Number {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) >= 1e15 || c.Format == FormatDate {
			return text, true
		}
		return strconv.FormatFloat(x, 'f', -1, 64), false
	}
	return text, c.Kind == Error || cutText.MatchString(text)
}

// Side is which way an amount says that it goes.
type Side int

// Sides of an account as its owner sees it: Credit comes in.
const (
	NoSide Side = iota
	Credit
	Debit
)

// Amount is a sum of money as a cell has it.
type Amount struct {
	Fen      int64
	Blank    bool   // nothing, or a mark that stands for nothing
	Side     Side   // CR or DR behind it
	Currency string // a sign or code of another currency than yuan
}

// Currency marks before or behind an amount. The yuan's are removed.
var (
	yuanMarks    = []string{"人民币", "RMB", "CNY", "￥", "¥", "圆", "元"}
	foreignMarks = []string{"US$", "USD", "HK$", "HKD", "EUR", "JPY", "GBP", "RUB", "KRW", "美元", "港币", "欧元", "日元", "卢布", "$", "€", "£"}
	debitMarks   = []string{"DR", "Dr", "dr", "借"}
	creditMarks  = []string{"CR", "Cr", "cr", "贷"}
)

// Money reads a sum in yuan to the fen. ok is false for a text that is no such sum, such as 12.345.
func (c Cell) Money() (a Amount, ok bool) {
	switch c.Kind {
	case Error, Formula, Bool:
		return a, false
	case Number:
		if c.Format == FormatDate || c.Format == FormatPercent {
			return a, false
		}
	}
	return ReadMoney(c.Clean())
}

// ReadMoney reads a sum as people, banks and spreadsheets write it: 7,140.00, ￥7140, 7 140.00, (35.00), 35.00-, 7140.00CR,
// 1.5万, 1.2E7, 4349.9799999999996.
func ReadMoney(text string) (a Amount, ok bool) {
	s := strings.TrimSpace(narrow(text))
	if blankText.MatchString(strings.ToLower(s)) {
		return Amount{Blank: true}, true
	}
	minus := false
	if inner, open := strings.CutPrefix(s, "("); open {
		if inner, open = strings.CutSuffix(inner, ")"); !open {
			return a, false
		}
		s, minus = strings.TrimSpace(inner), true
	}
	for again := true; again; {
		again = false
		for _, m := range foreignMarks {
			if rest, cut := cutMark(s, m); cut {
				a.Currency, s, again = m, rest, true
			}
		}
		for _, m := range yuanMarks {
			if rest, cut := cutMark(s, m); cut {
				s, again = rest, true
			}
		}
		for side, marks := range map[Side][]string{Debit: debitMarks, Credit: creditMarks} {
			for _, m := range marks {
				if rest, cut := cutMark(s, m); cut {
					a.Side, s, again = side, rest, true
				}
			}
		}
	}
	if rest, cut := strings.CutSuffix(s, "-"); cut {
		if minus || strings.HasPrefix(s, "-") {
			return a, false
		}
		s, minus = strings.TrimSpace(rest), true
	}
	times := 1.0
	if rest, cut := strings.CutSuffix(s, "万"); cut {
		s, times = strings.TrimSpace(rest), 10_000
	}
	if strings.HasPrefix(s, "-") && strings.HasPrefix(strings.TrimSpace(s[1:]), "¥") {
		s = "-" + strings.TrimPrefix(strings.TrimSpace(s[1:]), "¥")
	}
	if grouped.MatchString(s) {
		s = strings.NewReplacer(",", "", " ", "").Replace(s)
	}
	if !plainNum.MatchString(s) {
		return a, false
	}
	x, err := strconv.ParseFloat(s, 64)
	x *= times * 100
	if err != nil || math.Abs(x) > 1e15 {
		return a, false
	}
	fen := math.Round(x)
	if math.Abs(x-fen) > 0.0005+math.Abs(x)*1e-12 {
		return a, false
	}
	a.Fen = int64(fen)
	if minus {
		if a.Fen < 0 {
			return a, false
		}
		a.Fen = -a.Fen
	}
	return a, true
}

func cutMark(s, mark string) (string, bool) {
	if rest, cut := strings.CutSuffix(s, mark); cut && rest != "" {
		return strings.TrimSpace(rest), true
	}
	for _, sign := range []string{"", "-", "+"} {
		if rest, cut := strings.CutPrefix(s, sign+mark); cut && rest != "" {
			return sign + strings.TrimSpace(rest), true
		}
	}
	return s, false
}

// narrow turns full-width signs of sums into ordinary ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '−' || r == '－' || r == '–' || r == '—':
			return '-'
		case r == '￥':
			return '¥'
		case r == '。':
			return '.'
		}
		return r
	}, s)
}

var (
	dayText = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?:日[T\s-]*|[T\s-]+|$)` +
		`(?:(上午|下午|AM|PM|am|pm)?\s*(\d{1,2})[:.时](\d{1,2})(?:[:.分](\d{1,2})(?:[.,:]\d+)?)?秒?分?\s*(AM|PM|am|pm)?\s*(Z|[+-]\d\d:?\d\d)?)?$`)
	dayDigits = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?:[T\s]*(\d{2}):?(\d{2})(?::?(\d{2})(?:\.?\d+)?)?)?$`)
	weekday   = regexp.MustCompile(`\s*[(（]?(星期|周)[一二三四五六日天][)）]?`)
)

// Bounds of a number that is read as a day where its cell does not show it as one: 1954 to 2118.
const (
	leastSerial = 20_000
	mostSerial  = 80_000
)

// Day reads a day with its time, if it has one, in China. since1904 is the book's.
func (c Cell) Day(since1904 bool) (time.Time, bool) {
	text := c.Clean()
	if c.Kind == Error || c.Kind == Formula || c.Kind == Bool {
		return time.Time{}, false
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil && (c.Kind == Number && c.Format == FormatDate || x >= leastSerial && x <= mostSerial) {
		return serial(x, since1904)
	}
	if c.Kind == Number { // 20260918, or 2.0260918E7
		if x, err := strconv.ParseFloat(text, 64); err == nil && x == math.Trunc(x) && x < 1e15 {
			text = strconv.FormatFloat(x, 'f', 0, 64)
		}
	}
	return ReadDay(text)
}

func serial(x float64, since1904 bool) (time.Time, bool) {
	day, ok := DayOf(x, since1904)
	if !ok || day.Year() < 1950 {
		return time.Time{}, false
	}
	seconds := int(math.Round((x - math.Floor(x)) * 86_400))
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, min(seconds, 86_399), 0, China), true
}

// ReadDay reads a day as banks and people write it, the year first and in full. A day in another order could be read in two
// ways and is refused.
func ReadDay(text string) (time.Time, bool) {
	text = strings.TrimSpace(weekday.ReplaceAllString(narrow(text), ""))
	var part [7]string // year, month, day, hour, minute, second, half of the day
	zone := ""
	if m := dayText.FindStringSubmatch(text); m != nil {
		part, zone = [7]string{m[1], m[2], m[3], m[5], m[6], m[7], m[4] + m[8]}, m[9]
	} else if m := dayDigits.FindStringSubmatch(text); m != nil {
		part = [7]string{m[1], m[2], m[3], m[4], m[5], m[6], ""}
	} else {
		return time.Time{}, false
	}
	var n [6]int
	for i := range n {
		n[i], _ = strconv.Atoi(part[i]) // digits, or nothing
	}
	switch half := strings.ToUpper(part[6]); {
	case (half == "下午" || half == "PM") && n[3] < 12:
		n[3] += 12
	case half == "AM" && n[3] == 12:
		n[3] = 0
	}
	day := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, China)
	if day.Year() != n[0] || int(day.Month()) != n[1] || day.Day() != n[2] || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false // 31 February, 25 o'clock
	}
	return inChina(day, zone)
}

// inChina moves a time that was read as China's from the zone that its text names.
func inChina(at time.Time, zone string) (time.Time, bool) {
	if zone == "" {
		return at, true
	}
	offset := 0
	if zone != "Z" {
		text := strings.Replace(zone[1:], ":", "", 1)
		hours, _ := strconv.Atoi(text[:2]) // digits
		minutes, _ := strconv.Atoi(text[2:])
		if offset = hours*3600 + minutes*60; hours > 14 || minutes > 59 {
			return at, false
		}
		if zone[0] == '-' {
			offset = -offset
		}
	}
	_, here := at.Zone()
	return at.Add(time.Duration(here-offset) * time.Second), true
}
