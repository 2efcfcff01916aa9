package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/ledger"
)

// manual gateways know nothing that was not entered here: there is nobody to ask.
func manual(method string) bool { return method == payments.BankTransfer || method == payments.Cash }

// moneyAccount is where a provider's money is.
func moneyAccount(method string) ledger.Account {
	if method == payments.Cash {
		return ledger.Cash()
	}
	return ledger.Clearing(method)
}

type paymentRow struct {
	ID              int64                 `db:"id"`
	Ref             string                `db:"ref"`
	Key             string                `db:"key"`
	InputHash       []byte                `db:"input_hash"`
	Purpose         string                `db:"purpose"`
	Method          string                `db:"method"`
	State           payments.PaymentState `db:"state"`
	AmountFen       int64                 `db:"amount_fen"`
	PartyKind       string                `db:"party_kind"`
	PartyID         int64                 `db:"party_id"`
	PartyName       string                `db:"party_name"`
	Description     string                `db:"description"`
	Code            string                `db:"code"`
	ReturnURL       string                `db:"return_url"`
	IdemKey         sql.NullString        `db:"idem_key"`
	ProviderID      string                `db:"provider_id"`
	URL             string                `db:"url"`
	FailureKey      string                `db:"failure_key"`
	Late            bool                  `db:"late"`
	Ahead           bool                  `db:"ahead"`
	CreatedAt       time.Time             `db:"created_at"`
	ExpiresAt       sql.NullTime          `db:"expires_at"`
	SucceededAt     sql.NullTime          `db:"succeeded_at"`
	RefundableUntil sql.NullTime          `db:"refundable_until"`
	CheckedAt       sql.NullTime          `db:"checked_at"`
	RefundedFen     int64                 `db:"refunded_fen"`
	Dispute         payments.DisputeState `db:"dispute"`
	DisputedFen     int64                 `db:"disputed_fen"`
	PartFen         int64                 `db:"part_fen"`
}

const paymentColumns = `p.id, p.ref, p.key, p.input_hash, p.purpose, p.method, p.state, p.amount_fen, p.party_kind, p.party_id,
	p.party_name, p.description, p.code, p.return_url, p.idem_key, p.provider_id, p.url, p.failure_key, p.late, p.ahead, p.created_at,
	p.expires_at, p.succeeded_at, p.refundable_until, p.checked_at,
	(SELECT coalesce(sum(f.amount_fen), 0) FROM refund f WHERE f.payment_id = p.id AND f.state = 'succeeded')::bigint AS refunded_fen,
	coalesce((SELECT d.state FROM dispute d WHERE d.payment_id = p.id ORDER BY d.id DESC LIMIT 1), '') AS dispute,
	coalesce((SELECT d.amount_fen FROM dispute d WHERE d.payment_id = p.id ORDER BY d.id DESC LIMIT 1), 0) AS disputed_fen,
	CASE WHEN p.method = 'bank_transfer' THEN coalesce((SELECT sum(l.amount_fen) FROM bank_statement_line l
	     WHERE l.payment_id = p.id AND l.state = 'suspense'), 0)::bigint ELSE 0 END AS part_fen`

func (s *Service) paymentRow(ctx context.Context, q queryer, id int64) (paymentRow, error) {
	var p paymentRow
	err := get(ctx, q, &p, `SELECT `+paymentColumns+` FROM payment p WHERE p.id = $1`, id)
	if missing(err) {
		return p, link.E(link.NotFound, "payment.unknown", "")
	}
	if err != nil {
		return p, fmt.Errorf("read payment %d: %w", id, err)
	}
	return p, nil
}

// lockPayment locks a payment behind its Ref.
func (c *change) lockPayment(ctx context.Context, id int64) (*refState, paymentRow, error) {
	refs, rows, err := c.lockPayments(ctx, id)
	if err != nil {
		return nil, paymentRow{}, err
	}
	return refs[rows[id].Ref], rows[id], nil
}

