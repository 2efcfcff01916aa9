package contract

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// MoveContract carries out a step of a contract.
func (m *Room) MoveContract(ctx context.Context, r contract.Move) (contract.Contract, error) {
	found, _, err := m.findContract(ctx, r.No)
	if err != nil {
		return contract.Contract{}, err
	}
	a := link.ActorFrom(ctx)
	if err := viewer(a).MayStep(found.contract(), found.SubmittedID, r.Step); err != nil {
		return contract.Contract{}, err
	}
	reason, err := r.Check()
	if err != nil {
		return contract.Contract{}, err
	}
	if r.Step == contract.StepSubmit || r.Step == contract.StepApprove { // from then on households count on it
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return contract.Contract{}, err
		}
		if err := catalog.CheckTakes(ref.Seasons, found.Season, "season"); err != nil {
			return contract.Contract{}, err
		}
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		c, err := contractByID(ctx, tx, found.ID, true)
		if err != nil {
			return err
		}
		if err := viewer(a).MayStep(c.contract(), c.SubmittedID, r.Step); err != nil { // it may just have been submitted by the actor
			return err
		}
		to, err := c.State.Next(r.Step)
		if err != nil {
			return err
		}
		if err := m.applyStep(ctx, tx, c, a, r); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE contract SET state = $2, check_at = $3, version = version + 1 WHERE id = $1`, c.ID, string(to), m.Now())
		if err != nil {
			return fmt.Errorf("move contract %d to %s: %w", c.ID, to, err)
		}
		if err := desk.Did(ctx, tx, link.Act{Kind: "contract." + string(r.Step), On: "contract", Object: r.No}); err != nil {
			return err
		}
		return m.addTimeline(ctx, tx, c.ID, "contract.timeline."+string(r.Step), "reason", reason)
	})
	if err != nil {
		return contract.Contract{}, err
	}
	m.checkNow(ctx, found.ID)
	return m.Contract(ctx, contract.Ref{No: r.No})
}

// applyStep does the work of a step besides the state.
func (m *Room) applyStep(ctx context.Context, tx *sqlx.Tx, c *contractRow, a link.Actor, r contract.Move) error {
	err := contract.CheckSignBy(c.terms, r.Step, m.today())
	if err != nil {
		return err
	}
	switch r.Step {
	case contract.StepSubmit:
		_, err = tx.ExecContext(ctx, `UPDATE contract SET submitted_id = $2, submitted_by = $3 WHERE id = $1`, c.ID, a.Account, orders.ActorName(a))
	case contract.StepReturn:
		_, err = tx.ExecContext(ctx, `UPDATE contract SET submitted_id = 0, submitted_by = '' WHERE id = $1`, c.ID)
	case contract.StepApprove:
		_, err = tx.ExecContext(ctx, `UPDATE contract SET approved_id = $2, approved_by = $3, approved_at = $4 WHERE id = $1`, c.ID, a.Account, orders.ActorName(a), m.Now())
	case contract.StepOpen:
		_, err = tx.ExecContext(ctx, `UPDATE contract SET proposes = $2 WHERE id = $1`, c.ID, r.Propose)
	case contract.StepStart:
		return m.startContract(ctx, tx, c)
	case contract.StepClose:
		return m.closeContract(ctx, tx, c)
	}
	if err != nil {
		return fmt.Errorf("%s contract %d: %w", r.Step, c.ID, err)
	}
	return nil
}

// startContract ends the signing: unanswered proposals lapse and advances are owed.
func (m *Room) startContract(ctx context.Context, tx *sqlx.Tx, c *contractRow) error {
	var counts struct {
		Signed  int64 `db:"signed"`
		Booking int64 `db:"booking"`
	}
	err := tx.GetContext(ctx, &counts, `
		SELECT count(*) FILTER (WHERE state = $2) AS signed, count(*) FILTER (WHERE state = ANY($3)) AS booking
		FROM quota WHERE contract_id = $1`, c.ID, string(contract.QuotaSigned), pq.Array(contract.QuotaMachine.From(contract.QuotaBooked)))
	if err != nil {
		return fmt.Errorf("count quotas: %w", err)
	}
	if err := contract.CheckStart(counts.Signed, counts.Booking); err != nil {
		return err
	}
	if err := moveQuotas(ctx, tx, c.ID, contract.QuotaLapse); err != nil {
		return err
	}
	return m.grantAdvances(ctx, tx, c)
}

// closeContract ends a contract without open call-offs: households get back the units that were not called off, and unworked
// advances are owed back.
func (m *Room) closeContract(ctx context.Context, tx *sqlx.Tx, c *contractRow) error {
	var open int64
	err := tx.GetContext(ctx, &open, `
		SELECT count(*) FROM call_off k JOIN orders o ON o.id = k.order_id WHERE k.contract_id = $1 AND o.state = ANY($2)`,
		c.ID, pq.Array(orders.Machine.From(orders.StepCallOff))) // an order that the county can still cancel is not billed yet
	if err != nil {
		return fmt.Errorf("count open call-offs: %w", err)
	}
	var booking bool
	if err := tx.GetContext(ctx, &booking, `SELECT EXISTS (SELECT FROM quota WHERE contract_id = $1 AND state = ANY($2))`,
		c.ID, pq.Array(contract.QuotaMachine.From(contract.QuotaBooked))); err != nil {
		return fmt.Errorf("look for bookings: %w", err)
	}
	if err := contract.CheckClose(open, booking); err != nil {
		return err
	}
	for _, step := range []contract.QuotaStep{contract.QuotaLapse, contract.QuotaEnd} {
		if err := moveQuotas(ctx, tx, c.ID, step); err != nil {
			return err
		}
	}
	return m.takeBackAdvances(ctx, tx, c)
}

// moveQuotas carries out a step for every quota of a contract that is in a state for it.
func moveQuotas(ctx context.Context, tx *sqlx.Tx, id int64, step contract.QuotaStep) error {
	_, err := tx.ExecContext(ctx, `UPDATE quota SET state = $2 WHERE contract_id = $1 AND state = ANY($3)`,
		id, string(contract.QuotaMachine.To(step)), pq.Array(contract.QuotaMachine.From(step)))
	if err != nil {
		return fmt.Errorf("%s quotas of contract %d: %w", step, id, err)
	}
	return nil
}
