// Package privatepg runs a PostgreSQL of the product's own inside the data
// folder, with the binaries the system already has, so that nobody has to set
// up a database server.
//
// Invariants:
//   - one process at a time supervises a folder (a lock the kernel releases
//     even after kill -9); every other process is told its holder;
//   - the server listens on a Unix socket in a folder only its account may
//     enter, never on TCP;
//   - it does not outlive its supervisor: on Linux the kernel interrupts it
//     when the supervisor dies, and the next Start waits until it is gone;
//   - an existing cluster is never wiped, in any state or version.
//
// The folder holds cluster/ (PGDATA), run/ (the socket) and lock. All settings
// are given on the command line; cluster/postgresql.conf stays as initdb left it.
package privatepg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lib/pq"
)

const (
	database = "banmuyuan"
	// port only names the socket file; no TCP port is opened.
	port = "5432"
	// pollEvery paces waiting for the server to appear or to go.
	pollEvery = 20 * time.Millisecond
	// orphanPatience is how long Start waits for the server of a supervisor
	// that died to finish its shutdown checkpoint.
	orphanPatience = 60 * time.Second
)

// settings suit an order-taking server on a small machine: durable commits,
// few megabytes when idle, plans for SSDs, and a log without customers' data
// (terse leaves out the DETAIL lines that quote key values). What the server may
// know or not is in preferred.
var settings = map[string]string{
	"autovacuum_naptime":      "30s",
	"effective_cache_size":    "1GB",
	"fsync":                   "on",
	"jit":                     "off",
	"listen_addresses":        "",
	"log_checkpoints":         "off",
	"log_error_verbosity":     "terse",
	"log_line_prefix":         "",
	"log_min_error_statement": "panic",
	"log_timezone":            "UTC",
	"logging_collector":       "off",
	"maintenance_work_mem":    "64MB",
	"max_connections":         "200",
	"max_wal_size":            "2GB",
	"random_page_cost":        "1.1",
	"shared_buffers":          "128MB",
	"synchronous_commit":      "on",
	"timezone":                "UTC",
	"wal_compression":         "on",
	"work_mem":                "8MB",
}

// preferred are settings that not every build knows; the others keep to settings.
// A page is written to the log whole when it changes for the first time after a
// checkpoint, and with keys that fall anywhere in a large index nearly every order
// changes such pages: PostgreSQL's own way to compress them takes several times as
// long as LZ4.
var preferred = map[string]string{
	"wal_compression": "lz4",
}

// Config says where the cluster lives and how it is run.
type Config struct {
	// Dir is the folder the cluster and its socket live in; it is created.
	Dir string
	// BinDir is the folder of initdb and postgres. Empty: PG_BIN from the
	// environment, or else wherever the system keeps them.
	BinDir string
	// Log receives the server's messages. Nil: slog.Default().
	Log *slog.Logger
	// Settings override the package's server settings by name.
	Settings map[string]string
}

// InUseError says that another process supervises the folder.
type InUseError struct {
	Dir string
	// PID is the supervisor's process id, 0 if unknown.
	PID int
	// URL connects to its server; empty while it is still starting.
	URL string
}

func (e *InUseError) Error() string {
	who := "another banmuyuan"
	if e.PID != 0 {
		who += fmt.Sprintf(" (process %d)", e.PID)
	}
	return fmt.Sprintf("%s is already using the data folder %s: stop it first, or choose another folder with BANMU_DATA", who, e.Dir)
}

// Cluster is a running private PostgreSQL.
type Cluster struct {
	url      string
	log      *slog.Logger
	pid      int
	done     chan struct{}
	err      error // why the server ended; read after done
	stopping atomic.Bool
}

// Open starts the cluster, or uses the server that another process already
// runs in the same folder; Stop then leaves that one running. Commands that
// may be used beside a running product call Open, the product itself Start.
func Open(ctx context.Context, cfg Config) (*Cluster, error) {
	c, err := Start(ctx, cfg)
	var inUse *InUseError
	if errors.As(err, &inUse) && inUse.URL != "" {
		return &Cluster{url: inUse.URL, log: cfg.Log, done: make(chan struct{})}, nil
	}
	return c, err
}

