package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
)

var _ payments.Privacy = (*Service)(nil)

// Unmask returns a household's account number and logs the reader in the same transaction.
func (s *Service) Unmask(ctx context.Context, r payments.Unmask) (payments.Unmasked, error) {
	actor, err := need(ctx, county...)
	if err != nil {
		return payments.Unmasked{}, err
	}
	r.Reason = strings.TrimSpace(r.Reason)
	if n := utf8.RuneCountInString(r.Reason); n < 4 || n > 200 {
		return payments.Unmasked{}, link.E(link.Invalid, "unmask.reason", "reason")
	}
	var out payments.Unmasked
	err = s.change(ctx, func(c *change) error {
		// Somebody who looks at more than this within a day is copying the register. Looks of one person take turns.
		if _, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payments.unmask', $1))`, actor.Account); err != nil {
			return fmt.Errorf("lock unmaskings: %w", err)
		}
		var n int64
		err := c.tx.GetContext(ctx, &n, `SELECT count(*) FROM unmasking WHERE account = $1 AND purpose = 'look' AND at > $2`, actor.Account, c.now.Add(-24*time.Hour))
		if err != nil {
			return fmt.Errorf("count unmaskings: %w", err)
		}
		if n >= s.unmaskLimit {
			return link.E(link.Forbidden, "unmask.limit", "", "max", fmt.Sprint(s.unmaskLimit))
		}
		var sealed []byte
		err = c.tx.QueryRowxContext(ctx, `
			SELECT holder, bank, number_sealed FROM payout_account WHERE household = $1 AND state <> 'superseded'
			ORDER BY array_position(ARRAY['review', 'active', 'closed'], state), id DESC LIMIT 1`, r.Household).Scan(&out.Holder, &out.Bank, &sealed)
		if missing(err) {
			return link.E(link.NotFound, "unmask.nothing", "")
		}
		if err != nil {
			return fmt.Errorf("read payout account: %w", err)
		}
		if out.Number, err = s.keys.Open(sealed, sealOwner(r.Household)); err != nil {
			return err
		}
		_, err = c.tx.ExecContext(ctx, `
			INSERT INTO unmasking (at, actor, account, purpose, numbers, reason, household) VALUES ($1, $2, $3, 'look', 1, $4, $5)`,
			c.now, c.actor, actor.Account, r.Reason, r.Household)
		if err != nil {
			return fmt.Errorf("log unmasking: %w", err)
		}
		return nil
	})
	if err != nil {
		return payments.Unmasked{}, err
	}
	return out, nil
}

// Unmaskings lists the readings of unmasked account numbers.
func (s *Service) Unmaskings(ctx context.Context, f payments.UnmaskingFilter) (payments.Unmaskings, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Unmaskings{}, err
	}
	before, err := paging.ID("unmaskings", f.Cursor)
	if err != nil {
		return payments.Unmaskings{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.Unmaskings{}, err
	}
	var rows []struct {
		ID        int64     `db:"id"`
		At        time.Time `db:"at"`
		Actor     string    `db:"actor"`
		Purpose   string    `db:"purpose"`
		Reason    string    `db:"reason"`
		Household int64     `db:"household"`
		BatchNo   string    `db:"no"`
		Numbers   int       `db:"numbers"`
	}
	out := payments.Unmaskings{Items: []payments.Unmasking{}}
	if err := s.db.GetContext(ctx, &out.Total, `SELECT count(*) FROM unmasking`); err != nil {
		return out, fmt.Errorf("count unmaskings: %w", err)
	}
	err = s.db.SelectContext(ctx, &rows, `
		SELECT u.id, u.at, u.actor, u.purpose, u.reason, u.household, coalesce(b.no, '') AS no, u.numbers
		FROM unmasking u LEFT JOIN payout_batch b ON b.id = u.batch_id WHERE $1 = 0 OR u.id < $1 ORDER BY u.id DESC LIMIT $2`, before, n+1)
	if err != nil {
		return out, fmt.Errorf("read unmaskings: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		out.Cursor = paging.After("unmaskings", rows[n-1].ID)
	}
	for _, r := range rows {
		u := payments.Unmasking(r)
		u.At = u.At.UTC()
		out.Items = append(out.Items, u)
	}
	return out, nil
}

// rekeyStep is how many rows are sealed anew in one transaction.
const rekeyStep = 500

// Rekey seals the values of older keys with the first key, in small steps beside a running system, and returns their
// number. Files for the bank are dropped instead: they are made anew when somebody asks.
func (s *Service) Rekey(ctx context.Context, progress func(n int)) (int, error) {
	if err := needSystem(ctx); err != nil {
		return 0, err
	}
	total := 0
	for _, table := range []string{"payout_account", "payout_item"} {
		for after := int64(0); ; {
			n, last, err := s.rekeyStep(ctx, table, after)
			if err != nil {
				return total, err
			}
			if n == 0 {
				break
			}
			after = last
			if total += n; progress != nil {
				progress(total)
			}
		}
	}
	n, err := s.rekeyAccountBatches(ctx)
	if total += n; err != nil {
		return total, err
	}
	if _, err := s.db.ExecContext(ctx, `UPDATE payout_file SET sealed = NULL WHERE sealed IS NOT NULL AND substring(sealed FROM 1 FOR 4) <> $1`, s.keys.Current()); err != nil {
		return total, fmt.Errorf("drop payout files: %w", err)
	}
	return total, nil
}

func (s *Service) rekeyStep(ctx context.Context, table string, after int64) (n int, last int64, err error) {
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		var rows []struct {
			ID        int64  `db:"id"`
			Household int64  `db:"household"`
			Sealed    []byte `db:"number_sealed"`
		}
		err := tx.SelectContext(ctx, &rows, `
			SELECT id, household, number_sealed FROM `+table+`
			WHERE id > $1 AND substring(number_sealed FROM 1 FOR 4) <> $2 ORDER BY id LIMIT $3 FOR UPDATE`, after, s.keys.Current(), rekeyStep)
		if err != nil {
			return fmt.Errorf("read sealed numbers: %w", err)
		}
		if n = len(rows); n == 0 {
			return nil
		}
		ids, sealed, index := make([]int64, n), make([][]byte, n), make([][]byte, n)
		for i, r := range rows {
			fresh, value, err := s.keys.Reseal(r.Sealed, sealOwner(r.Household))
			if err != nil {
				return err
			}
			ids[i], sealed[i], index[i] = r.ID, fresh, s.keys.Index(value)
		}
		last = ids[n-1]
		set := `number_sealed = u.s, number_index = u.x`
		if table == "payout_item" { // it is not looked up by its number
			set = `number_sealed = u.s`
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE `+table+` t SET `+set+` FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS u (id, s, x) WHERE t.id = u.id`,
			pq.Array(ids), pq.ByteaArray(sealed), pq.ByteaArray(index))
		if err != nil {
			return fmt.Errorf("seal numbers anew: %w", err)
		}
		return nil
	})
	return n, last, err
}
