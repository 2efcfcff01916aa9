package postgres

import (
	"database/sql"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
	"banmuyuan/payments"
)

// queryer is a database or a transaction.
type queryer = sqlx.QueryerContext

func textArray(v []string) any { return pq.StringArray(v) }

// next returns the state after an event, or Conflict with the message of the table at a field of the request.
func next[S, E ~string](m *state.Machine[S, E], s S, on E, field string) (S, error) {
	if to, ok := m.Next(s, on); ok {
		return to, nil
	}
	return s, link.E(link.Conflict, m.Refused(on), field)
}

// china is the zone of calendar days.
var china = payments.China

// day is the calendar day of t, for a date column.
func day(t time.Time) string { return payments.Day(t) }

// dateTime reads a date column as the beginning of that day in China.
func dateTime(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, china)
}

const defaultLimit = 50

// limit is how many rows to read for a page of n: one more reports whether there is another page.
func limit(n, most int) int {
	if n <= 0 {
		n = defaultLimit
	}
	return min(n, most)
}

// cursorID reads a cursor: the id that the page starts after.
func cursorID(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(cursor, 36, 64)
	if err != nil || id <= 0 {
		return 0, link.E(link.Invalid, "payment.cursor", "cursor")
	}
	return id, nil
}

func cursorOf(id int64) string { return strconv.FormatInt(id, 36) }

var readOnlySnapshot = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
