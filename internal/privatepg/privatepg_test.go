package privatepg

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary plays the supervisor too, so that one can be killed or run
// as another user: with superviseEnv set it starts a cluster there, prints its
// address and waits for its input to end.
const superviseEnv = "PRIVATEPG_TEST_SUPERVISE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(superviseEnv); dir != "" {
		os.Exit(supervise(dir))
	}
	os.Exit(m.Run())
}

func supervise(dir string) int {
	c, err := Start(context.Background(), Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(c.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

type supervisor struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	// line is its first line: the address, or the error.
	line string
}

func startSupervisor(t *testing.T, binary, dir string, cred *syscall.Credential) *supervisor {
	t.Helper()
	s := &supervisor{cmd: exec.Command(binary)}
	s.cmd.Env = append(os.Environ(), superviseEnv+"="+dir)
	s.cmd.Dir = "/"
	s.cmd.Stderr = os.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	s.line, _ = bufio.NewReader(stdout).ReadString('\n')
	s.line = strings.TrimSpace(s.line)
	return s
}

// testFolder is under a folder that every user can enter; t.TempDir is not.
func testFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "privatepg")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "postgres")
}

func mustStart(t *testing.T, dir string) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustStop(t, c) })
	return c
}

func mustStop(t *testing.T, c *Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec1(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, db *sql.DB, q string) string {
	t.Helper()
	var got string
	if err := db.QueryRowContext(t.Context(), q).Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func wantServers(t *testing.T, dir string, want bool) {
	t.Helper()
	if got := serversIn(filepath.Join(dir, "cluster")); len(got) > 0 != want {
		t.Errorf("PostgreSQL processes in %s: %v, want some: %v", dir, got, want)
	}
}

func TestFirstAndSecondStart(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	c := mustStart(t, dir)
	db := connect(t, c.URL())
	exec1(t, db, `CREATE TABLE goose (name text)`)
	exec1(t, db, `INSERT INTO goose VALUES ('大白鹅')`)
	wantServers(t, dir, true)

	for name, want := range map[string]string{
		"listen_addresses": "", "jit": "off", "fsync": "on", "synchronous_commit": "on",
		"shared_buffers": "128MB", "server_encoding": "UTF8", "data_checksums": "on",
	} {
		if got := query(t, db, `SELECT current_setting('`+name+`')`); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := query(t, db, `SELECT setting FROM pg_settings WHERE name = 'wal_compression' AND 'lz4' = ANY (enumvals)
		UNION ALL SELECT 'lz4' WHERE NOT EXISTS (SELECT FROM pg_settings WHERE name = 'wal_compression' AND 'lz4' = ANY (enumvals))`); got != "lz4" {
		t.Errorf("wal_compression = %q, want lz4 where the server knows it", got)
	}
	if got := query(t, db, `SELECT upper('é') || (E'Z' < E'a')::text`); got != "Étrue" {
		t.Errorf("locale: got %q, want Unicode classes and code-point order", got)
	}
	for _, path := range []string{dir, filepath.Join(dir, "cluster"), filepath.Join(dir, "run")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v, want 0700", path, info.Mode())
		}
	}

	mustStop(t, c)
	wantServers(t, dir, false)
	select {
	case <-c.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if c.Err() != nil {
		t.Errorf("Err after Stop = %v, want nil", c.Err())
	}

	again := mustStart(t, dir)
	if got := query(t, connect(t, again.URL()), `SELECT name FROM goose`); got != "大白鹅" {
		t.Errorf("after the second start: %q", got)
	}
}

func TestStopEndsOpenTransactions(t *testing.T) {
	t.Parallel()
	c := mustStart(t, testFolder(t))
	tx, err := connect(t, c.URL()).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`CREATE TABLE open (n int)`); err != nil {
		t.Fatal(err)
	}
	mustStop(t, c)
}

func TestStopPastItsDeadline(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	c := mustStart(t, dir)
	db := connect(t, c.URL())
	exec1(t, db, `CREATE TABLE kept AS SELECT 1 AS n`)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Stop(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Stop = %v, want context.Canceled", err)
	}
	wantServers(t, dir, false)
	if got := query(t, connect(t, mustStart(t, dir).URL()), `SELECT n FROM kept`); got != "1" {
		t.Errorf("committed row after a hard stop: %q", got)
	}
}

func TestServerDiesByItself(t *testing.T) {
	t.Parallel()
	c := mustStart(t, testFolder(t))
	if err := syscall.Kill(c.pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if c.Err() == nil {
		t.Error("Err = nil, want why the server ended")
	}
}

func TestKilledSupervisor(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	s := startSupervisor(t, os.Args[0], dir, nil)
	db := connect(t, s.line)
	exec1(t, db, `CREATE TABLE ledger (n int)`)
	exec1(t, db, `INSERT INTO ledger SELECT generate_series(1, 1000)`)
	exec1(t, db, `BEGIN; INSERT INTO ledger VALUES (-1)`) // never committed
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()

	// At once, while the orphan is still shutting down.
	c := mustStart(t, dir)
	if got := query(t, connect(t, c.URL()), `SELECT count(*) || '/' || min(n) FROM ledger`); got != "1000/1" {
		t.Errorf("rows after kill -9: %s, want 1000/1", got)
	}
	mustStop(t, c)
	wantServers(t, dir, false)
}

func TestKilledSupervisorLeavesNothing(t *testing.T) {
	t.Parallel()
	if inheritedPath == "" {
		t.Skip("only Linux ends the server with its supervisor")
	}
	dir := testFolder(t)
	s := startSupervisor(t, os.Args[0], dir, nil)
	exec1(t, connect(t, s.line), `CREATE TABLE t (n int)`)
	wantServers(t, dir, true)
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	deadline := time.Now().Add(time.Minute)
	for len(serversIn(filepath.Join(dir, "cluster"))) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("PostgreSQL outlives its supervisor")
		}
		time.Sleep(pollEvery)
	}
}

func TestTwoSupervisors(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	s := startSupervisor(t, os.Args[0], dir, nil)
	_, err := Start(t.Context(), Config{Dir: dir})
	var inUse *InUseError
	if !errors.As(err, &inUse) {
		t.Fatalf("Start = %v, want *InUseError", err)
	}
	if inUse.PID != s.cmd.Process.Pid || inUse.URL != s.line {
		t.Errorf("in use by %d at %q, want %d at %q", inUse.PID, inUse.URL, s.cmd.Process.Pid, s.line)
	}

	guest, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, connect(t, guest.URL()), `SELECT current_database()`); got != "banmuyuan" {
		t.Errorf("database %q", got)
	}
	mustStop(t, guest)
	wantServers(t, dir, true)
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	dir = filepath.Join(filepath.Dir(dir), strings.Repeat("半亩园", 20), "postgres, 'q\" dir")
	c := mustStart(t, dir)
	if got := query(t, connect(t, c.URL()), `SELECT 1`); got != "1" {
		t.Error(got)
	}
	mustStop(t, c)
	mustStart(t, dir) // its own socket folder is still there
}

func TestQuotedPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(filepath.Dir(testFolder(t)), `a, "b" 'c' %d`)
	if got := query(t, connect(t, mustStart(t, dir).URL()), `SELECT 1`); got != "1" {
		t.Error(got)
	}
}

func TestOtherMajorVersion(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	mustStop(t, mustStart(t, dir))
	version := filepath.Join(dir, "cluster", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 9") {
		t.Fatalf("Start = %v, want a refusal that names version 9", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "cluster", "base")); err != nil {
		t.Errorf("the refused cluster was touched: %v", err)
	}
}

func TestForeignFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"family photo.jpg", "cluster/holiday.txt"} {
		dir := testFolder(t)
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("keep"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), Config{Dir: dir}); err == nil {
			t.Errorf("Start on a folder with %s succeeded", name)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestInterruptedInitialisation(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "cluster.new", "base"), 0o755); err != nil {
		t.Fatal(err)
	}
	mustStart(t, dir)
}

// A machine that restarts may give the old server's number to another process.
func TestStalePidFile(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	mustStop(t, mustStart(t, dir))
	stale := fmt.Sprintf("%d\n%s\n", os.Getppid(), dir)
	path := filepath.Join(dir, "cluster", "postmaster.pid")
	if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, f.account.uid, f.account.gid); err != nil {
		t.Fatal(err)
	}
	// A power failure leaves the socket and its lock as well.
	socket, err := f.socketFolder()
	if err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(socket.client, ".s.PGSQL."+port+".lock")
	if err := os.WriteFile(lock, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(lock, f.account.uid, f.account.gid); err != nil {
		t.Fatal(err)
	}
	f.close()
	mustStart(t, dir)
}

