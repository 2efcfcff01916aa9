package postgres

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// onTheWay is the time that a module's message to another may take to arrive.
const onTheWay = 500 * time.Millisecond

// Verify checks the invariants. Each finding names an object. On a live database something is always on its way
// between the modules: a finding is looked at once more, and counts when it is still there.
func (m *Module) Verify(ctx context.Context, _ orders.None) (orders.Findings, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.Findings{}, err
	}
	first, err := m.verify(ctx)
	if err != nil || len(first.Items) == 0 {
		return first, err
	}
	select {
	case <-ctx.Done():
		return first, ctx.Err()
	case <-time.After(onTheWay):
	}
	again, err := m.verify(ctx)
	if err != nil {
		return first, err
	}
	seen := make(map[[2]string]bool, len(first.Items))
	for _, f := range first.Items {
		seen[[2]string{f.Check, f.Object}] = true
	}
	still := orders.Findings{Items: []orders.Finding{}}
	for _, f := range again.Items {
		if seen[[2]string{f.Check, f.Object}] {
			still.Items = append(still.Items, f)
		}
	}
	return still, nil
}

func (m *Module) verify(ctx context.Context) (orders.Findings, error) {
	res := orders.Findings{Items: []orders.Finding{}}
	late := m.Now().Add(-desk.Patience)
	checks := moduleChecks(late)
	for _, r := range m.rooms {
		checks = append(checks, r.Checks(late)...)
	}
	for _, c := range checks {
		var rows []struct {
			Object string `db:"object"`
			Detail string `db:"detail"`
		}
		if err := m.DB.SelectContext(ctx, &rows, c.SQL+` LIMIT 100`, c.Args...); err != nil {
			return res, fmt.Errorf("check %s: %w", c.Name, err)
		}
		for _, r := range rows {
			res.Items = append(res.Items, orders.Finding{Check: c.Name, Object: r.Object, Detail: r.Detail})
		}
	}
	if err := m.verifyClosed(ctx, &res); err != nil {
		return res, err
	}
	waiting, oldest, _, err := link.Backlog(ctx, m.DB)
	if err != nil {
		return res, err
	}
	if oldest > desk.Patience {
		res.Items = append(res.Items, orders.Finding{Check: "outbox", Object: "orders",
			Detail: fmt.Sprintf("%d events wait, the oldest for %s", waiting, oldest.Round(time.Second))})
	}
	for _, r := range m.rooms {
		if err := r.Verify(ctx, &res); err != nil {
			return res, err
		}
	}
	return res, nil
}

func moduleChecks(late time.Time) []desk.Check {
	return []desk.Check{
		{Name: "stuck task", SQL: `
			SELECT kind || ' ' || about AS object, format('order %s, tried %s times: %s', order_id, attempts, last_error) AS detail
			FROM task WHERE done_at IS NULL AND created_at < $1`, Args: []any{late}},
		{Name: "dead letter", SQL: `
			SELECT subject || ' ' || event_id AS object, left(error, 200) AS detail FROM dead_letter`},
	}
}
