package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// rebuildLock keeps events of payments out while the income ledger is read anew.
const rebuildLock = `hashtextextended(current_schema() || '.income', 0)`

// paymentsHappened applies what payments tells: many events at once, each order locked once and in the order of ids.
func (m *Module) paymentsHappened(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
	if err := link.PlanOnce(ctx, tx); err != nil {
		return err
	}
	var got []payments.PaymentEvent
	var refs []payments.RefEvent
	var refunds []payments.RefundEvent
	var payables []payments.PayableChange
	for _, ev := range evs {
		var err error
		switch ev.Subject {
		case payments.EvtPaymentSucceeded:
			err = collect(ev, &got)
		case payments.EvtRefClosed, payments.EvtRefSettled:
			err = collect(ev, &refs)
		case payments.EvtRefundDone:
			err = collect(ev, &refunds)
		case payments.EvtPayables:
			var c payments.PayablesChanged
			err = ev.Decode(&c)
			payables = append(payables, c.Changes...)
		}
		if err != nil {
			return err
		}
	}
	ids := map[int64]bool{}
	for _, e := range got {
		addOrder(ids, e.Ref)
	}
	for _, e := range refs {
		addOrder(ids, e.Ref)
	}
	for _, e := range refunds {
		addOrder(ids, e.Ref)
	}
	if len(ids) > 0 {
		locked, err := lockOrders(ctx, tx, keysOf(ids))
		if err != nil {
			return err
		}
		err = errors.Join(m.moneyCame(ctx, tx, locked, got), m.refsChanged(ctx, tx, locked, refs), m.refunded(ctx, tx, locked, refunds))
		if err != nil {
			return err
		}
	}
	if err := m.shelfPaid(ctx, tx, got, refs); err != nil {
		return err
	}
	if err := m.adoptionMoney(ctx, tx, got, refunds); err != nil {
		return err
	}
	if err := m.advancesChanged(ctx, tx, refs); err != nil {
		return err
	}
	return m.payablesChanged(ctx, tx, payables)
}

func collect[T any](ev link.Event, into *[]T) error {
	var v T
	if err := ev.Decode(&v); err != nil {
		return err
	}
	*into = append(*into, v)
	return nil
}

func addOrder(ids map[int64]bool, ref string) {
	if id, ok := orders.ParsePaymentRef(ref); ok {
		ids[id] = true
	}
}

