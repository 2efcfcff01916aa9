package postgres_test

import (
	"errors"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/web/auth"
	"banmuyuan/web/postgres"
)

func newCard(n byte) []auth.NewCard {
	digest := make([]byte, 32)
	digest[0] = n
	return []auth.NewCard{{HouseholdID: 77, Hash: digest, Account: auth.Account{Login: "ya-77", Role: auth.Household, HouseholdID: 77, PasswordHash: hash}}}
}

// A household has one card that works, and a request of a job without a key is made as often as it is asked for.
func TestHouseholdHasOneCard(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, postgres.Schema, postgres.Migrations())
	s := postgres.New(db)
	for n := range byte(2) {
		if made, err := s.IssueCards(t.Context(), auth.Once{}, auth.Author{Login: "job"}, newCard(n)); err != nil || len(made) != 1 {
			t.Fatalf("card %d: %+v, %v", n, made, err)
		}
	}
	_, err := db.Exec(`INSERT INTO household_card (household_id, account_id, hash, issued_by) SELECT household_id, account_id, sha256(hash), 'x' FROM household_card LIMIT 1`)
	if link.Constraint(err) != "household_card_one" {
		t.Errorf("a second card: %v", err)
	}
}

// A key is its account's, and its request's.
func TestRequestKeys(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	once := auth.Once{Account: 1, Key: "key-0001", Request: "cards of village 1"}
	first, err := s.IssueCards(ctx, once, auth.Author{Account: 1, Login: "a"}, newCard(1))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.IssueCards(ctx, once, auth.Author{Account: 1, Login: "a"}, newCard(2)); err != nil || len(again) != 1 || again[0].ID != first[0].ID || again[0].Hash[0] != 1 {
		t.Errorf("the same request made %+v, %v", again, err)
	}
	other := once
	other.Request = "end card of household 77"
	if _, err := s.RevokeCard(ctx, other, 77, "a"); !errors.Is(err, auth.ErrKeyReused) {
		t.Errorf("another request under the key: %v", err)
	}
	if known, err := s.Asked(ctx, once); err != nil || !known {
		t.Errorf("asked before: %t, %v", known, err)
	}
	other = once
	other.Account = 2
	if known, err := s.Asked(ctx, other); err != nil || known {
		t.Errorf("somebody else's key: %t, %v", known, err)
	}
	// What failed leaves the key free.
	other.Request = "PIN"
	if _, _, err := s.SetPassword(ctx, other, 999, hash, 0); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("nobody's PIN: %v", err)
	}
	if known, err := s.Asked(ctx, other); err != nil || known {
		t.Errorf("a key of what failed: %t, %v", known, err)
	}
}

// The database holds that a card's word is printed by another person than its issuer, whoever writes.
func TestDatabaseKeepsCardAndWordApart(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, postgres.Schema, postgres.Migrations())
	s := postgres.New(db)
	by := auth.Author{Account: 7, Login: "operator"}
	cards, err := s.IssueCards(t.Context(), auth.Once{}, by, newCard(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.IssueWords(t.Context(), auth.Once{}, by, []auth.NewWord{{CardID: cards[0].ID, Hash: []byte("x")}}, time.Now()); !errors.Is(err, auth.ErrOwnCard) {
		t.Errorf("by its issuer: %v", err)
	}
	if _, err := db.Exec(`UPDATE household_card SET word_by = issuer`); link.Constraint(err) != "household_card_word_second" {
		t.Errorf("by its issuer, in the database: %v", err)
	}
	if _, err := db.Exec(`UPDATE household_card SET issuer = 0, word_by = 8`); link.Constraint(err) != "household_card_word_second" {
		t.Errorf("of an unknown issuer: %v", err)
	}
}
