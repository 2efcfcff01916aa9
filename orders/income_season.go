package orders

import "time"

// SeasonMonth is the month of a season that a day is in. Goods sold after the turn of the year still count for the season
// that raised them: its months go on with 13.
func SeasonMonth(season int, day time.Time) int {
	return int(day.Month()) + 12*max(day.Year()-season, 0)
}

// FactSeason returns the season and month of income that another module reports: from its origin, or else the year and
// the month of its day.
func FactSeason(season, month int, occurredOn time.Time) (int, int) {
	if season == 0 {
		season = occurredOn.Year()
	}
	if month == 0 {
		month = SeasonMonth(season, occurredOn)
	}
	return season, month
}
