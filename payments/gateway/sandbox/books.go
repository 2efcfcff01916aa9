package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Movements lists movements of money at since or later, the oldest first: payments less their fees, refunds, refunds that
// came back, disputes and payouts to the bank.
func (p *Provider) Movements(ctx context.Context, since time.Time) ([]gateway.Movement, error) {
	if _, err := p.behaviour(ctx); err != nil {
		return nil, err
	}
	var rows []struct {
		ID      string    `db:"id"`
		Kind    string    `db:"kind"`
		Session string    `db:"session_id"`
		Refund  string    `db:"refund_id"`
		Dispute string    `db:"dispute_id"`
		Amount  int64     `db:"amount_fen"`
		Fee     int64     `db:"fee_fen"`
		At      time.Time `db:"at"`
	}
	// A refund that was told to have succeeded and came back has moved twice.
	err := p.db.SelectContext(ctx, &rows, `
		SELECT id, kind, session_id, refund_id, dispute_id, amount_fen, fee_fen, at FROM (
			SELECT id, 'payment' AS kind, id AS session_id, '' AS refund_id, '' AS dispute_id, amount_fen, fee_fen, paid_at AS at
			FROM sandbox_session WHERE state = 'paid'
			UNION ALL SELECT id, 'refund', session_id, id, '', -amount_fen, 0, CASE WHEN returned THEN created_at ELSE done_at END
			FROM sandbox_refund WHERE state = 'succeeded' OR returned
			UNION ALL SELECT id || ':back', 'refund', session_id, id, '', amount_fen, 0, done_at FROM sandbox_refund WHERE returned
			UNION ALL SELECT id, 'dispute', session_id, '', id, -amount_fen, fee_fen, opened_at FROM sandbox_dispute
			UNION ALL SELECT id || ':won', 'dispute', session_id, '', id, amount_fen, 0, ended_at FROM sandbox_dispute WHERE state = 'won'
			UNION ALL SELECT id, 'payout', '', '', '', -amount_fen, 0, at FROM sandbox_payout) m
		WHERE at >= $1 ORDER BY at, id`, since.UTC())
	if err != nil {
		return nil, fmt.Errorf("read sandbox books: %w", err)
	}
	moves := make([]gateway.Movement, len(rows))
	for i, r := range rows {
		moves[i] = gateway.Movement{ID: r.ID, Kind: gateway.MovementKind(r.Kind), SessionID: r.Session, RefundID: r.Refund, DisputeID: r.Dispute,
			AmountFen: r.Amount, FeeFen: r.Fee, At: r.At}
	}
	return moves, nil
}

// Balance is the seller's money at the provider.
func (p *Provider) Balance(ctx context.Context) (int64, error) {
	moves, err := p.Movements(ctx, time.Time{})
	var sum int64
	for _, m := range moves {
		sum += m.AmountFen - m.FeeFen
	}
	return sum, err
}

// PayOut sends the balance to the seller's account at the bank and returns the payout's number and amount; nothing is
// sent of nothing.
func (p *Provider) PayOut(ctx context.Context) (id string, fen int64, err error) {
	if fen, err = p.Balance(ctx); err != nil || fen <= 0 {
		return "", 0, err
	}
	id = "sbp_" + strings.ToLower(rand.Text())
	if _, err := p.db.ExecContext(ctx, `INSERT INTO sandbox_payout (id, amount_fen, at) VALUES ($1, $2, $3)`, id, fen, p.cfg.Now().UTC()); err != nil {
		return "", 0, fmt.Errorf("write sandbox payout: %w", err)
	}
	return id, fen, nil
}

type disputeRow struct {
	ID      string       `db:"id"`
	Session string       `db:"session_id"`
	Amount  int64        `db:"amount_fen"`
	State   disputeState `db:"state"`
	Opened  time.Time    `db:"opened_at"`
	Ended   sql.NullTime `db:"ended_at"`
}

const disputeColumns = `id, session_id, amount_fen, state, opened_at, ended_at`

// respondWithin is how long a seller has to answer a dispute.
const respondWithin = 7 * 24 * time.Hour

// Dispute plays a buyer who takes a payment back through the bank, except refunded parts. One dispute at a time.
func (p *Provider) Dispute(ctx context.Context, session string) (string, error) {
	now := p.cfg.Now().UTC()
	id := "sbd_" + strings.ToLower(rand.Text())
	b, err := p.behaviour(ctx)
	if err != nil {
		return "", err
	}
	err = link.InTx(ctx, p.db, nil, func(tx *sqlx.Tx) error {
		s, err := p.session(ctx, tx, session, "FOR UPDATE")
		if err != nil {
			return err
		}
		var left int64
		err = tx.GetContext(ctx, &left, `
			SELECT $2::bigint - coalesce((SELECT sum(amount_fen) FROM sandbox_refund WHERE session_id = $1 AND state <> 'failed'), 0)
			       - coalesce((SELECT sum(amount_fen) FROM sandbox_dispute WHERE session_id = $1 AND state <> 'won'), 0)`, session, s.AmountFen)
		if err != nil {
			return fmt.Errorf("read sandbox refunds: %w", err)
		}
		if s.State != sessionPaid || left <= 0 {
			return &gateway.Refused{Key: "payment.provider_refused", Cause: fmt.Errorf("session %s has %d fen left to dispute", s.State, left)}
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO sandbox_dispute (id, session_id, amount_fen, state, opened_at) VALUES ($1, $2, $3, $5, $4)`, id, session, left, now, disputeOpen)
		if err != nil {
			return fmt.Errorf("write sandbox dispute: %w", err)
		}
		return p.announce(ctx, tx, b, now, announcement{Type: "dispute.opened", Session: session, Dispute: id})
	})
	return id, err
}

// Decided ends a dispute for the seller or for the buyer; one that has ended stays as it is.
func (p *Provider) Decided(ctx context.Context, id string, won bool) error {
	now := p.cfg.Now().UTC()
	on := disputeLose
	if won {
		on = disputeWin
	}
	to := disputeMachine.To(on)
	b, err := p.behaviour(ctx)
	if err != nil {
		return err
	}
	return link.InTx(ctx, p.db, nil, func(tx *sqlx.Tx) error {
		var session string
		err := tx.GetContext(ctx, &session, `
			UPDATE sandbox_dispute SET state = $2, ended_at = $3 WHERE id = $1 AND state = ANY($4) RETURNING session_id`, id, to, now, pq.Array(disputeMachine.From(on)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("end sandbox dispute: %w", err)
		}
		return p.announce(ctx, tx, b, now, announcement{Type: "dispute." + string(to), Session: session, Dispute: id})
	})
}

// LookupDispute tells a dispute's state.
func (p *Provider) LookupDispute(ctx context.Context, id string) (d gateway.Dispute, err error) {
	err = p.fault(ctx, OpLookup, "", func(Switches) error {
		var row disputeRow
		err := p.db.GetContext(ctx, &row, `SELECT `+disputeColumns+` FROM sandbox_dispute WHERE id = $1`, id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sandbox dispute %q: %w", id, gateway.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("read sandbox dispute: %w", err)
		}
		d = gateway.Dispute{ID: row.ID, SessionID: row.Session, State: payments.DisputeState(row.State), AmountFen: row.Amount,
			Reason: "product_not_received", OpenedAt: row.Opened}
		if row.State == disputeOpen {
			d.RespondBy = row.Opened.Add(respondWithin)
		}
		return nil
	})
	if err != nil {
		return gateway.Dispute{}, err
	}
	return d, nil
}
