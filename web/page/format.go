package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/money"
)

// China has had one time zone and no summer time since 1991.
var China = time.FixedZone("CST", 8*3600)

// thin stands between Chinese and figures. It does not break, so that a unit
// stays with its number.
const thin = "\u202f"

// Format writes figures the way people of one language read them.
type Format struct {
	Lang Lang
	Now  time.Time // the year of Now is left out of dates; zero writes no year at all
}

// num writes a whole number with separators: 881,200.
func (Format) num(n int64) string { return money.FormatCount(n) }

// Money writes fen as yuan: ¥1,234.50, −¥0.05.
func (Format) Money(fen int64) string { return money.FormatYuan(fen) }

// signed writes a difference with its sign.
func (f Format) signed(fen int64) string {
	if fen > 0 {
		return "+" + f.Money(fen)
	}
	return f.Money(fen)
}

// price writes a price with its unit: ¥14.00/斤. Units are jin, kg or any other
// word of the glossary's unit keys, already in the reader's language.
func (f Format) price(fen int64, unit string) string { return f.Money(fen) + "/" + unit }

// tonne is for the sums of a county; nobody orders in it.
var tonne = money.Unit{Code: "t", Zh: "吨", En: "t", Grams: 1_000_000}

// weight writes grams in the unit the person used; "" chooses: tonnes, to the
// kilogram, from ten of them on, else jin in Chinese and kilograms in English.
func (f Format) weight(grams int64, code string) string {
	unit, ok := money.UnitByCode(code)
	switch {
	case code == "g":
		return f.qty(f.num(grams), f.Lang.Pick("克", "g"))
	case ok && !unit.Counted():
	case grams >= 10*tonne.Grams || grams <= -10*tonne.Grams:
		kilos := money.FormatCount(grams / money.Kilo.Grams)
		point := strings.LastIndexByte(kilos, ',')
		return f.qty(strings.TrimRight(strings.TrimRight(kilos[:point]+"."+kilos[point+1:], "0"), "."), f.Lang.Pick(tonne.Zh, tonne.En))
	case f.Lang == EN:
		unit = money.Kilo
	default:
		unit = money.Jin
	}
	return f.qty(money.FormatWeight(grams, unit), f.Lang.Pick(unit.Zh, unit.En))
}

// qty puts a unit behind a figure.
func (f Format) qty(figure, unit string) string { return figure + thin + unit }

var (
	weekdaysZH = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}
	weekdaysEN = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
)

// date writes a day: 9月18日(周五), with the year when it is not this one.
func (f Format) date(t time.Time) string {
	t = t.In(China)
	withYear := !f.Now.IsZero() && f.Now.In(China).Year() != t.Year()
	if f.Lang == EN {
		s := weekdaysEN[t.Weekday()] + " " + t.Format("2 Jan")
		if withYear {
			s += t.Format(" 2006")
		}
		return s
	}
	s := t.Format("1月2日") + "(" + weekdaysZH[t.Weekday()] + ")"
	if withYear {
		s = t.Format("2006年") + s
	}
	return s
}

// Day writes a day without its weekday, for dense tables: 9月18日.
func (f Format) Day(t time.Time) string {
	t = t.In(China)
	withYear := !f.Now.IsZero() && f.Now.In(China).Year() != t.Year()
	switch {
	case f.Lang == EN && withYear:
		return t.Format("2 Jan 2006")
	case f.Lang == EN:
		return t.Format("2 Jan")
	case withYear:
		return t.Format("2006年1月2日")
	}
	return t.Format("1月2日")
}

func (f Format) dateTime(t time.Time) string { return f.date(t) + " " + t.In(China).Format("15:04") }

// span writes a range of days; both weekdays are left out.
func (f Format) span(from, to time.Time) string {
	a, b := from.In(China), to.In(China)
	if a.Year() == b.Year() && a.YearDay() == b.YearDay() {
		return f.date(a)
	}
	first, last := f.Day(a), f.Day(b)
	if f.Lang == ZH && a.Year() == b.Year() {
		last = b.Format("1月2日")
		if a.Month() == b.Month() {
			last = b.Format("2日")
		}
	}
	return first + f.Lang.Pick("至", " to ") + last
}

// left writes how long it is until t: 还剩 3 天.
func (f Format) left(t time.Time) string {
	d := t.Sub(f.Now)
	if d <= 0 {
		return f.Lang.Pick("已截止", "closed")
	}
	n, zh, en := int64(d/time.Minute), "分钟", "minute"
	switch {
	case d >= 48*time.Hour:
		n, zh, en = int64(d/(24*time.Hour)), "天", "day"
	case d >= 2*time.Hour:
		n, zh, en = int64(d/time.Hour), "小时", "hour"
	}
	if n < 1 {
		n = 1
	}
	if f.Lang == EN {
		if n != 1 {
			en += "s"
		}
		return f.num(n) + " " + en + " left"
	}
	return "还剩" + thin + f.num(n) + thin + zh
}

// percent writes part of whole with one decimal, rounded half up; "–" for
// nothing of nothing.
func (f Format) percent(part, whole int64) string {
	if whole <= 0 {
		return "–"
	}
	// Shares of counts and fen stay far below 2^53; a share is for reading, not for
	// reckoning.
	tenths := int64(float64(part)/float64(whole)*1000 + 0.5)
	return strings.TrimSuffix(fmt.Sprintf("%s.%d", f.num(tenths/10), tenths%10), ".0") + "%"
}

// OnDay reads a date of a module.
func OnDay(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, China)
	if err != nil {
		return time.Time{}
	}
	return t
}

func UnitWord(l Lang, code string) string {
	if u, ok := money.UnitByCode(code); ok {
		return l.Pick(u.Zh, u.En)
	}
	return code
}

// BPText writes hundredths as people type them: 2050 is 20.5. Shares of 1/10,000 are percentages then, and fen are yuan.
func BPText(hundredths int64) string {
	if hundredths%100 == 0 {
		return Num64(hundredths / 100)
	}
	return strings.TrimSuffix(fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100), "0")
}

// perBP writes a rate of 1/10,000, or a dash for none yet.
func perBP(f Format, bp int64) string {
	if bp < 0 {
		return "–"
	}
	return f.percent(bp, 10_000)
}

// measure is how people read a quantity of goods with a price unit.
func (f Format) measure(n int64, unit, word string) string {
	if u, ok := money.UnitByCode(unit); ok && u.Counted() {
		return f.qty(f.num(n), word)
	}
	return f.weight(n, unit)
}

// SpacedCode is a trace code in groups that people can read out.
func SpacedCode(code string) string {
	var b strings.Builder
	for i, r := range strings.ToUpper(code) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func Num64(n int64) string { return strconv.FormatInt(n, 10) }

// householdShare is the households' part of a price, in basis points; 0 when it is not known.
func householdShare(price, household money.Price) int64 {
	if price.Fen <= 0 || price.Per != household.Per {
		return 0
	}
	return household.Fen * 10_000 / price.Fen
}
