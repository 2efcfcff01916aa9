// Package linktest gives tests a real PostgreSQL and a real NATS server: one private PostgreSQL for each test binary,
// in which every test has a schema of its own, and an embedded NATS server for each test that asks.
//
// Nothing outlives the test binary, however it ends: PostgreSQL is watched by a shell that stops it and removes its
// files when the binary's end of a pipe closes.
package linktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"crypto/rand"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
)

// Main runs a package's tests and stops PostgreSQL behind them:
//
//	func TestMain(m *testing.M) { linktest.Main(m) }
//
// Without it PostgreSQL stops a moment after the binary has ended instead of before.
func Main(m *testing.M) {
	code := m.Run()
	stopPostgres()
	os.Exit(code)
}

var private struct {
	once  sync.Once
	url   string
	err   error
	stdin io.Closer
	shell *exec.Cmd
}

// Postgres returns the address of this test binary's PostgreSQL, with a superuser, and starts it when it is the first
// to ask.
func Postgres(t testing.TB) string {
	t.Helper()
	private.once.Do(func() { private.url, private.err = startPostgres() })
	if private.err != nil {
		t.Fatalf("start PostgreSQL: %v", private.err)
	}
	return private.url
}

// The shell waits for the pipe on descriptor 0. Its end, also by the death of the test binary, is the sign to go.
const watch = `
trap '' INT TERM HUP
dir=$1; bin=$2
"$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c full_page_writes=off \
	-c synchronous_commit=off -c max_connections=400 -c shared_buffers=64MB -c max_wal_size=512MB \
	-c autovacuum_naptime=5s >"$dir/log" 2>&1 </dev/null &
pg=$!
cat >/dev/null
kill -INT "$pg" 2>/dev/null
wait "$pg"
cd / && rm -rf "$dir"
`

func startPostgres() (url string, err error) {
	bin, err := findPostgres()
	if err != nil {
		return "", err
	}
	// Not under t.TempDir: the postgres user cannot enter it, and a socket's path must be short.
	dir, err := os.MkdirTemp("/tmp", "banmu-pg-")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 { // PostgreSQL refuses root
		cred, err := postgresUser()
		if err != nil {
			return "", err
		}
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return "", err
		}
		attr.Credential = cred
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + dir}

	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres",
		"-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initdb.SysProcAttr, initdb.Env, initdb.Dir = attr, env, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}

	shell := exec.Command("/bin/sh", "-c", watch, "watch", dir, bin)
	shell.SysProcAttr, shell.Env, shell.Dir = attr, env, dir
	stdin, err := shell.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := shell.Start(); err != nil {
		return "", fmt.Errorf("start watcher: %w", err)
	}
	private.shell, private.stdin = shell, stdin

	url = "postgres:///postgres?host=" + dir + "&user=postgres&sslmode=disable"
	db, err := sqlx.Open("postgres", url)
	if err != nil {
		return "", err
	}
	defer db.Close()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := db.Ping()
		if err == nil {
			return url, nil
		}
		if time.Now().After(deadline) {
			out, _ := os.ReadFile(filepath.Join(dir, "log"))
			stopPostgres()
			return "", fmt.Errorf("not ready: %w: %s", err, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func stopPostgres() {
	if private.shell == nil {
		return
	}
	_ = private.stdin.Close()
	_ = private.shell.Wait()
	private.shell = nil
}

// findPostgres looks for the folder of PostgreSQL's server programs: PG_BIN, pg_config, PATH, the distribution's.
func findPostgres() (string, error) {
	var dirs []string
	if dir := os.Getenv("PG_BIN"); dir != "" {
		dirs = append(dirs, dir)
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, string(bytes.TrimSpace(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Slice(installed, func(i, j int) bool { return version(installed[i]) > version(installed[j]) })
	for _, dir := range append(dirs, installed...) {
		if runnable(filepath.Join(dir, "postgres")) && runnable(filepath.Join(dir, "initdb")) {
			return dir, nil
		}
	}
	return "", errors.New("no postgres and initdb in PG_BIN, pg_config --bindir, PATH or /usr/lib/postgresql: install the distribution's postgresql package")
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func runnable(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0
}

func postgresUser() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("root cannot run PostgreSQL, and there is no user postgres to run it as: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Schema makes a schema of the test's own, migrated as a module's is (migrations may be nil), and drops it afterwards.
// Its name starts with prefix.
func Schema(t testing.TB, prefix string, migrations fs.FS) string {
	t.Helper()
	url := Postgres(t)
	schema := prefix + "_t" + strings.ToLower(rand.Text()[:8])
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := link.Migrate(ctx, url, schema, migrations); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := sqlx.Open("postgres", url)
		if err != nil {
			t.Errorf("drop schema: %v", err)
			return
		}
		defer admin.Close()
		name := pq.QuoteIdentifier(schema)
		if _, err := admin.Exec(`DROP SCHEMA ` + name + ` CASCADE; DROP ROLE ` + name); err != nil {
			t.Errorf("drop schema %s: %v", schema, err)
		}
	})
	return schema
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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := link.OpenDB(ctx, Postgres(t), schema, maxConns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	return db
}
