package adopt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// workAdoptions does the due work of adoptions.
func (m *Room) workAdoptions(ctx context.Context) error {
	return errors.Join(m.unpaid.Work(ctx), m.lapseAdoptions(ctx), m.settleBoxes(ctx), m.seekBoxes(ctx))
}

// newUnpaid returns the worker that expires adoptions without a deposit in time.
func (m *Room) newUnpaid() *desk.Unpaid {
	return desk.NewUnpaid(m.Desk, desk.UnpaidConfig[adopt.State, adopt.Step]{
		Name: "adoption", Table: "adoption", Version: true, Machine: adopt.Machine, Expire: adopt.StepExpire, Expired: adopt.StepGone,
		Ref: adopt.PaymentRef, End: m.endUnpaid,
	})
}

// endUnpaid ends adoptions that were not paid and gives their stock back.
func (m *Room) endUnpaid(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	for _, id := range ids {
		a, err := lockAdoption(ctx, tx, id)
		if err != nil {
			return err
		}
		if !a.State.Can(adopt.StepGone) {
			continue
		}
		if err := moveAdoption(ctx, tx, a, adopt.StepGone, m.Now()); err != nil {
			return err
		}
		if err := releaseAdoption(ctx, tx, id); err != nil {
			return err
		}
		if err := m.publishAdoption(ctx, tx, id, a.State, "adoption.timeline.expired"); err != nil {
			return err
		}
		if err := link.Publish(ctx, tx, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: id}}); err != nil {
			return err
		}
	}
	return nil
}

// Statements with an index that is partial on the state name the states of the table.
var (
	lapsingSQL = `SELECT id FROM adoption WHERE state IN (` + desk.StateList(adopt.Machine.From(adopt.StepLapse)) + `) AND balance_by <= $1
		ORDER BY id LIMIT $2`
	inspectedSQL = `SELECT ` + boxColumns + ` FROM adoption_box b
		WHERE b.state IN (` + desk.StateList(adopt.BoxMachine.From(adopt.BoxSettle)) + `) AND b.release_at <= $1 ORDER BY b.adoption_id, b.no LIMIT $2`
	soughtSQL = `
		UPDATE adoption_box b SET seek_at = $2
		WHERE (b.adoption_id, b.no) IN (SELECT adoption_id, no FROM adoption_box
		                               WHERE state IN (` + desk.StateList(adopt.BoxMachine.From(adopt.BoxReplace)) + `) AND seek_at <= $1
		                               ORDER BY seek_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING ` + boxColumns
)

