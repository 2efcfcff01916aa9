package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"banmuyuan/internal/link"
	"banmuyuan/internal/privatepg"
)

type doctorCommand struct {
	Addr     string `env:"BANMU_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address that 'serve' listens on (${env}, default ${default})."`
	Demo     string `env:"BANMU_DEMO" enum:"auto,no" default:"auto" help:"As 'serve' has it (${env}, default ${default})."`
	Settings `embed:""`
}

// Help is shown by 'banmuyuan doctor --help'.
func (doctorCommand) Help() string {
	return "Looks at everything that 'serve' needs, with the settings that 'serve' has, and changes nothing: settings, disk, PostgreSQL's " +
		"programs, database, clocks, schemas, key, broker, waiting events, and what a serving process says of itself. Each line " +
		"begins with ok, note or BAD, and a bad one says what to do. It exits with 1 when a line is bad."
}

// findings of a doctor are printed as they come.
type findings struct {
	out io.Writer
	bad int
}

func (f *findings) ok(what, detail string)   { fmt.Fprintf(f.out, "ok    %s: %s\n", what, detail) }
func (f *findings) note(what, detail string) { fmt.Fprintf(f.out, "note  %s: %s\n", what, detail) }
func (f *findings) wrong(what, problem, do string) {
	f.bad++
	fmt.Fprintf(f.out, "BAD   %s: %s\n      → %s\n", what, problem, do)
}

func (c *doctorCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) error {
	f := &findings{out: stdout}
	f.ok("version", version)
	settings := installation{Config: cfg, Settings: c.Settings, modules: []string{"all"}, demo: c.Demo == "auto"}
	wrong := settings.check()
	for _, one := range wrong {
		f.wrong(one.name, one.problem, one.do)
	}
	if len(wrong) == 0 {
		f.ok("settings", "they fit, BANMU_MODE="+cfg.Mode)
	}
	for _, hint := range settings.hints() {
		f.note("BANMU_MODE", "it is not production though "+hint)
	}
	c.lookAtDisk(f, cfg)
	lookAtPrograms(f, cfg)
	if err := c.lookAtDatabase(ctx, f, cfg, log); err != nil {
		f.wrong("database", err.Error(), "See docs/operation.md")
	}
	c.lookAtBroker(ctx, f, cfg)
	c.lookAtProcess(ctx, f)
	if f.bad > 0 {
		return fmt.Errorf("%d findings", f.bad)
	}
	return nil
}

func (c *doctorCommand) lookAtDisk(f *findings, cfg Config) {
	d := disk{dir: cfg.Data, least: uint64(max(c.DiskFree.n, 0)) * megabyte}
	if _, err := os.Stat(d.dir); err != nil {
		d.dir = filepath.Dir(d.dir)
	}
	free, err := d.free()
	switch {
	case err != nil:
		f.wrong("disk", err.Error(), "Make the folder of BANMU_DATA readable")
	case free < d.least:
		f.wrong("disk", fmt.Sprintf("%d MB free in %s, least %d MB", free/megabyte, d.dir, d.least/megabyte), "Make room: new orders and payments are refused until there is")
	default:
		f.ok("disk", fmt.Sprintf("%d MB free in %s", free/megabyte, d.dir))
	}
}

func lookAtPrograms(f *findings, cfg Config) {
	for _, name := range []string{"postgres", "pg_dump", "pg_restore"} {
		if name == "postgres" && cfg.DatabaseURL != "" {
			continue
		}
		path, major, err := privatepg.Tool(cfg.PGBin, name, privatepg.OldestMajor)
		if err != nil {
			f.wrong(name, err.Error(), "Without pg_dump and pg_restore there is no backup")
			continue
		}
		f.ok(name, fmt.Sprintf("%d, %s", major, path))
	}
}

func (c *doctorCommand) lookAtDatabase(ctx context.Context, f *findings, cfg Config, log *slog.Logger) (err error) {
	if cfg.DatabaseURL == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, "postgres", "cluster")); err != nil {
			f.note("database", "there is none yet in "+cfg.Data+": the first 'serve' makes it")
			return nil
		}
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	db, err := link.OpenDB(ctx, url, "", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var server struct {
		Version string    `db:"version"`
		Number  int       `db:"number"`
		Now     time.Time `db:"now"`
	}
	asked := time.Now()
	err = db.GetContext(ctx, &server, `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number, clock_timestamp() AS now`)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if server.Number/10000 < privatepg.OldestMajor {
		f.wrong("database", "PostgreSQL "+server.Version, fmt.Sprintf("Upgrade it to %d or newer", privatepg.OldestMajor))
	} else {
		f.ok("database", "PostgreSQL "+server.Version)
	}
	lookAtClocks(f, server.Now.Sub(asked), time.Since(asked))
	lookAtSchemas(ctx, f, url)
	return c.lookAtKey(ctx, f, cfg, url)
}

