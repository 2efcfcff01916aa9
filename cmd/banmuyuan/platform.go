package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"banmuyuan/internal/link"
	"banmuyuan/internal/privatenats"
	"banmuyuan/internal/privatepg"
)

// platform is the PostgreSQL and the NATS that modules run on: private ones in
// the data folder, or the servers that DATABASE_URL and NATS_URL name.
type platform struct {
	databaseURL string
	natsURL     string
	signer      *link.Signer // of requests over NATS_URL; nil for the broker inside this process
	log         *slog.Logger
	data        string              // folder of the private servers; "" where there are none
	own         bool                // modules log in as themselves
	pg          *privatepg.Cluster  // nil with DATABASE_URL
	nats        *privatenats.Server // nil with NATS_URL
}

// startPlatform starts the private servers, both at a time. Requests over NATS_URL are signed with keys, which are BANMU_KEY.
func startPlatform(ctx context.Context, cfg Config, keys string, log *slog.Logger) (*platform, error) {
	p := &platform{databaseURL: cfg.DatabaseURL, natsURL: cfg.NATSURL, log: log}
	if p.databaseURL == "" || p.natsURL == "" {
		if err := checkData(cfg.Data); err != nil {
			return nil, err
		}
		p.data = cfg.Data
	}
	if p.natsURL != "" {
		var err error
		if p.signer, err = newSigner(keys); err != nil {
			return nil, err
		}
	}
	whole := ctx
	starting, ctx := errgroup.WithContext(ctx)
	if p.databaseURL == "" {
		starting.Go(func() (err error) {
			p.pg, err = privatepg.Start(ctx, postgresConfig(cfg, log))
			return err
		})
	}
	if p.natsURL == "" {
		starting.Go(func() (err error) {
			p.nats, err = privatenats.Start(ctx, privatenats.Config{Dir: filepath.Join(cfg.Data, "nats"), Log: log})
			return err
		})
	}
	if err := starting.Wait(); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	if p.pg != nil {
		p.databaseURL = p.pg.URL()
		return p, nil
	}
	if err := awaitDatabase(whole, cfg); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// awaitDatabase waits for the server of DATABASE_URL for as long as BANMU_DATABASE_WAIT says.
func awaitDatabase(ctx context.Context, cfg Config) error {
	address, err := link.DatabaseConfig(cfg.DatabaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	if cfg.DatabaseWait.err != nil {
		return fmt.Errorf("BANMU_DATABASE_WAIT: %q is not a duration; give one such as 30s", cfg.DatabaseWait.text)
	}
	wait := cfg.DatabaseWait.Duration
	if wait <= 0 {
		wait = databaseWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	db, err := link.OpenDB(ctx, cfg.DatabaseURL, "", 1)
	if err == nil {
		return db.Close()
	}
	asked := []string{fmt.Sprintf("%s:%d", address.Host, address.Port)}
	for _, more := range address.Multi {
		asked = append(asked, fmt.Sprintf("%s:%d", more.Host, more.Port))
	}
	hosts := strings.Join(asked, ", ")
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("DATABASE_URL: no PostgreSQL answered at %s within %s (BANMU_DATABASE_WAIT): start it, or correct the address: %w", hosts, wait, err)
	}
	return fmt.Errorf("DATABASE_URL: PostgreSQL at %s refuses the connection: %w", hosts, err)
}

// databaseWait is used where BANMU_DATABASE_WAIT was not read.
const databaseWait = 30 * time.Second

// unfinished is the folder, inside the data folder, of a restore that has not ended.
const unfinished = "restoring"

// checkData refuses a folder that is not empty and not ours: nothing is written between another program's files.
func checkData(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("BANMU_DATA: read the data folder: %w", err)
	}
	foreign, ours := "", false
	for _, e := range entries {
		switch name := e.Name(); name {
		case "postgres", "nats", keyFile:
			ours = true
		case unfinished:
			return fmt.Errorf("BANMU_DATA: a restore into %s was not finished: run 'banmuyuan restore' again", dir)
		case "lost+found":
		default:
			foreign = name
		}
	}
	if foreign != "" && !ours {
		return fmt.Errorf("BANMU_DATA: %s holds %s and nothing of banmuyuan's: choose an empty folder, or one that does not exist yet", dir, foreign)
	}
	return nil
}

func postgresConfig(cfg Config, log *slog.Logger) privatepg.Config {
	return privatepg.Config{Dir: filepath.Join(cfg.Data, "postgres"), BinDir: cfg.PGBin, Log: log}
}

// ownRoles lets modules log in to the private PostgreSQL as themselves, so that nothing a module runs is more than its role.
// With DATABASE_URL the operator gives roles and passwords ('banmuyuan postgres-config').
func (p *platform) ownRoles(ctx context.Context, modules []string) error {
	if p.pg == nil {
		return nil
	}
	db, err := sqlx.ConnectContext(ctx, "postgres", p.databaseURL)
	if err != nil {
		return fmt.Errorf("let modules log in: %w", err)
	}
	defer db.Close()
	for _, m := range modules {
		if _, err := db.ExecContext(ctx, `ALTER ROLE `+pq.QuoteIdentifier(m)+` LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE`); err != nil {
			return fmt.Errorf("let %s log in: %w", m, err)
		}
	}
	p.own = true
	return nil
}

// urlOf is the database's address for a module.
func (p *platform) urlOf(module string) string {
	u, err := url.Parse(p.databaseURL)
	if !p.own || err != nil {
		return p.databaseURL
	}
	u.User = url.User(module)
	return u.String()
}

// inboxOf is where answers to a connection arrive: the broker lets no other module read there.
func inboxOf(name string) string { return "_INBOX." + name }

// Connect opens a NATS connection; each module has one of its own.
func (p *platform) Connect(name string) (*nats.Conn, error) {
	if p.nats != nil {
		return p.nats.Connect(name)
	}
	nc, err := nats.Connect(p.natsURL, append(privatenats.Options(name, p.log), nats.CustomInboxPrefix(inboxOf(name)))...)
	if err != nil {
		return nil, fmt.Errorf("connect %s to NATS: %w", name, err)
	}
	link.Sign(nc, p.signer)
	return nc, nil
}

// Failed is closed when the private PostgreSQL ended by itself; Err says why.
func (p *platform) Failed() <-chan struct{} {
	if p.pg == nil {
		return nil
	}
	return p.pg.Done()
}

func (p *platform) Err() error {
	if p.pg == nil {
		return nil
	}
	return p.pg.Err()
}

// Close stops the servers that startPlatform started; modules must have ended before.
func (p *platform) Close(ctx context.Context) error {
	if p.nats != nil {
		p.nats.Stop()
	}
	if p.pg != nil {
		return p.pg.Stop(ctx)
	}
	return nil
}

// openDatabase gives a command the database without the modules: the one that
// DATABASE_URL names, that of a product running on the data folder, or the
// private one started for as long as the command runs.
func openDatabase(ctx context.Context, cfg Config, log *slog.Logger) (url string, closeDatabase func(context.Context) error, err error) {
	if cfg.DatabaseURL != "" {
		return cfg.DatabaseURL, func(context.Context) error { return nil }, awaitDatabase(ctx, cfg)
	}
	if err := checkData(cfg.Data); err != nil {
		return "", nil, err
	}
	pg, err := privatepg.Open(ctx, postgresConfig(cfg, log))
	if err != nil {
		return "", nil, err
	}
	return pg.URL(), pg.Stop, nil
}
