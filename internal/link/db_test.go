package link_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

func sqlFiles(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, body := range files {
		m[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + body)}
	}
	return m
}

var lots = sqlFiles(map[string]string{"00001_lot.sql": `
	CREATE TABLE lot (id bigint PRIMARY KEY, capacity bigint NOT NULL, CONSTRAINT lot_capacity_positive CHECK (capacity > 0));`})

func TestOpenDBActsAsItsSchema(t *testing.T) {
	t.Parallel()
	schema := linktest.Schema(t, "catalog", lots)
	address := linktest.Address(t, schema)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for form, dsn := range map[string]string{
		"url":       address,
		"key=value": "host=" + u.Query().Get("host") + " port=" + u.Query().Get("port") + " dbname=" + strings.TrimPrefix(u.Path, "/") + " user=postgres sslmode=disable",
	} {
		db, err := link.OpenDB(context.Background(), dsn, schema, 2)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		var user, path, name, home string
		err = db.QueryRow(`SELECT current_user, current_setting('search_path'), current_setting('application_name'),
			(SELECT schemaname FROM pg_tables WHERE tablename = 'lot' AND schemaname = current_schema())`).Scan(&user, &path, &name, &home)
		if err != nil || user != schema || path != schema || name != "banmuyuan-"+schema || home != schema {
			t.Errorf("%s: user %s, path %s, name %s, table in %s, %v", form, user, path, name, home, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestModulesCannotReadEachOther(t *testing.T) {
	t.Parallel()
	catalog, catalogSchema := linktest.DB(t, "catalog", lots)
	ctx, address, ordersSchema := context.Background(), linktest.Address(t, catalogSchema), "orders_beside"
	if err := link.Migrate(ctx, address, ordersSchema, nil); err != nil {
		t.Fatal(err)
	}
	orders, err := link.OpenDB(ctx, address, ordersSchema, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = orders.Close() })
	if _, err := catalog.Exec(`INSERT INTO lot (id, capacity) VALUES (1, 2)`); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`SELECT capacity FROM %s.lot`, `UPDATE %s.lot SET capacity = 9`, `DELETE FROM %s.outbox`, `DROP SCHEMA %s CASCADE`,
	} {
		_, err := orders.Exec(fmt.Sprintf(query, pq.QuoteIdentifier(catalogSchema)))
		if !link.IsCode(err, "42501") {
			t.Errorf("%s: %v, want permission denied", query, err)
		}
	}
	if _, err := orders.Exec(`SELECT capacity FROM lot`); !link.IsCode(err, "42P01") {
		t.Errorf("another's table is on the search path: %v", err)
	}
}

func TestOpenDBWaitsOnlyForWhatPasses(t *testing.T) {
	t.Parallel()
	address := linktest.Postgres(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := link.OpenDB(ctx, address, "nobody_made_this", 1); err == nil || ctx.Err() != nil {
		t.Errorf("a missing role: %v", err)
	}
	if _, err := link.OpenDB(ctx, address, `x"; DROP TABLE y`, 1); err == nil {
		t.Error("took a schema name that is none")
	}
	ctx, cancel = context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := link.OpenDB(ctx, "postgres:///postgres?host="+t.TempDir()+"&user=postgres", "catalog", 1)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that is not there: %v, want to have waited", err)
	}
}

func TestMigrateByManyAtOnce(t *testing.T) {
	t.Parallel()
	address := linktest.Postgres(t)
	// Slow enough for the others to be in the middle of it if they could.
	files := sqlFiles(map[string]string{
		"00001_lot.sql":  `CREATE TABLE lot (id bigint PRIMARY KEY); SELECT pg_sleep(0.05); INSERT INTO lot (id) VALUES (1);`,
		"00002_more.sql": `INSERT INTO lot (id) SELECT max(id) + 1 FROM lot;`,
	})
	schemas := []string{"catalog_many1", "orders_many1"}
	admin, err := sqlx.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	var wg sync.WaitGroup
	for _, schema := range schemas {
		t.Cleanup(func() { linktest.Drop(t, schema) })
		for range 4 {
			wg.Go(func() {
				if err := link.Migrate(context.Background(), address, schema, files); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for _, schema := range schemas {
		if err := link.Migrate(context.Background(), address, schema, files); err != nil {
			t.Errorf("once more: %v", err)
		}
		var n int
		if err := admin.Get(&n, `SELECT count(*) FROM `+schema+`.lot`); err != nil || n != 2 {
			t.Errorf("%s has %d rows, %v, want 2", schema, n, err)
		}
	}
	var held int
	if err := admin.Get(&held, `
		SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND application_name = 'banmuyuan-migrate' AND query LIKE '%many1%'`); err != nil || held != 0 {
		t.Errorf("%d locks left, %v", held, err)
	}
}

func TestMigrateGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	schema := linktest.Schema(t, "catalog", lots)
	address := linktest.Address(t, schema)
	files := sqlFiles(map[string]string{"00002_bad.sql": `CREATE TABLE crate (id bigint); SELECT nothing FROM nowhere;`})
	files["00001_lot.sql"] = lots["00001_lot.sql"]
	if err := link.Migrate(context.Background(), address, schema, files); !link.IsCode(err, "42P01") {
		t.Fatalf("a migration that fails: %v", err)
	}
	files["00002_bad.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE crate (id bigint);")}
	if err := link.Migrate(context.Background(), address, schema, files); err != nil {
		t.Errorf("the same one, mended: %v", err)
	}
	if _, err := linktest.Open(t, schema, 1).Exec(`INSERT INTO crate (id) VALUES (1)`); err != nil {
		t.Error(err)
	}
}

// A managed database gives no superuser, only one that may create roles and schemas.
func TestMigrateWithoutSuperuser(t *testing.T) {
	t.Parallel()
	address := linktest.Postgres(t)
	admin, err := sqlx.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	database := pq.QuoteIdentifier(strings.TrimPrefix(u.Path, "/"))
	if _, err := admin.Exec(`CREATE ROLE county LOGIN CREATEROLE; GRANT CREATE ON DATABASE ` + database + ` TO county`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		linktest.Drop(t, "catalog_county")
		db, err := sqlx.Open("postgres", address)
		if err == nil {
			_, err = db.Exec(`DROP OWNED BY county; DROP ROLE county`)
			_ = db.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	u.User = url.User("county")
	as := u.String()
	for range 2 {
		if err := link.Migrate(context.Background(), as, "catalog_county", lots); err != nil {
			t.Fatal(err)
		}
	}
	db, err := link.OpenDB(context.Background(), as, "catalog_county", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO lot (id, capacity) VALUES (1, 2)`); err != nil {
		t.Error(err)
	}
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := linktest.DB(t, "catalog", lots)
	insert := func(tx *sqlx.Tx, id int) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO lot (id, capacity) VALUES ($1, 1)`, id)
		return err
	}
	refused := errors.New("refused")
	err := link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error {
		if err := insert(tx, 1); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not pass through")
			}
		}()
		_ = link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error {
			if err := insert(tx, 2); err != nil {
				return err
			}
			panic("goose escaped")
		})
	}()
	if err := link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error { return insert(tx, 3) }); err != nil {
		t.Error(err)
	}
	var ids []int
	if err := db.Select(&ids, `SELECT id FROM lot ORDER BY id`); err != nil || fmt.Sprint(ids) != "[3]" {
		t.Errorf("rows %v, %v, want [3]", ids, err)
	}
	if n := db.Stats().InUse; n != 0 {
		t.Errorf("%d connections are still in use", n)
	}
}

func TestInTxRepeatsConflicts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := linktest.DB(t, "catalog", lots)
	if _, err := db.Exec(`INSERT INTO lot (id, capacity) VALUES (1, 1), (2, 1)`); err != nil {
		t.Fatal(err)
	}
	add := func(tx *sqlx.Tx, id int) error {
		_, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = capacity + 1 WHERE id = $1`, id)
		return err
	}

	t.Run("serialization failure", func(t *testing.T) {
		attempts := 0
		err := link.InTx(ctx, db, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, func(tx *sqlx.Tx) error {
			attempts++
			var n int
			if err := tx.GetContext(ctx, &n, `SELECT capacity FROM lot WHERE id = 1`); err != nil {
				return err
			}
			if attempts < 3 { // somebody else is faster
				if _, err := db.ExecContext(ctx, `UPDATE lot SET capacity = capacity + 1 WHERE id = 1`); err != nil {
					return err
				}
			}
			return add(tx, 1)
		})
		var n int
		if err2 := db.Get(&n, `SELECT capacity FROM lot WHERE id = 1`); err != nil || err2 != nil || attempts != 3 || n != 4 {
			t.Errorf("%v %v, %d attempts, capacity %d, want 3 and 4", err, err2, attempts, n)
		}
	})

	t.Run("deadlock", func(t *testing.T) {
		var both, first sync.WaitGroup
		first.Add(2)
		for _, ids := range [][2]int{{1, 2}, {2, 1}} {
			both.Go(func() {
				met := false
				err := link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error {
					if err := add(tx, ids[0]); err != nil {
						return err
					}
					if !met { // both hold one row now
						met = true
						first.Done()
						first.Wait()
					}
					return add(tx, ids[1])
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
	})

	t.Run("without end", func(t *testing.T) {
		attempts := 0
		err := link.InTx(ctx, db, nil, func(*sqlx.Tx) error {
			attempts++
			return fmt.Errorf("x: %w", &pq.Error{Code: "40001"})
		})
		if attempts != 5 || link.CodeOf(err) != link.Unavailable {
			t.Errorf("%d attempts, %v", attempts, err)
		}
	})
}

func TestConstraint(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "catalog", lots)
	_, err := db.Exec(`INSERT INTO lot (id, capacity) VALUES (1, 0)`)
	err = fmt.Errorf("add lot: %w", err)
	if link.Constraint(err) != "lot_capacity_positive" || !link.IsCode(err, "23514") || link.IsCode(err, "23505") {
		t.Errorf("constraint %q of %v", link.Constraint(err), err)
	}
	if link.Constraint(nil) != "" || link.Constraint(errors.New("x")) != "" || link.IsCode(nil, "23505") {
		t.Error("found a constraint where there is none")
	}
}
