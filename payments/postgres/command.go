package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// Apply runs a command in the consumer's transaction. An impossible command is refused; a command that overtook the one it
// builds on is retried.
func (s *Service) Apply(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
	switch ev.Subject {
	case payments.CmdAcceptDelivery:
		return apply(ctx, s, tx, ev, s.acceptDelivery)
	case payments.CmdReverseDelivery:
		return apply(ctx, s, tx, ev, s.reverseDelivery)
	case payments.CmdCloseRef:
		return apply(ctx, s, tx, ev, s.closeRef)
	case payments.CmdReleaseRef:
		return apply(ctx, s, tx, ev, s.releaseRef)
	case payments.CmdCancelRef:
		return apply(ctx, s, tx, ev, s.cancelRef)
	case payments.CmdReleaseDelivery:
		return apply(ctx, s, tx, ev, s.releaseDelivery)
	case payments.CmdRefundAhead:
		return apply(ctx, s, tx, ev, s.refundAhead)
	case payments.CmdRefundLate:
		return apply(ctx, s, tx, ev, s.refundLate)
	case payments.CmdAcceptLate:
		return apply(ctx, s, tx, ev, s.acceptLate)
	case payments.CmdTakeCash:
		return apply(ctx, s, tx, ev, s.takeCash)
	case payments.CmdTakeBack:
		return apply(ctx, s, tx, ev, s.takeBack)
	}
	return link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("no command %s", ev.Subject))
}

func apply[T any](ctx context.Context, s *Service, tx *sqlx.Tx, ev link.Event, do func(context.Context, *change, T) error) error {
	var cmd T
	if err := ev.Decode(&cmd); err != nil {
		return err
	}
	return s.within(ctx, tx, func(c *change) error { return do(ctx, c, cmd) })
}

// early is the error of a command that overtook another: it is retried.
func early(format string, args ...any) error {
	return fmt.Errorf("command came early: "+format, args...)
}

func (s *Service) acceptDelivery(ctx context.Context, c *change, d payments.AcceptDelivery) error {
	total, err := d.Totals()
	if err != nil {
		return err
	}
	r, err := c.lockRef(ctx, d.Ref)
	if err != nil {
		return err
	}
	hash := hashOf(d.DeliveryID, d.Ref, d.Coop, d.Shares)
	if d.OwnFen != 0 {
		hash = hashOf(d.DeliveryID, d.Ref, d.Coop, d.Shares, d.OwnFen)
	}
	if d.VillageFen != 0 {
		hash = hashOf(d.DeliveryID, d.Ref, d.Coop, d.Shares, d.OwnFen, d.Village, d.VillageFen)
	}
	var old []byte
	err = c.tx.GetContext(ctx, &old, `SELECT input_hash FROM delivery WHERE delivery_id = $1`, d.DeliveryID)
	if err == nil {
		if string(old) != string(hash) {
			return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("delivery %d was accepted with other shares", d.DeliveryID))
		}
		return nil
	}
	if !missing(err) {
		return fmt.Errorf("look up delivery %d: %w", d.DeliveryID, err)
	}
	at := time.Unix(d.OccurredAt, 0).UTC()
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO delivery (delivery_id, ref, coop, gross_fen, fee_fen, agent_fen, village, village_fen, input_hash, occurred_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.DeliveryID, d.Ref, d.Coop, total.GrossFen, total.FeeFen, total.AgentFen, d.Village, total.VillageFen, hash, at)
	if err != nil {
		return fmt.Errorf("write delivery %d: %w", d.DeliveryID, err)
	}
	if err := c.insertPayables(ctx, d, day(at)); err != nil {
		return err
	}
	r.BilledFen += total.GrossFen
	r.receivable += total.GrossFen
	if err := c.saveRef(ctx, r); err != nil {
		return err
	}
	var owed, raised ledger.ByHousehold
	for _, sh := range d.Shares {
		owed.Add(sh.Household, sh.NetFen())
		if sh.AgentFen > 0 {
			raised.Add(sh.Agent, sh.AgentFen)
		}
	}
	lines := append([]ledger.Line{ledger.Debit(ledger.Receivable(d.Ref), total.GrossFen)}, owed.Lines(ledger.PayablePending, -1)...)
	lines = append(lines, raised.Lines(ledger.PayableRaiser, -1)...)
	lines = append(lines, ledger.Credit(ledger.PayableCoop(d.Coop), total.CoopFen()))
	if total.VillageFen > 0 {
		lines = append(lines, ledger.Credit(ledger.PayableVillage(d.Village), total.VillageFen))
	}
	if !ledger.Empty(lines) {
		c.post("delivery", deliveryKey(d.DeliveryID), at, lines...)
	}
	return nil
}