// lockPayments locks payments behind their Refs.
func (c *change) lockPayments(ctx context.Context, ids ...int64) (map[string]*refState, map[int64]paymentRow, error) {
	var names []string
	err := c.tx.SelectContext(ctx, &names, `SELECT DISTINCT ref FROM payment WHERE id = ANY($1)`, pq.Int64Array(ids))
	if err != nil {
		return nil, nil, fmt.Errorf("read payments %v: %w", ids, err)
	}
	refs, err := c.lockRefs(ctx, names...)
	if err != nil {
		return nil, nil, err
	}
	// Whatever else is read of a payment changes only under the lock that is held by now.
	var list []paymentRow
	err = c.tx.SelectContext(ctx, &list, `
		SELECT `+paymentColumns+` FROM payment p WHERE p.id = ANY($1) ORDER BY p.id FOR UPDATE OF p`, pq.Int64Array(ids))
	if err != nil {
		return nil, nil, fmt.Errorf("lock payments %v: %w", ids, err)
	}
	rows := make(map[int64]paymentRow, len(list))
	for _, p := range list {
		rows[p.ID] = p
	}
	for _, id := range ids {
		if _, there := rows[id]; !there {
			return nil, nil, link.E(link.NotFound, "payment.unknown", "")
		}
	}
	return refs, rows, nil
}

// out is a payment as others see it.
func (s *Service) out(p paymentRow) payments.Payment {
	o := payments.Payment{ID: p.ID, Ref: p.Ref, Purpose: p.Purpose, Method: p.Method, State: p.State, AmountFen: p.AmountFen,
		RefundedFen: p.RefundedFen, FailureKey: p.FailureKey, CreatedAt: p.CreatedAt.UTC(), ExpiresAt: timePtr(p.ExpiresAt),
		SucceededAt: timePtr(p.SucceededAt), RefundableUntil: timePtr(p.RefundableUntil), Late: p.Late,
		Dispute: p.Dispute, DisputedFen: p.DisputedFen, PartFen: p.PartFen}
	if p.State == payments.PaymentOpen {
		o.URL = p.URL
	}
	if p.Method == payments.BankTransfer {
		o.TransferCode = p.Code
		if g := s.gateways[p.Method]; g != nil {
			// What a transfer gateway answers depends on its configuration alone.
			if to, err := g.Create(context.Background(), s.request(p)); err == nil {
				o.PayTo, o.PayToAccount, o.PayToBank = to.PayTo, to.PayToAccount, to.PayToBank
			}
		}
	}
	return o
}

func (s *Service) request(p paymentRow) gateway.Request {
	return gateway.Request{Key: p.IdemKey.String, PaymentID: p.ID, AmountFen: p.AmountFen, Description: p.Description,
		Code: p.Code, ReturnURL: p.ReturnURL, ExpiresAt: p.ExpiresAt.Time}
}

func (s *Service) readPayments(ctx context.Context, where string, args ...any) ([]payments.Payment, error) {
	var rows []paymentRow
	if err := s.db.SelectContext(ctx, &rows, `SELECT `+paymentColumns+` FROM payment p WHERE `+where, args...); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	items := make([]payments.Payment, len(rows))
	for i, r := range rows {
		items[i] = s.out(r)
	}
	return items, nil
}

// Methods a buyer can choose from.
func (s *Service) Methods(context.Context, payments.None) (payments.Methods, error) {
	m := payments.Methods{Items: make([]string, len(s.order))}
	for i, g := range s.order {
		m.Items[i] = g.Name()
	}
	return m, nil
}

const maxAmount = 100_000_000_00 // a hundred million yuan

func checkCreate(r payments.CreatePayment) error {
	var bad link.Problems
	if r.Key == "" || len(r.Key) > 200 {
		bad.Add("payment.key", "key")
	}
	if r.Purpose != "deposit" && r.Purpose != "balance" {
		bad.Add("payment.purpose", "purpose")
	}
	if r.AmountFen <= 0 || r.AmountFen > maxAmount {
		bad.Add("payment.amount", "amount_fen")
	}
	if (r.Party.Kind != "account" && r.Party.Kind != "organisation") || r.Party.ID <= 0 {
		bad.Add("payment.party", "party")
	}
	if utf8.RuneCountInString(r.Description) > 200 {
		bad.Add("payment.description", "description", "max", "200")
	}
	if len(r.ReturnURL) > 2000 {
		bad.Add("payment.return_url", "return_url")
	}
	if n := len(banktransfer.Normal(r.Code)); n > 40 || r.Code != "" && n < 6 {
		bad.Add("payment.code", "code")
	}
	return bad.Err()
}

