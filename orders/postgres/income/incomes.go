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

// Incomes lists the sums of every household, also of households without income.
func (m *Room) Incomes(ctx context.Context, r orders.IncomesRequest) (orders.HouseholdIncomes, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.HouseholdIncomes{}, err
	}
	if r.Limit < 0 || r.Limit > incomesMost {
		return orders.HouseholdIncomes{}, link.E(link.Invalid, "order.page.limit", "limit", "max", fmt.Sprint(incomesMost))
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return orders.HouseholdIncomes{}, err
	}
	res := orders.HouseholdIncomes{Season: cmp.Or(r.Season, ref.Season), Items: []orders.HouseholdIncome{}}
	err = link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &res.Total, `SELECT count(*) FROM household_ref`); err != nil {
			return fmt.Errorf("count households: %w", err)
		}
		var rows []struct {
			ID        int64 `db:"id"`
			VillageID int64 `db:"village_id"`
			Persons   int   `db:"persons"`
			sums
			BeforeExpected int64 `db:"before_expected"`
			BeforeOwed     int64 `db:"before_owed"`
			BeforePaid     int64 `db:"before_paid"`
		}
		err := tx.SelectContext(ctx, &rows, `
			WITH page AS (SELECT id, village_id, persons FROM household_ref WHERE id > $1 ORDER BY id LIMIT $2),
			     earned AS (SELECT e.household_id, e.season, `+sumsSQL+`
			                FROM income_entry e WHERE e.household_id IN (SELECT id FROM page) AND e.season IN ($3, $3 - 1)
			                GROUP BY e.household_id, e.season)
			SELECT p.id, p.village_id, p.persons,
			       coalesce(n.expected_fen, 0) AS expected_fen, coalesce(n.owed_fen, 0) AS owed_fen, coalesce(n.paid_fen, 0) AS paid_fen,
			       coalesce(b.expected_fen, 0) AS before_expected, coalesce(b.owed_fen, 0) AS before_owed, coalesce(b.paid_fen, 0) AS before_paid
			FROM page p
			LEFT JOIN earned n ON n.household_id = p.id AND n.season = $3
			LEFT JOIN earned b ON b.household_id = p.id AND b.season = $3 - 1
			ORDER BY p.id`, r.After, cmp.Or(r.Limit, 1000), res.Season)
		if err != nil {
			return fmt.Errorf("read households' income: %w", err)
		}
		for _, x := range rows {
			res.Items = append(res.Items, orders.HouseholdIncome{HouseholdID: x.ID, VillageID: x.VillageID, Persons: x.Persons,
				IncomeSum: x.sums.Out(), Before: orders.IncomeSum{ExpectedFen: x.BeforeExpected, OwedFen: x.BeforeOwed, PaidFen: x.BeforePaid}})
		}
		return nil
	})
	return res, err
}
