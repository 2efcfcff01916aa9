package money_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/money"
)

func TestFormatYuan(t *testing.T) {
	for fen, want := range map[int64]string{
		0: "¥0.00", 5: "¥0.05", 123450: "¥1,234.50", -1200: "−¥12.00", 100000000: "¥1,000,000.00",
		math.MinInt64: "−¥92,233,720,368,547,758.08", math.MaxInt64: "¥92,233,720,368,547,758.07",
	} {
		if got := money.FormatYuan(fen); got != want {
			t.Errorf("%d fen: %s, want %s", fen, got, want)
		}
	}
	for fen, want := range map[int64]string{31200: "¥312", 31250: "¥312.50", -100: "−¥1", 123400000: "¥1,234,000"} {
		if got := money.FormatYuanShort(fen); got != want {
			t.Errorf("%d fen, short: %s, want %s", fen, got, want)
		}
	}
}

func TestFormatWeight(t *testing.T) {
	for _, c := range []struct {
		grams int64
		unit  money.Unit
		want  string
	}{
		{617250, money.Jin, "1,234.5"}, {617250, money.Kilo, "617.25"}, {500, money.Jin, "1"}, {1, money.Jin, "0.002"},
		{1, money.Kilo, "0.001"}, {0, money.Jin, "0"}, {-750, money.Jin, "−1.5"}, {1050, money.Kilo, "1.05"},
		{math.MinInt64, money.Kilo, "−9,223,372,036,854,775.808"},
	} {
		if got := money.FormatWeight(c.grams, c.unit); got != c.want {
			t.Errorf("%d g in %s: %s, want %s", c.grams, c.unit.Zh, got, c.want)
		}
	}
	if got := money.FormatCount(881200); got != "881,200" {
		t.Errorf("881200 is written %s", got)
	}
}

func TestParseYuan(t *testing.T) {
	for _, c := range []struct {
		text string
		fen  int64
		err  error
	}{
		{"12", 1200, nil}, {"12.5", 1250, nil}, {" ¥1,234.50 ", 123450, nil}, {"￥１，２３４．５０", 123450, nil},
		{"12元", 1200, nil}, {"１２ 元", 1200, nil}, {"0.01", 1, nil}, {"007", 700, nil}, {"1.500", 150, nil},
		{"-12", -1200, nil}, {"−¥12.00", -1200, nil}, {"0", 0, nil},
		{"92233720368547758.07", math.MaxInt64, nil}, {"-92233720368547758.08", math.MinInt64, nil},
		{"92233720368547758.08", 0, money.ErrOverflow}, {"99999999999999999999999", 0, money.ErrOverflow},
		{"184467440737095516.16", 0, money.ErrOverflow},
		{"", 0, money.ErrEmpty}, {"  ", 0, money.ErrEmpty}, {"¥", 0, money.ErrEmpty},
		{"0.001", 0, money.ErrPrecision}, {"1.2345678901234567890123", 0, money.ErrPrecision},
		{"1,23", 0, money.ErrSyntax}, {",123", 0, money.ErrSyntax}, {"1234,567", 0, money.ErrSyntax}, {"1.2,3", 0, money.ErrSyntax},
		{"1.", 0, money.ErrSyntax}, {".5", 0, money.ErrSyntax}, {"1.2.3", 0, money.ErrSyntax}, {"1e3", 0, money.ErrSyntax},
		{"0x10", 0, money.ErrSyntax}, {"+5", 0, money.ErrSyntax}, {"--5", 0, money.ErrSyntax}, {"十二", 0, money.ErrSyntax},
		{"NaN", 0, money.ErrSyntax}, {"Inf", 0, money.ErrSyntax}, {"1_000", 0, money.ErrSyntax}, {"1 000", 0, money.ErrSyntax},
	} {
		got, err := money.ParseYuan(c.text)
		if got != c.fen || !errors.Is(err, c.err) {
			t.Errorf("%q: got %d, %v; want %d, %v", c.text, got, err, c.fen, c.err)
		}
	}
}

