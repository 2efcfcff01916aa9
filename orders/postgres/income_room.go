package postgres

import "context"

// incomeRoom keeps the income ledger and its figures.
type incomeRoom struct {
	*desk
	raised   *raisings
	averages averages
	reports  reports
}

// averageKeeper keeps the averages that change with every income entry.
type averageKeeper interface {
	forgetAverages()
}

// newIncomeRoom puts itself between the rooms and the catalogue: it notes raised lots of every reservation.
func newIncomeRoom(d *desk) *incomeRoom {
	m := &incomeRoom{desk: d}
	m.raised = &raisings{Service: d.catalog, m: m}
	d.catalog = m.raised
	return m
}

func (m *incomeRoom) forgetAverages() { m.averages.forget() }

// Tasks returns the handler that reads payments' facts of income.
func (m *incomeRoom) Tasks() map[string]taskHandler {
	return map[string]taskHandler{"facts": m.readFacts}
}

// Work copies the raised lots that the catalogue knew before this process.
func (m *incomeRoom) Work(ctx context.Context) error { return m.workRaisings(ctx) }
