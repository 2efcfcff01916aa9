package link

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var ownMigrations embed.FS

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,54}$`)

// OpenDB connects to the database at url (URL or key=value form) as the role of schema and with schema alone on the
// search path, so that a module can neither read nor name another's tables by accident; without a schema it is the user of
// url who connects. It waits for a server that is
// starting until ctx ends; anything else that is wrong is reported at once.
//
// A relay keeps one of the maxConns connections while there is something to publish, a consumer one while it handles.
func OpenDB(ctx context.Context, url, schema string, maxConns int) (*sqlx.DB, error) {
	db, err := open(url, schema, strings.TrimSuffix("banmuyuan-"+schema, "-"), schema)
	if err != nil {
		return nil, err
	}
	if maxConns <= 0 {
		maxConns = 10
	}
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(idleConn)
	if err := awaitServer(ctx, db); err != nil {
		_ = db.Close()
		if schema == "" {
			return nil, fmt.Errorf("open database: %w", err)
		}
		return nil, fmt.Errorf("open schema %s: %w", schema, err)
	}
	return db, nil
}

// idleConn is how long a connection is kept that nobody uses: each is a process of PostgreSQL's with some megabytes of its
// own, and opening one takes less than a hundredth of a second.
const idleConn = 30 * time.Second

// open prepares connections that act as role, or as the user of url when role is "".
func open(url, role, name, schema string) (*sqlx.DB, error) {
	if schema != "" && !schemaName.MatchString(schema) {
		return nil, fmt.Errorf("schema name %q: want a letter, then letters, digits and underscores", schema)
	}
	cfg, err := DatabaseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.ApplicationName = name
	cfg = cfg.Clone()
	if role != "" {
		cfg.Runtime["role"] = role
		cfg.Runtime["search_path"] = schema
	}
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", err)
	}
	return sqlx.NewDb(sql.OpenDB(preparing{connector}), "postgres"), nil
}

// awaitServer pings until the server answers. It waits for temporary failures only: a wrong password is an error at once.
func awaitServer(ctx context.Context, db *sqlx.DB) error {
	for wait := 20 * time.Millisecond; ; wait = min(wait*2, time.Second) {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		if CodeOf(err) != Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", ctx.Err(), err)
		case <-time.After(wait):
		}
	}
}

// Migrate brings the role, the schema, this package's tables and the module's own (goose SQL files in the root of
// migrations, which may be nil) up to date. The user of url must be allowed to create roles and schemas. It does
// nothing where nothing is to be done, and any number of processes may call it at once.
func Migrate(ctx context.Context, url, schema string, migrations fs.FS) error {
	admin, err := open(url, "", "banmuyuan-migrate", schema)
	if err != nil {
		return err
	}
	defer admin.Close()
	if err := awaitServer(ctx, admin); err != nil {
		return fmt.Errorf("migrate %s: %w", schema, err)
	}
	conn, err := admin.Connx(ctx)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", schema, err)
	}
	defer conn.Close()

	// Roles and grants touch catalogue rows that all schemas share, so their lock is one for all; the migrations
	// themselves lock their schema only.
	if err := withLock(ctx, conn, "link.roles", func() error { return createSchema(ctx, conn, schema) }); err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	err = withLock(ctx, conn, "link.migrate:"+schema, func() error {
		db, err := open(url, schema, "banmuyuan-migrate", schema)
		if err != nil {
			return err
		}
		defer db.Close()
		own := OwnMigrations()
		if migrations == nil {
			return up(ctx, db, own, tableOwn)
		}
		// Before anything is changed.
		if err := errors.Join(notNewer(ctx, db, own, tableOwn), notNewer(ctx, db, migrations, tableModule)); err != nil {
			return err
		}
		if err := up(ctx, db, own, tableOwn); err != nil {
			return err
		}
		return up(ctx, db, migrations, tableModule)
	})
	if err != nil {
		return fmt.Errorf("migrate %s: %w", schema, err)
	}
	return nil
}

// OwnMigrations are the migrations of this package's tables, which every schema has.
func OwnMigrations() fs.FS {
	own, err := fs.Sub(ownMigrations, "migrations")
	if err != nil {
		panic(err) // it is embedded
	}
	return own
}

func up(ctx context.Context, db *sqlx.DB, files fs.FS, table string) error {
	p, err := goose.NewProvider(goose.DialectPostgres, db.DB, files,
		goose.WithTableName(table), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	return nil
}

// Tables in which goose notes the applied migrations.
const (
	tableOwn    = "goose_link"
	tableModule = "goose_module"
)

// ErrNewer marks a schema that a newer program made.
var ErrNewer = errors.New("a newer version of banmuyuan made it: start that version, or restore a backup from before the upgrade")

// notNewer refuses a schema with migrations that files do not have: this program is older, and does not know what it would
// read and write.
func notNewer(ctx context.Context, db *sqlx.DB, files fs.FS, table string) error {
	at, err := versionOf(ctx, db, table)
	if err != nil {
		return err
	}
	known, err := newest(files)
	if err != nil {
		return err
	}
	if at > known {
		return fmt.Errorf("the schema is at version %d and this program knows versions up to %d: %w", at, known, ErrNewer)
	}
	return nil
}

// versionOf is the newest migration that was applied, or 0.
func versionOf(ctx context.Context, db sqlx.QueryerContext, table string) (int64, error) {
	var there bool
	if err := sqlx.GetContext(ctx, db, &there, `SELECT to_regclass($1) IS NOT NULL`, table); err != nil {
		return 0, fmt.Errorf("look for applied migrations: %w", err)
	}
	if !there {
		return 0, nil
	}
	var at int64
	err := sqlx.GetContext(ctx, db, &at, `SELECT coalesce(max(version_id), 0) FROM `+pq.QuoteIdentifier(table)+` WHERE is_applied`)
	if err != nil {
		return 0, fmt.Errorf("read applied migrations: %w", err)
	}
	return at, nil
}

// newest is the highest number of the migrations in files.
func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var most int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		most = max(most, n)
	}
	return most, nil
}

// SchemaVersion is how far the schema of db's role is migrated: this package's part, and the module's.
type SchemaVersion struct {
	Link   int64 `json:"link"`
	Module int64 `json:"module"`
}

// ReadVersion reads the version of a schema; db is as OpenDB returns it, or a transaction of it.
func ReadVersion(ctx context.Context, db sqlx.QueryerContext) (v SchemaVersion, err error) {
	if v.Link, err = versionOf(ctx, db, tableOwn); err == nil {
		v.Module, err = versionOf(ctx, db, tableModule)
	}
	return v, err
}

// KnownVersion is the version that Migrate brings a schema with these migrations to.
func KnownVersion(migrations fs.FS) (v SchemaVersion, err error) {
	if v.Link, err = newest(OwnMigrations()); err == nil {
		v.Module, err = newest(migrations)
	}
	return v, err
}

// withLock holds a session advisory lock while fn runs. It asks again and again instead of waiting inside the server:
// a waiting statement holds a snapshot, for which CREATE INDEX CONCURRENTLY in the holder's migration would wait.
func withLock(ctx context.Context, conn *sqlx.Conn, name string, fn func() error) error {
	for {
		ok, err := tryLock(ctx, conn, name)
		if err != nil {
			return err
		}
		if ok {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for lock %s: %w", name, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	defer unlock(conn, name)
	return fn()
}

func tryLock(ctx context.Context, conn *sqlx.Conn, name string) (bool, error) {
	var ok bool
	if err := conn.GetContext(ctx, &ok, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return false, fmt.Errorf("take lock %s: %w", name, err)
	}
	return ok, nil
}

// unlock frees the lock, or drops the connection that holds it: back in the pool it would hold it for ever.
func unlock(conn *sqlx.Conn, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, name); err != nil {
		discard(conn)
	}
}

// CreateSchema makes the role and the empty schema of a module where they are missing, as Migrate does first.
func CreateSchema(ctx context.Context, url, schema string) error {
	admin, err := open(url, "", "banmuyuan-restore", "")
	if err != nil {
		return err
	}
	defer admin.Close()
	conn, err := admin.Connx(ctx)
	if err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	defer conn.Close()
	if err := withLock(ctx, conn, "link.roles", func() error { return createSchema(ctx, conn, schema) }); err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	return nil
}

func createSchema(ctx context.Context, conn *sqlx.Conn, schema string) error {
	var roleExists, granted, schemaExists bool
	err := conn.QueryRowxContext(ctx, `
		SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		       current_user = $1 OR EXISTS (SELECT FROM pg_auth_members m
		               JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
		               WHERE r.rolname = $1 AND u.rolname = current_user),
		       EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, schema).Scan(&roleExists, &granted, &schemaExists)
	if err != nil {
		return err
	}
	name := pq.QuoteIdentifier(schema)
	var todo []string
	if !roleExists {
		todo = append(todo, `CREATE ROLE `+name+` NOLOGIN`)
	}
	if !granted {
		todo = append(todo, `GRANT `+name+` TO current_user`)
	}
	if !schemaExists {
		todo = append(todo, `CREATE SCHEMA `+name+` AUTHORIZATION `+name, `REVOKE ALL ON SCHEMA `+name+` FROM PUBLIC`)
	}
	if len(todo) == 0 {
		return nil
	}
	for attempt := 1; ; attempt++ {
		_, err := conn.ExecContext(ctx, strings.Join(todo, "; "))
		// Roles belong to the whole server, the lock to one database: another database of it may be a moment ahead.
		if attempt < 3 && (IsCode(err, "42710") || IsCode(err, "23505")) && !roleExists {
			roleExists = true
			todo = todo[1:]
			continue
		}
		return err
	}
}

