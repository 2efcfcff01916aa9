package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"

	"banmuyuan/web/auth"
)

// stored is the key as the table holds it: what people type into a login field,
// passwords by mistake included, does not belong in a database, and has no bound.
func stored(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// doublings is how often a window doubles at most: 15 minutes become 16 hours.
const doublings = 6

// Try implements auth.Throttle in one statement, under the row's lock. A window that follows one with too many tries, within
// a day, is twice as long as that one.
func (s *Store) Try(ctx context.Context, key string, limit auth.Limit) (time.Duration, error) {
	var r struct {
		Tries int     `db:"tries"`
		Left  float64 `db:"left_seconds"`
	}
	err := s.db.GetContext(ctx, &r, `
		INSERT INTO login_try (key, tries, until) VALUES ($1, 1, clock_timestamp() + $2 * interval '1 microsecond')
		ON CONFLICT (key) DO UPDATE SET
			tries = CASE WHEN login_try.until <= clock_timestamp() THEN 1 ELSE least(login_try.tries, 1000000) + 1 END,
			level = CASE WHEN login_try.until > clock_timestamp() THEN login_try.level
				WHEN login_try.tries > $3 AND login_try.until > clock_timestamp() - interval '1 day' THEN least(login_try.level + 1, $4) ELSE 0 END,
			until = CASE WHEN login_try.until > clock_timestamp() THEN login_try.until
				WHEN login_try.tries > $3 AND login_try.until > clock_timestamp() - interval '1 day'
					THEN clock_timestamp() + $2 * interval '1 microsecond' * 2 ^ least(login_try.level + 1, $4)
				ELSE excluded.until END
		RETURNING tries, extract(epoch FROM until - clock_timestamp())::float8 AS left_seconds`,
		stored(key), limit.Window.Microseconds(), limit.Tries, doublings)
	if err != nil {
		return 0, fmt.Errorf("count try: %w", err)
	}
	// Now and then somebody pays for the cleaning.
	if rand.IntN(1000) == 0 {
		if _, err := s.db.ExecContext(ctx, `DELETE FROM login_try WHERE until < clock_timestamp() - interval '1 day'`); err != nil {
			return 0, fmt.Errorf("forget old tries: %w", err)
		}
	}
	if r.Tries <= limit.Tries {
		return 0, nil
	}
	return max(time.Duration(r.Left*float64(time.Second)), time.Second), nil
}

// Tries implements auth.Throttle.
func (s *Store) Tries(ctx context.Context, key string) (int, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `SELECT coalesce(sum(tries), 0)::int FROM login_try WHERE key = $1 AND until > clock_timestamp()`, stored(key))
	if err != nil {
		return 0, fmt.Errorf("read tries: %w", err)
	}
	return n, nil
}

// Forget implements auth.Throttle.
func (s *Store) Forget(ctx context.Context, key string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM login_try WHERE key = $1`, stored(key)); err != nil {
		return fmt.Errorf("forget tries: %w", err)
	}
	return nil
}

// GiveBack implements auth.Throttle.
func (s *Store) GiveBack(ctx context.Context, key string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE login_try SET tries = tries - 1 WHERE key = $1 AND tries > 0 AND until > clock_timestamp()`, stored(key))
	if err != nil {
		return fmt.Errorf("give a try back: %w", err)
	}
	return nil
}
