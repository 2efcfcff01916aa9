package postgres_test

import (
	"fmt"
	"testing"

	"banmuyuan/internal/link/linktest"
	"banmuyuan/web/auth"
	"banmuyuan/web/postgres"
)

// Each table loses rows beyond its time, and nothing else.
func TestRetain(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	a, err := store.Create(t.Context(), auth.Account{Login: "13900000001", Phone: "13900000001", Role: auth.Buyer, Name: "x", PasswordHash: auth.NoSecret()})
	if err != nil {
		t.Fatal(err)
	}
	for table, c := range map[string]struct{ insert, old, young string }{
		"contact_code": {`INSERT INTO contact_code (key, hash, until) VALUES (decode(md5($2), 'hex'), 'x', clock_timestamp() - $1::interval)`, "1 second", "-1 minute"},
		"login_try":    {`INSERT INTO login_try (key, tries, until) VALUES ($2, 1, clock_timestamp() - $1::interval)`, "25 hours", "23 hours"},
		"login_session": {fmt.Sprintf(`INSERT INTO login_session (account_id, program, system, network, begun_at, seen_at)
			VALUES (%d, $2, '', '', clock_timestamp() - interval '1 year', clock_timestamp() - $1::interval)`, a.ID), "361 hours", "359 hours"},
		"message": {fmt.Sprintf(`INSERT INTO message (event, kind, about, account_id, send_at, state, done_at)
			VALUES ($2, 'x', 'x', %d, now(), 'sent', clock_timestamp() - $1::interval)`, a.ID), "367 days", "364 days"},
		"correction": {fmt.Sprintf(`INSERT INTO correction (account_id, text, answer, answered_by, answered_at)
			VALUES (%d, $2, 'x', 1, clock_timestamp() - $1::interval)`, a.ID), "1098 days", "1090 days"},
	} {
		db.MustExec(c.insert, c.old, "old")
		db.MustExec(c.insert, c.young, "young")
		if err := store.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.Get(&left, `SELECT count(*) FROM `+table); err != nil || left != 1 {
			t.Errorf("%s: %d rows are left, %v", table, left, err)
		}
	}
}
