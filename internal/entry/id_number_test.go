package entry

import (
	"testing"
	"time"
)

func TestReadIDNumber(t *testing.T) {
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for number, want := range map[string]string{
		"11010519491231002X": "",                      // the example of GB 11643
		"440524188001010014": "import.id_number.date", // the standard's other one: a birth before 1900
		"11010519491231002x": "import.id_number",      // small letters are the caller's to raise
		"110105194912310021": "import.id_number.check",
		"11010519491331002X": "import.id_number.date",
		"11010520991231002X": "import.id_number.date",
		"1101051949123100":   "import.id_number",
		"":                   "import.id_number",
		"１１０１０５":             "import.id_number", // 18 bytes, no digits
	} {
		born, female, got := ReadIDNumber(number, now)
		if got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
		if want == "" && (born != 1949 || !female) {
			t.Errorf("%s: born %d, female %v", number, born, female)
		}
	}
}

// completed adds the check sign to the first seventeen signs of an id number (GB 11643).
func completed(seventeen string) string {
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(seventeen[i]-'0') * weight
	}
	return seventeen + string("10X98765432"[sum%11])
}

func TestReadCompletedIDNumbers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	for seventeen, want := range map[string]struct {
		born   int
		female bool
	}{
		"99999919000101001": {1900, false}, "99999919000101002": {1900, true}, "23010319880229123": {1988, false}, "23010320260731004": {2026, true},
	} {
		number := completed(seventeen)
		if born, female, key := ReadIDNumber(number, now); born != want.born || female != want.female || key != "" {
			t.Errorf("%s: born %d, female %v, %q", number, born, female, key)
		}
		last := byte('0')
		if number[17] == last {
			last++
		}
		if born, female, key := ReadIDNumber(seventeen+string(last), now); born != 0 || female || key != "import.id_number.check" {
			t.Errorf("%s with %c: born %d, female %v, %q", seventeen, last, born, female, key)
		}
	}
	for number, want := range map[string]string{
		"X1010519491231002X": "import.id_number", "1101051949123 002X": "import.id_number", "1101051949123:002X": "import.id_number", "1101051949123/002X": "import.id_number",
		"1": "import.id_number", completed("23010320260802002"): "import.id_number.date", completed("23010318991231001"): "import.id_number.date",
	} {
		if born, female, key := ReadIDNumber(number, now); born != 0 || female || key != want {
			t.Errorf("%s: born %d, female %v, %q", number, born, female, key)
		}
	}
}
