package sheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/table"
)

var (
	cutText    = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+\d+$`) // 9.99999E+17, as a CSV file keeps a number that was cut
	longNumber = regexp.MustCompile(`^-?\d+(\.\d+)?([Ee][+-]?\d+)?$`)
	errorText  = regexp.MustCompile(`^(#REF!|#N/A|#VALUE!|#DIV/0!|#NAME\?|#NULL!|#NUM!|#{3,})$`)
)

// leastSerial is the least number that is read as a day where its cell does not show it as one: 1954.
const leastSerial = 20_000

// value returns the text of a cell for a field, and the key of what is wrong with it, if anything. What a spreadsheet
// changed by itself, such as an id number that became a rounded number, is a fault: its text is not what was meant.
func (b *book) value(c cell, f *entry.Field) (text, fault string) {
	switch c.Kind {
	case table.Error:
		return c.Text, "entry.error"
	case table.Formula:
		return c.Text, "entry.formula"
	case table.Number:
		return b.number(c, f)
	case table.Bool:
		return c.Text, ""
	}
	text = strings.TrimSpace(c.Text)
	if inner, ok := strings.CutPrefix(text, `="`); ok && strings.HasSuffix(inner, `"`) { // ="0123" keeps text as it is
		text = strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`))
	}
	text = strings.TrimPrefix(text, "'")
	switch {
	case strings.HasPrefix(text, "="):
		return text, "entry.formula"
	case errorText.MatchString(text):
		return text, "entry.error"
	case isNumber(f.Type):
		return plainText(text), ""
	case isIdentity(f.Type) && cutText.MatchString(text):
		return text, "entry.cut"
	}
	return text, ""
}

func isNumber(t entry.Type) bool {
	switch t {
	case entry.Count, entry.Year, entry.Mu, entry.Square, entry.Grams, entry.Money, entry.Percent:
		return true
	}
	return false
}

func isIdentity(t entry.Type) bool {
	return t == entry.Code || t == entry.IDNumber || t == entry.Account || t == entry.Phone
}

// plainText rewrites 1.2E7 and 4349.9799999999996 in cells that hold text.
func plainText(text string) string {
	_, decimals, _ := strings.Cut(text, ".")
	if !longNumber.MatchString(text) || !strings.ContainsAny(text, "eE") && len(decimals) < 10 {
		return text
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil && x > -1e15 && x < 1e15 {
		return plain(x)
	}
	return text
}

// plain writes a number with the 15 digits that spreadsheets keep, without an exponent.
func plain(x float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
	if err != nil {
		rounded = x
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func (b *book) number(c cell, f *entry.Field) (text, fault string) {
	x, err := strconv.ParseFloat(c.Text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return c.Text, "entry.error"
	}
	if c.Format == table.FormatDate || f.Type == entry.Day && x == math.Trunc(x) && x >= leastSerial && x <= 80_000 {
		return b.date(x, f)
	}
	switch {
	case (x >= 1e15 || x <= -1e15) && !isNumber(f.Type):
		return c.Text, "entry.cut"
	case f.Type == entry.Percent && c.Format == table.FormatPercent:
		return plain(x * 100), ""
	case f.Type == entry.Mu || f.Type == entry.Square || f.Type == entry.Grams: // a third of a mu is 0.333
		if thousandths, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 3, 64), 64); err == nil {
			return plain(thousandths), ""
		}
	}
	return plain(x), ""
}

// date reads a number that is shown as a day. In a column of other things the spreadsheet made the day out of what was
// typed, such as 3-1, and nobody can tell what that was.
func (b *book) date(x float64, f *entry.Field) (text, fault string) {
	day, ok := table.DayOf(x, b.Since1904)
	if !ok {
		return plain(x), "entry.dated"
	}
	switch f.Type {
	case entry.Day:
		return day.Format("2006-01-02"), ""
	case entry.Year:
		if x < leastSerial { // a year that is shown as a day
			return plain(x), "entry.dated"
		}
		return strconv.Itoa(day.Year()), ""
	}
	return day.Format("2006-01-02"), "entry.dated"
}
