package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

var _ catalog.Privacy = (*Catalog)(nil)

// UnmaskID records the actor and then returns an id number in the clear.
func (c *Catalog) UnmaskID(ctx context.Context, r catalog.UnmaskID) (catalog.UnmaskedID, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.UnmaskedID{}, err
	}
	if err := r.Check(); err != nil {
		return catalog.UnmaskedID{}, err
	}
	var out catalog.UnmaskedID
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		if err := mayUnmask(ctx, tx, c.Now(), c.cfg.Unmask); err != nil {
			return err
		}
		var code string
		var sealed []byte
		err := tx.QueryRowxContext(ctx, `
			SELECT h.code, p.name, coalesce(p.id_sealed, '') FROM person p JOIN household h ON h.id = p.household_id
			WHERE p.household_id = $1 AND p.position = $2`, r.HouseholdID, r.Position).Scan(&code, &out.Name, &sealed)
		if err != nil {
			return desk.NotFound(fmt.Errorf("read person: %w", err), "unmask.nothing", "")
		}
		if len(sealed) == 0 {
			return link.E(link.NotFound, "unmask.nothing", "")
		}
		if out.IDNumber, err = c.Cipher.Open(sealed, desk.SealOwner(code)); err != nil {
			return fmt.Errorf("open id number: %w", err)
		}
		a := link.ActorFrom(ctx)
		_, err = tx.ExecContext(ctx, `
			INSERT INTO unmasking (at, actor, account, household_id, position, reason) VALUES ($1, $2, $3, $4, $5, $6)`,
			c.Now().UTC(), a.Login, a.Account, r.HouseholdID, r.Position, r.Reason)
		if err != nil {
			return fmt.Errorf("log unmasking: %w", err)
		}
		return desk.Did(ctx, tx, link.Act{Kind: "unmask.id", On: "household", Object: strconv.FormatInt(r.HouseholdID, 10), Detail: strconv.Itoa(r.Position)})
	})
	if err != nil {
		return catalog.UnmaskedID{}, err
	}
	return out, nil
}

// mayUnmask bounds what one person looks at within a day: somebody who needs more is copying the register. Looks of one
// person take turns, so that many at once are counted.
func mayUnmask(ctx context.Context, tx *sqlx.Tx, now time.Time, most int64) error {
	account := link.ActorFrom(ctx).Account
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('catalog.unmask', $1))`, account); err != nil {
		return fmt.Errorf("lock unmaskings: %w", err)
	}
	var n int64
	if err := tx.GetContext(ctx, &n, `SELECT count(*) FROM unmasking WHERE account = $1 AND at > $2`, account, now.UTC().Add(-24*time.Hour)); err != nil {
		return fmt.Errorf("count unmaskings: %w", err)
	}
	if n >= most {
		return link.E(link.Forbidden, "unmask.limit", "", "max", fmt.Sprint(most))
	}
	return nil
}

// IDUnmaskings lists the times that id numbers were shown in the clear.
func (c *Catalog) IDUnmaskings(ctx context.Context, _ catalog.None) (catalog.IDUnmaskings, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.IDUnmaskings{}, err
	}
	out := catalog.IDUnmaskings{Items: []catalog.IDUnmasking{}}
	rows, err := c.DB.QueryxContext(ctx, `
		SELECT u.id, u.at, u.actor, u.household_id, h.code, coalesce(p.name, ''), u.reason
		FROM unmasking u JOIN household h ON h.id = u.household_id LEFT JOIN person p ON p.household_id = u.household_id AND p.position = u.position
		ORDER BY u.id DESC LIMIT 500`)
	if err != nil {
		return out, fmt.Errorf("read unmaskings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var u catalog.IDUnmasking
		var at time.Time
		if err := rows.Scan(&u.ID, &at, &u.Actor, &u.HouseholdID, &u.Code, &u.Name, &u.Reason); err != nil {
			return out, fmt.Errorf("read unmaskings: %w", err)
		}
		u.At = at.UTC()
		out.Items = append(out.Items, u)
	}
	if err := rows.Err(); err != nil {
		return out, fmt.Errorf("read unmaskings: %w", err)
	}
	return out, nil
}

// rekeyStep is how many persons are sealed anew in one transaction.
const rekeyStep = 500

// Rekey seals values of older keys anew with the first key, in small steps beside a running system, and returns the
// number of values.
func (c *Catalog) Rekey(ctx context.Context, progress func(n int)) (int, error) {
	total := 0
	var household int64
	position := 0
	for {
		n := 0
		err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
			var rows []struct {
				Household int64  `db:"household_id"`
				Position  int    `db:"position"`
				Code      string `db:"code"`
				Sealed    []byte `db:"id_sealed"`
			}
			err := tx.SelectContext(ctx, &rows, `
				SELECT p.household_id, p.position, h.code, p.id_sealed FROM person p JOIN household h ON h.id = p.household_id
				WHERE (p.household_id, p.position) > ($1, $2) AND p.id_sealed IS NOT NULL AND substring(p.id_sealed FROM 1 FOR 4) <> $3
				ORDER BY p.household_id, p.position LIMIT $4 FOR UPDATE OF p`, household, position, c.Cipher.Current(), rekeyStep)
			if err != nil {
				return fmt.Errorf("read sealed numbers: %w", err)
			}
			if n = len(rows); n == 0 {
				return nil
			}
			households, positions, sealed, index := make([]int64, n), make([]int64, n), make(pq.ByteaArray, n), make(pq.ByteaArray, n)
			for i, r := range rows {
				fresh, value, err := c.Cipher.Reseal(r.Sealed, desk.SealOwner(r.Code))
				if err != nil {
					return err
				}
				households[i], positions[i], sealed[i], index[i] = r.Household, int64(r.Position), fresh, c.Cipher.Index(value)
			}
			household, position = rows[n-1].Household, rows[n-1].Position
			_, err = tx.ExecContext(ctx, `
				UPDATE person p SET id_sealed = u.s, id_index = u.x
				FROM unnest($1::bigint[], $2::int[], $3::bytea[], $4::bytea[]) AS u (h, n, s, x) WHERE p.household_id = u.h AND p.position = u.n`,
				pq.Array(households), pq.Array(positions), sealed, index)
			if err != nil {
				return fmt.Errorf("seal numbers anew: %w", err)
			}
			return nil
		})
		if err != nil || n == 0 {
			return total, err
		}
		if total += n; progress != nil {
			progress(total)
		}
	}
}
