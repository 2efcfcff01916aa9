// Package sandbox is a payment provider to try the system out with: a person plays the bank on its pay page. It keeps
// books of its own, announces by signed webhooks over HTTP, and can be told to misbehave the way real providers do.
//
// Invariants: a session is paid once at most, refunds never exceed what was paid, and its books (Movements)
// are the truth that the ledger's clearing account is compared with. No real money ever moves.
package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Config of a Provider.
type Config struct {
	PublicURL  string // where browsers reach the handler's "/pay/"; without it pages have relative addresses
	WebhookURL string // where webhooks go; PublicURL + "/pay/webhooks/sandbox" unless set
	Secret     []byte // signs webhooks
	FeeBP      int64  // kept of every payment, in basis points
	Client     *http.Client
	// Staff reports whether a request is from somebody who may make the bank misbehave; nobody may if nil.
	Staff func(*http.Request) bool
	Now   func() time.Time
	Log   *slog.Logger
}

// Provider is the sandbox. It is a gateway.Webhooks and a gateway.Audited.
type Provider struct {
	db  *sqlx.DB
	cfg Config
}

// New makes a provider with its books in the payment module's schema.
func New(db *sqlx.DB, cfg Config) *Provider {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = concurrency
		cfg.Client = &http.Client{Timeout: 5 * time.Second, Transport: transport}
	}
	cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "/")
	if cfg.WebhookURL == "" && cfg.PublicURL != "" {
		cfg.WebhookURL = cfg.PublicURL + "/pay/webhooks/sandbox"
	}
	return &Provider{db: db, cfg: cfg}
}

// Name is the gateway's name.
func (p *Provider) Name() string { return payments.Sandbox }

const sessionLife = 24 * time.Hour

// Create opens a session.
func (p *Provider) Create(ctx context.Context, r gateway.Request) (s gateway.Session, err error) {
	err = p.fault(ctx, OpCreate, r.Key, func(Switches) error {
		s, err = p.create(ctx, r)
		return err
	})
	if err != nil {
		return gateway.Session{}, err
	}
	return s, nil
}

func (p *Provider) create(ctx context.Context, r gateway.Request) (gateway.Session, error) {
	now := p.cfg.Now().UTC()
	expires := r.ExpiresAt.UTC()
	if r.ExpiresAt.IsZero() || expires.After(now.Add(sessionLife)) {
		expires = now.Add(sessionLife)
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%d|%d|%s", r.PaymentID, r.AmountFen, r.ReturnURL))
	var row struct {
		ID        string    `db:"id"`
		Hash      []byte    `db:"input_hash"`
		ExpiresAt time.Time `db:"expires_at"`
	}
	// The no-op update makes a repeated key return the row that is there, also one being written right now.
	err := p.db.GetContext(ctx, &row, `
		INSERT INTO sandbox_session AS s (id, key, input_hash, payment, amount_fen, description, return_url, state, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $8, $9)
		ON CONFLICT (key) DO UPDATE SET key = s.key
		RETURNING id, input_hash, expires_at`,
		"sbx_"+strings.ToLower(rand.Text()), r.Key, hash[:], fmt.Sprint(r.PaymentID), r.AmountFen, r.Description, r.ReturnURL, now, expires, sessionOpen)
	if err != nil {
		return gateway.Session{}, fmt.Errorf("open sandbox session: %w", err)
	}
	if string(row.Hash) != string(hash[:]) {
		return gateway.Session{}, &gateway.Refused{Key: "payment.provider_refused", Cause: errors.New("idempotency key used with another request")}
	}
	return gateway.Session{ID: row.ID, URL: p.cfg.PublicURL + "/pay/sandbox/" + row.ID, ExpiresAt: row.ExpiresAt}, nil
}

type session struct {
	ID          string       `db:"id"`
	AmountFen   int64        `db:"amount_fen"`
	Description string       `db:"description"`
	ReturnURL   string       `db:"return_url"`
	State       sessionState `db:"state"`
	ExpiresAt   time.Time    `db:"expires_at"`
	PaidAt      sql.NullTime `db:"paid_at"`
}

func (s session) status() gateway.Status {
	st := gateway.Status{State: payments.PaymentOpen}
	switch s.State {
	case sessionPaid:
		// As long as the shortest of the wallets that a real provider offers.
		st = gateway.Status{State: payments.PaymentSucceeded, AmountFen: s.AmountFen, PaidAt: s.PaidAt.Time,
			RefundableUntil: s.PaidAt.Time.AddDate(0, 0, 90)}
	case sessionFailed:
		st = gateway.Status{State: payments.PaymentFailed, FailureKey: "payment.declined"}
	case sessionExpired:
		st = gateway.Status{State: payments.PaymentExpired}
	}
	return st
}

func (p *Provider) session(ctx context.Context, q sqlx.QueryerContext, id, lock string) (session, error) {
	var s session
	err := sqlx.GetContext(ctx, q, &s, `
		SELECT id, amount_fen, description, return_url, state, expires_at, paid_at
		FROM sandbox_session WHERE id = $1 `+lock, id)
	if errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("sandbox session %q: %w", id, gateway.ErrNotFound)
	}
	if err != nil {
		return s, fmt.Errorf("read sandbox session: %w", err)
	}
	return s, nil
}

