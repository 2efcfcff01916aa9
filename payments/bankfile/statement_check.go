package bankfile

import (
	"strings"
	"time"
)

// maxStatementProblems is how many problems of a statement are named at once.
const maxStatementProblems = 50

// CheckLines returns the lines with their text trimmed and cut, and the problems that keep the statement from being taken: a
// reference that is too long, an amount above most (fen, in either direction), a day before 2000 or more than a day ahead
// of now.
func CheckLines(lines []StatementLine, most int64, now time.Time) ([]StatementLine, []Problem) {
	var problems []Problem
	out := make([]StatementLine, len(lines))
	for i, l := range lines {
		l.Party, l.Memo = Trimmed(l.Party, 200), Trimmed(l.Memo, 500)
		l.Currency, l.Seen = Trimmed(l.Currency, 40), Trimmed(l.Seen, 100)
		out[i] = l
		if len(problems) >= maxStatementProblems {
			continue
		}
		fail := func(key, value string) {
			problems = append(problems, Problem{Line: l.Line, Key: key, Args: map[string]string{"value": value}})
		}
		fen := max(l.Fen, -l.Fen)
		switch {
		case l.Ref == "" || len(l.Ref) > 100:
			fail("statement.no_ref", l.Ref)
		case fen > most:
			fail("statement.bad_amount", Yuan(fen))
		case l.Date.After(now.Add(24 * time.Hour)):
			fail("statement.future", l.Day())
		case l.Date.Year() < 2000:
			fail("statement.bad_date", l.Day())
		}
	}
	return out, problems
}

// Trimmed is s without the space around it, cut to at most n characters.
func Trimmed(s string, n int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
