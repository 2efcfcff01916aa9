// Package linktest gives tests a real PostgreSQL and a real NATS server: one private PostgreSQL for each test binary,
// in which every test has schemas of its own, and an embedded NATS server for each test that asks.
//
// No server outlives the test binary, however it ends.
package linktest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
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

// Folders carry the process id, so that the folders of a killed binary can be told apart.
const folder = "banmuyuan-test-"

func startPostgres() (_ *privatepg.Cluster, dir string, err error) {
	sweep()
	// Not under t.TempDir, which ends with one test. PostgreSQL's user must be able to enter the parent, and a socket's
	// path must be short.
	dir, err = os.MkdirTemp(place(), fmt.Sprintf("%s%d-", folder, os.Getpid()))
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	cluster, err := privatepg.Start(ctx, privatepg.Config{
		Dir: dir,
		Log: slog.New(slog.DiscardHandler),
		Settings: map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
			"max_connections": "400", "shared_buffers": "64MB", "max_wal_size": "512MB",
			"wal_level": "minimal", "max_wal_senders": "0", "wal_compression": "off",
		},
	})
	if err != nil {
		return nil, "", errors.Join(err, os.RemoveAll(dir))
	}
	return cluster, dir, nil
}

// inMemory is where Linux keeps files that are on no disk: copying a database and dropping it is mostly files.
const inMemory = "/dev/shm"

// place is where the files go: in memory if there is plenty, otherwise on the disk.
func place() string {
	const plenty = 4 << 30
	var room syscall.Statfs_t
	if err := syscall.Statfs(inMemory, &room); err == nil && room.Bavail*uint64(room.Bsize) >= plenty {
		return inMemory
	}
	return "/tmp"
}

func stopPostgres() error {
	if private.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(private.cluster.Stop(ctx), os.RemoveAll(private.dir))
}

// sweep removes the folders that killed test binaries left behind. A failure to do so stops no test.
func sweep() {
	var dirs []string
	for _, at := range []string{"/tmp", inMemory} {
		found, _ := filepath.Glob(filepath.Join(at, folder+"*"))
		dirs = append(dirs, found...)
	}
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

// copies are the databases that have a schema of a test's own, by schema.
var copies sync.Map

// Schema makes a schema of the test's own, migrated as a module's is (migrations may be nil), and drops it afterwards.
// Its name starts with prefix. It is alone in a database; Address gives its address. A copy of a database that was migrated
// once takes a tenth of the time.
func Schema(t testing.TB, prefix string, migrations fs.FS) string {
	t.Helper()
	original, err := originalOf(Postgres(t), prefix, migrations)
	if err != nil {
		t.Fatal(err)
	}
	schema := prefix + "_t" + strings.ToLower(rand.Text()[:8])
	name, from := pq.QuoteIdentifier(schema), pq.QuoteIdentifier(original)
	execute(t, Postgres(t), `CREATE DATABASE `+name+` TEMPLATE `+from+` STRATEGY FILE_COPY`) // not through the log
	t.Cleanup(func() { Drop(t, schema) })
	address, err := databaseAt(Postgres(t), schema)
	if err != nil {
		t.Fatal(err)
	}
	copies.Store(schema, address)
	execute(t, address, `CREATE ROLE `+name+` NOLOGIN; GRANT `+name+` TO current_user;
		ALTER SCHEMA `+from+` RENAME TO `+name+`; REASSIGN OWNED BY `+from+` TO `+name)
	// Two modules of one broker must not number their events alike.
	execute(t, address, `SELECT setval(`+pq.QuoteLiteral(schema+".outbox_seq_seq")+`, (extract(epoch FROM clock_timestamp()) * 1000)::bigint * 1000 + 1, false)`)
	return schema
}

// Address is where a schema is, with a superuser.
func Address(t testing.TB, schema string) string {
	t.Helper()
	if address, ok := copies.Load(schema); ok {
		return address.(string)
	}
	return Postgres(t)
}

// originals are made once for each content of migrations.
var originals struct {
	sync.Mutex
	made map[string]error
}

// originalOf returns the database from which databases with the same migrations are copied; its schema has the same name.
func originalOf(address, prefix string, migrations fs.FS) (string, error) {
	content := sha256.New()
	if migrations != nil {
		err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(migrations, path)
			fmt.Fprintf(content, "%s\n%d\n%s", path, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read migrations: %w", err)
		}
	}
	name := fmt.Sprintf("%s_%x", prefix, content.Sum(nil)[:6])
	originals.Lock()
	defer originals.Unlock()
	err, made := originals.made[name]
	if !made {
		err = makeOriginal(address, name, migrations)
		if originals.made == nil {
			originals.made = map[string]error{}
		}
		originals.made[name] = err
	}
	return name, err
}

func makeOriginal(address, name string, migrations fs.FS) error {
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	db, err := sqlx.Open("postgres", address)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `CREATE DATABASE `+pq.QuoteIdentifier(name)); err != nil {
		return fmt.Errorf("make database %s: %w", name, err)
	}
	own, err := databaseAt(address, name)
	if err != nil {
		return err
	}
	return link.Migrate(ctx, own, name, migrations)
}

// databaseAt is the address of another database of the same server.
func databaseAt(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("address of %s: %w", name, err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// execute runs statements as a superuser.
func execute(t testing.TB, address, statements string) {
	t.Helper()
	db, err := sqlx.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// Drop removes a schema and its role, and the database that was made for it.
func Drop(t testing.TB, schema string) {
	t.Helper()
	admin, err := sqlx.Open("postgres", Postgres(t))
	if err != nil {
		t.Errorf("drop schema %s: %v", schema, err)
		return
	}
	defer admin.Close()
	name := pq.QuoteIdentifier(schema)
	statements := []string{`DROP SCHEMA IF EXISTS ` + name + ` CASCADE`, `DROP ROLE IF EXISTS ` + name}
	if _, ok := copies.LoadAndDelete(schema); ok {
		statements[0] = `DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`
	}
	for _, s := range statements {
		if _, err := admin.Exec(s); err != nil {
			t.Errorf("drop schema %s: %v", schema, err)
		}
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
	db, err := link.OpenDB(ctx, Address(t, schema), schema, maxConns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // fails where the test has cut the pool's connections
	return db
}