func deliveryKey(id int64) string { return fmt.Sprintf("delivery:%d", id) }

// insertPayables writes a delivery's payables, pending. One that a reversal took back is revived.
func (c *change) insertPayables(ctx context.Context, d payments.AcceptDelivery, on string) error {
	n := len(d.Shares)
	if n == 0 {
		return nil
	}
	keys, households, gross, fees := make([]string, n), make([]int64, n), make([]int64, n), make([]int64, n)
	agents, parts := make([]int64, n), make([]int64, n)
	from := newOrigins(n)
	for i, sh := range d.Shares {
		keys[i], households[i], gross[i], fees[i] = sh.SourceKey, sh.Household, sh.GrossFen, sh.FeeFen
		agents[i], parts[i] = sh.Agent, sh.AgentFen
		from.set(i, sh.Origin)
	}
	// Keys of payables that are on their way, and the number of their uses: a further use gets a number behind the key.
	var taken []struct {
		Key string `db:"key"`
		N   int    `db:"n"`
	}
	err := c.tx.SelectContext(ctx, &taken, `
		SELECT k AS key, (SELECT count(*) FROM payable o WHERE o.source_key = k OR o.source_key LIKE replace(k, '_', '\_') || '#%') AS n
		FROM unnest($1::text[]) AS k JOIN payable p ON p.source_key = k AND p.state <> 'reversed'`, pq.Array(keys))
	if err != nil {
		return fmt.Errorf("look up payables: %w", err)
	}
	if len(taken) > 0 {
		number := make(map[string]int, len(taken))
		for _, t := range taken {
			number[t.Key] = t.N + 1
		}
		for i, k := range keys {
			if n := number[k]; n > 0 {
				keys[i] = fmt.Sprintf("%s#%d", k, n)
			}
		}
	}
	res, err := c.tx.ExecContext(ctx, `
		INSERT INTO payable AS p (source_key, ref, delivery_id, household, gross_fen, fee_fen, amount_fen, state, occurred_on, created_at,
		                          season, month, programme, channel, product, qty, net_grams, agent, agent_fen)
		SELECT k, $5, $6, h, g, f, g - f - y, $18, $7::date, $8, s, m, p, c, o, q, w, x, y
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $9::smallint[], $10::smallint[], $11::text[], $12::text[],
		            $13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[]) AS u (k, h, g, f, s, m, p, c, o, q, w, x, y) ORDER BY k
		ON CONFLICT (source_key) DO UPDATE
		SET delivery_id = excluded.delivery_id, gross_fen = excluded.gross_fen, fee_fen = excluded.fee_fen,
		    amount_fen = excluded.amount_fen, agent = excluded.agent, agent_fen = excluded.agent_fen, state = $19, occurred_on = excluded.occurred_on, version = p.version + 1
		WHERE p.state = ANY($20) AND p.household = excluded.household AND p.ref = excluded.ref`,
		pq.Array(keys), pq.Array(households), pq.Array(gross), pq.Array(fees), d.Ref, d.DeliveryID, on, c.now,
		from.seasons, from.months, from.programmes, from.channels, from.products, from.quantities, from.grams, pq.Array(agents), pq.Array(parts),
		payments.PayablePending, payments.PayableMachine.To(payments.PayableRevive), pq.Array(payments.PayableMachine.From(payments.PayableRevive)))
	if err != nil {
		return fmt.Errorf("write payables of delivery %d: %w", d.DeliveryID, err)
	}
	if wrote, err := res.RowsAffected(); err != nil || wrote != int64(n) {
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("delivery %d: %d of %d shares have source keys of others", d.DeliveryID, int64(n)-wrote, n))
	}
	return nil
}

