package postgres

import (
	"context"
	"strings"

	"banmuyuan/orders/postgres/order"
)

// WithoutConflicts has the writers store a second order for an account and key.
func (m *Module) WithoutConflicts(ctx context.Context) error {
	without := strings.Replace(order.IntakeSQL, "ON CONFLICT DO NOTHING RETURNING id", "RETURNING id", 1)
	if without == order.IntakeSQL {
		panic("the guard is not where the test looks for it")
	}
	stmt, err := m.DB.PreparexContext(ctx, without)
	if err != nil {
		return err
	}
	m.Intake.Stmt = stmt
	return nil
}

// Waiting is how many orders wait to be written.
func (m *Module) Waiting() int { return len(m.Intake.Queue) }
