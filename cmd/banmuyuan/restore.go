package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/backup"
	"banmuyuan/internal/link"
	"banmuyuan/internal/privatepg"
)

type restoreCommand struct {
	passphrase `embed:""`
	Dir        string `arg:"" type:"path" help:"Folder of the backup."`
	Identity   string `type:"path" placeholder:"FILE" help:"File with the private key of the recipient that the backup is sealed to, as 'age-keygen' writes it."`
	Check      bool   `help:"Look whether the backup is whole and opens, and restore nothing."`
	NoVerify   bool   `help:"Do not check the invariants at the end."`
	Key        string `env:"BANMU_KEY" help:"The key that the restored product will run with, if it is given to it; it has to be the backup's (${env})."`
}

// Help is shown by 'banmuyuan restore --help'.
func (restoreCommand) Help() string {
	return "Restores a backup into an empty data folder, or into the database of DATABASE_URL where none of the modules has a table. It " +
		"puts the key into the data folder, and ends with 'verify'. A backup that is half, altered or of a newer version, a " +
		"passphrase that does not open it, and a place that is not empty are refused, and nothing is changed. Whatever happened " +
		"after the backup is lost: orders placed since have to be placed again, and payments of that time are found when the books " +
		"of the bank are compared (对账). A NATS server that is used further, with NATS_URL, may keep its streams."
}

func (c *restoreCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) error {
	r, err := backup.Open(c.Dir)
	if err != nil {
		return err
	}
	if err := knownVersions(r.Manifest); err != nil {
		return err
	}
	identity, err := c.identity()
	if err != nil {
		return err
	}
	bar := newProgress(r.Size(), "核对 checking")
	err = r.Check(func(n int) { _ = bar.Add(n) }) // a bar that cannot be drawn is no failure
	_ = bar.Finish()
	if err != nil {
		return err
	}
	key, err := r.Unseal(identity...)
	if err != nil {
		return err
	}
	if c.Check {
		fmt.Fprintf(stdout, "备份完整 (the backup is whole): as of %s, made by %s\n", chinaTime(r.Manifest.Made), r.Manifest.Version)
		return nil
	}
	if c.Key != "" && !sameKeys(c.Key, key) {
		return errors.New("BANMU_KEY is not the key of this backup: unset it, and the backup's key is put into the data folder")
	}
	p := &restoring{cfg: cfg, log: log, reader: r, key: key}
	if err := p.run(ctx, func(url string) error { return c.verify(ctx, url, key, log, stdout) }); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "已恢复 (restored): as of %s. ", chinaTime(r.Manifest.Made))
	if cfg.DatabaseURL != "" {
		fmt.Fprintf(stdout, "The key is in %s: give it to every process as BANMU_KEY.\n", filepath.Join(cfg.Data, keyFile))
		return nil
	}
	fmt.Fprintln(stdout, "Start it with 'banmuyuan serve'.")
	return nil
}

func (c *restoreCommand) identity() ([]age.Identity, error) {
	if c.Identity != "" {
		f, err := os.Open(c.Identity)
		if err != nil {
			return nil, fmt.Errorf("--identity: %w", err)
		}
		defer f.Close()
		ids, err := age.ParseIdentities(f)
		if err != nil {
			return nil, fmt.Errorf("--identity: %w", err)
		}
		return ids, nil
	}
	phrase, err := c.passphrase.read(false)
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return nil, fmt.Errorf("the passphrase: %w", err)
	}
	return []age.Identity{id}, nil
}

func (c *restoreCommand) verify(ctx context.Context, url, key string, log *slog.Logger, stdout io.Writer) error {
	if c.NoVerify {
		return nil
	}
	s, err := openServices(ctx, url, key, log)
	if err != nil {
		s.Close()
		return err
	}
	defer s.Close()
	n, err := verify(ctx, s, stdout)
	if err != nil {
		return err
	}
	if n > 0 {
		fmt.Fprintf(stdout, "%d findings: events that were on their way when the backup was made are among them, and are gone when 'serve' has run\n", n)
		return nil
	}
	fmt.Fprintln(stdout, "everything holds")
	return nil
}

