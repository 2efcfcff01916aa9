package postgres_test

import (
	"testing"
	"time"

	"banmuyuan/internal/link/linktest"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres"
)

// The rule of a season's months stands in Go and in the database; it is one rule.
func TestSeasonMonthIsOneRule(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "orders", postgres.Migrations)
	for day := time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC); day.Year() < 2028; day = day.AddDate(0, 1, 0) {
		var got int
		if err := db.Get(&got, `SELECT season_month(2026, $1::date)`, day.Format(time.DateOnly)); err != nil {
			t.Fatal(err)
		}
		if want := orders.SeasonMonth(2026, day); got != want {
			t.Errorf("%s is month %d of the season in the database, %d in the program", day.Format(time.DateOnly), got, want)
		}
	}
}
