package income

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

const incomesMost = 2000

// Incomes lists the sums of every household, including households without income.
func (m *Room) Incomes(ctx context.Context, r orders.IncomesRequest) (orders.HouseholdIncomes, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.HouseholdIncomes{}, err
	}
	if r.Limit < 0 || r.Limit > incomesMost {
		return orders.HouseholdIncomes{}, link.E(link.Invalid, "page.limit", "limit", "max", fmt.Sprint(incomesMost))
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return orders.HouseholdIncomes{}, err
	}
	res := orders.HouseholdIncomes{Season: cmp.Or(r.Season, ref.Season), Items: []orders.HouseholdIncome{}}
	err = link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &res.Total, `SELECT count(*) FROM household_ref h WHERE `+listed, res.Season)
		if err != nil {
			return fmt.Errorf("count households: %w", err)
		}
		res.Items, err = listIncomes(ctx, tx, res.Season, r.After, cmp.Or(r.Limit, 1000))
		return err
	})
	return res, err
}

// listed are the households of the list of season $1: those of the register, and retired ones with income in the season
// or the one before.
const listed = `(NOT h.retired OR EXISTS (SELECT FROM income_entry i WHERE i.household_id = h.id AND i.season IN ($1, $1 - 1)))`

// listIncomes reads one page of the list.
func listIncomes(ctx context.Context, q desk.Queryer, season int, after int64, limit int) ([]orders.HouseholdIncome, error) {
	var rows []struct {
		ID        int64 `db:"id"`
		VillageID int64 `db:"village_id"`
		Persons   int   `db:"persons"`
		Retired   bool  `db:"retired"`
		sums
		BeforeExpected int64 `db:"before_expected"`
		BeforeOwed     int64 `db:"before_owed"`
		BeforePaid     int64 `db:"before_paid"`
	}
	err := q.SelectContext(ctx, &rows, `
		WITH page AS (SELECT h.id, h.village_id, h.persons, h.retired FROM household_ref h WHERE h.id > $2 AND `+listed+` ORDER BY h.id LIMIT $3),
		     earned AS (SELECT e.household_id, e.season, `+sumsSQL+`
		                FROM income_entry e WHERE e.household_id IN (SELECT id FROM page) AND e.season IN ($1, $1 - 1)
		                GROUP BY e.household_id, e.season)
		SELECT p.id, p.village_id, p.persons, p.retired,
		       coalesce(n.expected_fen, 0) AS expected_fen, coalesce(n.owed_fen, 0) AS owed_fen, coalesce(n.paid_fen, 0) AS paid_fen,
		       coalesce(b.expected_fen, 0) AS before_expected, coalesce(b.owed_fen, 0) AS before_owed, coalesce(b.paid_fen, 0) AS before_paid
		FROM page p
		LEFT JOIN earned n ON n.household_id = p.id AND n.season = $1
		LEFT JOIN earned b ON b.household_id = p.id AND b.season = $1 - 1
		ORDER BY p.id`, season, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read households' income: %w", err)
	}
	items := make([]orders.HouseholdIncome, len(rows))
	for i, x := range rows {
		items[i] = orders.HouseholdIncome{HouseholdID: x.ID, VillageID: x.VillageID, Persons: x.Persons, Retired: x.Retired,
			IncomeSum: x.sums.Out(), Before: orders.IncomeSum{ExpectedFen: x.BeforeExpected, OwedFen: x.BeforeOwed, PaidFen: x.BeforePaid}}
	}
	return items, nil
}
