package postgres

import (
	"database/sql"
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

var readOnlySnapshot = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
