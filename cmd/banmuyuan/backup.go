package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/jmoiron/sqlx"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"banmuyuan/internal/backup"
	"banmuyuan/internal/link"
	"banmuyuan/internal/privatepg"
)

// passphrase is how a backup is sealed, or opened, with words.
type passphrase struct {
	Passphrase     string `env:"BANMU_BACKUP_PASSPHRASE" hidden:"" help:"Passphrase of the backup (${env})."`
	PassphraseFile string `type:"path" placeholder:"FILE" help:"File with the passphrase in its first line; asked for on the terminal, or taken from BANMU_BACKUP_PASSPHRASE, when not given."`
}

// leastPassphrase is the least number of characters: a finder of the backup can try without end.
const leastPassphrase = 12

// read returns the passphrase. ask is whether to ask for it once more, as where it is new.
func (p *passphrase) read(again bool) (string, error) {
	switch {
	case p.PassphraseFile != "":
		text, err := os.ReadFile(p.PassphraseFile)
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		return strings.TrimSpace(first), nil
	case p.Passphrase != "":
		return p.Passphrase, nil
	case !term.IsTerminal(int(os.Stdin.Fd())):
		return "", errors.New("give the passphrase by --passphrase-file or BANMU_BACKUP_PASSPHRASE, or a recipient or identity")
	}
	first, err := askSecret("口令 passphrase: ")
	if err != nil || !again {
		return first, err
	}
	second, err := askSecret("再输一次 once more: ")
	if err == nil && first != second {
		err = errors.New("the passphrases differ")
	}
	return first, err
}

func askSecret(prompt string) (string, error) {
	fmt.Fprint(os.Stderr, prompt)
	text, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

type backupCommand struct {
	passphrase `embed:""`
	Dir        string   `arg:"" type:"path" help:"Folder to write to: empty, or not there yet."`
	Recipient  []string `placeholder:"AGE1…" help:"Public key of age to seal the backup to, instead of with a passphrase; may be repeated. 'age-keygen' makes one."`
	Key        string   `env:"BANMU_KEY" help:"The key that 'serve' runs with; read from the data folder when it is not set (${env})."`
}

// Help is shown by 'banmuyuan backup --help'.
func (backupCommand) Help() string {
	return "Writes the whole database as it is at one moment, with orders, money, people and photos, and the key that numbers are encrypted " +
		"with, beside a serving product. Everything is sealed with a passphrase or to a recipient: without it the backup is worth " +
		"nothing, also to its owner. Streams of events need no backup: what they lack after a restore is published again. " +
		"Settings, which are environment variables, are not in it. 'banmuyuan restore --check DIR' looks whether a backup is whole."
}

func (c *backupCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	seals, err := c.seals()
	if err != nil {
		return err
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	db := &databaseCheck{url: url, names: moduleNames, keys: c.Key}
	if err := db.run(ctx); err != nil {
		return err
	}
	if len(db.faults) > 0 { // a backup with a key that opens nothing
		return errors.New(db.faults[0].String())
	}
	w, err := backup.Create(c.Dir, seals)
	if err != nil {
		return err
	}
	m, err := dumpAll(ctx, cfg, url, w)
	if err != nil {
		return err
	}
	if err := w.Finish(*m, c.Key); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "已备份到 %s (backed up), as of %s\n", c.Dir, chinaTime(m.Made))
	return nil
}

func (c *backupCommand) seals() ([]age.Recipient, error) {
	if len(c.Recipient) > 0 {
		seals, err := age.ParseRecipients(strings.NewReader(strings.Join(c.Recipient, "\n")))
		if err != nil {
			return nil, fmt.Errorf("--recipient: %w", err)
		}
		return seals, nil
	}
	phrase, err := c.passphrase.read(true)
	if err != nil {
		return nil, err
	}
	if len([]rune(phrase)) < leastPassphrase {
		return nil, fmt.Errorf("the passphrase has fewer than %d characters: take several words, or seal to a recipient", leastPassphrase)
	}
	seal, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, fmt.Errorf("the passphrase: %w", err)
	}
	return []age.Recipient{seal}, nil
}

// dumpAll writes every module's schema as it is at one moment.
func dumpAll(ctx context.Context, cfg Config, url string, w *backup.Writer) (*backup.Manifest, error) {
	db, err := link.OpenDB(ctx, url, "", 1)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	defer tx.Rollback() // it only reads
	m := &backup.Manifest{Version: version, Schemas: map[string]backup.Schema{}}
	var snapshot string
	var number int
	err = tx.QueryRowxContext(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
		SELECT pg_export_snapshot(), current_setting('server_version_num')::int, now()`).Scan(&snapshot, &number, &m.Made)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	m.Postgres = number / 10000
	tool, major, err := privatepg.Tool(cfg.PGBin, "pg_dump", m.Postgres)
	if err != nil {
		return nil, err
	}
	m.Postgres = max(m.Postgres, major) // which pg_restore has to know
	var total int64
	for _, module := range moduleNames {
		s, err := describeSchema(ctx, url, module)
		if err != nil {
			return nil, err
		}
		m.Schemas[module] = s
		for _, n := range s.Tables {
			total += n
		}
	}
	bar := newProgress(total, "备份 backing up")
	defer bar.Finish() //nolint:errcheck // a bar that cannot be drawn is no failure
	for _, module := range moduleNames {
		err := w.Write(module+".dump", func(to io.Writer) error {
			return pgTool{path: tool, url: url, progress: tableProgress(bar, m.Schemas[module].Tables), out: to}.run(ctx,
				"--format=custom", "--no-owner", "--no-privileges", "--verbose", "--role="+module, "--schema="+module, "--snapshot="+snapshot)
		})
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// describeSchema reads a module's version and the sizes of its tables.
func describeSchema(ctx context.Context, url, module string) (s backup.Schema, err error) {
	db, err := link.OpenDB(ctx, url, module, 1)
	if err != nil {
		return s, err
	}
	defer db.Close()
	v, err := link.ReadVersion(ctx, db)
	if err != nil {
		return s, err
	}
	if v.Module == 0 {
		return s, fmt.Errorf("back up %s: its schema is empty; 'banmuyuan serve' or 'banmuyuan migrate' makes it", module)
	}
	s = backup.Schema{Link: v.Link, Module: v.Module, Tables: map[string]int64{}}
	return s, readSizes(ctx, db, s.Tables)
}

func readSizes(ctx context.Context, db *sqlx.DB, sizes map[string]int64) error {
	var rows []struct {
		Name string `db:"relname"`
		Size int64  `db:"size"`
	}
	err := db.SelectContext(ctx, &rows, `
		SELECT relname, pg_table_size(oid) AS size FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`)
	if err != nil {
		return fmt.Errorf("read sizes of tables: %w", err)
	}
	for _, r := range rows {
		sizes[r.Name] = r.Size
	}
	return nil
}

func newProgress(total int64, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(max(total, 1), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}
