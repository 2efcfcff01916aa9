package money

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Faults of a typed number. Callers turn each into a sentence beside the field.
var (
	ErrEmpty     = errors.New("money: nothing entered")
	ErrSyntax    = errors.New("money: not a number")
	ErrPrecision = errors.New("money: more decimals than the unit has")
	ErrNegative  = errors.New("money: below zero")
)

const minus = "−" // U+2212: as wide as a digit, and no line breaks after it

// FormatYuan writes an amount with two decimals: ¥1,234.50, and −¥12.00 below zero.
func FormatYuan(fen int64) string {
	m := magnitude(fen)
	text := "¥" + group(m/100) + "." + strconv.FormatUint(100+m%100, 10)[1:]
	if fen < 0 {
		return minus + text
	}
	return text
}

// FormatYuanShort is FormatYuan without decimals where the amount is whole yuan: ¥312, ¥312.50. It is for sentences, not
// for tables.
func FormatYuanShort(fen int64) string { return strings.TrimSuffix(FormatYuan(fen), ".00") }

// FormatWeight writes grams as a number of unit, all of it and without trailing zeros: 1,234.5 for 617,250 g in 斤. The
// unit's name is the caller's to add, in the reader's language. A counted unit gives grams.
func FormatWeight(grams int64, unit Unit) string {
	per := uint64(max(unit.Grams, 1))
	m := magnitude(grams)
	text := group(m / per)
	if rest := m % per; rest > 0 {
		decimals := strconv.FormatUint(1000+rest*(1000/per), 10)[1:]
		text += "." + strings.TrimRight(decimals, "0")
	}
	if grams < 0 {
		return minus + text
	}
	return text
}

// FormatCount writes a whole number with its thousands grouped: 88,120.
func FormatCount(n int64) string {
	if n < 0 {
		return minus + group(magnitude(n))
	}
	return group(uint64(n))
}

func group(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// ParseYuan reads an amount in yuan as fen: 1234.5, ¥1,234.50, １２３４．５, 12元. Thousands may be grouped, but then
// properly; more than whole fen is ErrPrecision. It also returns ErrEmpty, ErrSyntax and ErrOverflow.
func ParseYuan(s string) (int64, error) {
	s = normalise(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	s = strings.TrimPrefix(s, "¥")
	s = strings.TrimSpace(strings.TrimSuffix(s, "元"))
	fen, err := decimal(s, 100)
	if err != nil {
		return 0, err
	}
	return signed(fen, negative)
}

// ParseWeight reads a weight in unit as grams: 12.5 in 斤 is 6,250. Less than a gram is ErrPrecision, below zero
// ErrNegative; it also returns ErrUnit for a counted unit, ErrEmpty, ErrSyntax and ErrOverflow.
func ParseWeight(s string, unit Unit) (int64, error) {
	if unit.Counted() {
		return 0, ErrUnit
	}
	return positive(s, unit, uint64(unit.Grams))
}

// ParseCount reads a whole number of unit: 20, ２０, 88,120, 20只. A fraction is ErrPrecision, below zero ErrNegative; it
// also returns ErrEmpty, ErrSyntax and ErrOverflow.
func ParseCount(s string, unit Unit) (int64, error) { return positive(s, unit, 1) }

func positive(s string, unit Unit, scale uint64) (int64, error) {
	s = normalise(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for _, name := range []string{unit.Zh, unit.En} {
		s = strings.TrimSpace(strings.TrimSuffix(s, name))
	}
	n, err := decimal(s, scale)
	if err != nil {
		return 0, err
	}
	if negative && n > 0 {
		return 0, ErrNegative
	}
	return signed(n, false)
}

// normalise turns characters of a Chinese keyboard into the ASCII they stand for.
func normalise(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case r == '，':
			return ','
		case r == '￥':
			return '¥'
		case r == '−' || r == '－':
			return '-'
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// decimal reads digits, properly grouped or not at all, with at most one point that has digits on both sides, and gives
// the number times scale where that is whole.
func decimal(s string, scale uint64) (uint64, error) {
	if s == "" {
		return 0, ErrEmpty
	}
	whole, fraction, point := strings.Cut(s, ".")
	if !digits(fraction) || point == (fraction == "") {
		return 0, ErrSyntax
	}
	if strings.Contains(whole, ",") {
		groups := strings.Split(whole, ",")
		for i, g := range groups {
			if len(g) > 3 || (i > 0 && len(g) != 3) || g == "" {
				return 0, ErrSyntax
			}
		}
		whole = strings.Join(groups, "")
	}
	if whole == "" || !digits(whole) {
		return 0, ErrSyntax
	}
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || n > math.MaxUint64/scale {
		return 0, ErrOverflow
	}
	n *= scale

	fraction = strings.TrimRight(fraction, "0")
	if fraction == "" {
		return n, nil
	}
	if len(fraction) > 6 { // no unit here divides into so many
		return 0, ErrPrecision
	}
	part, _ := strconv.ParseUint(fraction, 10, 64)
	part *= scale
	for range fraction {
		if part%10 != 0 {
			return 0, ErrPrecision
		}
		part /= 10
	}
	if n > math.MaxUint64-part {
		return 0, ErrOverflow
	}
	return n + part, nil
}

func digits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
