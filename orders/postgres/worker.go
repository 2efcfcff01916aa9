package postgres

import (
	"context"
	"errors"
	"time"

	"banmuyuan/internal/link"
)

// work does what is due until ctx ends. Several processes may: rows are claimed for a while, and work that a process did not
// finish in that time is taken up by another.
func (m *Module) work(ctx context.Context) {
	tick := time.NewTicker(m.Config.Tick)
	defer tick.Stop()
	for {
		if err := m.workOnce(ctx); err != nil && ctx.Err() == nil {
			m.Log.Warn("work interrupted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-m.Wake:
			// Frequent wake-ups are answered together.
			select {
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// workOnce does everything that is due now. A kind of work that fails does not keep the others back.
func (m *Module) workOnce(ctx context.Context) error {
	ctx = link.System(ctx, "orders")
	var failed []error
	for _, r := range m.rooms {
		failed = append(failed, r.Work(ctx))
	}
	return errors.Join(append(failed, m.DoTasks(ctx))...)
}