type payableRow struct {
	ID        int64                 `db:"id"`
	SourceKey string                `db:"source_key"`
	Household int64                 `db:"household"`
	GrossFen  int64                 `db:"gross_fen"`
	FeeFen    int64                 `db:"fee_fen"`
	Agent     int64                 `db:"agent"`
	AgentFen  int64                 `db:"agent_fen"`
	AmountFen int64                 `db:"amount_fen"`
	State     payments.PayableState `db:"state"`
	Version   int                   `db:"version"`
}

// deliveryRow is a delivery as it is stored, for its reversal.
type deliveryRow struct {
	Ref        string `db:"ref"`
	Coop       int64  `db:"coop"`
	Gross      int64  `db:"gross_fen"`
	Fee        int64  `db:"fee_fen"`
	Village    int64  `db:"village"`
	VillageFen int64  `db:"village_fen"`
	Reversed   bool   `db:"reversed"`
}

func (s *Service) reverseDelivery(ctx context.Context, c *change, d payments.ReverseDelivery) error {
	r, err := c.lockRef(ctx, d.Ref)
	if err != nil {
		return err
	}
	var row deliveryRow
	err = c.tx.GetContext(ctx, &row, `
		SELECT ref, coop, gross_fen, fee_fen, village, village_fen, reversed FROM delivery WHERE delivery_id = $1`, d.DeliveryID)
	switch {
	case missing(err):
		return early("delivery %d is not known", d.DeliveryID)
	case err != nil:
		return fmt.Errorf("read delivery %d: %w", d.DeliveryID, err)
	case row.Ref != d.Ref:
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("delivery %d is of %s", d.DeliveryID, row.Ref))
	case row.Reversed:
		return nil
	}
	var owed []payableRow
	err = c.tx.SelectContext(ctx, &owed, `
		SELECT id, source_key, household, gross_fen, fee_fen, agent, agent_fen, amount_fen, state, version
		FROM payable WHERE delivery_id = $1 AND state <> 'reversed' AND amount_fen >= 0 ORDER BY id FOR UPDATE`, d.DeliveryID)
	if err != nil {
		return fmt.Errorf("lock payables of delivery %d: %w", d.DeliveryID, err)
	}
	// First everything goes back to where the delivery had put it, then its mirror takes it away.
	var unreleased, overpaid ledger.ByHousehold
	var back []int64
	var gone []payableRow
	for _, p := range owed {
		switch payments.Unwind(p.State, p.AmountFen) {
		case payments.UnwindPending:
			back = append(back, p.ID)
		case payments.UnwindReleased:
			back = append(back, p.ID)
			unreleased.Add(p.Household, p.AmountFen)
		case payments.UnwindPaid:
			gone = append(gone, p)
			overpaid.Add(p.Household, p.AmountFen)
		case payments.UnwindNothing:
		}
	}
	lines := append(unreleased.Move(ledger.Payable, ledger.PayablePending), overpaid.Move(ledger.HouseholdReceivable, ledger.PayablePending)...)
	orgs, err := c.orgUnwind(ctx, row, owed)
	if err != nil {
		return err
	}
	lines = append(lines, orgs...)
	if x := row.Gross - r.receivable; x > 0 { // paid or applied already: it is money taken for the Ref again
		lines = append(lines, ledger.Debit(ledger.Receivable(d.Ref), x), ledger.Credit(ledger.Deposit(d.Ref), x))
		r.receivable += x
		r.deposit += x
	}
	if !ledger.Empty(lines) {
		c.post("delivery.unwound", deliveryKey(d.DeliveryID)+":unwind", c.now, lines...)
	}
	if row.Gross > 0 {
		mirror, err := ledger.Mirror(ctx, c.tx, deliveryKey(d.DeliveryID), deliveryKey(d.DeliveryID)+":reverse", c.actor, c.now)
		if err != nil {
			return err
		}
		c.txns = append(c.txns, mirror)
	}
	r.receivable -= row.Gross
	r.BilledFen -= row.Gross
	r.Closed = false
	if err := c.saveRef(ctx, r); err != nil {
		return err
	}
	if _, err := c.tx.ExecContext(ctx, `UPDATE delivery SET reversed = true WHERE delivery_id = $1`, d.DeliveryID); err != nil {
		return fmt.Errorf("mark delivery %d: %w", d.DeliveryID, err)
	}
	if err := c.movePayables(ctx, payments.PayableReverse, back, ""); err != nil {
		return err
	}
	return c.keepBack(ctx, d, gone)
}

