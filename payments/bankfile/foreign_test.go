package bankfile_test

import (
	"testing"

	"banmuyuan/payments/bankfile"
)

func TestAStatementOfAnotherAccount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, own string
		foreign   bool
	}{
		{"2300000000000000001", "2300000000000000001", false},
		{"2300 0000 0000 0000 001", "2300000000000000001", false},
		{"2300-0000-0000-0000-001", "2300000000000000001", false},
		{"2300********0001", "2300000000000000001", false},
		{"尾号0001", "2300000000000000001", false},
		{"2300000000000000002", "2300000000000000001", true},
		{"2300********0002", "2300000000000000001", true},
		{"尾号0002", "2300000000000000001", true},
		{"", "2300000000000000001", false},       // the file names none
		{"依安县合作社", "2300000000000000001", false}, // a name is no account
		{"2300000000000000002", "", false},       // the county has entered none
	} {
		if f := (&bankfile.StatementFile{Account: c.file}); f.Foreign(c.own) != c.foreign {
			t.Errorf("%q for %q: foreign %v", c.file, c.own, !c.foreign)
		}
	}
}