// lapseAdoptions ends adoptions without a balance in time. The forfeit of the terms is kept.
func (m *Room) lapseAdoptions(ctx context.Context) error {
	now := m.Now()
	var ids []int64
	err := m.DB.SelectContext(ctx, &ids, lapsingSQL, now, desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find unpaid balances: %w", err)
	}
	for _, id := range ids {
		err := m.Tx(ctx, func(tx *sqlx.Tx) error {
			a, err := lockAdoption(ctx, tx, id)
			if err != nil || !a.account().Lapsed(now) {
				return err
			}
			cost, err := a.account().CancelCost(now)
			if err != nil {
				return fmt.Errorf("reckon forfeit of adoption %d: %w", id, err)
			}
			return m.endAdoption(ctx, tx, a, adopt.StepLapse, cost, "refund.cancelled", "adoption.timeline.lapsed")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settleBoxes releases the households of delivered boxes after their inspection.
func (m *Room) settleBoxes(ctx context.Context) error {
	now := m.Now()
	var due []boxRow
	err := m.DB.SelectContext(ctx, &due, inspectedSQL, now, desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find inspected boxes: %w", err)
	}
	for _, d := range due {
		err := m.Tx(ctx, func(tx *sqlx.Tx) error {
			a, b, err := lockBox(ctx, tx, d.AdoptionID, d.No)
			if err != nil || !b.State.Can(adopt.BoxSettle) {
				return err
			}
			if err := moveBox(ctx, tx, b, adopt.BoxSettle); err != nil {
				return err
			}
			if err := m.releaseBox(ctx, tx, a, b); err != nil {
				return err
			}
			return m.balanceOut(ctx, tx, a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func lockBox(ctx context.Context, tx *sqlx.Tx, adoption int64, no int) (*adoptionRow, *boxRow, error) {
	a, err := lockAdoption(ctx, tx, adoption)
	if err != nil {
		return nil, nil, err
	}
	b := &boxRow{}
	err = tx.GetContext(ctx, b, `SELECT `+boxColumns+` FROM adoption_box b WHERE b.adoption_id = $1 AND b.no = $2`, adoption, no)
	if err != nil {
		return nil, nil, fmt.Errorf("read box %d of adoption %d: %w", no, adoption, err)
	}
	return a, b, nil
}

// seekBoxes asks the catalogue for another household for boxes that one could not deliver. The key names box and try, so
// that an answer nobody heard is asked for again.
func (m *Room) seekBoxes(ctx context.Context) error {
	var due []boxRow
	err := m.DB.SelectContext(ctx, &due, soughtSQL, m.Now(), m.After(m.Config.Lease), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("claim boxes to replace: %w", err)
	}
	slices.SortFunc(due, func(a, b boxRow) int { return a.No - b.No })
	for _, b := range due {
		if err := m.seekBox(ctx, b); err != nil {
			m.Log.Warn("a box to replace has to wait", "adoption", b.AdoptionID, "box", b.No, "error", err)
		}
	}
	return nil
}

func (m *Room) seekBox(ctx context.Context, b boxRow) error {
	a, err := readAdoption(ctx, m.DB, b.AdoptionID)
	if err != nil {
		return err
	}
	res, err := m.Catalog.Reserve(desk.AsSystem(ctx), catalog.ReserveRequest{
		Key: fmt.Sprintf("adopt-replace:%d:%d:%d", b.AdoptionID, b.No, len(b.Tried)), OrderID: b.AdoptionID, Channel: catalog.ChannelPrivate,
		Confirmed: true, ExpiresAt: m.After(m.Config.HoldSlack),
		Lines: []catalog.ReserveLine{{Line: 1, PresaleID: a.PresaleID, Qty: b.Qty, Policy: "fair", Exclude: b.Tried}},
	})
	if err != nil && !desk.Refused(err) {
		return err
	}
	found := err == nil
	// A box comes from one household: a reservation of several lots is given back.
	share, one := adopt.FromOne(res)
	split := found && !one
	family := ""
	if found && !split {
		h, err := m.Catalog.Household(desk.AsSystem(ctx), catalog.HouseholdRef{ID: share.Households[0]})
		if err != nil {
			return err
		}
		family = adopt.Family(h.Head)
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		a, now, err := lockBox(ctx, tx, b.AdoptionID, b.No)
		if err != nil {
			return err
		}
		if !now.State.Can(adopt.BoxReplace) || len(now.Tried) != len(b.Tried) { // somebody else was faster, or it was cancelled
			if found && now.State == adopt.BoxVoid {
				return m.returnReservation(ctx, tx, res)
			}
			return nil
		}
		if !found || split {
			if split {
				if err := m.returnReservation(ctx, tx, res); err != nil {
					return err
				}
			}
			if err := moveBox(ctx, tx, now, adopt.BoxFail); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE adoption_box SET seek_at = NULL, done_at = $3 WHERE adoption_id = $1 AND no = $2`, a.ID, b.No, m.Now())
			if err != nil {
				return fmt.Errorf("fail box %d of adoption %d: %w", b.No, a.ID, err)
			}
			if err := m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.not_found", map[string]string{"no": strconv.Itoa(b.No)}); err != nil {
				return err
			}
			return m.balanceOut(ctx, tx, a)
		}
		if err := moveBox(ctx, tx, now, adopt.BoxReplace); err != nil {
			return err
		}
		due := adopt.ReplacedOn(now.DueOn, m.Now())
		_, err = tx.ExecContext(ctx, `
			UPDATE adoption_box SET seek_at = NULL, household_id = $3, village_id = $4, lot_id = $5, family = $6, due_on = $7, replaced = true
			WHERE adoption_id = $1 AND no = $2`, a.ID, b.No, share.Households[0], share.Villages[0], share.Lots[0], family, due)
		if err != nil {
			return fmt.Errorf("replace box %d of adoption %d: %w", b.No, a.ID, err)
		}
		if err := writeBoxIncome(ctx, tx, a.ID); err != nil {
			return err
		}
		m.income.ForgetAverages()
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return err
		}
		return m.publishAdoption(ctx, tx, a.ID, a.State, "adoption.timeline.replaced", "no", strconv.Itoa(b.No),
			"village", ref.Villages[share.Villages[0]].Name, "family", family)
	})
}

// returnReservation returns everything of a reservation that was made for nothing.
func (m *Room) returnReservation(ctx context.Context, tx *sqlx.Tx, res catalog.Reservation) error {
	for _, s := range res.Lines {
		zero := make([]int64, len(s.Lots))
		err := link.Publish(ctx, tx, link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: res.OrderID, Line: s.Line,
			Lots: s.Lots, Delivered: zero, Returned: s.Qty}})
		if err != nil {
			return err
		}
	}
	return nil
}

// adoptionChecks are the invariants of adoptions, for verify.
func adoptionChecks(late time.Time) []desk.Check {
	return []desk.Check{
		{Name: "boxes of an adoption", SQL: `
			SELECT 'adoption ' || a.id AS object, format('price %s, its boxes have %s', a.price_fen, b.fen) AS detail
			FROM adoption a JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS fen FROM adoption_box WHERE adoption_id = a.id) b ON true
			WHERE a.price_fen <> b.fen`},
		{Name: "units of an adoption", SQL: `
			SELECT 'adoption ' || a.id AS object, format('%s with %s units, %s of them kept', a.state, u.n, u.kept) AS detail
			FROM adoption a
			JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE NOT released) AS kept FROM adoption_unit WHERE adoption_id = a.id) u ON true
			WHERE u.n <> a.units OR (a.state IN ('expired', 'cancelled', 'completed')) <> (u.kept = 0)`},
		{Name: "adopted twice", SQL: `
			SELECT 'plot ' || plot_id || ' no ' || no AS object, format('kept for %s adoptions', count(*)) AS detail
			FROM adoption_unit WHERE NOT released GROUP BY plot_id, no HAVING count(*) > 1`},
		{Name: "money of an adoption", SQL: `
			SELECT 'adoption ' || a.id AS object,
			       format('%s with %s paid, %s refunded, %s kept back; its boxes are worth %s', a.state, a.paid_fen, a.refund_fen, a.forfeit_fen, b.fen) AS detail
			FROM adoption a
			JOIN LATERAL (SELECT coalesce(sum(amount_fen) FILTER (WHERE state NOT IN ('failed', 'void')), 0) AS fen FROM adoption_box WHERE adoption_id = a.id) b ON true
			WHERE a.state IN ('growing', 'completed') AND a.paid_fen - a.refund_fen <> b.fen
			   OR a.state = 'cancelled' AND a.paid_fen - a.refund_fen <> a.forfeit_fen
			   OR a.state = 'expired' AND a.paid_fen <> a.refund_fen`},
		{Name: "box without delivery", SQL: `
			SELECT 'adoption ' || adoption_id || ' box ' || no AS object, state AS detail
			FROM adoption_box WHERE state IN ('delivered', 'settled', 'disputed') AND delivery_id IS NULL`},
		{Name: "open box of an ended adoption", SQL: `
			SELECT 'adoption ' || a.id || ' box ' || b.no AS object, format('%s, the adoption is %s', b.state, a.state) AS detail
			FROM adoption a JOIN adoption_box b ON b.adoption_id = a.id
			WHERE a.state IN ('expired', 'cancelled', 'completed') AND b.state IN ('planned', 'seeking', 'delivered', 'disputed')`},
		{Name: "box nobody looks for", SQL: `
			SELECT 'adoption ' || adoption_id || ' box ' || no AS object, 'no household was found or given up for a long time' AS detail
			FROM adoption_box WHERE state = 'seeking' AND seek_at < $1`, Args: []any{late}},
		{Name: "overdue box", SQL: `
			SELECT 'adoption ' || adoption_id || ' box ' || no AS object, 'its inspection is over and the household is not released' AS detail
			FROM adoption_box WHERE state = 'delivered' AND release_at < $1`, Args: []any{late}},
		{Name: "village's part of a box", SQL: `
			SELECT 'adoption ' || b.adoption_id || ' box ' || b.no AS object,
			       format('%s fen at %s/10000 of the fee of %s, the box is %s', b.village_fen, a.village_bp, b.fee_fen, b.state) AS detail
			FROM adoption_box b JOIN adoption a ON a.id = b.adoption_id
			WHERE b.village_fen <> CASE WHEN b.delivery_id IS NULL THEN 0 ELSE fee_of(b.fee_fen, a.village_bp) END`},
		{Name: "income of boxes", SQL: `
			SELECT coalesce(x.key, e.source_key) AS object,
			       format('the box brings %s fen to household %s, the ledger has %s (%s) for %s', x.net, x.household, e.amount_fen, e.stage, e.household_id) AS detail
			FROM (SELECT 'adoption:' || b.adoption_id || ':' || b.no AS key, b.household_id AS household, b.amount_fen - b.fee_fen AS net,
			             b.state = 'planned' AS expected
			      FROM adoption_box b JOIN adoption a ON a.id = b.adoption_id
			      WHERE a.reserved_at IS NOT NULL AND (b.state IN ('delivered', 'disputed', 'settled')
			            OR b.state = 'planned' AND a.state IN ('reserved', 'growing'))) x
			FULL JOIN (SELECT source_key, amount_fen, household_id, stage FROM income_entry WHERE adoption_id <> 0) e ON e.source_key = x.key
			WHERE x.net IS DISTINCT FROM e.amount_fen OR x.household IS DISTINCT FROM e.household_id OR x.expected IS DISTINCT FROM (e.stage = 'expected')`},
	}
}