// keepBack writes negative payables over the households' overpayment: it is kept back from their next payout.
func (c *change) keepBack(ctx context.Context, d payments.ReverseDelivery, gone []payableRow) error {
	if len(gone) == 0 {
		return nil
	}
	n := len(gone)
	keys, households, gross, fees := make([]string, n), make([]int64, n), make([]int64, n), make([]int64, n)
	agents, parts := make([]int64, n), make([]int64, n)
	changes := make([]payments.PayableChange, n)
	for i, p := range gone {
		keys[i], households[i], gross[i], fees[i] = fmt.Sprintf("overpaid:%s:%d", p.SourceKey, d.DeliveryID), p.Household, -p.GrossFen, -p.FeeFen
		agents[i], parts[i] = p.Agent, -p.AgentFen
		changes[i] = payments.PayableChange{SourceKey: keys[i], Household: p.Household, State: payments.PayableReleased,
			AmountFen: -p.AmountFen, Version: 1}
	}
	_, err := c.tx.ExecContext(ctx, `
		INSERT INTO payable (source_key, ref, delivery_id, household, gross_fen, fee_fen, agent, agent_fen, amount_fen, state, occurred_on, created_at)
		SELECT k, $5, $6, h, g, f, x, y, g - f - y, $11, $7::date, $8
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $9::bigint[], $10::bigint[]) AS s (k, h, g, f, x, y) ORDER BY k`,
		pq.Array(keys), pq.Array(households), pq.Array(gross), pq.Array(fees), d.Ref, d.DeliveryID, day(c.now), c.now, pq.Array(agents), pq.Array(parts), payments.PayableReleased)
	if err != nil {
		return fmt.Errorf("write what to keep back for delivery %d: %w", d.DeliveryID, err)
	}
	c.publishPayables(changes)
	return nil
}

// movePayables applies an event to payables that the caller has locked and publishes their new states. paidOn is the day
// of PayableClear, "" for other events.
func (c *change) movePayables(ctx context.Context, on payments.PayableStep, ids []int64, paidOn string) error {
	if len(ids) == 0 {
		return nil
	}
	var moved []changedPayable
	err := c.tx.SelectContext(ctx, &moved, `
		UPDATE payable SET state = $2, payout_item = NULL, paid_on = nullif($3, '')::date, version = version + 1
		WHERE id = ANY($1) AND state = ANY($4)
		RETURNING source_key, household, state, amount_fen, coalesce(payout_item, 0) AS payout_item,
		          coalesce(paid_on::text, '') AS paid_on, version`,
		pq.Array(ids), payments.PayableMachine.To(on), paidOn, pq.Array(payments.PayableMachine.From(on)))
	if err != nil {
		return fmt.Errorf("%s payables: %w", on, err)
	}
	if len(moved) != len(ids) {
		return fmt.Errorf("%s %d payables: %d are in another state", on, len(ids), len(ids)-len(moved))
	}
	c.publishMoved(moved)
	return nil
}

type changedPayable struct {
	SourceKey  string                `db:"source_key"`
	Household  int64                 `db:"household"`
	State      payments.PayableState `db:"state"`
	AmountFen  int64                 `db:"amount_fen"`
	PayoutItem int64                 `db:"payout_item"`
	PaidOn     string                `db:"paid_on"`
	Version    int                   `db:"version"`
}

func (c *change) publishMoved(moved []changedPayable) {
	changes := make([]payments.PayableChange, len(moved))
	for i, m := range moved {
		changes[i] = payments.PayableChange(m)
	}
	c.publishPayables(changes)
}

// eventRows is how many payables go into one event.
const eventRows = 500