func TestParseWeightAndCount(t *testing.T) {
	for _, c := range []struct {
		text  string
		unit  money.Unit
		grams int64
		err   error
	}{
		{"12.5", money.Jin, 6250, nil}, {"１２．５斤", money.Jin, 6250, nil}, {"3.25 公斤", money.Kilo, 3250, nil}, {"3.25kg", money.Kilo, 3250, nil},
		{"0.002", money.Jin, 1, nil}, {"0.001", money.Jin, 0, money.ErrPrecision}, {"0.0001", money.Kilo, 0, money.ErrPrecision},
		{"-1", money.Jin, 0, money.ErrNegative}, {"-0", money.Jin, 0, nil}, {"3", money.Head, 0, money.ErrUnit},
		{"3公斤", money.Jin, 0, money.ErrSyntax}, {"", money.Jin, 0, money.ErrEmpty}, {"99999999999999999999", money.Jin, 0, money.ErrOverflow},
		{"18446744073709551.7", money.Kilo, 0, money.ErrOverflow},
	} {
		got, err := money.ParseWeight(c.text, c.unit)
		if got != c.grams || !errors.Is(err, c.err) {
			t.Errorf("%q in %s: got %d, %v; want %d, %v", c.text, c.unit.Zh, got, err, c.grams, c.err)
		}
	}
	for _, c := range []struct {
		text string
		want int64
		err  error
	}{
		{"20", 20, nil}, {"２０只", 20, nil}, {"88,120", 88120, nil}, {"20.0", 20, nil},
		{"1.5", 0, money.ErrPrecision}, {"-3", 0, money.ErrNegative}, {"two", 0, money.ErrSyntax}, {"9223372036854775808", 0, money.ErrOverflow},
	} {
		got, err := money.ParseCount(c.text, money.Head)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: got %d, %v; want %d, %v", c.text, got, err, c.want, c.err)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := anyInt64().Draw(t, "fen")
		for _, text := range []string{money.FormatYuan(fen), money.FormatYuanShort(fen)} {
			if got, err := money.ParseYuan(text); err != nil || got != fen {
				t.Fatalf("%s is read as %d, %v", text, got, err)
			}
		}
		grams := rapid.Int64Min(0).Draw(t, "grams")
		for _, u := range []money.Unit{money.Jin, money.Kilo} {
			text := money.FormatWeight(grams, u)
			if got, err := money.ParseWeight(text, u); err != nil || got != grams {
				t.Fatalf("%s %s is read as %d, %v", text, u.Zh, got, err)
			}
		}
	})
}

func FuzzParseYuan(f *testing.F) {
	for _, s := range []string{"¥1,234.50", "１２．５", "-0.01", "元", ",", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fen, err := money.ParseYuan(s)
		if err != nil {
			return
		}
		if again, err := money.ParseYuan(money.FormatYuan(fen)); err != nil || again != fen {
			t.Fatalf("%q is %d fen, written and read again %d, %v", s, fen, again, err)
		}
	})
}

// What a keyboard may produce, and what only just fits.
func TestTextAtItsEdges(t *testing.T) {
	for _, c := range []struct {
		text string
		fen  int64
		err  error
	}{
		{"９９", 9900, nil}, {"－12", -1200, nil}, {"1.2000000", 120, nil},
		{"-92233720368547758.09", 0, money.ErrOverflow}, {"184467440737095517", 0, money.ErrOverflow},
	} {
		if got, err := money.ParseYuan(c.text); got != c.fen || !errors.Is(err, c.err) {
			t.Errorf("%q: got %d, %v; want %d, %v", c.text, got, err, c.fen, c.err)
		}
	}
	for n, want := range map[int64]string{0: "0", -881200: "−881,200", 999: "999", 1000: "1,000"} {
		if got := money.FormatCount(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
	if got := money.FormatWeight(1234, money.Head); got != "1,234" {
		t.Errorf("grams without a unit are written %s", got)
	}
}