// Start initialises the cluster if the folder has none, starts it and returns
// once the database accepts connections. It returns *InUseError when another
// process supervises the folder. Cancelling ctx gives up the start; it has no
// effect on a started cluster.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("resolve data folder: %w", err)
	}
	cfg.Dir = dir
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, cfg, f)
	if err != nil {
		f.close()
		return nil, err
	}
	return c, nil
}

func start(ctx context.Context, cfg Config, f *folder) (*Cluster, error) {
	clusterMajor, err := f.clusterMajor()
	if err != nil {
		return nil, err
	}
	bin, err := findBinaries(cfg.BinDir, clusterMajor)
	if err != nil {
		return nil, err
	}
	if err := f.waitForOrphans(ctx, cfg.Log); err != nil {
		return nil, err
	}
	if clusterMajor == 0 {
		cfg.Log.Info("creating the private PostgreSQL", "dir", f.dir, "version", bin.version, "user", f.account.name)
		if err := initialise(ctx, f, bin); err != nil {
			return nil, err
		}
	}
	socket, err := f.socketFolder()
	if err != nil {
		return nil, err
	}

	chosen := map[string]string{}
	for name, value := range preferred {
		if f.command(bin, "postgres", "-D", f.serverPath("cluster"), "-c", name+"="+value, "-C", name).Run() == nil {
			chosen[name] = value
		}
	}
	maps.Copy(chosen, cfg.Settings)

	c := &Cluster{url: connectionURL(socket.client, database), log: cfg.Log, done: make(chan struct{})}
	out := &serverLog{log: cfg.Log, quiet: &c.stopping}
	cmd := f.command(bin, "postgres", append([]string{
		"-D", f.serverPath("cluster"), "-p", port,
		"-c", "unix_socket_directories=" + quoteList(socket.server), "-c", "unix_socket_permissions=0700",
	}, flags(chosen)...)...)
	cmd.Stderr, cmd.Stdout = out, out
	// A backend that survived the postmaster must not hide its death from Done.
	cmd.WaitDelay = 5 * time.Second

	exited, err := startSupervised(cmd)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL from %s: %w", bin.dir, err)
	}
	c.pid = cmd.Process.Pid
	go func() {
		err := <-exited
		if !c.stopping.Load() {
			c.err = fmt.Errorf("PostgreSQL ended by itself (%s): %s", describeExit(err), out.tail())
		}
		f.close()
		close(c.done)
	}()

	if err := c.becomeReady(ctx, f, socket); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return nil, errors.Join(err, c.Stop(stopCtx))
	}
	if err := f.announce(c.url); err != nil {
		cfg.Log.Warn("could not note the database address in the lock file", "error", err)
	}
	return c, nil
}

// URL is a lib/pq connection string for the banmuyuan database.
func (c *Cluster) URL() string { return c.url }

// Done is closed when the server has ended, by itself or by Stop.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Err says why the server ended by itself; nil before Done and after Stop.
func (c *Cluster) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Stop shuts the server down: sessions are rolled back, a checkpoint is
// written. When ctx ends first the server is stopped the hard way, which loses
// nothing committed, and ctx's error is returned. Stop may be called more than
// once and after the server ended by itself.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.pid == 0 {
		return nil // the server belongs to another process
	}
	c.stopping.Store(true)
	if c.endWith(ctx, syscall.SIGINT) {
		return nil
	}
	// The postmaster kills remaining children after 5 seconds.
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 6*time.Second)
	defer cancel()
	if !c.endWith(hard, syscall.SIGQUIT) {
		_ = syscall.Kill(-c.pid, syscall.SIGKILL)
		<-c.done
	}
	return fmt.Errorf("stop PostgreSQL in time: %w", context.Cause(ctx))
}