func (c *change) publishPayables(changes []payments.PayableChange) {
	for len(changes) > 0 {
		n := min(len(changes), eventRows)
		c.publish(payments.EvtPayables, payments.PayablesChanged{Changes: changes[:n]})
		changes = changes[n:]
	}
}

func (s *Service) closeRef(ctx context.Context, c *change, cmd payments.CloseRef) error {
	r, err := c.lockRef(ctx, cmd.Ref)
	if err != nil {
		return err
	}
	if cmd.Seq <= r.CloseSeq {
		return nil
	}
	if cmd.BilledFen != nil && *cmd.BilledFen != r.BilledFen {
		return early("%s is billed %d of %d fen", r.Ref, r.BilledFen, *cmd.BilledFen)
	}
	r.CloseSeq, r.Closed = cmd.Seq, true
	if err := c.applyDeposit(ctx, s, r, fmt.Sprintf("%s:close:%d", r.Ref, cmd.Seq), "refund.less_than_deposit"); err != nil {
		return err
	}
	if err := c.saveRef(ctx, r); err != nil {
		return err
	}
	e, err := c.refEvent(ctx, r)
	if err != nil {
		return err
	}
	c.publish(payments.EvtRefClosed, e)
	return c.settled(ctx, r)
}

// applyDeposit pays the bill from the deposit and refunds the rest.
func (c *change) applyDeposit(ctx context.Context, s *Service, r *refState, key, reason string) error {
	if r.deposit == 0 {
		return nil
	}
	use := payments.UseDeposit(r.deposit, r.receivable, 0)
	c.post("deposit.applied", key, c.now, ledger.Debit(ledger.Deposit(r.Ref), r.deposit),
		ledger.Credit(ledger.Receivable(r.Ref), use.ReceivableFen), ledger.Credit(ledger.RefundPayable(r.Ref), use.RefundFen))
	r.deposit, r.receivable, r.refundDue = 0, r.receivable-use.ReceivableFen, r.refundDue+use.RefundFen
	return c.refund(ctx, s, r, use.RefundFen, reason, 0)
}

func (s *Service) releaseRef(ctx context.Context, c *change, cmd payments.ReleaseRef) error {
	r, err := c.lockRef(ctx, cmd.Ref)
	if err != nil {
		return err
	}
	if r.receivable != 0 || !r.Closed {
		return early("%s is not paid: %d fen due", r.Ref, r.receivable)
	}
	var pending []payableRow
	err = c.tx.SelectContext(ctx, &pending, `
		SELECT id, source_key, household, gross_fen, fee_fen, amount_fen, state, version
		FROM payable WHERE ref = $1 AND state = ANY($2) ORDER BY id FOR UPDATE`, cmd.Ref, pq.Array(payments.PayableMachine.From(payments.PayableRelease)))
	if err != nil {
		return fmt.Errorf("lock payables of %s: %w", cmd.Ref, err)
	}
	if len(pending) == 0 {
		return nil
	}
	var released ledger.ByHousehold
	ids := map[payments.PayableStep][]int64{}
	for _, p := range pending {
		on := payments.ReleaseStep(p.AmountFen)
		ids[on] = append(ids[on], p.ID)
		if on == payments.PayableRelease {
			released.Add(p.Household, p.AmountFen)
		}
	}
	r.ReleaseSeq++
	if err := c.saveRef(ctx, r); err != nil {
		return err
	}
	if len(ids[payments.PayableRelease]) > 0 {
		c.post("released", fmt.Sprintf("%s:release:%d", r.Ref, r.ReleaseSeq), c.now,
			released.Move(ledger.PayablePending, ledger.Payable)...)
	}
	if err := c.movePayables(ctx, payments.PayableClear, ids[payments.PayableClear], day(c.now)); err != nil {
		return err
	}
	return c.movePayables(ctx, payments.PayableRelease, ids[payments.PayableRelease], "")
}

