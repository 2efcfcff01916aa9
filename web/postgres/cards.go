package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

var _ auth.Cards = (*Store)(nil)

type cardRow struct {
	ID          int64        `db:"id"`
	HouseholdID int64        `db:"household_id"`
	AccountID   int64        `db:"account_id"`
	Hash        []byte       `db:"hash"`
	IssuedAt    time.Time    `db:"issued_at"`
	IssuedBy    string       `db:"issued_by"`
	UsedAt      sql.NullTime `db:"used_at"`
}

const cardColumns = `id, household_id, account_id, hash, issued_at, issued_by, used_at`

func (r cardRow) card() auth.Card {
	return auth.Card{ID: r.ID, HouseholdID: r.HouseholdID, AccountID: r.AccountID, Hash: r.Hash, IssuedAt: r.IssuedAt, IssuedBy: r.IssuedBy, UsedAt: r.UsedAt.Time}
}

// ByPhone implements auth.Accounts.
func (s *Store) ByPhone(ctx context.Context, phone string) (*auth.Account, error) {
	var rows []row
	err := s.db.SelectContext(ctx, &rows, `SELECT `+columns+` FROM account WHERE phone = $1 AND phone <> '' AND role = 'household' LIMIT 2`, phone)
	if err != nil {
		return nil, fmt.Errorf("find account by phone: %w", err)
	}
	if len(rows) != 1 { // a phone that two households share says nothing
		return nil, auth.ErrNotFound
	}
	return rows[0].account(), nil
}

// IssueCards implements auth.Cards.
func (s *Store) IssueCards(ctx context.Context, once auth.Once, by string, cards []auth.NewCard) ([]auth.Card, error) {
	n := len(cards)
	households := make([]int64, n)
	hashes := make(pq.ByteaArray, n)
	accounts := make([]auth.Account, n)
	for i, c := range cards {
		households[i], hashes[i], accounts[i] = c.HouseholdID, c.Hash, c.Account
	}
	var issued []cardRow
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		about, again, err := claim(ctx, tx, once)
		if err != nil {
			return err
		}
		if again {
			issued = nil
			return tx.SelectContext(ctx, &issued, `SELECT `+cardColumns+` FROM household_card WHERE id = ANY($1) ORDER BY id`, pq.Array(about))
		}
		var have []int64
		err = tx.SelectContext(ctx, &have, `SELECT DISTINCT household_id FROM account WHERE role = 'household' AND household_id = ANY($1)`, pq.Array(households))
		if err != nil {
			return fmt.Errorf("look for accounts: %w", err)
		}
		known := make(map[int64]bool, len(have))
		for _, id := range have {
			known[id] = true
		}
		var fresh []auth.Account
		for _, a := range accounts {
			if !known[a.HouseholdID] {
				fresh = append(fresh, a)
			}
		}
		if _, err := insertMany(ctx, tx, fresh); err != nil {
			return fmt.Errorf("make accounts: %w", err)
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE household_card SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE household_id = ANY($1) AND revoked_at IS NULL`, pq.Array(households), by)
		if err != nil {
			return fmt.Errorf("end old cards: %w", err)
		}
		issued = nil
		err = tx.SelectContext(ctx, &issued, `
			INSERT INTO household_card (household_id, account_id, hash, issued_by)
			SELECT c.household, (SELECT min(a.id) FROM account a WHERE a.role = 'household' AND a.household_id = c.household), c.hash, $3
			FROM unnest($1::bigint[], $2::bytea[]) AS c (household, hash) RETURNING `+cardColumns, pq.Array(households), hashes, by)
		if err != nil {
			return fmt.Errorf("store cards: %w", err)
		}
		ids := make([]int64, len(issued))
		for i, c := range issued {
			ids[i] = c.ID
		}
		return note(ctx, tx, once, ids...)
	})
	if err != nil {
		return nil, fmt.Errorf("issue cards: %w", err)
	}
	out := make([]auth.Card, len(issued))
	for i, r := range issued {
		out[i] = r.card()
	}
	return out, nil
}

// CardByHash implements auth.Cards.
func (s *Store) CardByHash(ctx context.Context, hash []byte) (*auth.Card, error) {
	var r cardRow
	err := s.db.GetContext(ctx, &r, `SELECT `+cardColumns+` FROM household_card WHERE hash = $1 AND revoked_at IS NULL`, hash)
	if err != nil {
		return nil, fmt.Errorf("find card: %w", mapError(err))
	}
	c := r.card()
	return &c, nil
}

// CardUsed implements auth.Cards.
func (s *Store) CardUsed(ctx context.Context, id int64) error {
	if _, err := s.db.ExecContext(ctx, `UPDATE household_card SET used_at = clock_timestamp() WHERE id = $1`, id); err != nil {
		return fmt.Errorf("note use of card: %w", err)
	}
	return nil
}

// RevokeCard implements auth.Cards. Moving the time of the last change of password ends the account's sessions.
func (s *Store) RevokeCard(ctx context.Context, once auth.Once, household int64, by string) (bool, error) {
	revoked := false
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		about, again, err := claim(ctx, tx, once)
		if revoked = len(about) > 0; err != nil || again {
			return err
		}
		var card struct {
			ID      int64 `db:"id"`
			Account int64 `db:"account_id"`
		}
		err = tx.GetContext(ctx, &card, `
			UPDATE household_card SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE household_id = $1 AND revoked_at IS NULL RETURNING id, account_id`,
			household, by)
		if errors.Is(mapError(err), auth.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		revoked = true
		if _, err = tx.ExecContext(ctx, `UPDATE account SET password_changed_at = clock_timestamp() WHERE id = $1`, card.Account); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return note(ctx, tx, once, card.ID)
	})
	if err != nil {
		return false, fmt.Errorf("revoke card: %w", err)
	}
	return revoked, nil
}

// CardsOf implements auth.Cards.
func (s *Store) CardsOf(ctx context.Context, households []int64) (map[int64]auth.Card, error) {
	var rows []cardRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+cardColumns+` FROM household_card WHERE household_id = ANY($1) AND revoked_at IS NULL`, pq.Array(households))
	if err != nil {
		return nil, fmt.Errorf("list cards: %w", err)
	}
	out := make(map[int64]auth.Card, len(rows))
	for _, r := range rows {
		out[r.HouseholdID] = r.card()
	}
	return out, nil
}