// txAttempts is how often InTx runs a transaction that keeps conflicting with others.
const txAttempts = 5

// InTx runs fn in a transaction: committed when fn returns nil, rolled back when it returns an error or panics. A
// serialization failure or deadlock, in fn or in the commit, runs fn again, up to five times in all: fn must not keep
// anything from an attempt that failed. opts may be nil.
func InTx(ctx context.Context, db *sqlx.DB, opts *sql.TxOptions, fn func(tx *sqlx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := inTx(ctx, db, opts, fn)
		if err == nil || attempt == txAttempts || !(IsCode(err, "40001") || IsCode(err, "40P01")) {
			return err
		}
		// Transactions that collided wait for different times, or they collide again.
		wait := time.Duration(rand.Int64N(int64(attempt) * int64(10*time.Millisecond)))
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func inTx(ctx context.Context, db *sqlx.DB, opts *sql.TxOptions, fn func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() // after a commit there is nothing to roll back
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

// Constraint names the constraint that err broke, or is "".
func Constraint(err error) string {
	if pe, ok := errors.AsType[*pq.Error](err); ok {
		return pe.Constraint
	}
	return ""
}

// IsCode tells whether err is PostgreSQL's error of that SQLSTATE, such as "23505".
func IsCode(err error, sqlstate string) bool {
	var pe *pq.Error
	return errors.As(err, &pe) && string(pe.Code) == sqlstate
}

// discard closes the server connection under conn instead of giving it back to the pool, and with it every lock it
// holds.
func discard(conn *sqlx.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}