// Lookup tells a session's state.
func (p *Provider) Lookup(ctx context.Context, id string) (st gateway.Status, err error) {
	err = p.fault(ctx, OpLookup, "", func(Switches) error {
		s, err := p.session(ctx, p.db, id, "")
		st = s.status()
		return err
	})
	if err != nil {
		return gateway.Status{}, err
	}
	return st, nil
}

// Expire ends an open session. One that was paid, or is being paid, is told as it is.
func (p *Provider) Expire(ctx context.Context, id string) (st gateway.Status, err error) {
	err = p.fault(ctx, OpExpire, "", func(b Switches) error {
		on := sessionExpire
		paid, err := p.take(ctx, "expiry_race")
		if err != nil {
			return err
		}
		if paid {
			on = sessionPayAtOnce
		}
		s, err := p.move(ctx, b, id, on)
		st = s.status()
		return err
	})
	if err != nil {
		return gateway.Status{}, err
	}
	return st, nil
}

// Play is the decision of the person on the pay page. It changes an open session only.
type Play string

const (
	PlayPay  Play = "pay"
	PlayFail Play = "fail"
)

// Decide plays the bank.
func (p *Provider) Decide(ctx context.Context, id string, play Play) (gateway.Status, error) {
	s, err := p.play(ctx, id, play)
	if err != nil {
		return gateway.Status{}, err
	}
	return s.status(), nil
}

func (p *Provider) play(ctx context.Context, id string, play Play) (session, error) {
	on := sessionDecline
	if play == PlayPay {
		on = sessionPay
	}
	b, err := p.behaviour(ctx)
	if err != nil {
		return session{}, err
	}
	return p.move(ctx, b, id, on)
}

// move applies an event to a session, unless its state refuses it, and announces the new state, behaving as b says. It
// returns the session after that.
func (p *Provider) move(ctx context.Context, b Switches, id string, on sessionStep) (session, error) {
	now := p.cfg.Now().UTC()
	if on == sessionPay && b.PayDelay == 0 {
		on = sessionPayAtOnce
	}
	to := sessionMachine.To(on)
	paid := sql.NullTime{Time: now, Valid: to == sessionPaid}
	settles := sql.NullTime{Time: now.Add(b.PayDelay), Valid: to == sessionProcessing}
	event, body, err := announcement{Type: "session." + string(to), Session: id}.encode(now)
	if err != nil {
		return session{}, err
	}
	var s session
	err = p.db.GetContext(ctx, &s, `
		WITH moved AS (
			UPDATE sandbox_session SET state = $3, paid_at = $4, settles_at = $5, fee_fen = (amount_fen * $6 + 5000) / 10000
			WHERE id = $1 AND state = ANY($2)
			RETURNING id, amount_fen, description, return_url, state, expires_at, paid_at
		), told AS (
			INSERT INTO sandbox_webhook (event_id, body, send_at) SELECT $7, $8, $9 FROM moved, unnest($10::boolean[]))
		SELECT * FROM moved`, id, pq.Array(sessionMachine.From(on)), to, paid, settles, p.cfg.FeeBP, event, body, now.Add(b.Delay),
		// PostgreSQL thinks of an array as short and keeps the plan; generate_series it plans anew each time, by the number.
		pq.BoolArray(make([]bool, p.copies(b))))
	if errors.Is(err, sql.ErrNoRows) {
		return p.session(ctx, p.db, id, "")
	}
	if err != nil {
		return s, fmt.Errorf("change sandbox session: %w", err)
	}
	return s, nil
}

// settle writes due transitions: sessions run out, delayed payments and refunds come to their result. It
// announces them, behaving as b says.
func (p *Provider) settle(ctx context.Context, b Switches) error {
	now := p.cfg.Now().UTC()
	return link.InTx(ctx, p.db, nil, func(tx *sqlx.Tx) error {
		var changed []announcement
		err := tx.SelectContext(ctx, &changed, settleDue, now)
		if err != nil {
			return fmt.Errorf("settle sandbox: %w", err)
		}
		return p.announce(ctx, tx, b, now, changed...)
	})
}

