package payments

import "time"

// MaxFen is the largest amount that any request may name: a hundred million yuan.
const MaxFen = 100_000_000_00

// China is the zone of the calendar days of statements and banks; it has no daylight saving time.
var China = time.FixedZone("CST", 8*60*60)

// Day returns the calendar day of t in China, YYYY-MM-DD.
func Day(t time.Time) string { return t.In(China).Format(time.DateOnly) }

// plausibleDay reports whether an entered day may be a day of payment: this century, and at most a day ahead of now.
func plausibleDay(t, now time.Time) bool {
	return !t.After(now.Add(24*time.Hour)) && t.Year() >= 2000
}

// plausibleFen reports whether an entered amount may be paid: above zero and at most MaxFen.
func plausibleFen(fen int64) bool { return fen > 0 && fen <= MaxFen }