// sameKeys compares lists of keys.
func sameKeys(a, b string) bool {
	split := func(s string) []string {
		keys := strings.Split(s, ",")
		for i := range keys {
			keys[i] = strings.TrimSpace(keys[i])
		}
		return keys
	}
	return slices.Equal(split(a), split(b))
}

// knownVersions refuses a backup that a newer program made.
func knownVersions(m backup.Manifest) error {
	for _, module := range moduleNames {
		s, ok := m.Schemas[module]
		if !ok {
			return fmt.Errorf("the backup has no %s: %w", module, backup.ErrAltered)
		}
		known, err := link.KnownVersion(migrations(module))
		if err != nil {
			return err
		}
		if s.Link > known.Link || s.Module > known.Module {
			return fmt.Errorf("the backup was made by banmuyuan %s, with %s at version %d, and this program knows versions up to %d: restore it with that version or a newer one",
				m.Version, module, s.Module, known.Module)
		}
	}
	return nil
}

// restoring is one restore.
type restoring struct {
	cfg    Config
	log    *slog.Logger
	reader *backup.Reader
	key    string
}

// run restores, and asks finish whether all is well before the place becomes a product's.
func (p *restoring) run(ctx context.Context, finish func(url string) error) error {
	if p.cfg.DatabaseURL != "" {
		return p.intoServer(ctx, finish)
	}
	return p.intoFolder(ctx, finish)
}

// intoFolder restores into a private PostgreSQL, which is made beside its place: until it is whole, 'serve' refuses the folder.
func (p *restoring) intoFolder(ctx context.Context, finish func(url string) error) (err error) {
	if err := p.emptyFolder(); err != nil {
		return err
	}
	work := filepath.Join(p.cfg.Data, unfinished)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	pg, err := privatepg.Start(ctx, privatepg.Config{Dir: filepath.Join(work, "postgres"), BinDir: p.cfg.PGBin, Log: p.log})
	if err != nil {
		return err
	}
	err = p.load(ctx, pg.URL())
	if err == nil {
		err = finish(pg.URL())
	}
	closing(ctx, pg.Stop, &err)
	if err != nil {
		return err
	}
	if err := writeKey(filepath.Join(p.cfg.Data, keyFile), p.key); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(work, "postgres"), filepath.Join(p.cfg.Data, "postgres")); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.RemoveAll(work); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// emptyFolder refuses a data folder with anything in it, but for what a restore left that did not end.
