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
