package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"banmuyuan/payments/gateway"
)

// Header carries the signature: t=<unix seconds>,v1=<hex of HMAC-SHA256 over "t.body">.
const Header = "Sandbox-Signature"

const (
	version   = "2024-01-01"
	tolerance = 5 * time.Minute
)

// announcement is the body of a webhook.
type announcement struct {
	ID      string `json:"id" db:"-"`
	Type    string `json:"type" db:"type"`
	Session string `json:"session" db:"session"`
	Refund  string `json:"refund,omitempty" db:"refund"`
	Dispute string `json:"dispute,omitempty" db:"-"`
	Version string `json:"version" db:"-"`
	Live    bool   `json:"live" db:"-"`
	Created int64  `json:"created" db:"-"`
}

// encode makes an announcement's body, and the number it has.
func (a announcement) encode(now time.Time) (id string, body []byte, err error) {
	a.ID, a.Version, a.Created = "sbe_"+strings.ToLower(rand.Text()), version, now.Unix()
	if body, err = json.Marshal(a); err != nil {
		return "", nil, fmt.Errorf("encode sandbox webhook: %w", err)
	}
	return a.ID, body, nil
}

// copies is how often something is announced, behaving as b says.
func (p *Provider) copies(b Switches) int {
	if b.Drop || p.cfg.WebhookURL == "" {
		return 0
	}
	return 1 + b.Duplicate
}

// announce queues webhooks in the transaction that made the change, behaving as b says.
func (p *Provider) announce(ctx context.Context, tx *sqlx.Tx, b Switches, now time.Time, list ...announcement) error {
	for _, a := range list {
		id, body, err := a.encode(now)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO sandbox_webhook (event_id, body, send_at)
			SELECT $1, $2, $3 FROM generate_series(1, $4)`, id, body, now.Add(b.Delay), p.copies(b))
		if err != nil {
			return fmt.Errorf("queue sandbox webhook: %w", err)
		}
	}
	return nil
}

// Sign makes the header's value for a body sent at t.
func Sign(secret, body []byte, t time.Time) string {
	return fmt.Sprintf("t=%d,v1=%s", t.Unix(), hex.EncodeToString(mac(secret, body, t.Unix())))
}

func mac(secret, body []byte, t int64) []byte {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%d.", t)
	h.Write(body)
	return h.Sum(nil)
}

// Parse checks a webhook as its receiver has to.
func (p *Provider) Parse(h http.Header, body []byte, now time.Time) (gateway.Event, error) {
	var at int64
	var signature []byte
	for part := range strings.SplitSeq(h.Get(Header), ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			at, _ = strconv.ParseInt(value, 10, 64)
		case "v1":
			signature, _ = hex.DecodeString(value)
		}
	}
	if !hmac.Equal(signature, mac(p.cfg.Secret, body, at)) {
		return gateway.Event{}, fmt.Errorf("sandbox webhook: %w", gateway.ErrSignature)
	}
	if age := now.Sub(time.Unix(at, 0)); age > tolerance || age < -tolerance {
		return gateway.Event{}, fmt.Errorf("sandbox webhook signed %s ago: %w", age, gateway.ErrSignature)
	}
	var a announcement
	if err := json.Unmarshal(body, &a); err != nil {
		return gateway.Event{}, fmt.Errorf("decode sandbox webhook: %w", err)
	}
	if a.ID == "" {
		return gateway.Event{}, errors.New("sandbox webhook without an id")
	}
	return gateway.Event{ID: a.ID, Type: a.Type, SessionID: a.Session, RefundID: a.Refund, DisputeID: a.Dispute, Live: a.Live, Version: a.Version}, nil
}

// Accepts refuses webhooks of real money.
func (p *Provider) Accepts(e gateway.Event) bool { return !e.Live && e.Version == version }

// Send settles due transitions, delivers due webhooks, at most a hundred, and returns the number of attempts. One that is not answered with 2xx comes again, later and later, for three days.
func (p *Provider) Send(ctx context.Context) (int, error) {
	now := p.cfg.Now().UTC()
	b, err := p.behaviour(ctx)
	if err != nil {
		return 0, err
	}
	order := "id"
	if b.Reorder {
		order = "id DESC"
	}
	var due []struct {
		ID       int64  `db:"id"`
		Body     []byte `db:"body"`
		Attempts int    `db:"attempts"`
	}
	// Claimed by moving its time on: after a crash another process takes it.
	err = p.db.SelectContext(ctx, &due, `
		WITH claimed AS (
			UPDATE sandbox_webhook SET attempts = attempts + 1,
			       send_at = $1::timestamptz + least(interval '5 seconds' * power(2, attempts), interval '6 hours')
			WHERE id IN (SELECT id FROM sandbox_webhook WHERE sent_at IS NULL AND send_at <= $1 AND attempts < 20
			             ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
			RETURNING id, body, attempts)
		SELECT id, body, attempts FROM claimed ORDER BY `+order, now)
	if err != nil {
		return 0, fmt.Errorf("claim sandbox webhooks: %w", err)
	}
	sent := make([]bool, len(due))
	var posting errgroup.Group
	posting.SetLimit(concurrency)
	if order != "id" {
		posting.SetLimit(1) // a reordered bank is to be heard in that order
	}
	for i, w := range due {
		posting.Go(func() error {
			if err := p.post(ctx, w.Body); err != nil {
				p.cfg.Log.Warn("sandbox webhook not delivered", "attempt", w.Attempts, "error", err)
				return nil
			}
			sent[i] = true
			return nil
		})
	}
	_ = posting.Wait() // failed webhooks come again
	ids := make(pq.Int64Array, 0, len(due))
	for i, w := range due {
		if sent[i] {
			ids = append(ids, w.ID)
		}
	}
	if len(ids) > 0 {
		if _, err := p.db.ExecContext(ctx, `UPDATE sandbox_webhook SET sent_at = $2 WHERE id = ANY($1)`, ids, now); err != nil {
			return 0, fmt.Errorf("mark sandbox webhooks: %w", err)
		}
	}
	return len(due), nil
}

// concurrency is the number of webhooks that are on their way concurrently, so that their receiver may share a commit.
const concurrency = 8

func (p *Provider) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(Header, Sign(p.cfg.Secret, body, p.cfg.Now()))
	res, err := p.cfg.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}
