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
	"banmuyuan/web/audit"
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
	Issuer      int64        `db:"issuer"`
	WordHash    []byte       `db:"word_hash"`
	WordBy      int64        `db:"word_by"`
	WordAt      sql.NullTime `db:"word_at"`
	WordUntil   sql.NullTime `db:"word_until"`
	WordUsedAt  sql.NullTime `db:"word_used_at"`
}

const cardColumns = `id, household_id, account_id, hash, issued_at, issued_by, used_at, issuer, word_hash, word_by, word_at, word_until, word_used_at`

func (r cardRow) card() auth.Card {
	return auth.Card{ID: r.ID, HouseholdID: r.HouseholdID, AccountID: r.AccountID, Hash: r.Hash, IssuedAt: r.IssuedAt, IssuedBy: r.IssuedBy, UsedAt: r.UsedAt.Time,
		Issuer: r.Issuer, WordHash: r.WordHash, WordBy: r.WordBy, WordAt: r.WordAt.Time, WordUntil: r.WordUntil.Time, WordUsedAt: r.WordUsedAt.Time}
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

// HouseholdPhones implements auth.Accounts.
func (s *Store) HouseholdPhones(ctx context.Context, household int64) ([]string, error) {
	var phones []string
	err := s.db.SelectContext(ctx, &phones, `
		SELECT DISTINCT phone FROM account WHERE role = $2 AND household_id = $1 AND phone <> '' ORDER BY phone`, household, string(auth.Household))
	if err != nil {
		return nil, fmt.Errorf("find phones of household: %w", err)
	}
	return phones, nil
}

// IssueCards implements auth.Cards.
func (s *Store) IssueCards(ctx context.Context, once auth.Once, by auth.Author, cards []auth.NewCard) ([]auth.Card, error) {
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
		var ended []int64
		err = tx.SelectContext(ctx, &ended, `
			UPDATE household_card SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE household_id = ANY($1) AND revoked_at IS NULL
			RETURNING account_id`, pq.Array(households), by.Login)
		if err != nil {
			return fmt.Errorf("end old cards: %w", err)
		}
		if err := endSecrets(ctx, tx, ended...); err != nil {
			return err
		}
		issued = nil
		err = tx.SelectContext(ctx, &issued, `
			INSERT INTO household_card (household_id, account_id, hash, issued_by, issuer)
			SELECT c.household, (SELECT min(a.id) FROM account a WHERE a.role = 'household' AND a.household_id = c.household), c.hash, $3, $4
			FROM unnest($1::bigint[], $2::bytea[]) AS c (household, hash) RETURNING `+cardColumns, pq.Array(households), hashes, by.Login, by.Account)
		if err != nil {
			return fmt.Errorf("store cards: %w", err)
		}
		ids := make([]int64, len(issued))
		for i, c := range issued {
			ids[i] = c.ID
		}
		if err := note(ctx, tx, once, ids...); err != nil {
			return err
		}
		return AppendTx(ctx, tx, cardEntries(audit.CardIssued, by, issued)...)
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

// cardEntries are the entries of the audit trail for what was done with cards.
func cardEntries(kind audit.Kind, by auth.Author, cards []cardRow) []audit.Entry {
	entries := make([]audit.Entry, len(cards))
	for i, c := range cards {
		entries[i] = audit.Entry{Kind: kind, Account: by.Account, Login: by.Login, On: audit.OnHousehold, Object: fmt.Sprint(c.HouseholdID)}
	}
	return entries
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

// endSecrets ends the sessions of accounts, by moving the time of the last change of password, and the PINs that were set
// through a card.
func endSecrets(ctx context.Context, tx *sqlx.Tx, accounts ...int64) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE account SET password_changed_at = clock_timestamp(), secret_card = 0,
			password_hash = CASE WHEN secret_card <> 0 THEN $2 ELSE password_hash END
		WHERE id = ANY($1)`, pq.Array(accounts), auth.NoSecret())
	if err != nil {
		return fmt.Errorf("end sessions and PINs: %w", err)
	}
	return nil
}

// IssueWords implements auth.Cards.
func (s *Store) IssueWords(ctx context.Context, once auth.Once, by auth.Author, words []auth.NewWord, until time.Time) ([]auth.Card, error) {
	ids, hashes := make([]int64, len(words)), make(pq.ByteaArray, len(words))
	for i, w := range words {
		ids[i], hashes[i] = w.CardID, w.Hash
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
		var before []cardRow
		err = tx.SelectContext(ctx, &before, `SELECT `+cardColumns+` FROM household_card WHERE id = ANY($1) AND revoked_at IS NULL ORDER BY id FOR UPDATE`, pq.Array(ids))
		if err != nil {
			return err
		}
		for _, c := range before {
			if err := auth.CheckWordAuthor(by, c.card()); err != nil {
				return err
			}
		}
		issued = nil
		err = tx.SelectContext(ctx, &issued, `
			UPDATE household_card SET word_hash = w.digest, word_by = $3, word_at = clock_timestamp(), word_until = $4, word_used_at = NULL
			FROM unnest($1::bigint[], $2::bytea[]) AS w (card, digest) WHERE household_card.id = w.card AND revoked_at IS NULL
			RETURNING `+cardColumns, pq.Array(ids), hashes, by.Account, until)
		if err != nil {
			return err
		}
		done := make([]int64, len(issued))
		for i, c := range issued {
			done[i] = c.ID
		}
		if err := note(ctx, tx, once, done...); err != nil {
			return err
		}
		return AppendTx(ctx, tx, cardEntries(audit.CardWord, by, issued)...)
	})
	if err != nil {
		return nil, fmt.Errorf("issue words of cards: %w", err)
	}
	out := make([]auth.Card, len(issued))
	for i, r := range issued {
		out[i] = r.card()
	}
	return out, nil
}

// UseWord implements auth.Cards.
func (s *Store) UseWord(ctx context.Context, card int64) (bool, error) {
	res, err := s.db.ExecContext(ctx, `UPDATE household_card SET word_used_at = clock_timestamp() WHERE id = $1 AND word_used_at IS NULL AND revoked_at IS NULL`, card)
	if err != nil {
		return false, fmt.Errorf("use word of card: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// RevokeCard implements auth.Cards.
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
		if err := endSecrets(ctx, tx, card.Account); err != nil {
			return err
		}
		if err := note(ctx, tx, once, card.ID); err != nil {
			return err
		}
		return AppendTx(ctx, tx, audit.Entry{Kind: audit.CardEnded, Account: once.Account, Login: by, On: audit.OnHousehold, Object: fmt.Sprint(household)})
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
