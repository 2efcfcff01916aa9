package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// retirePersons takes the persons of a household that is retired out of use with it, so that their id numbers can be
// registered elsewhere, and brings them back when it is restored. A member that left before stays out.
func retirePersons(ctx context.Context, tx *sqlx.Tx, r catalog.RetireEntry, at time.Time) error {
	if r.Undo {
		if err := personsReturn(ctx, tx, r); err != nil {
			return err
		}
	}
	if r.Kind != catalog.KindHousehold {
		return nil
	}
	query, args := `UPDATE person SET retired_at = $2 WHERE household_id = $1 AND retired_at IS NULL`, []any{r.ID, at}
	if r.Undo {
		query, args = `UPDATE person p SET retired_at = NULL FROM household h WHERE h.id = $1 AND p.household_id = h.id AND p.retired_at = h.retired_at`, args[:1]
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("retire persons of household %d: %w", r.ID, err)
	}
	return nil
}

// personsReturn refuses to bring back a person who was registered in another household meanwhile, or whose household is out
// of use.
func personsReturn(ctx context.Context, tx *sqlx.Tx, r catalog.RetireEntry) error {
	returning := `p.household_id = $1 AND p.retired_at = h.retired_at`
	if r.Kind == catalog.KindMember {
		returning = `p.household_id = $1::bigint / 100 AND p.position = $1::bigint % 100`
	}
	var name, code string
	var out bool
	err := tx.QueryRowContext(ctx, `
		SELECT p.name, coalesce(b.code, ''), h.retired_at IS NOT NULL
		FROM person p JOIN household h ON h.id = p.household_id
		LEFT JOIN person o ON o.id_index = p.id_index AND o.retired_at IS NULL
		LEFT JOIN household b ON b.id = o.household_id
		WHERE `+returning+` ORDER BY b.code NULLS LAST LIMIT 1`, r.ID).Scan(&name, &code, &out)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("find where persons are: %w", err)
	case code != "":
		return link.E(link.Conflict, "directory.person.elsewhere", "id", "name", entry.Mask(name), "code", code)
	case out && r.Kind == catalog.KindMember:
		return link.E(link.Conflict, "directory.person.household", "id")
	}
	return nil
}
