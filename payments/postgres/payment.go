package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/ledger"
)

// manual gateways know nothing that was not entered here: there is nobody to ask.
func manual(method string) bool { return method == payments.BankTransfer || method == payments.Cash }

// moneyAccount is the account of a provider's money.
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

// lockPayment locks a payment after its Ref, and reads the Ref's balances.
func (c *change) lockPayment(ctx context.Context, id int64) (*refState, paymentRow, error) {
	refs, rows, err := c.lockPayments(ctx, id)
	if err != nil {
		return nil, paymentRow{}, err
	}
	return refs[rows[id].Ref], rows[id], c.readBalances(ctx, refs)
}

// lockPayments locks payments after their Refs. It does not read the Refs' balances.
func (c *change) lockPayments(ctx context.Context, ids ...int64) (map[string]*refState, map[int64]paymentRow, error) {
	refs, err := c.readRefs(ctx, `
		SELECT `+refColumns+` FROM ref WHERE ref IN (SELECT p.ref FROM payment p WHERE p.id = ANY($1)) ORDER BY ref FOR UPDATE`,
		pq.Int64Array(ids))
	if err != nil {
		return nil, nil, err
	}
	byName := make(map[string]*refState, len(refs))
	for _, r := range refs {
		byName[r.Ref] = r
	}
	// All other columns of a payment change only under the lock that is held by now.
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
	return byName, rows, nil
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
			// A transfer gateway's answer depends on its configuration alone.
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

// savePayments writes the columns that change during a payment's life, and the time of the next look at it.
func (c *change) savePayments(ctx context.Context, list ...paymentRow) error {
	n := len(list)
	if n == 0 {
		return nil
	}
	var ids, amounts pq.Int64Array
	var states, codes, norms, providers, urls, failures pq.StringArray
	late, expires, succeeded, refundable := make(pq.BoolArray, n), make([]sql.NullTime, n), make([]sql.NullTime, n), make([]sql.NullTime, n)
	checked, next := make([]sql.NullTime, n), make([]sql.NullTime, n)
	for i, p := range list {
		ids, amounts, states = append(ids, p.ID), append(amounts, p.AmountFen), append(states, string(p.State))
		codes, norms = append(codes, p.Code), append(norms, banktransfer.Normal(p.Code))
		providers, urls, failures = append(providers, p.ProviderID), append(urls, p.URL), append(failures, p.FailureKey)
		late[i], expires[i], succeeded[i], refundable[i] = p.Late, p.ExpiresAt, p.SucceededAt, p.RefundableUntil
		checked[i], next[i] = p.CheckedAt, nullTime(nextCheck(p, c.now))
	}
	_, err := c.tx.ExecContext(ctx, `
		UPDATE payment p SET state = u.state, amount_fen = u.amount, code = u.code, code_norm = u.norm, provider_id = u.provider, url = u.url,
		       failure_key = u.failure, late = u.late, expires_at = u.expires, succeeded_at = u.succeeded,
		       refundable_until = u.refundable, checked_at = u.checked, next_check_at = u.next
		FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[],
		            $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[])
		     AS u (id, state, amount, code, norm, provider, url, failure, late, expires, succeeded, refundable, checked, next)
		WHERE p.id = u.id`, ids, states, amounts, codes, norms, providers, urls, failures, late,
		pq.Array(expires), pq.Array(succeeded), pq.Array(refundable), pq.Array(checked), pq.Array(next))
	if err != nil {
		return fmt.Errorf("save payments %v: %w", ids, err)
	}
	return nil
}

// nextCheck is the time of the next look at a payment.
func nextCheck(p paymentRow, now time.Time) time.Time {
	return payments.NextPaymentCheck(p.State, manual(p.Method), p.CreatedAt, p.ExpiresAt.Time, now)
}

// paymentReport is a provider's report on a payment.
type paymentReport struct {
	payment int64
	status  gateway.Status
}

// applyReports applies providers' reports on payments, all of them or, with an error, none. Reports may come any number of
// times and in any order. At most one of them may be of a Ref.
func (s *Service) applyReports(ctx context.Context, reports ...paymentReport) error {
	ids := make([]int64, len(reports))
	for i, n := range reports {
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
		if len(refs) < len(reports) { // the second report would be compared with the state before the first
			return fmt.Errorf("apply reports on payments %v: two of one ref", ids)
		}
		if err := c.readBalances(ctx, refs); err != nil {
			return err
		}
		if err := c.readSiblings(ctx, refs); err != nil {
			return err
		}
		list := make([]paymentRow, len(reports))
		rest := make([]int64, len(reports)) // excess of the money that arrived
		for i, n := range reports {
			list[i] = rows[n.payment]
			rest[i] = c.applyReport(s, refs[list[i].Ref], &list[i], n.status)
		}
		if err := c.savePayments(ctx, list...); err != nil {
			return err
		}
		for i, p := range list {
			if p.State == payments.PaymentSucceeded && rows[p.ID].State != p.State {
				if err := c.received(ctx, s, refs[p.Ref], p, rest[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// applyReport applies a report to a payment in memory and returns the excess of money that arrived.
func (c *change) applyReport(s *Service, r *refState, p *paymentRow, st gateway.Status) (excess int64) {
	p.CheckedAt = nullTime(c.now)
	on, known := payments.PaymentReport(st.State)
	if !known {
		return 0
	}
	to, changes := payments.PaymentMachine.Next(p.State, on)
	if !changes {
		return 0
	}
	switch on {
	case payments.PaymentReceive:
		at := st.PaidAt.UTC()
		if st.PaidAt.IsZero() {
			at = c.now
		}
		p.RefundableUntil = nullTime(st.RefundableUntil)
		return c.receive(s, r, p, receipt{Key: fmt.Sprintf("pay:%d:succeeded", p.ID), Into: moneyAccount(p.Method), Fen: st.AmountFen, At: at})
	case payments.PaymentDecline:
		p.State, p.FailureKey = to, st.FailureKey
		c.publish(payments.EvtPaymentFailed, payments.PaymentEvent{PaymentID: p.ID, Ref: p.Ref, Purpose: p.Purpose, AmountFen: p.AmountFen})
	case payments.PaymentExpire, payments.PaymentAccept:
		p.State = to
	}
	return 0
}

// sibling is a payment of a Ref beside others.
type sibling struct {
	ID      int64                 `db:"id"`
	Ref     string                `db:"ref"`
	Purpose string                `db:"purpose"`
	State   payments.PaymentState `db:"state"`
	Late    bool                  `db:"late"`
}

// readSiblings reads the payments of locked Refs that succeeded or can still succeed.
func (c *change) readSiblings(ctx context.Context, refs map[string]*refState) error {
	var rows []sibling
	err := c.tx.SelectContext(ctx, &rows, `
		SELECT id, ref, purpose, state, late FROM payment
		WHERE ref = ANY($1::text[]) AND state IN ('ready', 'sending', 'unknown', 'open', 'succeeded')`,
		pq.StringArray(slices.Collect(maps.Keys(refs))))
	if err != nil {
		return fmt.Errorf("look for other payments: %w", err)
	}
	for _, r := range refs {
		r.others = nil
	}
	for _, row := range rows {
		refs[row.Ref].others = append(refs[row.Ref].others, row)
	}
	return nil
}

// beside reports whether another payment of p's purpose succeeded, and whether another can still be paid.
func (r *refState) beside(p paymentRow) (paid, open bool) {
	for _, o := range r.others {
		if o.Purpose != p.Purpose || o.ID == p.ID {
			continue
		}
		paid = paid || o.State == payments.PaymentSucceeded && !o.Late
		open = open || o.State != payments.PaymentSucceeded
	}
	return paid, open
}

// receipt is money that has arrived for a payment.
type receipt struct {
	Key  string         // business key
	Into ledger.Account // debited
	Fen  int64
	At   time.Time
}

// succeed books money that arrived for a payment which had not succeeded.
func (c *change) succeed(ctx context.Context, s *Service, r *refState, p paymentRow, got receipt) error {
	if err := c.readSiblings(ctx, map[string]*refState{r.Ref: r}); err != nil {
		return err
	}
	excess := c.receive(s, r, &p, got)
	if err := c.savePayments(ctx, p); err != nil {
		return err
	}
	return c.received(ctx, s, r, p, excess)
}

// kept reports whether the payment is kept until deliveries use it up.
func (p paymentRow) kept() bool { return payments.Kept(p.Purpose, p.Ahead) }

// receive books money that arrived for a payment, after readSiblings, and returns the excess, which is refunded. See
// payments.Arrival for the decision.
func (c *change) receive(s *Service, r *refState, p *paymentRow, got receipt) (excess int64) {
	asked := p.AmountFen
	p.State, p.AmountFen, p.SucceededAt, p.FailureKey = payments.PaymentMachine.To(payments.PaymentReceive), got.Fen, nullTime(c.now), ""
	paidBefore, _ := r.beside(*p)
	use := payments.Arrival{Purpose: p.Purpose, Ahead: p.Ahead, AskedFen: asked, GotFen: got.Fen, Stop: r.Stop, Cancelled: r.Cancelled,
		Closed: r.Closed, PaidBefore: paidBefore, ReceivableFen: r.receivable}.Decide()
	p.Late = use.Late
	if use.Short {
		s.log.Error("payment arrived short", "payment", p.ID, "asked", asked, "got", got.Fen)
		p.FailureKey = "payment.wrong_amount"
	}
	r.deposit += use.DepositFen
	r.receivable -= use.ReceivableFen
	r.refundDue += use.ReturnFen
	c.post("payment."+p.Purpose, got.Key, got.At, ledger.Debit(got.Into, got.Fen), ledger.Credit(ledger.Deposit(p.Ref), use.DepositFen),
		ledger.Credit(ledger.Receivable(p.Ref), use.ReceivableFen), ledger.Credit(ledger.RefundPayable(p.Ref), use.ReturnFen))
	return use.ExcessFen
}

// received runs the consequences of a payment that has succeeded, after it is written.
func (c *change) received(ctx context.Context, s *Service, r *refState, p paymentRow, excess int64) error {
	if err := c.refund(ctx, s, r, excess, "refund.overpaid", p.ID); err != nil {
		return err
	}
	c.publish(payments.EvtPaymentSucceeded, payments.PaymentEvent{PaymentID: p.ID, Ref: p.Ref, Purpose: p.Purpose,
		AmountFen: p.AmountFen, ReturnFen: excess, Late: p.Late})
	if p.Late {
		return nil
	}
	// A payment in another tab is not needed any more.
	if _, open := r.beside(p); open && (p.kept() || r.receivable == 0) {
		if err := c.expireNow(ctx, p.Ref, p.Purpose, p.ID); err != nil {
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
		// No buyer has the page of a session without a confirmed opening: past its time it cannot be paid.
		if over && now.Sub(p.CreatedAt) > 25*time.Hour {
			return true, s.applyReports(ctx, paymentReport{p.ID, gateway.Status{State: payments.PaymentExpired}})
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
		_, err := s.unanswered(p.ID, fmt.Errorf("gateway %s is not configured", p.Method))
		return false, err
	}
	ask := g.Lookup
	if over {
		ask = g.Expire
	}
	st, err := ask(ctx, p.ProviderID)
	if err != nil {
		_, err := s.unanswered(p.ID, err)
		return false, err
	}
	return true, s.applyReports(ctx, paymentReport{p.ID, st})
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

// ExpirePayments expires the open payments of a Ref. Meanwhile no payment can be created, and money that arrives counts;
// afterwards either a payment has succeeded, or all money that arrives is late.
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
		if to, ok := payments.StopMachine.Next(r.Stop, payments.StopBegin); ok {
			r.Stop = to
			if err := c.saveRef(ctx, r); err != nil {
				return err
			}
		}
		open = nil
		return c.tx.SelectContext(ctx, &open, `
			SELECT id FROM payment WHERE ref = $1 AND state = ANY($2) ORDER BY id`,
			q.Ref, pq.Array(payments.PaymentMachine.From(payments.PaymentExpire)))
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
		var succeeded []paidRow
		err = c.tx.SelectContext(ctx, &succeeded, `
			SELECT id, succeeded_at FROM payment WHERE ref = $1 AND state = 'succeeded' AND NOT late`, q.Ref)
		if err != nil {
			return fmt.Errorf("look for payments of %s: %w", q.Ref, err)
		}
		paid = len(succeeded) > 0
		if err := c.tellAgain(ctx, succeeded); err != nil {
			return err
		}
		on := payments.StopEnd
		if paid {
			on = payments.StopResume
		}
		r.Stop, _ = payments.StopMachine.Next(r.Stop, on) // unless another request resumed it before
		return c.saveRef(ctx, r)
	})
	if paid {
		s.notify()
	}
	return payments.Expired{Paid: paid}, err
}

type paidRow struct {
	ID          int64     `db:"id"`
	SucceededAt time.Time `db:"succeeded_at"`
}

// toldLongAgo is how old an event is that its reader should have applied.
const toldLongAgo = 2 * time.Minute

// tellAgain has the events of payments published again that succeeded long ago: a module asks about payments of which it
// has not heard. One that has applied an event does not apply it again.
func (c *change) tellAgain(ctx context.Context, list []paidRow) error {
	for _, p := range list {
		match := map[string]int64{"payment_id": p.ID}
		_, err := link.Again(ctx, c.tx, payments.EvtPaymentSucceeded, match, p.SucceededAt.Add(-time.Hour), time.Now().Add(-toldLongAgo))
		if err != nil {
			return fmt.Errorf("tell again of payment %d: %w", p.ID, err)
		}
	}
	return nil
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
	before, err := paging.ID("payments", f.Cursor)
	if err != nil {
		return payments.PaymentPage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.PaymentPage{}, err
	}
	code := banktransfer.Normal(f.Code)
	if f.Code != "" && code == "" {
		code = "-" // no payment has it
	}
	where := `($1 = '' OR p.ref = $1) AND ($2 = '' OR p.method = $2) AND ($3 = '' OR p.state = $3) AND ($9 = '' OR p.code_norm = $9)
		AND ($8 = '' OR ($4 <> '' AND strpos(p.code_norm, $4) > 0) OR strpos(replace(p.party_name, ' ', ''), $8) > 0)
		AND ($5 OR (p.party_kind = 'account' AND p.party_id = $6) OR (p.party_kind = 'organisation' AND p.party_id = $7 AND $7 <> 0))`
	name := strings.Join(strings.Fields(f.Query), "")
	args := []any{f.Ref, f.Method, string(f.State), banktransfer.Normal(f.Query), all, a.Account, a.Org, name, code}
	var page payments.PaymentPage
	err = s.db.QueryRowxContext(ctx, `SELECT count(*), coalesce(sum(p.amount_fen), 0)::bigint FROM payment p WHERE `+where, args...).
		Scan(&page.Total, &page.SumFen)
	if err != nil {
		return page, fmt.Errorf("count payments: %w", err)
	}
	page.Items, err = s.readPayments(ctx, where+` AND ($10 = 0 OR p.id < $10) ORDER BY p.id DESC LIMIT $11`, append(args, before, n+1)...)
	if err != nil {
		return page, err
	}
	if len(page.Items) > n {
		page.Items = page.Items[:n]
		page.Cursor = paging.After("payments", page.Items[n-1].ID)
	}
	return page, nil
}

// hashOf hashes a request, to recognise the same key with another request.
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
