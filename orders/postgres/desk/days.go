package desk

import (
	"time"
)

// DayOf is the day in China, as a date in UTC.
func DayOf(t time.Time) time.Time {
	t = t.In(China)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// BeginningOf is when a day begins in China.
func BeginningOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, China)
}