// CreatePayment writes the payment, then asks the provider.
func (s *Service) CreatePayment(ctx context.Context, r payments.CreatePayment) (payments.Payment, error) {
	if err := needSystem(ctx); err != nil {
		return payments.Payment{}, err
	}
	if err := checkCreate(r); err != nil {
		return payments.Payment{}, err
	}
	if s.gateways[r.Method] == nil {
		return payments.Payment{}, link.E(link.Invalid, "payment.method", "method")
	}
	hash := hashOf(r.Ref, r.Purpose, r.AmountFen, r.Method, r.Party.Kind, r.Party.ID)
	var p paymentRow
	var fresh bool
	err := s.change(ctx, func(c *change) error {
		fresh = false
		if err := link.PlanOnce(ctx, c.tx); err != nil {
			return err
		}
		ref, err := c.lockRef(ctx, r.Ref)
		if err != nil {
			return err
		}
		err = get(ctx, c.tx, &p, `SELECT `+paymentColumns+` FROM payment p WHERE p.ref = $1 AND p.key = $2`, r.Ref, r.Key)
		if err == nil {
			if string(p.InputHash) != string(hash) {
				return link.E(link.Conflict, "payment.key_reused", "key")
			}
			return nil
		}
		if !missing(err) {
			return fmt.Errorf("look up payment: %w", err)
		}
		if ref.Stop != stopNo || ref.Cancelled {
			return link.E(link.Conflict, "payment.ref_closed", "")
		}
		fresh = true
		p, err = c.insertPayment(ctx, s, r, hash, payments.PaymentSending)
		return err
	})
	if err != nil {
		return payments.Payment{}, err
	}
	// A repeated key comes from somebody who did not hear the answer: it must not have to wait for the worker.
	if fresh || p.State == payments.PaymentUnknown || p.State == payments.PaymentSending {
		if p, err = s.send(ctx, p); err != nil {
			return payments.Payment{}, err
		}
	}
	return s.out(p), nil
}

// sendGrace is how long a payment being sent is left to the process that sends it.
const sendGrace = 30 * time.Second