func (s *Service) cancelRef(ctx context.Context, c *change, cmd payments.CancelRef) error {
	if cmd.ForfeitFen < 0 || cmd.ForfeitFen > 0 && cmd.Coop <= 0 {
		return link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("cancel %s with forfeit %d", cmd.Ref, cmd.ForfeitFen))
	}
	r, err := c.lockRef(ctx, cmd.Ref)
	if err != nil {
		return err
	}
	if r.Cancelled {
		return nil
	}
	// Deliveries are paid first.
	key := r.Ref + ":cancel"
	use := payments.UseDeposit(r.deposit, r.receivable, cmd.ForfeitFen)
	if r.deposit > 0 {
		c.post("cancelled", key, c.now, ledger.Debit(ledger.Deposit(r.Ref), r.deposit), ledger.Credit(ledger.Receivable(r.Ref), use.ReceivableFen),
			ledger.Credit(ledger.Forfeit(cmd.Coop), use.ForfeitFen), ledger.Credit(ledger.RefundPayable(r.Ref), use.RefundFen))
	}
	r.deposit, r.receivable, r.refundDue = 0, r.receivable-use.ReceivableFen, r.refundDue+use.RefundFen
	r.Cancelled, r.Stop, r.Closed, r.ForfeitFen = true, payments.StopMachine.To(payments.StopCancel), true, use.ForfeitFen
	if err := c.saveRef(ctx, r); err != nil {
		return err
	}
	reason := cmd.Reason
	if reason == "" {
		reason = "refund.cancelled"
	}
	if err := c.refund(ctx, s, r, use.RefundFen, reason, 0); err != nil {
		return err
	}
	return c.expireNow(ctx, r.Ref, "", 0)
}

// latePayment locks a late payment and returns the part of it that is not decided on: 0 when it was decided before.
func (c *change) latePayment(ctx context.Context, id int64) (*refState, paymentRow, int64, error) {
	r, p, err := c.lockPayment(ctx, id)
	if link.CodeOf(err) == link.NotFound {
		return nil, p, 0, link.E(link.Conflict, "conflict", "").Because(err)
	}
	if err != nil || p.State != payments.PaymentSucceeded || !p.Late {
		return r, p, 0, err
	}
	var going int64
	err = c.tx.GetContext(ctx, &going, `
		SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE payment_id = $1 AND state <> 'failed'`, id)
	if err != nil {
		return nil, p, 0, fmt.Errorf("sum refunds of payment %d: %w", id, err)
	}
	return r, p, p.AmountFen - going, nil
}

func (s *Service) refundLate(ctx context.Context, c *change, cmd payments.RefundPayment) error {
	r, p, left, err := c.latePayment(ctx, cmd.PaymentID)
	if err != nil || left == 0 {
		return err
	}
	reason := strings.TrimSpace(cmd.Reason)
	if reason == "" {
		reason = "refund.late"
	}
	return c.refund(ctx, s, r, left, reason, p.ID)
}

func (s *Service) acceptLate(ctx context.Context, c *change, cmd payments.AcceptLate) error {
	r, p, left, err := c.latePayment(ctx, cmd.PaymentID)
	if err != nil || left == 0 {
		return err
	}
	if r.Cancelled {
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("accept payment %d of cancelled %s", p.ID, r.Ref))
	}
	p.Late = false
	if err := c.savePayments(ctx, p); err != nil {
		return err
	}
	if to, ok := payments.StopMachine.Next(r.Stop, payments.StopLift); ok {
		r.Stop = to
		if err := c.saveRef(ctx, r); err != nil {
			return err
		}
	}
	key := fmt.Sprintf("pay:%d:accepted", p.ID)
	use := payments.AcceptLateMoney(left, r.receivable, r.Closed)
	if used := use.DepositFen + use.ReceivableFen; used > 0 {
		c.post("payment.accepted", key, c.now, ledger.Debit(ledger.RefundPayable(r.Ref), used),
			ledger.Credit(ledger.Deposit(r.Ref), use.DepositFen), ledger.Credit(ledger.Receivable(r.Ref), use.ReceivableFen))
	}
	if use.ReceivableFen > 0 {
		r.receivable -= use.ReceivableFen
		if err := c.settled(ctx, r); err != nil {
			return err
		}
	}
	return c.refund(ctx, s, r, use.RefundFen, "refund.overpaid", p.ID)
}
