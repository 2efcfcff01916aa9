package orders

import "time"

// China is the zone in which the county's days begin.
var China = time.FixedZone("CST", 8*60*60)

// DayOf is the day in China, as a date in UTC.
func DayOf(t time.Time) time.Time {
	t = t.In(China)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// BeginningOf is when a day begins in China.
func BeginningOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, China)
}

// Midnight is when the day of t began in China.
func Midnight(t time.Time) time.Time { return BeginningOf(DayOf(t)) }