// endWith signals the server and reports whether it ended before ctx did.
func (c *Cluster) endWith(ctx context.Context, sig syscall.Signal) bool {
	select {
	case <-c.done: // its pid may already be somebody else's
		return true
	default:
	}
	_ = syscall.Kill(c.pid, sig)
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// becomeReady waits until the server accepts connections, then makes sure the
// database exists.
func (c *Cluster) becomeReady(ctx context.Context, f *folder, socket socketFolder) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !f.ready(c.pid) {
		select {
		case <-c.done:
			return fmt.Errorf("start PostgreSQL: %w", c.err)
		case <-ctx.Done():
			return fmt.Errorf("start PostgreSQL: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	if err := ensureDatabase(ctx, connectionURL(socket.client, "postgres")); err != nil {
		return fmt.Errorf("create database %s: %w", database, err)
	}
	return nil
}

func ensureDatabase(ctx context.Context, maintenanceURL string) error {
	db, err := sql.Open("postgres", maintenanceURL)
	if err != nil {
		return err
	}
	defer db.Close()
	var exists bool
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, database).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE DATABASE `+pq.QuoteIdentifier(database))
	return err
}

// initialise makes the cluster beside its place and moves it there, so that an
// interrupted first start leaves nothing that looks like a cluster.
func initialise(ctx context.Context, f *folder, bin binaries) error {
	fresh := filepath.Join(f.dir, "cluster.new")
	var failure error
	for _, locale := range localeFlags(bin.major) {
		if err := os.RemoveAll(fresh); err != nil {
			return fmt.Errorf("clear an unfinished cluster: %w", err)
		}
		if err := f.mkdir(fresh); err != nil {
			return err
		}
		args := append([]string{
			"-D", f.serverPath("cluster.new"), "--username=postgres", "--auth=trust",
			"--encoding=UTF8", "--data-checksums",
		}, locale...)
		cmd := f.command(bin, "initdb", args...)
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		exited, err := startSupervised(cmd)
		if err != nil {
			return fmt.Errorf("run initdb from %s: %w", bin.dir, err)
		}
		select {
		case err = <-exited:
		case <-ctx.Done():
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
			<-exited //nolint:errcheck // it was told to end
			return fmt.Errorf("create the PostgreSQL cluster: %w", context.Cause(ctx))
		}
		if err == nil {
			return f.adopt(fresh)
		}
		failure = fmt.Errorf("create the PostgreSQL cluster: initdb: %w: %s", err, strings.TrimSpace(out.String()))
	}
	return failure
}

// localeFlags are the ways to get code-point order with Unicode character
// classes, best first. Not every libc knows C.UTF-8; PostgreSQL 17 brings its
// own; plain C at least sorts the same everywhere.
func localeFlags(major int) [][]string {
	ways := [][]string{{"--locale=C.UTF-8"}, {"--locale=C"}}
	if major >= 17 {
		builtin := []string{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"}
		ways = slices.Insert(ways, 0, builtin)
	}
	return ways
}

func flags(overrides map[string]string) []string {
	all := maps.Clone(settings)
	maps.Copy(all, overrides)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var args []string
	for _, name := range names {
		args = append(args, "-c", name+"="+all[name])
	}
	return args
}

func connectionURL(socketFolder, dbname string) string {
	q := url.Values{"host": {socketFolder}, "port": {port}, "sslmode": {"disable"}}
	return "postgres://postgres@/" + dbname + "?" + q.Encode()
}

// quoteList writes one element of a setting that is a list of paths.
func quoteList(path string) string { return `"` + strings.ReplaceAll(path, `"`, `""`) + `"` }

func describeExit(err error) string {
	if err == nil {
		return "exit status 0"
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.String()
	}
	return err.Error()
}

// ready reads the state the postmaster keeps in its pid file, as pg_ctl does;
// trying to connect would fill the log with "the database system is starting up".
func (f *folder) ready(pid int) bool {
	text, err := os.ReadFile(filepath.Join(f.dir, "cluster", "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(text), "\n")
	const statusLine = 7
	return len(lines) > statusLine && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[statusLine]) == "ready"
}