// mostSkew is how far clocks may differ: requests between processes are refused from 10 seconds on.
const mostSkew = 5 * time.Second

// lookAtClocks compares the server's clock with this machine's; the answer took a while.
func lookAtClocks(f *findings, ahead, took time.Duration) {
	if ahead > mostSkew+took || ahead < -mostSkew {
		f.wrong("clocks", fmt.Sprintf("the database's clock is %s ahead of this machine's", ahead.Round(time.Second)), "Run chrony or systemd-timesyncd on both")
		return
	}
	f.ok("clocks", "the database's and this machine's agree")
}

func lookAtSchemas(ctx context.Context, f *findings, url string) {
	for _, module := range moduleNames {
		known, err := link.KnownVersion(migrations(module))
		if err != nil {
			f.wrong(module, err.Error(), "Install the program anew")
			continue
		}
		db, err := link.OpenDB(ctx, url, module, 1)
		if err != nil {
			f.note(module, "no schema yet: 'serve' or 'migrate' makes it")
			continue
		}
		at, err := link.ReadVersion(ctx, db)
		switch {
		case err != nil:
			f.wrong(module, err.Error(), "Run the SQL of 'banmuyuan postgres-config' again")
		case at.Module > known.Module || at.Link > known.Link:
			f.wrong(module, fmt.Sprintf("its schema is at version %d, and this program knows up to %d", at.Module, known.Module), "Start the newer program that made it")
		case at != known:
			f.note(module, fmt.Sprintf("its schema is at version %d and will be migrated to %d", at.Module, known.Module))
		default:
			lookAtBacklog(ctx, f, module, func() (int, time.Duration, int, error) { return link.Backlog(ctx, db) })
		}
		_ = db.Close()
	}
}

func lookAtBacklog(ctx context.Context, f *findings, module string, read func() (int, time.Duration, int, error)) {
	waiting, oldest, dead, err := read()
	switch {
	case err != nil || ctx.Err() != nil:
		f.wrong(module, fmt.Sprint(err), "Look at PostgreSQL's log")
	case dead > 0:
		f.wrong(module, fmt.Sprintf("%d events were given up", dead), "Look at the table "+module+".dead_letter, and report it")
	case waiting > 0:
		f.note(module, fmt.Sprintf("%d events wait to be published, the oldest for %s", waiting, oldest.Round(time.Second)))
	default:
		f.ok(module, "its schema is of this version, and no event waits")
	}
}

func (c *doctorCommand) lookAtKey(ctx context.Context, f *findings, cfg Config, url string) error {
	if c.Key == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, keyFile)); err != nil {
			f.wrong("BANMU_KEY", "there is a database and no key", "Give the key that the database was filled with, or restore a backup")
			return nil
		}
	}
	key, err := encryptionKey(cfg, c.Key)
	if err != nil {
		return err
	}
	db := &databaseCheck{url: url, names: moduleNames, keys: key, production: cfg.Mode == modeProduction, foreign: cfg.DatabaseURL != ""}
	if err := db.run(ctx); err != nil {
		return err
	}
	for _, one := range db.faults {
		f.wrong(one.name, one.problem, one.do)
	}
	if len(db.faults) == 0 {
		f.ok("key", "it opens what is in the database")
	}
	return nil
}

func (c *doctorCommand) lookAtBroker(ctx context.Context, f *findings, cfg Config) {
	if cfg.NATSURL == "" {
		f.ok("NATS", "the embedded one")
		return
	}
	const do = "Start it with JetStream, or correct NATS_URL ('banmuyuan nats-config' prints one for each process)"
	nc, err := nats.Connect(cfg.NATSURL, nats.Timeout(5*time.Second), nats.CustomInboxPrefix(inboxOf(natsAll)))
	if err != nil {
		f.wrong("NATS_URL", err.Error(), do)
		return
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	if err == nil {
		_, err = js.AccountInfo(ctx)
	}
	if err != nil {
		f.wrong("NATS_URL", "JetStream does not answer: "+err.Error(), do)
		return
	}
	f.ok("NATS", "version "+nc.ConnectedServerVersion()+" with JetStream")
}

// lookAtProcess asks a serving process how it is.
func (c *doctorCommand) lookAtProcess(ctx context.Context, f *findings) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return // a wrong setting of 'serve'
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	at := "http://" + net.JoinHostPort(host, port) + "/readyz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.note("serve", "nothing answers at "+at)
		return
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	switch {
	case err != nil:
		f.wrong("serve", err.Error(), "Ask "+at)
	case resp.StatusCode == http.StatusOK:
		f.ok("serve", at+" says ready")
	default:
		for _, line := range lines[min(1, len(lines)):] {
			f.wrong("serve", line, "docs/operation.md explains each line of /readyz")
		}
	}
}