// insertPayment writes a payment with the key that its provider will be asked with: stored before, and never another one
// for this payment, so that asking again cannot charge twice.
func (c *change) insertPayment(ctx context.Context, s *Service, r payments.CreatePayment, hash []byte, state payments.PaymentState) (paymentRow, error) {
	p := paymentRow{Ref: r.Ref, Key: r.Key, InputHash: hash, Purpose: r.Purpose, Method: r.Method, State: state, AmountFen: r.AmountFen,
		PartyKind: r.Party.Kind, PartyID: r.Party.ID, PartyName: r.Party.Name, Description: r.Description, Code: r.Code,
		ReturnURL: r.ReturnURL, CreatedAt: c.now, ExpiresAt: nullTime(r.ExpiresAt), Ahead: r.Ahead}
	if err := c.tx.GetContext(ctx, &p.ID, `SELECT nextval(pg_get_serial_sequence('payment', 'id'))`); err != nil {
		return p, fmt.Errorf("number payment: %w", err)
	}
	p.IdemKey = sql.NullString{String: fmt.Sprintf("banmuyuan:%s:pay:%d:create", s.env, p.ID), Valid: true}
	if p.Code == "" && p.Method == payments.BankTransfer {
		p.Code = banktransfer.Code(p.ID)
	}
	_, err := c.tx.ExecContext(ctx, `
		INSERT INTO payment (id, ref, key, input_hash, purpose, method, state, amount_fen, party_kind, party_id, party_name, description,
		                     code, code_norm, return_url, idem_key, created_at, expires_at, next_check_at, ahead)
		OVERRIDING SYSTEM VALUE
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		p.ID, p.Ref, p.Key, p.InputHash, p.Purpose, p.Method, p.State, p.AmountFen, p.PartyKind, p.PartyID, p.PartyName, p.Description,
		p.Code, banktransfer.Normal(p.Code), p.ReturnURL, p.IdemKey, p.CreatedAt, p.ExpiresAt, c.now.Add(sendGrace), p.Ahead)
	if err != nil {
		return p, fmt.Errorf("write payment: %w", err)
	}
	return p, nil
}

// send asks the provider to open the session of a payment, for the first time or again, and returns what the payment is
// then. No answer is no error: a worker asks again.
func (s *Service) send(ctx context.Context, p paymentRow) (paymentRow, error) {
	g := s.gateways[p.Method]
	if g == nil {
		return s.unanswered(ctx, p.ID, fmt.Errorf("gateway %s is not configured", p.Method))
	}
	s.fault("payment written")
	session, err := g.Create(ctx, s.request(p))
	s.fault("session opened")
	var refused *gateway.Refused
	switch {
	case errors.As(err, &refused):
		s.log.Warn("payment refused", "payment", p.ID, "method", p.Method, "error", err)
		if err := s.learn(ctx, said{p.ID, gateway.Status{State: payments.PaymentFailed, FailureKey: refused.Key}}); err != nil {
			return p, err
		}
		return s.paymentRow(ctx, s.db, p.ID)
	case err != nil:
		return s.unanswered(ctx, p.ID, err)
	}
	// The session is there: it is written down although the caller may have gone.
	return s.note(context.WithoutCancel(ctx), p.ID, func(c *change, p *paymentRow) {
		p.ProviderID, p.URL = session.ID, session.URL
		if session.TransferCode != "" {
			p.Code = session.TransferCode
		}
		if !session.ExpiresAt.IsZero() && (!p.ExpiresAt.Valid || session.ExpiresAt.Before(p.ExpiresAt.Time)) {
			p.ExpiresAt = nullTime(session.ExpiresAt)
		}
		if payments.May(payments.PaymentMoves, p.State, payments.PaymentOpen) {
			p.State = payments.PaymentOpen
		}
		p.CheckedAt = nullTime(c.now)
	})
}

// unanswered notes that nobody knows what the provider did; a worker asks again.
func (s *Service) unanswered(ctx context.Context, id int64, cause error) (paymentRow, error) {
	s.log.Warn("payment provider did not answer", "payment", id, "error", cause)
	return s.note(context.WithoutCancel(ctx), id, func(_ *change, p *paymentRow) {
		if p.State == payments.PaymentSending {
			p.State = payments.PaymentUnknown
		}
	})
}

// note changes what is known of a payment, where no money moves, and returns it.
func (s *Service) note(ctx context.Context, id int64, news func(*change, *paymentRow)) (p paymentRow, err error) {
	err = s.change(ctx, func(c *change) error {
		err := link.PlanOnce(ctx, c.tx)
		if err != nil {
			return err
		}
		if _, p, err = c.lockPayment(ctx, id); err != nil {
			return err
		}
		news(c, &p)
		return c.savePayment(ctx, p)
	})
	return p, err
}

// savePayment writes what changes during a payment's life and when a worker looks at it again.
func (c *change) savePayment(ctx context.Context, p paymentRow) error {
	_, err := c.tx.ExecContext(ctx, `
		UPDATE payment SET state = $2, amount_fen = $3, code = $4, code_norm = $5, provider_id = $6, url = $7, failure_key = $8,
		       late = $9, expires_at = $10, succeeded_at = $11, refundable_until = $12, checked_at = $13, next_check_at = $14
		WHERE id = $1`, p.ID, p.State, p.AmountFen, p.Code, banktransfer.Normal(p.Code), p.ProviderID, p.URL, p.FailureKey,
		p.Late, p.ExpiresAt, p.SucceededAt, p.RefundableUntil, p.CheckedAt, nextCheck(p, c.now))
	if err != nil {
		return fmt.Errorf("save payment %d: %w", p.ID, err)
	}
	return nil
}

// nextCheck looks often at what is young and seldom at what is old, and at the latest when it expires.
func nextCheck(p paymentRow, now time.Time) time.Time {
	next := now.AddDate(1, 0, 0)
	if !manual(p.Method) || p.State != payments.PaymentOpen {
		wait := now.Sub(p.CreatedAt) / 4
		least := 5 * time.Second
		if p.State == payments.PaymentUnknown {
			least = 2 * time.Second
		}
		next = now.Add(min(max(wait, least), 10*time.Minute))
	}
	if p.ExpiresAt.Valid && p.ExpiresAt.Time.After(now) && p.ExpiresAt.Time.Before(next) {
		next = p.ExpiresAt.Time
	}
	return next
}

// said is what a provider says of a payment.
type said struct {
	payment int64
	status  gateway.Status
}

// learn applies what providers say of payments, all of it or, with an error, nothing. It may be said any number of times
// and in any order.
func (s *Service) learn(ctx context.Context, news ...said) error {
	ids := make([]int64, len(news))
	for i, n := range news {
		ids[i] = n.payment
	}
	return s.change(ctx, func(c *change) error {
		if err := link.PlanOnce(ctx, c.tx); err != nil {
			return err
		}
		refs, rows, err := c.lockPayments(ctx, ids...)
		if err != nil {
			return err
		}
		if len(rows) < len(news) { // the second word would be held against what the payment was before the first
			return fmt.Errorf("learn of payments %v: one of them twice", ids)
		}
		for _, n := range news {
			p := rows[n.payment]
			if err := c.learn(ctx, s, refs[p.Ref], p, n.status); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *change) learn(ctx context.Context, s *Service, r *refState, p paymentRow, st gateway.Status) error {
	p.CheckedAt = nullTime(c.now)
	if !payments.May(payments.PaymentMoves, p.State, st.State) {
		return c.savePayment(ctx, p)
	}
	switch st.State {
	case payments.PaymentSucceeded:
		at := st.PaidAt.UTC()
		if st.PaidAt.IsZero() {
			at = c.now
		}
		p.RefundableUntil = nullTime(st.RefundableUntil)
		return c.succeed(ctx, s, r, p, receipt{Key: fmt.Sprintf("pay:%d:succeeded", p.ID), Into: moneyAccount(p.Method), Fen: st.AmountFen, At: at})
	case payments.PaymentFailed:
		p.State, p.FailureKey = st.State, st.FailureKey
		c.tell(payments.EvtPaymentFailed, payments.PaymentEvent{PaymentID: p.ID, Ref: p.Ref, Purpose: p.Purpose, AmountFen: p.AmountFen})
	case payments.PaymentExpired, payments.PaymentOpen:
		p.State = st.State
	}
	return c.savePayment(ctx, p)
}

// receipt is money that has arrived for a payment.
type receipt struct {
	Key  string         // business key
	Into ledger.Account // debited
	Fen  int64
	At   time.Time
}

// succeed books money that arrived for a payment which had not succeeded. What cannot be used is owed back: money that
// comes after its Ref was given up, a second time, or short is late, and whoever asked for it decides; what is above the
// sum due goes back by itself.
func (c *change) succeed(ctx context.Context, s *Service, r *refState, p paymentRow, got receipt) error {
	asked := p.AmountFen
	p.State, p.AmountFen, p.SucceededAt, p.FailureKey = payments.PaymentSucceeded, got.Fen, nullTime(c.now), ""
	p.Late = r.Stop == stopYes || r.Cancelled || got.Fen < asked
	if got.Fen < asked {
		s.log.Error("payment arrived short", "payment", p.ID, "asked", asked, "got", got.Fen)
		p.FailureKey = "payment.wrong_amount"
	}
	kept := p.Purpose == "deposit" || p.Ahead // until deliveries use it up
	var twice, tabs bool                      // other payments for the same: one that succeeded, some that are open
	err := c.tx.QueryRowxContext(ctx, `
		SELECT coalesce(bool_or(state = 'succeeded' AND NOT late), false),
		       coalesce(bool_or(state IN ('ready', 'sending', 'unknown', 'open')), false)
		FROM payment WHERE ref = $1 AND purpose = $3 AND id <> $2`, p.Ref, p.ID, p.Purpose).Scan(&twice, &tabs)
	if err != nil {
		return fmt.Errorf("look for other payments of %s: %w", p.Ref, err)
	}
	switch {
	case kept:
		p.Late = p.Late || twice || r.Closed
	case p.Purpose == "balance":
		p.Late = p.Late || r.receivable == 0
	}
	lines := []ledger.Line{ledger.Debit(got.Into, got.Fen)}
	var excess int64
	switch {
	case p.Late:
		lines = append(lines, ledger.Credit(ledger.RefundPayable(p.Ref), got.Fen))
		r.refundDue += got.Fen
	case kept:
		excess = got.Fen - asked
		lines = append(lines, ledger.Credit(ledger.Deposit(p.Ref), asked))
		r.deposit += asked
	default:
		used := min(got.Fen, r.receivable)
		excess = got.Fen - used
		lines = append(lines, ledger.Credit(ledger.Receivable(p.Ref), used))
		r.receivable -= used
	}
	if excess > 0 {
		lines = append(lines, ledger.Credit(ledger.RefundPayable(p.Ref), excess))
		r.refundDue += excess
	}
	c.post("payment."+p.Purpose, got.Key, got.At, lines...)
	if err := c.savePayment(ctx, p); err != nil {
		return err
	}
	if err := c.refund(ctx, s, r, excess, "refund.overpaid", p.ID); err != nil {
		return err
	}
	c.tell(payments.EvtPaymentSucceeded, payments.PaymentEvent{PaymentID: p.ID, Ref: p.Ref, Purpose: p.Purpose,
		AmountFen: got.Fen - excess, Late: p.Late})
	if p.Late {
		return nil
	}
	// The other tab need not be paid any more.
	if tabs && (kept || r.receivable == 0) {
		if err := c.hasten(ctx, p.Ref, p.Purpose, p.ID); err != nil {
			return err
		}
	}
	if p.Purpose == "balance" {
		return c.settled(ctx, r)
	}
	return nil
}

// check asks the provider about a payment that is not final and applies the answer. It reports whether there was one.
func (s *Service) check(ctx context.Context, p paymentRow) (bool, error) {
	g := s.gateways[p.Method]
	now := s.now()
	over := p.ExpiresAt.Valid && !now.Before(p.ExpiresAt.Time)
	if p.ProviderID == "" {
		// Nobody has seen the page of a session whose opening was never confirmed: past its time it cannot be paid.
		if over && now.Sub(p.CreatedAt) > 25*time.Hour {
			return true, s.learn(ctx, said{p.ID, gateway.Status{State: payments.PaymentExpired}})
		}
		fresh, err := s.send(ctx, p)
		if err != nil || fresh.ProviderID == "" || fresh.State.Final() {
			return fresh.State.Final(), err
		}
		p = fresh
		if !over {
			return true, nil
		}
	}
	if g == nil {
		_, err := s.unanswered(ctx, p.ID, fmt.Errorf("gateway %s is not configured", p.Method))
		return false, err
	}
	ask := g.Lookup
	if over {
		ask = g.Expire
	}
	st, err := ask(ctx, p.ProviderID)
	if err != nil {
		_, err := s.unanswered(ctx, p.ID, err)
		return false, err
	}
	return true, s.learn(ctx, said{p.ID, st})
}

// Payment returns one, after a look at the provider if the last is older than a second.
func (s *Service) Payment(ctx context.Context, r payments.PaymentRef) (payments.Payment, error) {
	p, err := s.paymentRow(ctx, s.db, r.ID)
	if err != nil {
		return payments.Payment{}, err
	}
	if err := s.mayReadPayment(ctx, p); err != nil {
		return payments.Payment{}, err
	}
	now := s.now()
	sending := p.State == payments.PaymentSending && now.Sub(p.CreatedAt) < sendGrace
	if !p.State.Final() && !sending && !manual(p.Method) && (!p.CheckedAt.Valid || now.Sub(p.CheckedAt.Time) > time.Second) {
		if _, err := s.check(ctx, p); err != nil {
			return payments.Payment{}, err
		}
		if p, err = s.paymentRow(ctx, s.db, r.ID); err != nil {
			return payments.Payment{}, err
		}
	}
	return s.out(p), nil
}

func (s *Service) mayReadPayment(ctx context.Context, p paymentRow) error {
	a, err := need(ctx, append(county, roleClerk)...)
	if err == nil || a.Account == 0 {
		return err
	}
	if p.PartyKind == "account" && p.PartyID == a.Account || p.PartyKind == "organisation" && p.PartyID == a.Org {
		return nil
	}
	return link.E(link.NotFound, "payment.unknown", "")
}

// ExpirePayments ends what is open. Meanwhile no payment can be made, and what is paid still counts; afterwards either
// something was paid, or everything that comes is late.
func (s *Service) ExpirePayments(ctx context.Context, q payments.Ref) (payments.Expired, error) {
	if err := needSystem(ctx); err != nil {
		return payments.Expired{}, err
	}
	var open []int64
	err := s.change(ctx, func(c *change) error {
		r, err := c.lockRef(ctx, q.Ref)
		if err != nil {
			return err
		}
		if r.Stop == stopNo {
			r.Stop = stopAsking
			if err := c.saveRef(ctx, r); err != nil {
				return err
			}
		}
		open = nil
		return c.tx.SelectContext(ctx, &open, `
			SELECT id FROM payment WHERE ref = $1 AND state IN ('ready', 'sending', 'unknown', 'open') ORDER BY id`, q.Ref)
	})
	if err != nil {
		return payments.Expired{}, err
	}
	s.fault("expiring")
	for _, id := range open {
		if err := s.expire(ctx, id); err != nil {
			return payments.Expired{}, err
		}
	}
	s.fault("expired at providers")
	var paid bool
	err = s.change(ctx, func(c *change) error {
		r, err := c.lockRef(ctx, q.Ref)
		if err != nil {
			return err
		}
		err = c.tx.GetContext(ctx, &paid, `
			SELECT EXISTS (SELECT FROM payment WHERE ref = $1 AND state = 'succeeded' AND NOT late)`, q.Ref)
		if err != nil {
			return fmt.Errorf("look for payments of %s: %w", q.Ref, err)
		}
		switch {
		case paid && r.Stop == stopAsking:
			r.Stop = stopNo
		case !paid:
			r.Stop = stopYes
		}
		return c.saveRef(ctx, r)
	})
	return payments.Expired{Paid: paid}, err
}

// expire ends one payment at its provider. Unavailable: the provider has to be asked again.
func (s *Service) expire(ctx context.Context, id int64) error {
	p, err := s.paymentRow(ctx, s.db, id)
	if err != nil {
		return err
	}
	if p.State.Final() {
		return nil
	}
	p.ExpiresAt = nullTime(s.now())
	answered, err := s.check(ctx, p)
	if err != nil {
		return err
	}
	if p, err = s.paymentRow(ctx, s.db, id); err != nil {
		return err
	}
	if !answered || !p.State.Final() {
		e := link.E(link.Unavailable, "payment.provider_unavailable", "")
		e.RetryAfter = 5
		return e
	}
	return nil
}

// Payments lists payments, newest first: all for the county, their own for others.
func (s *Service) Payments(ctx context.Context, f payments.PaymentFilter) (payments.PaymentPage, error) {
	a := link.ActorFrom(ctx)
	_, err := need(ctx, county...)
	if err != nil && a.Account == 0 {
		return payments.PaymentPage{}, err
	}
	all := err == nil
	before, err := cursorID(f.Cursor)
	if err != nil {
		return payments.PaymentPage{}, err
	}
	n := limit(f.Limit, 200)
	where := `($1 = '' OR p.ref = $1) AND ($2 = '' OR p.method = $2) AND ($3 = '' OR p.state = $3)
		AND ($4 = '' OR strpos(p.code_norm, $4) > 0)
		AND ($5 OR (p.party_kind = 'account' AND p.party_id = $6) OR (p.party_kind = 'organisation' AND p.party_id = $7 AND $7 <> 0))`
	query := banktransfer.Normal(f.Query)
	if f.Query != "" && query == "" {
		return payments.PaymentPage{Items: []payments.Payment{}}, nil // nothing that a code could contain
	}
	args := []any{f.Ref, f.Method, string(f.State), query, all, a.Account, a.Org}
	var page payments.PaymentPage
	err = s.db.QueryRowxContext(ctx, `SELECT count(*), coalesce(sum(p.amount_fen), 0)::bigint FROM payment p WHERE `+where, args...).
		Scan(&page.Total, &page.SumFen)
	if err != nil {
		return page, fmt.Errorf("count payments: %w", err)
	}
	page.Items, err = s.readPayments(ctx, where+` AND ($8 = 0 OR p.id < $8) ORDER BY p.id DESC LIMIT $9`, append(args, before, n+1)...)
	if err != nil {
		return page, err
	}
	if len(page.Items) > n {
		page.Items = page.Items[:n]
		page.Cursor = cursorOf(page.Items[n-1].ID)
	}
	return page, nil
}

// hashOf is a hash of what a request asks for, to recognise the same key with another request.
func hashOf(v ...any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers
	}
	h := sha256.Sum256(b)
	return h[:]
}

func get(ctx context.Context, q queryer, dest any, query string, args ...any) error {
	return q.QueryRowxContext(ctx, strings.TrimSpace(query), args...).StructScan(dest)
}
