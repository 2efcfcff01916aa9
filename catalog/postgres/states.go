package postgres

import (
	"strings"

	"github.com/lib/pq"

	"banmuyuan/catalog"
)

// States as SQL words, for statements that are prepared or planned once and therefore keep one text, and for conditions
// that have to match the predicate of a partial index. Words of an event come from its machine, so that a changed row
// changes the statement; testdata/hot.sql freezes the texts.
const (
	held      = "'" + string(catalog.HoldHeld) + "'"
	confirmed = "'" + string(catalog.HoldConfirmed) + "'"
	released  = "'" + string(catalog.HoldReleased) + "'"
)

// word returns a state as an SQL literal.
func word[S ~string](s S) string { return pq.QuoteLiteral(string(s)) }

// among returns the condition that a column is one of the states.
func among(column string, states []string) string {
	if len(states) == 1 {
		return column + " = " + word(states[0])
	}
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = word(s)
	}
	return column + " IN (" + strings.Join(words, ", ") + ")"
}
