package postgres

import (
	"context"
	"strings"
)

// WithoutConflicts has the writers store orders whose account and key have one already.
func (m *Module) WithoutConflicts(ctx context.Context) error {
	without := strings.Replace(intakeSQL, "ON CONFLICT DO NOTHING RETURNING id", "RETURNING id", 1)
	if without == intakeSQL {
		panic("the guard is not where the test looks for it")
	}
	stmt, err := m.db.PreparexContext(ctx, without)
	if err != nil {
		return err
	}
	m.intake.stmt = stmt
	return nil
}

// Waiting is how many orders wait to be written.
func (m *Module) Waiting() int { return len(m.intake.queue) }
