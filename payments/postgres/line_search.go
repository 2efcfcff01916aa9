package postgres

import (
	"fmt"
	"strings"

	"banmuyuan/internal/table"
)

// lineSearch is a search for lines of statements: by a part of reference, name or memo, or by the amount.
type lineSearch struct {
	text string
	fen  int64 // -1: no amount
}

func searchLines(query string) lineSearch {
	s := lineSearch{text: strings.ToLower(strings.Join(strings.Fields(query), "")), fen: -1}
	if a, ok := table.ReadMoney(query); ok && !a.Blank {
		s.fen = max(a.Fen, -a.Fen)
	}
	return s
}

// where is the condition on a table with bank_ref and memo, by the columns of its name and its amount. Its parameters are the
// nth and the next.
func (lineSearch) where(name, amount string, n int) string {
	return fmt.Sprintf(`($%[2]d = '' OR strpos(lower(replace(bank_ref, ' ', '')), $%[2]d) > 0 OR strpos(lower(replace(%[1]s, ' ', '')), $%[2]d) > 0
		OR strpos(lower(replace(memo, ' ', '')), $%[2]d) > 0 OR abs(%[4]s) = $%[3]d)`, name, n, n+1, amount)
}
