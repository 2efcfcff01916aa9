package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"

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
	own         bool                // modules log in as themselves
	pg          *privatepg.Cluster  // nil with DATABASE_URL
	nats        *privatenats.Server // nil with NATS_URL
}

// startPlatform starts the private servers, both at a time. Requests over NATS_URL are signed with keys, which are BANMU_KEY.
func startPlatform(ctx context.Context, cfg Config, keys string, log *slog.Logger) (*platform, error) {
	p := &platform{databaseURL: cfg.DatabaseURL, natsURL: cfg.NATSURL, log: log}
	if p.natsURL != "" {
		var err error
		if p.signer, err = newSigner(keys); err != nil {
			return nil, err
		}
	}
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
	}
	return p, nil
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
		return cfg.DatabaseURL, func(context.Context) error { return nil }, nil
	}
	pg, err := privatepg.Open(ctx, postgresConfig(cfg, log))
	if err != nil {
		return "", nil, err
	}
	return pg.URL(), pg.Stop, nil
}
