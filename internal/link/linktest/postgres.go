// Package linktest gives tests a real PostgreSQL and a real NATS server: one private PostgreSQL for each test binary,
// in which every test has a schema of its own, and an embedded NATS server for each test that asks.
//
// No server outlives the test binary, however it ends.
package linktest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/privatepg"
)

const startPatience = 2 * time.Minute // machines that run many tests at once are slow

var private struct {
	once    sync.Once
	cluster *privatepg.Cluster
	dir     string
	err     error
}

// Main runs a package's tests, then stops PostgreSQL and removes its files:
//
//	func TestMain(m *testing.M) { linktest.Main(m) }
//
// Without it PostgreSQL ends with the test binary, and the next test binary that starts one removes the files.
func Main(m *testing.M) {
	code := m.Run()
	if err := stopPostgres(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Postgres returns the address of this test binary's PostgreSQL, with a superuser, and starts it when it is the first
// to ask. It is the product's own, but does not wait for the disk.
func Postgres(t testing.TB) string {
	t.Helper()
	private.once.Do(func() { private.cluster, private.dir, private.err = startPostgres() })
	if private.err != nil {
		t.Fatalf("start PostgreSQL: %v", private.err)
	}
	return private.cluster.URL()
}

// Folders carry the process id, so that those of a binary that was killed can be told.
const folder = "banmuyuan-test-"

func startPostgres() (_ *privatepg.Cluster, dir string, err error) {
	sweep()
	// Not under t.TempDir, which ends with one test. PostgreSQL's user must be able to enter the parent, and a socket's
	// path must be short.
	dir, err = os.MkdirTemp("/tmp", fmt.Sprintf("%s%d-", folder, os.Getpid()))
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	cluster, err := privatepg.Start(ctx, privatepg.Config{
		Dir: dir,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Settings: map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
			"max_connections": "400", "shared_buffers": "64MB", "max_wal_size": "512MB",
		},
	})
	if err != nil {
		return nil, "", errors.Join(err, os.RemoveAll(dir))
	}
	return cluster, dir, nil
}

func stopPostgres() error {
	if private.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(private.cluster.Stop(ctx), os.RemoveAll(private.dir))
}

// sweep removes what test binaries left that could not do so themselves. Failing to is no reason not to test.
func sweep() {
	dirs, _ := filepath.Glob("/tmp/" + folder + "*")
	for _, dir := range dirs {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(dir), folder+"%d-", &pid); err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "cluster", "postmaster.pid")); errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(dir)
		}
	}
}

// Schema makes a schema of the test's own, migrated as a module's is (migrations may be nil), and drops it afterwards.
// Its name starts with prefix.
func Schema(t testing.TB, prefix string, migrations fs.FS) string {
	t.Helper()
	schema := prefix + "_t" + strings.ToLower(rand.Text()[:8])
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	if err := link.Migrate(ctx, Postgres(t), schema, migrations); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Drop(t, schema) })
	return schema
}

// Drop removes a schema and its role.
func Drop(t testing.TB, schema string) {
	t.Helper()
	admin, err := sqlx.Open("postgres", Postgres(t))
	if err != nil {
		t.Errorf("drop schema %s: %v", schema, err)
		return
	}
	defer admin.Close()
	name := pq.QuoteIdentifier(schema)
	if _, err := admin.Exec(`DROP SCHEMA IF EXISTS ` + name + ` CASCADE; DROP ROLE IF EXISTS ` + name); err != nil {
		t.Errorf("drop schema %s: %v", schema, err)
	}
}

// DB is Schema with a database open on it, closed before the schema goes.
func DB(t testing.TB, prefix string, migrations fs.FS) (*sqlx.DB, string) {
	t.Helper()
	schema := Schema(t, prefix, migrations)
	return Open(t, schema, 20), schema
}

// Open opens a schema once more, as a second process would.
func Open(t testing.TB, schema string, maxConns int) *sqlx.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	db, err := link.OpenDB(ctx, Postgres(t), schema, maxConns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // fails where the test has cut the pool's connections
	return db
}
