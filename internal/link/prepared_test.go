package link_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

func oneConnection(t *testing.T) *sqlx.DB {
	t.Helper()
	schema := linktest.Schema(t, "catalog", lots)
	db, err := link.OpenDB(context.Background(), linktest.Address(t, schema), schema, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func prepared(t *testing.T, db *sqlx.DB) (n int) {
	t.Helper()
	if err := db.Get(&n, `SELECT count(*) FROM pg_prepared_statements`); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPreparesWhatIsAskedTwice(t *testing.T) {
	t.Parallel()
	db := oneConnection(t)
	for i, want := range []int{0, 1, 1, 1} {
		var got int
		if err := db.Get(&got, `SELECT $1::int + 1`, i); err != nil || got != i+1 {
			t.Fatalf("%d: %d, %v", i, got, err)
		}
		if n := prepared(t, db); n != want {
			t.Errorf("asked %d times: %d prepared, want %d", i+1, n, want)
		}
	}
	for i := range 3 {
		if _, err := db.Exec(`INSERT INTO lot (id, capacity) VALUES ($1, $2)`, i, 5); err != nil {
			t.Fatal(err)
		}
	}
	if n := prepared(t, db); n != 2 {
		t.Errorf("%d prepared, want 2", n)
	}
}

func TestPreparesNoMoreThanItKeeps(t *testing.T) {
	t.Parallel()
	db := oneConnection(t)
	for range 2 {
		for i := range 300 {
			for range 2 {
				var got int
				if err := db.Get(&got, fmt.Sprintf(`SELECT $1::int + %d`, i), 1); err != nil || got != i+1 {
					t.Fatal(got, err)
				}
			}
			if i%2 == 0 { // a repeated statement pushes out others
				var got int
				if err := db.Get(&got, fmt.Sprintf(`SELECT $1::int - %d`, i), 1); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n := prepared(t, db); n == 0 || n > 256 {
		t.Errorf("%d prepared", n)
	}
}

func TestPreparedBeforeAMigration(t *testing.T) {
	t.Parallel()
	db := oneConnection(t)
	if _, err := db.Exec(`INSERT INTO lot (id, capacity) VALUES (1, 5)`); err != nil {
		t.Fatal(err)
	}
	ask := func() (map[string]any, error) {
		row := map[string]any{}
		return row, db.QueryRowx(`SELECT * FROM lot WHERE id = $1`, 1).MapScan(row)
	}
	for range 3 {
		if _, err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(`ALTER TABLE lot ADD COLUMN grade text NOT NULL DEFAULT 'A'`); err != nil {
		t.Fatal(err)
	}
	row, err := ask()
	if err != nil || row["grade"] == nil {
		t.Errorf("after the migration: %v, %v", row, err)
	}
}

func TestPreparedStatementsSurviveAnAbortedTransaction(t *testing.T) {
	t.Parallel()
	db := oneConnection(t)
	for range 3 {
		if _, err := db.Exec(`INSERT INTO lot (id, capacity) VALUES ($1, $2) ON CONFLICT DO NOTHING`, 1, 5); err != nil {
			t.Fatal(err)
		}
		tx := db.MustBegin()
		if _, err := tx.Exec(`INSERT INTO lot (id, capacity) VALUES ($1, $2)`, 1, -5); !link.IsCode(err, "23514") {
			t.Fatalf("a capacity below zero: %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	if n := prepared(t, db); n != 2 {
		t.Errorf("%d prepared, want 2", n)
	}
}
