package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// workBoxes turns the dates of standing orders into orders.
func (m *Room) workBoxes(ctx context.Context) error {
	return errors.Join(m.cutOffDates(ctx), m.orderDates(ctx))
}

// Statements with an index that is partial on the state name the states of the table.
var (
	cutOffSQL = `SELECT id FROM standing WHERE state <> ` + desk.StateText(adopt.StandingMachine.To(adopt.StandingEnd)) + ` AND cut_off <= $1
		ORDER BY cut_off LIMIT $2`
	orderingSQL = `
		UPDATE standing_date d SET run_at = $2 FROM standing s
		WHERE s.id = d.standing_id AND (d.standing_id, d.due_on) IN (
			SELECT standing_id, due_on FROM standing_date
			WHERE state IN (` + desk.StateList(adopt.DateMachine.From(adopt.DatePlaced)) + `) AND run_at <= $1
			ORDER BY run_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING d.standing_id, d.due_on, d.request, s.account_id`
)

// cutOffDates fixes the order of every date after its cut-off, and moves its standing order on. The date's
// row is written in the same transaction: a date passes once.
func (m *Room) cutOffDates(ctx context.Context) error {
	var due []int64
	err := m.DB.SelectContext(ctx, &due, cutOffSQL, m.Now(), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find dates to order: %w", err)
	}
	for _, id := range due {
		if err := m.cutOffDate(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (m *Room) cutOffDate(ctx context.Context, id int64) error {
	var presaleID int64
	if err := m.DB.GetContext(ctx, &presaleID, `SELECT presale_id FROM standing WHERE id = $1`, id); err != nil {
		return fmt.Errorf("read standing order %d: %w", id, err)
	}
	p, err := m.Offers.Presale(ctx, presaleID)
	if err != nil {
		return err
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		s := &standingRow{}
		err := tx.GetContext(ctx, s, `SELECT `+standingColumns+` FROM standing s WHERE s.id = $1 FOR UPDATE`, id)
		if err != nil {
			return fmt.Errorf("lock standing order %d: %w", id, err)
		}
		if s.State.Over() || s.CutOff.After(m.Now()) {
			return nil // another process was here
		}
		step := s.schedule().CutOffStep()
		state, err := link.Next(adopt.DateMachine, adopt.DatePlanned, step)
		if err != nil {
			return err
		}
		body, err := json.Marshal(adopt.DateRequest(s.ID, s.PresaleID, s.Grade, s.Qty, s.delivery(), s.NextOn))
		if err != nil {
			return fmt.Errorf("encode order of standing order %d: %w", id, err)
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO standing_date (standing_id, due_on, state, request, qty, run_at)
			VALUES ($1, $2, $3, $4, $5, CASE WHEN $6::bool THEN $7::timestamptz END) ON CONFLICT DO NOTHING`, // one that is skipped stays so
			s.ID, s.NextOn, string(state), string(body), s.Qty, step == adopt.DateOrder, m.Now())
		if err != nil {
			return fmt.Errorf("write date of standing order %d: %w", id, err)
		}
		next := s.schedule().After()
		if !adopt.MayCome(p.PublicPresale, next) {
			if s.State, err = link.Next(adopt.StandingMachine, s.State, adopt.StandingEnd); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE standing SET next_on = $2, cut_off = $3, state = $4, version = version + 1 WHERE id = $1`,
			s.ID, next, adopt.CutOff(next), string(s.State))
		if err != nil {
			return fmt.Errorf("move standing order %d on: %w", id, err)
		}
		return nil
	})
}

// orderDates places the orders of dates after their cut-off. The order's key names standing order and date: another try, after
// a crash or beside another process, finds the existing order.
func (m *Room) orderDates(ctx context.Context) error {
	var due []struct {
		StandingID int64     `db:"standing_id"`
		DueOn      time.Time `db:"due_on"`
		Request    []byte    `db:"request"`
		AccountID  int64     `db:"account_id"`
	}
	err := m.DB.SelectContext(ctx, &due, orderingSQL, m.Now(), m.After(m.Config.Lease), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("claim dates to order: %w", err)
	}
	for _, d := range due {
		var r orders.PlaceRequest
		if err := json.Unmarshal(d.Request, &r); err != nil {
			return fmt.Errorf("decode order of standing order %d: %w", d.StandingID, err)
		}
		a := link.Actor{Account: d.AccountID, Login: "standing order", Role: orders.RoleBuyer}
		o, err := m.placeDate(link.WithActor(ctx, a), a, r, d.DueOn)
		switch {
		case err == nil:
			err = m.noteDate(ctx, d.StandingID, d.DueOn, adopt.DatePlaced, o.ID, "")
		case desk.Refused(err):
			err = m.noteDate(ctx, d.StandingID, d.DueOn, adopt.DateFail, 0, adopt.FailureKey(err))
		default:
			m.Log.Warn("a box has to wait", "standing", d.StandingID, "date", d.DueOn.Format(time.DateOnly), "error", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("note order of standing order %d: %w", d.StandingID, err)
		}
	}
	return nil
}

// noteDate writes the outcome of a date that was being ordered.
func (m *Room) noteDate(ctx context.Context, standing int64, day time.Time, step adopt.DateStep, order int64, reason string) error {
	_, err := m.DB.ExecContext(ctx, `
		UPDATE standing_date SET state = $3, order_id = $4, reason = $5, run_at = NULL
		WHERE standing_id = $1 AND due_on = $2 AND state = ANY($6)`,
		standing, day, string(adopt.DateMachine.To(step)), order, reason, desk.TextArray(adopt.DateMachine.From(step)))
	return err
}

// placeDate is Place for a box: the buyer has until the day before it comes to pay.
func (m *Room) placeDate(ctx context.Context, a link.Actor, r orders.PlaceRequest, day time.Time) (orders.Order, error) {
	asked := r
	asked.IdempotencyKey = ""
	hash, err := desk.HashBody(asked)
	if err != nil {
		return orders.Order{}, err
	}
	if prior, err := m.order.PlacedBefore(ctx, a, r.IdempotencyKey, hash); err != nil || prior != nil {
		if err != nil {
			return orders.Order{}, err
		}
		return *prior, nil
	}
	d, err := m.order.Draft(ctx, a, 0, r)
	if err != nil {
		return orders.Order{}, err
	}
	if d.ExpiresAt, err = adopt.PayDateBy(day, m.Now()); err != nil {
		return orders.Order{}, err
	}
	d.BodyHash = hash
	if err := m.order.Reserve(ctx, d); err != nil {
		return orders.Order{}, err
	}
	return m.order.Write(ctx, a, d)
}

// boxChecks are the invariants of standing orders, for verify.
func boxChecks(late time.Time) []desk.Check {
	return []desk.Check{
		{Name: "box ordered twice", SQL: `
			SELECT 'standing order ' || d.standing_id || ' on ' || d.due_on AS object, 'its order is somebody else''s, or not there' AS detail
			FROM standing_date d JOIN standing s ON s.id = d.standing_id LEFT JOIN orders o ON o.id = d.order_id
			WHERE d.state = 'ordered' AND (o.id IS NULL OR o.account_id <> s.account_id)`},
		{Name: "box not ordered", SQL: `
			SELECT 'standing order ' || standing_id || ' on ' || due_on AS object, 'its cut-off has passed and nobody has ordered it' AS detail
			FROM standing_date WHERE state = 'ordering' AND run_at < $1`, Args: []any{late}},
		{Name: "standing order stands still", SQL: `
			SELECT 'standing order ' || id AS object, format('%s, its next date was due', state) AS detail
			FROM standing WHERE state <> 'ended' AND cut_off < $1`, Args: []any{late}},
	}
}
