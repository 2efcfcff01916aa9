package payments

import (
	"time"

	"banmuyuan/internal/link"
)

// Through returns the last day of the month that is to be closed. It returns Invalid for a month that is not YYYY-MM, and
// Conflict for one that has not ended in China.
func (r AskClosing) Through(now time.Time) (string, error) {
	first, err := time.ParseInLocation("2006-01", r.Month, China)
	if err != nil {
		return "", link.E(link.Invalid, "books.month", "month")
	}
	next := first.AddDate(0, 1, 0)
	if next.After(now) {
		return "", link.E(link.Conflict, "books.month_runs", "month")
	}
	return next.AddDate(0, 0, -1).Format(time.DateOnly), nil
}
