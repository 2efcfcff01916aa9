package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"banmuyuan/orders"
)

// orderRoom places, confirms, cancels and completes orders.
type orderRoom struct {
	*desk
	intake *intake
	weigh  orderWeigh
}

// orderWeigh is the scale as orders asks for it.
type orderWeigh interface {
	beginWeighing(ctx context.Context, tx *sqlx.Tx, o *orderRow) error
	bill(ctx context.Context, tx *sqlx.Tx, o *orderRow) error
	deliveries(ctx context.Context, q queryer, where string, args ...any) (orders.DeliveryNotes, error)
	mayTouchShare(ctx context.Context, orderID int64, line int, lot int64) (int64, error)
	progress(ctx context.Context, tx *sqlx.Tx, o *orderRow, l *lineRow, village int64) error
	reverseDelivery(ctx context.Context, tx *sqlx.Tx, o *orderRow, id int64) error
	shares(ctx context.Context, c collector, where string, args ...any) ([]orders.Share, error)
}

func newOrderRoom(ctx context.Context, d *desk, w orderWeigh) (*orderRoom, error) {
	m := &orderRoom{desk: d, weigh: w}
	var err error
	m.intake, err = newIntake(ctx, m)
	return m, err
}

// Tasks returns the handlers of tasks about orders.
func (m *orderRoom) Tasks() map[string]taskHandler {
	return map[string]taskHandler{"late": m.latePayment, "reclaim": m.reclaim, "refill": m.refill}
}

// Verify adds nothing to the checks.
func (m *orderRoom) Verify(context.Context, *orders.Findings) error { return nil }
