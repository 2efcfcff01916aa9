package income

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// verifyFigures compares the figures of the county's overview, the list of incomes and the report of villages with the
// ledger's entries, season by season in one snapshot, and with the catalogue's count of households. The same code makes
// the figures for pages and sheets.
func (m *Room) verifyFigures(ctx context.Context, res *orders.Findings) error {
	coverage, err := m.Catalog.Coverage(desk.AsSystem(ctx), catalog.CoverageRequest{})
	if err != nil {
		return err
	}
	var gaps []orders.Finding
	err = link.InTx(ctx, m.DB, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(tx *sqlx.Tx) error {
		gaps, err = figureGaps(ctx, tx, coverage)
		return err
	})
	if err != nil {
		return err
	}
	addGaps(res, gaps)
	return nil
}

type seasonSums struct {
	Season int `db:"season"`
	sums
}

func figureGaps(ctx context.Context, tx *sqlx.Tx, coverage catalog.Coverage) ([]orders.Finding, error) {
	var ledger []seasonSums
	err := tx.SelectContext(ctx, &ledger, `SELECT e.season, `+sumsSQL+` FROM income_entry e GROUP BY e.season ORDER BY e.season`)
	if err != nil {
		return nil, fmt.Errorf("sum the ledger: %w", err)
	}
	if len(ledger) == 0 {
		ledger = []seasonSums{{}} // households are counted where nobody earned yet as well
	}
	avg, err := readAverage(ctx, tx)
	if err != nil {
		return nil, err
	}
	var gaps []orders.Finding
	var rep orders.Report
	var list shownList
	earned := map[int]orders.IncomeSum{}
	for _, l := range ledger {
		earned[l.Season] = l.Out()
		if rep, err = reportOf(ctx, tx, avg, l.Season); err != nil {
			return nil, err
		}
		if list, err = readList(ctx, tx, l.Season); err != nil {
			return nil, err
		}
		gaps = append(gaps, orders.SumGaps(l.Season, l.Out(), append(rep.Sums(), list.now))...)
		gaps = append(gaps, orders.SumGaps(l.Season-1, earned[l.Season-1], []orders.ShownSum{list.before})...)
	}
	return append(gaps, orders.CountGaps(rep, list.count, coverage)...), nil
}

// shownList is the sum of all pages of the list of incomes.
type shownList struct {
	now, before orders.ShownSum
	count       orders.Counted
}

func readList(ctx context.Context, tx *sqlx.Tx, season int) (shownList, error) {
	l := shownList{now: orders.ShownSum{Place: "list of incomes"}, before: orders.ShownSum{Place: "list of the year after"}}
	for after := int64(0); ; {
		page, err := listIncomes(ctx, tx, season, after, incomesMost)
		if err != nil || len(page) == 0 {
			return l, err
		}
		for _, h := range page {
			l.now.IncomeSum, l.before.IncomeSum = l.now.Plus(h.IncomeSum), l.before.Plus(h.Before)
			if !h.Retired {
				l.count = orders.Counted{Households: l.count.Households + 1, Persons: l.count.Persons + int64(h.Persons)}
			}
			after = h.HouseholdID
		}
	}
}
