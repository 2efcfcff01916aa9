package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
)

func checkCreate(r payments.CreatePayment) error {
	var bad link.Problems
	if r.Key == "" || len(r.Key) > 200 {
		bad.Add("payment.key", "key")
	}
	if r.Purpose != "deposit" && r.Purpose != "balance" {
		bad.Add("payment.purpose", "purpose")
	}
	if r.AmountFen <= 0 || r.AmountFen > payments.MaxFen {
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
	got, err := s.creating.Do(ctx, r)
	if err == nil {
		err = got.err
	}
	if err != nil {
		return payments.Payment{}, err
	}
	p := got.payment
	// A repeated key means that the answer was lost: the caller need not wait for the worker.
	if got.fresh || p.State == payments.PaymentUnknown || p.State == payments.PaymentSending {
		if p, err = s.send(ctx, p); err != nil {
			return payments.Payment{}, err
		}
	}
	return s.out(p), nil
}

// maxBatch is the largest number of payments of a transaction.
const maxBatch = 200

// created is the result of a request for a payment.
type created struct {
	payment paymentRow
	fresh   bool
	err     error
}

// create writes the requested payments, or finds the payments of keys that were used before.
func (s *Service) create(ctx context.Context, all []payments.CreatePayment) ([]created, error) {
	type name struct{ ref, key string }
	names := make([]string, len(all))
	keys := make([]string, len(all))
	for i, r := range all {
		names[i], keys[i] = r.Ref, r.Key
	}
	var out []created
	err := s.write(ctx, func(c *change) error {
		out = make([]created, len(all))
		if err := link.PlanOnce(ctx, c.tx); err != nil {
			return err
		}
		refs, err := c.lockRefs(ctx, names...)
		if err != nil {
			return err
		}
		var known []paymentRow
		err = c.tx.SelectContext(ctx, &known, `
			SELECT `+paymentColumns+` FROM unnest($1::text[], $2::text[]) AS u (ref, key) JOIN payment p ON p.ref = u.ref AND p.key = u.key`,
			pq.StringArray(names), pq.StringArray(keys))
		if err != nil {
			return fmt.Errorf("look up payments: %w", err)
		}
		there := make(map[name]paymentRow, len(all))
		for _, p := range known {
			there[name{p.Ref, p.Key}] = p
		}
		var fresh []paymentRow
		for i, r := range all {
			hash := hashOf(r.Ref, r.Purpose, r.AmountFen, r.Method, r.Party.Kind, r.Party.ID)
			p, used := there[name{r.Ref, r.Key}]
			switch ref := refs[r.Ref]; {
			case used && string(p.InputHash) != string(hash):
				out[i].err = link.E(link.Conflict, "payment.key_reused", "key")
			case used: // its row comes below when it is one of these
			case ref.Stop != payments.StopNo || ref.Cancelled:
				out[i].err = link.E(link.Conflict, "payment.ref_closed", "")
			default:
				p = c.newPayment(r, hash, payments.PaymentSending)
				there[name{r.Ref, r.Key}] = p
				fresh = append(fresh, p)
				out[i].fresh = true
			}
		}
		if err := c.insertPayments(ctx, s, fresh); err != nil {
			return err
		}
		for _, p := range fresh {
			there[name{p.Ref, p.Key}] = p
		}
		for i, r := range all {
			out[i].payment = there[name{r.Ref, r.Key}]
		}
		return nil
	})
	return out, err
}

// sendGrace is how long a payment being sent is left to the process that sends it.
const sendGrace = 30 * time.Second

// newPayment returns a requested payment, to be inserted.
func (c *change) newPayment(r payments.CreatePayment, hash []byte, state payments.PaymentState) paymentRow {
	return paymentRow{Ref: r.Ref, Key: r.Key, InputHash: hash, Purpose: r.Purpose, Method: r.Method, State: state, AmountFen: r.AmountFen,
		PartyKind: r.Party.Kind, PartyID: r.Party.ID, PartyName: r.Party.Name, Description: r.Description, Code: r.Code,
		ReturnURL: r.ReturnURL, CreatedAt: c.now, ExpiresAt: nullTime(r.ExpiresAt), Ahead: r.Ahead}
}

// insertPayment writes one payment and returns it with its number.
func (c *change) insertPayment(ctx context.Context, s *Service, p paymentRow) (paymentRow, error) {
	list := []paymentRow{p}
	err := c.insertPayments(ctx, s, list)
	return list[0], err
}

// insertPayments numbers payments and writes them with the key that their providers will be asked with: stored before, and
// never another one for a payment, so that asking again cannot charge twice.
func (c *change) insertPayments(ctx context.Context, s *Service, list []paymentRow) error {
	n := len(list)
	if n == 0 {
		return nil
	}
	var ids pq.Int64Array
	err := c.tx.SelectContext(ctx, (*[]int64)(&ids), `SELECT nextval(pg_get_serial_sequence('payment', 'id')) FROM generate_series(1, $1)`, n)
	if err != nil {
		return fmt.Errorf("number payments: %w", err)
	}
	var amounts, parties pq.Int64Array
	var refs, keys, purposes, methods, states, kinds, names, descriptions, codes, norms, returns, idem pq.StringArray
	hashes, ahead, expires := make(pq.ByteaArray, n), make(pq.BoolArray, n), make([]sql.NullTime, n)
	for i := range list {
		p := &list[i]
		p.ID = ids[i]
		p.IdemKey = sql.NullString{String: fmt.Sprintf("banmuyuan:%s:pay:%d:create", s.env, p.ID), Valid: true}
		if p.Code == "" && p.Method == payments.BankTransfer {
			p.Code = banktransfer.Code(p.ID)
		}
		refs, keys, hashes[i] = append(refs, p.Ref), append(keys, p.Key), p.InputHash
		purposes, methods, states = append(purposes, p.Purpose), append(methods, p.Method), append(states, string(p.State))
		amounts, kinds, parties = append(amounts, p.AmountFen), append(kinds, p.PartyKind), append(parties, p.PartyID)
		names, descriptions = append(names, p.PartyName), append(descriptions, p.Description)
		codes, norms = append(codes, p.Code), append(norms, banktransfer.Normal(p.Code))
		returns, idem, ahead[i], expires[i] = append(returns, p.ReturnURL), append(idem, p.IdemKey.String), p.Ahead, p.ExpiresAt
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO payment (id, ref, key, input_hash, purpose, method, state, amount_fen, party_kind, party_id, party_name, description,
		                     code, code_norm, return_url, idem_key, ahead, expires_at, created_at, next_check_at)
		OVERRIDING SYSTEM VALUE
		SELECT u.*, $19::timestamptz, $20::timestamptz
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
		            $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::bool[],
		            $18::timestamptz[]) AS u`,
		ids, refs, keys, hashes, purposes, methods, states, amounts, kinds, parties, names, descriptions, codes, norms, returns, idem,
		ahead, pq.Array(expires), c.now, c.now.Add(sendGrace))
	if err != nil {
		return fmt.Errorf("write payments: %w", err)
	}
	return nil
}

// send asks the provider to open the session of a payment, for the first time or again, and returns the payment after that.
// No answer is no error: a worker asks again.
func (s *Service) send(ctx context.Context, p paymentRow) (paymentRow, error) {
	g := s.gateways[p.Method]
	if g == nil {
		return s.unanswered(p.ID, fmt.Errorf("gateway %s is not configured", p.Method))
	}
	s.fault("payment written")
	session, err := g.Create(ctx, s.request(p))
	s.fault("session opened")
	var refused *gateway.Refused
	switch {
	case errors.As(err, &refused):
		s.log.Warn("payment refused", "payment", p.ID, "method", p.Method, "error", err)
		if err := s.applyReports(ctx, paymentReport{p.ID, gateway.Status{State: payments.PaymentFailed, FailureKey: refused.Key}}); err != nil {
			return p, err
		}
		return s.paymentRow(ctx, s.db, p.ID)
	case err != nil:
		return s.unanswered(p.ID, err)
	}
	// The session exists: it is written although the caller may have gone.
	return s.update(p.ID, func(c *change, p *paymentRow) {
		p.ProviderID, p.URL = session.ID, session.URL
		if session.TransferCode != "" {
			p.Code = session.TransferCode
		}
		if !session.ExpiresAt.IsZero() && (!p.ExpiresAt.Valid || session.ExpiresAt.Before(p.ExpiresAt.Time)) {
			p.ExpiresAt = nullTime(session.ExpiresAt)
		}
		p.State, _ = payments.PaymentMachine.Next(p.State, payments.PaymentAccept) // money may have come before the answer
		p.CheckedAt = nullTime(c.now)
	})
}

// unanswered records that the outcome at the provider is unknown; a worker asks again.
func (s *Service) unanswered(id int64, cause error) (paymentRow, error) {
	s.log.Warn("payment provider did not answer", "payment", id, "error", cause)
	return s.update(id, func(_ *change, p *paymentRow) {
		p.State, _ = payments.PaymentMachine.Next(p.State, payments.PaymentNoAnswer)
	})
}

// update is a change of a payment that moves no money.
type update struct {
	payment int64
	apply   func(*change, *paymentRow)
}

// update applies an update to a payment and returns the payment. It ignores the caller's context: a provider's answer is
// written although the caller has gone.
func (s *Service) update(id int64, apply func(*change, *paymentRow)) (paymentRow, error) {
	return s.updating.Do(context.Background(), update{id, apply})
}

func (s *Service) updateAll(ctx context.Context, all []update) ([]paymentRow, error) {
	ids := make([]int64, len(all))
	for i, n := range all {
		ids[i] = n.payment
	}
	out := make([]paymentRow, len(all))
	err := s.write(ctx, func(c *change) error {
		if err := link.PlanOnce(ctx, c.tx); err != nil {
			return err
		}
		_, rows, err := c.lockPayments(ctx, ids...)
		if err != nil {
			return err
		}
		for _, n := range all { // of the same payment one after the other
			p := rows[n.payment]
			n.apply(c, &p)
			rows[p.ID] = p
		}
		for i, id := range ids {
			out[i] = rows[id]
		}
		return c.savePayments(ctx, slices.Collect(maps.Values(rows))...)
	})
	return out, err
}
