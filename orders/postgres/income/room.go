// Package income is the room of the income ledger (致富账): statements, averages, reports, raised lots and its rebuilding from
// the other modules' facts. Households are counted from a copy of the catalogue's that its events keep; verify compares both,
// and every figure with the entries that it sums.
package income

import (
	"context"
	"errors"
	"time"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Room keeps the income ledger and its figures.
type Room struct {
	*desk.Desk
	raised   *raisings
	averages averages
	reports  reports

	told           time.Time // when changed figures were told last; the worker's
	householdsRead bool      // households of before this process are copied; the worker's
}

// New puts itself between the rooms and the catalogue: it notes raised lots of every reservation.
func New(d *desk.Desk) *Room {
	m := &Room{Desk: d}
	m.raised = &raisings{Service: d.Catalog, m: m}
	d.Catalog = m.raised
	return m
}

func (m *Room) ForgetAverages() { m.averages.forget() }

// Tasks returns the handler that reads payments' facts of income.
func (m *Room) Tasks() map[string]desk.TaskFunc {
	return map[string]desk.TaskFunc{"facts": m.readFacts}
}

// ForgetFigures marks everything that was counted from households as stale.
func (m *Room) ForgetFigures() {
	m.averages.forget()
	m.reports.drop()
}

// Work copies the households and the raised lots that the catalogue knew before this process, and tells the catalogue whose
// income changed.
func (m *Room) Work(ctx context.Context) error {
	return errors.Join(m.workHouseholds(ctx), m.workRaisings(ctx), m.workTell(ctx))
}

// Open counts the income that is not paid out. Entries of nothing wait for nothing.
func (m *Room) Open(season int) []desk.OpenCount {
	var all []desk.OpenCount
	for kind, stage := range map[orders.OpenKind]orders.IncomeStage{
		orders.OpenExpected: orders.StageExpected, orders.OpenUnsettled: orders.StageOwed, orders.OpenUnpaid: orders.StageReleased,
	} {
		all = append(all, desk.OpenCount{Kind: kind, SQL: `
			SELECT count(*), coalesce(sum(amount_fen), 0)::bigint FROM income_entry WHERE season = $1 AND stage = $2 AND amount_fen <> 0`,
			Args: []any{season, string(stage)}})
	}
	return all
}
