package bankfile_test

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/payments/bankfile"
)

func TestCheckLines(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 18, 4, 0, 0, 0, time.UTC)
	line := func(ref string, fen int64, days int) bankfile.StatementLine {
		return bankfile.StatementLine{Line: 2, Ref: ref, Fen: fen, Date: now.AddDate(0, 0, days), Memo: " 货款 "}
	}
	for key, lines := range map[string][]bankfile.StatementLine{
		"":                     {line("A", 100, 0), line("B", -100, 1), line("C", 1000, -3)},
		"statement.no_ref":     {line(strings.Repeat("A", 101), 1, 0)},
		"statement.bad_amount": {line("A", -1001, 0)},
		"statement.future":     {line("A", 1, 2)},
		"statement.bad_date":   {{Line: 2, Ref: "A", Fen: 1, Date: time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), Memo: " 货款 "}},
	} {
		out, problems := bankfile.CheckLines(lines, 1000, now)
		if key == "" && len(problems) > 0 || key != "" && (len(problems) != 1 || problems[0].Key != key) {
			t.Errorf("%s: %v", key, problems)
		}
		if out[0].Memo != "货款" || lines[0].Memo != " 货款 " {
			t.Errorf("%q, %q", out[0].Memo, lines[0].Memo)
		}
	}
	many := make([]bankfile.StatementLine, 200) // references, all empty, are the same
	if _, problems := bankfile.CheckLines(many, 1000, now); len(problems) != 50 {
		t.Errorf("%d problems are named", len(problems))
	}
}