func keysOf(set map[int64]bool) []int64 {
	keys := make([]int64, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// moneyCame books payments on their orders. A deposit in time confirms; what is late or has no stock any more becomes a
// task, because the catalogue has to be asked first.
func (m *Module) moneyCame(ctx context.Context, tx *sqlx.Tx, locked map[int64]*orderRow, got []payments.PaymentEvent) error {
	var ours []payments.PaymentEvent
	var told []happening
	paid := map[int64]bool{}
	for _, e := range got {
		id, is := orders.ParsePaymentRef(e.Ref)
		if !is {
			continue
		}
		o := locked[id]
		if o == nil {
			return fmt.Errorf("payment %d is for order %d, which is not there", e.PaymentID, id)
		}
		o.PaidFen += e.AmountFen
		o.DepositPaid = o.DepositPaid || depositInTime(e)
		ours, paid[id] = append(ours, e), true
		told = append(told, happening{id, "order.timeline.payment_" + e.Purpose, map[string]string{"amount": strconv.FormatInt(e.AmountFen, 10)}})
	}
	if err := savePaid(ctx, tx, locked, keysOf(paid)); err != nil {
		return err
	}
	if err := m.stories(ctx, tx, told); err != nil {
		return err
	}
	var confirm []int64
	for _, e := range ours {
		id, _ := orders.ParsePaymentRef(e.Ref)
		o := locked[id]
		var err error
		switch _, cannot := o.State.Next(orders.StepDepositPaid); {
		case e.Late:
			err = m.addTask(ctx, tx, "late", e.PaymentID, id, e.AmountFen, e.Purpose)
		case !depositInTime(e):
		case cannot == nil && !o.HoldLost:
			o.State = orders.StateConfirmed
			confirm = append(confirm, id)
		case cannot == nil || o.State == orders.StateExpired:
			err = m.addTask(ctx, tx, "reclaim", id, id, 0, "")
		case o.State == orders.StateCancelled:
			err = m.sendBack(ctx, tx, o, 0, "refund.order_cancelled")
		}
		if err != nil {
			return err
		}
	}
	return m.confirm(ctx, tx, confirm)
}

func depositInTime(e payments.PaymentEvent) bool {
	return e.Purpose == string(orders.PurposeDeposit) && !e.Late
}

// savePaid writes what was paid for orders by now.
func savePaid(ctx context.Context, tx *sqlx.Tx, locked map[int64]*orderRow, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	fen, deposit := make([]int64, len(ids)), make(pq.BoolArray, len(ids))
	for i, id := range ids {
		fen[i], deposit[i] = locked[id].PaidFen, locked[id].DepositPaid
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE orders o SET paid_fen = u.fen, deposit_paid = u.deposit, version = version + 1
		FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS u (id, fen, deposit) WHERE o.id = u.id`, ints(ids), ints(fen), deposit)
	if err != nil {
		return fmt.Errorf("book payments of orders: %w", err)
	}
	return nil
}

// sendBack ends a Ref: what was paid goes back less forfeit.
func (m *Module) sendBack(ctx context.Context, tx *sqlx.Tx, o *orderRow, forfeit int64, reason string) error {
	coop := int64(0)
	if forfeit > 0 {
		err := tx.GetContext(ctx, &coop, `
			SELECT seller_org FROM order_line WHERE order_id = $1 ORDER BY deposit_fen DESC, no LIMIT 1`, o.ID)
		if err != nil {
			return fmt.Errorf("read seller of order %d: %w", o.ID, err)
		}
	}
	o.ForfeitFen, o.RefundFen = forfeit, max(o.PaidFen-forfeit, o.LateFen)
	_, err := tx.ExecContext(ctx, `
		UPDATE orders SET forfeit_fen = $2, refund_fen = $3, balance_fen = 0, version = version + 1 WHERE id = $1`, o.ID, forfeit, o.RefundFen)
	if err != nil {
		return fmt.Errorf("refund order %d: %w", o.ID, err)
	}
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdCancelRef,
		Data: payments.CancelRef{Ref: orders.PaymentRef(o.ID), ForfeitFen: forfeit, Coop: coop, Reason: reason}})
}

// refsChanged takes over what payments says of closed bills. An answer to an earlier bill of a corrected order is old news.
func (m *Module) refsChanged(ctx context.Context, tx *sqlx.Tx, locked map[int64]*orderRow, refs []payments.RefEvent) error {
	for _, e := range refs {
		id, _ := orders.ParsePaymentRef(e.Ref)
		o := locked[id]
		if o == nil || o.State != orders.StateBilled || e.BilledFen != o.AmountFen {
			continue
		}
		o.BalanceFen = e.ReceivableFen
		o.RefundFen = max(o.RefundFen, o.LateFen+max(o.PaidFen-o.LateFen-e.BilledFen, 0))
		_, err := tx.ExecContext(ctx, `
			UPDATE orders SET balance_fen = $2, refund_fen = $3, version = version + 1 WHERE id = $1`, id, o.BalanceFen, o.RefundFen)
		if err != nil {
			return fmt.Errorf("bill order %d: %w", id, err)
		}
		if e.ReceivableFen > 0 {
			continue
		}
		if err := m.settle(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}

// settle makes an order paid and starts the buyer's time to inspect.
func (m *Module) settle(ctx context.Context, tx *sqlx.Tx, o *orderRow) error {
	if err := moveTo(ctx, tx, o, orders.StepPaid); err != nil {
		return err
	}
	lines, err := m.linesOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	now := m.now()
	out := make([]orders.Line, len(lines[o.ID]))
	for i := range out {
		out[i] = lines[o.ID][i].out()
	}
	_, err = tx.ExecContext(ctx, `UPDATE orders SET paid_at = $2, inspect_until = $3 WHERE id = $1`, o.ID, now, orders.InspectionEnds(out, now))
	if err != nil {
		return fmt.Errorf("settle order %d: %w", o.ID, err)
	}
	if err := m.story(ctx, tx, []int64{o.ID}, "order.timeline.paid", nil); err != nil {
		return err
	}
	return link.Publish(ctx, tx, changed(o.State, o.ID)...)
}

func (m *Module) refunded(ctx context.Context, tx *sqlx.Tx, locked map[int64]*orderRow, refunds []payments.RefundEvent) error {
	for _, e := range refunds {
		id, _ := orders.ParsePaymentRef(e.Ref)
		if locked[id] == nil {
			continue
		}
		args := map[string]string{"amount": strconv.FormatInt(e.AmountFen, 10)}
		if err := m.story(ctx, tx, []int64{id}, "order.timeline.refunded", args); err != nil {
			return err
		}
	}
	return nil
}

func stageOf(s payments.PayableState) string {
	switch s {
	case payments.PayablePending:
		return "owed"
	case payments.PayableReleased, payments.PayableBatched:
		return "released"
	case payments.PayablePaid:
		return "paid"
	}
	return "" // reversed: nothing is owed
}

// payablesChanged moves income entries on. What is not known has no order behind it, or its entry is gone with a
// reversed delivery: the facts tell.
func (m *Module) payablesChanged(ctx context.Context, tx *sqlx.Tx, changes []payments.PayableChange) error {
	if len(changes) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared(`+rebuildLock+`)`); err != nil {
		return fmt.Errorf("wait for the income ledger: %w", err)
	}
	// Of several changes of one payable the last holds.
	latest := make(map[string]payments.PayableChange, len(changes))
	for _, c := range changes {
		if old, ok := latest[c.SourceKey]; !ok || c.Version >= old.Version {
			latest[c.SourceKey] = c
		}
	}
	keys := make([]string, 0, len(latest))
	for k := range latest {
		keys = append(keys, k)
	}
	slices.Sort(keys) // two batches wait for each other in one direction only
	n := len(keys)
	stages, paidOn := make([]string, n), make([]string, n)
	versions, items := make([]int64, n), make([]int64, n)
	for i, k := range keys {
		c := latest[k]
		stages[i], versions[i], items[i], paidOn[i] = stageOf(c.State), int64(c.Version), c.PayoutItem, c.PaidOn
	}
	var known []string
	err := tx.SelectContext(ctx, &known, `
		SELECT source_key FROM income_entry WHERE source_key = ANY($1) ORDER BY source_key FOR UPDATE`, pq.Array(keys))
	if err != nil {
		return fmt.Errorf("lock income entries: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		WITH news AS (
			SELECT k, s, v, i, nullif(d, '')::date AS d FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[]) AS u (k, s, v, i, d)
		), gone AS (
			DELETE FROM income_entry e USING news WHERE e.source_key = news.k AND news.s = '' AND news.v > e.version
		)
		UPDATE income_entry e
		SET stage = news.s, version = news.v, payout_item = news.i, paid_on = CASE WHEN news.s = 'paid' THEN news.d END
		FROM news WHERE e.source_key = news.k AND news.s <> '' AND news.v > e.version`,
		pq.Array(keys), pq.Array(stages), pq.Array(versions), pq.Array(items), pq.Array(paidOn))
	if err != nil {
		return fmt.Errorf("move income entries: %w", err)
	}
	m.averages.forget()
	isKnown := make(map[string]bool, len(known))
	for _, k := range known {
		isKnown[k] = true
	}
	for i, k := range keys {
		if !isKnown[k] && stages[i] != "" {
			return m.addTask(ctx, tx, "facts", 0, 0, 0, "")
		}
	}
	return nil
}

// holdExpired: the catalogue gave an order's stock away because nobody confirmed in time.
func (m *Module) holdExpired(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
	var e catalog.HoldExpired
	if err := ev.Decode(&e); err != nil {
		return err
	}
	o, err := lockOrder(ctx, tx, e.OrderID)
	if link.CodeOf(err) == link.NotFound {
		return m.adoptionHoldExpired(ctx, tx, e.OrderID) // or held for an order that was never written
	}
	if err != nil {
		return err
	}
	switch o.State {
	case orders.StatePlaced, orders.StateExpiring:
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET hold_lost = true, expires_at = least(expires_at, $2) WHERE id = $1`, o.ID, m.now()); err != nil {
			return fmt.Errorf("mark order %d: %w", o.ID, err)
		}
	case orders.StateConfirmed:
		// It was paid in the same moment. A worker asks the catalogue whether the stock is really gone.
		return m.addTask(ctx, tx, "reclaim", o.ID, o.ID, 0, "")
	}
	return nil
}