func TestNoBinaries(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Config{Dir: testFolder(t), BinDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "PG_BIN") {
		t.Errorf("Start = %v, want an error that names PG_BIN", err)
	}
	for _, c := range []struct {
		found []binaries
		major int
		want  string
	}{
		{nil, 0, "apt-get install postgresql"},
		{nil, 16, "postgresql-16"},
		{[]binaries{{dir: "/old", version: "12.3", major: 12}}, 0, "12.3 in /old"},
		{[]binaries{{dir: "/new", version: "17.1", major: 17}}, 15, "made by PostgreSQL 15"},
	} {
		if _, err := chooseBinaries(c.found, c.major); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("chooseBinaries(%v, %d) = %v, want %q", c.found, c.major, err, c.want)
		}
	}
	got, err := chooseBinaries([]binaries{{dir: "/17", major: 17}, {dir: "/15", major: 15}}, 15)
	if err != nil || got.dir != "/15" {
		t.Errorf("chooseBinaries took %v, %v; want the version that made the cluster", got, err)
	}
}

func TestCancelledStart(t *testing.T) {
	t.Parallel()
	dir := testFolder(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Config{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %v, want context.Canceled", err)
	}
	wantServers(t, dir, false)
	mustStart(t, dir)
}

// Root in a folder that the postgres user cannot reach by name, such as one
// under /root.
func TestClosedParent(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := filepath.Join(t.TempDir(), "postgres")
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	c := mustStart(t, dir)
	exec1(t, connect(t, c.URL()), `CREATE TABLE t AS SELECT generate_series(1, 10000) AS n`)
	mustStop(t, c)
	wantServers(t, dir, false)
	c = mustStart(t, dir)
	if got := query(t, connect(t, c.URL()), `SELECT count(*) FROM t`); got != "10000" {
		t.Errorf("rows: %s", got)
	}
	info, err := os.Stat(filepath.Join(dir, "cluster"))
	if err != nil {
		t.Fatal(err)
	}
	if ownerOf(info) == 0 {
		t.Error("the cluster belongs to root")
	}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	asRoot(t)
	nobody, err := accountOf(user.Lookup("nobody"))
	if err != nil {
		t.Skip("there is no user nobody:", err)
	}
	home := filepath.Dir(testFolder(t))
	if err := os.Chown(home, nobody.uid, nobody.gid); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(home, "supervisor")
	if err := copyFile(os.Args[0], binary); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "data", "postgres")
	s := startSupervisor(t, binary, dir, nobody.credential())
	if !strings.HasPrefix(s.line, "postgres://") {
		t.Fatalf("as nobody: %s", s.line)
	}
	exec1(t, connect(t, s.line), `CREATE TABLE t AS SELECT 7 AS n`)
	info, err := os.Stat(filepath.Join(dir, "cluster"))
	if err != nil {
		t.Fatal(err)
	}
	if ownerOf(info) != nobody.uid {
		t.Errorf("the cluster belongs to user %d, want %d", ownerOf(info), nobody.uid)
	}
	s.stdin.Close()
	if err := s.cmd.Wait(); err != nil {
		t.Error(err)
	}
	wantServers(t, dir, false)

	// Root may take it over and leaves it to its owner.
	c := mustStart(t, dir)
	if got := query(t, connect(t, c.URL()), `SELECT n FROM t`); got != "7" {
		t.Error(got)
	}
	mustStop(t, c)

	// Other users are told about files of root.
	roots := filepath.Join(home, "roots", "postgres")
	mustStop(t, mustStart(t, roots))
	if s := startSupervisor(t, binary, roots, nobody.credential()); !strings.Contains(s.line, "belongs to") {
		t.Errorf("nobody on root's folder: %s", s.line)
	}
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func TestServerLogLevels(t *testing.T) {
	t.Parallel()
	c := &Cluster{}
	s := &serverLog{log: slog.New(slog.DiscardHandler), quiet: &c.stopping}
	for line, want := range map[string]slog.Level{
		"LOG:  database system is ready to accept connections":                             slog.LevelDebug,
		"ERROR:  duplicate key value violates unique constraint \"x\"":                     slog.LevelDebug,
		"LOG:  server process (PID 7) was terminated by signal 9: Killed":                  slog.LevelWarn,
		"LOG:  database system was not properly shut down; automatic recovery in progress": slog.LevelInfo,
		"FATAL:  could not write lock file":                                                slog.LevelWarn,
		"PANIC:  could not write to file":                                                  slog.LevelError,
	} {
		if got := s.level(line); got != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
	for i := range 100 {
		fmt.Fprintf(s, "LOG:  line %s\nLOG:  ha", strconv.Itoa(i))
		fmt.Fprint(s, "lf\n")
	}
	if tail := s.tail(); !strings.HasSuffix(tail, "LOG:  line 99; LOG:  half") || len(s.last) != tailLines {
		t.Errorf("tail: %s", tail)
	}
}