func (p *restoring) emptyFolder() error {
	entries, err := os.ReadDir(p.cfg.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Name() != "lost+found" {
			names = append(names, e.Name())
		}
	}
	if slices.Contains(names, unfinished) {
		names = slices.DeleteFunc(names, func(n string) bool { return n == unfinished || n == keyFile || n == "postgres" })
	}
	if len(names) > 0 {
		return fmt.Errorf("restore into %s: %w (it holds %s): choose another folder with BANMU_DATA, or move this one away", p.cfg.Data, backup.ErrNotEmpty, names[0])
	}
	for _, left := range []string{keyFile, "postgres", unfinished} {
		if err := os.RemoveAll(filepath.Join(p.cfg.Data, left)); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// intoServer restores into the database of DATABASE_URL. When that fails, the schemas are dropped again.
func (p *restoring) intoServer(ctx context.Context, finish func(url string) error) (err error) {
	if err := awaitDatabase(ctx, p.cfg); err != nil {
		return err
	}
	file := filepath.Join(p.cfg.Data, keyFile)
	if text, err := os.ReadFile(file); err == nil && !sameKeys(strings.TrimSpace(string(text)), p.key) {
		return fmt.Errorf("restore: %s holds another key: move it away, or choose another folder with BANMU_DATA", file)
	}
	if err := emptyDatabase(ctx, p.cfg.DatabaseURL); err != nil {
		return err
	}
	err = p.load(ctx, p.cfg.DatabaseURL)
	if err != nil {
		return errors.Join(err, dropSchemas(context.WithoutCancel(ctx), p.cfg.DatabaseURL, moduleNames))
	}
	if err := os.MkdirAll(p.cfg.Data, 0o755); err != nil {
		return fmt.Errorf("keep encryption key: %w", err)
	}
	if err := writeKey(file, p.key); err != nil {
		return err
	}
	return finish(p.cfg.DatabaseURL)
}

func emptyDatabase(ctx context.Context, url string) error {
	db, err := link.OpenDB(ctx, url, "", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var tables pq.StringArray
	err = db.GetContext(ctx, &tables, `
		SELECT coalesce(array_agg(DISTINCT nspname ORDER BY nspname), '{}') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE nspname = ANY($1)`, pq.Array(moduleNames))
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if len(tables) > 0 {
		return fmt.Errorf("restore into DATABASE_URL: %w (it has tables of %s): create another database, or drop these schemas", backup.ErrNotEmpty, strings.Join(tables, ", "))
	}
	return nil
}

// load fills the modules' schemas, each in one transaction.
func (p *restoring) load(ctx context.Context, url string) error {
	db, err := link.OpenDB(ctx, url, "", 1)
	if err != nil {
		return err
	}
	defer db.Close()
	tool, err := p.tool(ctx, db)
	if err != nil {
		return err
	}
	cfg, err := link.DatabaseConfig(url)
	if err != nil {
		return err
	}
	var total int64
	for _, s := range p.reader.Manifest.Schemas {
		for _, n := range s.Tables {
			total += n
		}
	}
	bar := newProgress(total, "恢复 restoring")
	defer bar.Finish() //nolint:errcheck // a bar that cannot be drawn is no failure
	for _, module := range moduleNames {
		if err := link.CreateSchema(ctx, url, module); err != nil {
			return err
		}
		progress := tableProgress(bar, p.reader.Manifest.Schemas[module].Tables)
		err := p.reader.Read(module+".dump", func(from io.Reader) error {
			return pgTool{path: tool, url: url, progress: progress, in: from}.run(ctx, "--dbname="+cfg.Database, "--exit-on-error", "--single-transaction",
				"--no-owner", "--no-privileges", "--verbose", "--role="+module, "--schema="+module)
		})
		if err != nil {
			return err
		}
		if err := analyse(ctx, url, module); err != nil {
			return err
		}
	}
	return nil
}

// tool finds the pg_restore of the server's version, which has to know the backup's.
func (p *restoring) tool(ctx context.Context, db *sqlx.DB) (string, error) {
	var number int
	if err := db.GetContext(ctx, &number, `SELECT current_setting('server_version_num')::int`); err != nil {
		return "", fmt.Errorf("read the server's version: %w", err)
	}
	if server := number / 10000; server < p.reader.Manifest.Postgres {
		return "", fmt.Errorf("the backup was made with PostgreSQL %d, and this server is %d: restore it into PostgreSQL %d or newer",
			p.reader.Manifest.Postgres, server, p.reader.Manifest.Postgres)
	}
	path, _, err := privatepg.Tool(p.cfg.PGBin, "pg_restore", number/10000)
	return path, err
}

// analyse lets the server know its tables: without, the first queries take minutes.
func analyse(ctx context.Context, url, module string) error {
	db, err := link.OpenDB(ctx, url, module, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	var tables []string
	if err := db.SelectContext(ctx, &tables, `SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`); err != nil {
		return fmt.Errorf("list tables of %s: %w", module, err)
	}
	for _, t := range tables {
		if _, err := db.ExecContext(ctx, `ANALYZE `+t); err != nil {
			return fmt.Errorf("analyse %s: %w", module, err)
		}
	}
	return nil
}
