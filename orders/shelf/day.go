package shelf

import (
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// OnDay is a date of the database as the beginning of that day in the shop.
func OnDay(t time.Time) time.Time { return orders.BeginningOf(t) }

// lifeMax is how far ahead a best-before date may be.
const lifeMax = 3 * 366 * 24 * time.Hour

// CheckBestBefore cleans a best-before date. It is today or later, within three years.
func CheckBestBefore(text *string, now time.Time, problems *link.Problems) {
	*text = strings.TrimSpace(*text)
	d, err := time.ParseInLocation(time.DateOnly, *text, orders.China)
	if err != nil || d.Before(orders.Midnight(now)) || !d.Before(now.Add(lifeMax)) {
		problems.Add("shelf.best_before", "best_before")
	}
}

// queueMax is how long a till may have been without a network.
const queueMax = 31 * 24 * time.Hour

// checkClock notes the time of a device that is ahead, or older than a till's queue.
func checkClock(at, now time.Time, field string, problems *link.Problems) {
	if at.After(now.Add(orders.ClockSkew)) || at.Before(now.Add(-queueMax)) {
		problems.Add("sale.sold_at", field)
	}
}

// weekday of t in China: 1 is Monday.
func weekday(t time.Time) int { return (int(t.In(orders.China).Weekday())+6)%7 + 1 }

// DueToday reports whether a standing list of these weekdays is due today and was not ordered yet.
func DueToday(weekdays []int, orderedAt *time.Time, now time.Time) bool {
	return slices.Contains(weekdays, weekday(now)) && (orderedAt == nil || orderedAt.Before(orders.Midnight(now)))
}

const turnoverDays = 30

// Period returns the first day of a turnover and the day after its last: the days that were asked for, or the last thirty.
func (f TurnoverFilter) Period(now time.Time) (from, end time.Time, err error) {
	today := orders.Midnight(now)
	from, to := today.AddDate(0, 0, 1-turnoverDays), today
	for _, d := range []struct {
		text, field string
		into        *time.Time
	}{{f.From, "from", &from}, {f.To, "to", &to}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = time.ParseInLocation(time.DateOnly, d.text, orders.China); err != nil {
			return from, to, link.E(link.Invalid, "shelf.date", d.field)
		}
	}
	return from, to.AddDate(0, 0, 1), nil
}
