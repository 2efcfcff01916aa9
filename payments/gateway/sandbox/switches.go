package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/payments/gateway"
)

// Op is a call that can be made to time out.
type Op string

const (
	OpCreate Op = "create"
	OpLookup Op = "lookup"
	OpExpire Op = "expire"
	OpRefund Op = "refund"
)

// Switches make the provider misbehave, in every process that shares its books. The zero value behaves.
type Switches struct {
	PayDelay      time.Duration `json:"pay_delay,omitempty"`      // a payment succeeds this long after the buyer paid
	RefundDelay   time.Duration `json:"refund_delay,omitempty"`   // a refund is pending for so long
	RefundsFail   bool          `json:"refunds_fail,omitempty"`   // and fails then
	RefundsReturn bool          `json:"refunds_return,omitempty"` // refunds succeed at once and fail after RefundDelay
	Drop          bool          `json:"drop,omitempty"`           // webhooks are lost
	Delay         time.Duration `json:"delay,omitempty"`          // webhooks come this much later
	Duplicate     int           `json:"duplicate,omitempty"`      // and so many times more
	Reorder       bool          `json:"reorder,omitempty"`        // the newest first
	TimeoutBefore map[Op]int    `json:"timeout_before,omitempty"` // the next so many calls time out and have no effect
	TimeoutAfter  map[Op]int    `json:"timeout_after,omitempty"`  // the next so many calls take effect and time out
	SavedError    map[Op]int    `json:"saved_error,omitempty"`    // the next so many calls take effect, and their key is answered with the same error ever after
	ExpiryRace    int           `json:"expiry_race,omitempty"`    // the next so many sessions that are expired are paid in that moment
}

// Set changes how the provider behaves from now on.
func (p *Provider) Set(ctx context.Context, s Switches) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode sandbox switches: %w", err)
	}
	if _, err := p.db.ExecContext(ctx, `UPDATE sandbox_switches SET switches = $1::jsonb`, string(b)); err != nil {
		return fmt.Errorf("turn sandbox switches: %w", err)
	}
	return nil
}

// glance is the state that every call reads first, after due transitions.
type glance struct {
	Switches Switches `db:"-"`
	Raw      []byte   `db:"switches"`
	Saved    bool     `db:"saved"` // an error is remembered for the key
	Due      bool     `db:"due"`   // time had ended something that was not written
}

func (p *Provider) glance(ctx context.Context, key string) (glance, error) {
	var g glance
	err := p.db.GetContext(ctx, &g, `
		SELECT switches, EXISTS (SELECT FROM sandbox_saved_error WHERE key = $2) AS saved,
		       EXISTS (SELECT FROM sandbox_session WHERE state = 'processing' AND settles_at <= $1)
		    OR EXISTS (SELECT FROM sandbox_session WHERE state = 'open' AND expires_at <= $1)
		    OR EXISTS (SELECT FROM sandbox_refund WHERE settles_at <= $1 AND (state = 'pending' OR (state = 'succeeded' AND fails))) AS due
		FROM sandbox_switches`, p.cfg.Now().UTC(), key)
	if err != nil {
		return g, fmt.Errorf("look at the sandbox: %w", err)
	}
	if err := json.Unmarshal(g.Raw, &g.Switches); err != nil {
		return g, fmt.Errorf("decode sandbox switches: %w", err)
	}
	if g.Due {
		err = p.settle(ctx, g.Switches)
	}
	return g, err
}

// behaviour is a glance at the switches alone.
func (p *Provider) behaviour(ctx context.Context) (Switches, error) {
	g, err := p.glance(ctx, "")
	return g.Switches, err
}

// take decrements a switch: of ten processes that ask for the last one, one gets it.
func (p *Provider) take(ctx context.Context, path ...string) (bool, error) {
	res, err := p.db.ExecContext(ctx, `
		UPDATE sandbox_switches SET switches = jsonb_set(switches, $1, to_jsonb((switches #>> $1)::int - 1))
		WHERE (switches #>> $1)::int > 0`, pq.Array(path))
	if err != nil {
		return false, fmt.Errorf("use up sandbox switch: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// fault wraps a call, which is told the switches, so that it times out before or after its effect, or is answered with a
// saved error, when told to.
func (p *Provider) fault(ctx context.Context, op Op, key string, call func(Switches) error) error {
	g, err := p.glance(ctx, key)
	if err != nil {
		return err
	}
	s := g.Switches
	if g.Saved {
		return fmt.Errorf("%s failed with 500, as it did before: %w", op, gateway.ErrUnknown)
	}
	// Most calls find no switch turned, and use up nothing.
	use := func(counts map[Op]int, name string) (bool, error) {
		if counts[op] == 0 {
			return false, nil
		}
		return p.take(ctx, name, string(op))
	}
	before, err := use(s.TimeoutBefore, "timeout_before")
	if err != nil {
		return err
	}
	if before {
		return fmt.Errorf("%s timed out: %w", op, gateway.ErrUnknown)
	}
	after, err := use(s.TimeoutAfter, "timeout_after")
	if err == nil && !after && key != "" {
		if after, err = use(s.SavedError, "saved_error"); err == nil && after {
			_, err = p.db.ExecContext(ctx, `INSERT INTO sandbox_saved_error (key) VALUES ($1) ON CONFLICT DO NOTHING`, key)
		}
	}
	if err != nil {
		return err
	}
	if err := call(s); err != nil {
		return err
	}
	if after {
		return fmt.Errorf("%s timed out: %w", op, gateway.ErrUnknown)
	}
	return nil
}