// Refund sends money back.
func (p *Provider) Refund(ctx context.Context, r gateway.RefundRequest) (st gateway.RefundStatus, err error) {
	err = p.fault(ctx, OpRefund, r.Key, func(b Switches) error {
		st, err = p.refund(ctx, b, r)
		return err
	})
	if err != nil {
		return gateway.RefundStatus{}, err
	}
	return st, nil
}

func (p *Provider) refund(ctx context.Context, b Switches, r gateway.RefundRequest) (gateway.RefundStatus, error) {
	now := p.cfg.Now().UTC()
	var st gateway.RefundStatus
	err := link.InTx(ctx, p.db, nil, func(tx *sqlx.Tx) error {
		st = gateway.RefundStatus{}
		s, err := p.session(ctx, tx, r.SessionID, "FOR UPDATE")
		if err != nil {
			return err
		}
		var old []refundRow
		err = tx.SelectContext(ctx, &old, `
			SELECT id, key, session_id, amount_fen, state FROM sandbox_refund WHERE session_id = $1 OR key = $2`, r.SessionID, r.Key)
		if err != nil {
			return fmt.Errorf("read sandbox refunds: %w", err)
		}
		left := s.AmountFen
		var taken int64
		err = tx.GetContext(ctx, &taken, `SELECT coalesce(sum(amount_fen), 0)::bigint FROM sandbox_dispute WHERE session_id = $1 AND state <> 'won'`, r.SessionID)
		if err != nil {
			return fmt.Errorf("read sandbox disputes: %w", err)
		}
		left -= taken
		for _, o := range old {
			if o.Key == r.Key {
				if o.AmountFen != r.AmountFen || o.Session != r.SessionID {
					return &gateway.Refused{Key: "refund.provider_refused", Cause: errors.New("idempotency key used with another request")}
				}
				st = o.status()
				return nil
			}
			if o.State != refundFailed {
				left -= o.AmountFen
			}
		}
		if s.State != sessionPaid || r.AmountFen <= 0 || r.AmountFen > left {
			return &gateway.Refused{Key: "refund.provider_refused", Cause: fmt.Errorf("%d of %d left, session %s", r.AmountFen, left, s.State)}
		}
		row := refundRow{ID: "sbr_" + strings.ToLower(rand.Text()), State: refundSucceeded}
		fails := b.RefundsFail || b.RefundsReturn
		if (b.RefundDelay > 0 || b.RefundsFail) && !b.RefundsReturn {
			row.State = refundPending
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO sandbox_refund (id, key, session_id, amount_fen, state, fails, settles_at, created_at, done_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			row.ID, r.Key, r.SessionID, r.AmountFen, row.State, fails, now.Add(b.RefundDelay), now,
			sql.NullTime{Time: now, Valid: row.State == refundSucceeded})
		if err != nil {
			return fmt.Errorf("write sandbox refund: %w", err)
		}
		st = row.status()
		return p.announce(ctx, tx, b, now, announcement{Type: "refund.updated", Session: r.SessionID, Refund: row.ID})
	})
	return st, err
}

type refundRow struct {
	ID        string      `db:"id"`
	Key       string      `db:"key"`
	Session   string      `db:"session_id"`
	AmountFen int64       `db:"amount_fen"`
	State     refundState `db:"state"`
}

func (r refundRow) status() gateway.RefundStatus {
	st := gateway.RefundStatus{ID: r.ID, State: payments.RefundState(r.State)}
	if st.State == payments.RefundFailed {
		st.FailureKey = "refund.provider_failed"
	}
	return st
}

// LookupRefund tells a refund's state.
func (p *Provider) LookupRefund(ctx context.Context, id string, r gateway.RefundRequest) (st gateway.RefundStatus, err error) {
	err = p.fault(ctx, OpLookup, "", func(Switches) error {
		var row refundRow
		err := p.db.GetContext(ctx, &row, `
			SELECT id, key, session_id, amount_fen, state FROM sandbox_refund
			WHERE ($1 <> '' AND id = $1) OR ($1 = '' AND key = $2)`, id, r.Key)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sandbox refund %q: %w", id, gateway.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("read sandbox refund: %w", err)
		}
		st = row.status()
		return nil
	})
	if err != nil {
		return gateway.RefundStatus{}, err
	}
	return st, nil
}
