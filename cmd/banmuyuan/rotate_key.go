package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	paymentspg "banmuyuan/payments/postgres"
	webpg "banmuyuan/web/postgres"
)

type rotateKeyCommand struct {
	Key  string `env:"BANMU_KEY" help:"The keys that 'serve' runs with, the new one first; read from the data folder when it is not set (${env})."`
	Make bool   `help:"Put a new key in front of those in the data folder, and stop there: restart 'serve' before the next step."`
	Drop bool   `help:"When everything is sealed with the first key, take the older ones out of the data folder."`
}

// Help is shown by 'banmuyuan rotate-key --help'.
func (rotateKeyCommand) Help() string {
	return "Id and account numbers are encrypted with BANMU_KEY. To change it: give every process the old key and the new one as " +
		"'OLD,NEW' and restart them, so that all can read both; then 'NEW,OLD', so that they write with the new one; then run this, " +
		"which seals everything anew in small steps while the product serves; then give them NEW alone. With a key that is kept in " +
		"the data folder: 'rotate-key --make', restart 'serve', 'rotate-key --drop', restart 'serve'."
}

func (c *rotateKeyCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	kept := c.Key == ""
	if (c.Make || c.Drop) && !kept {
		return errors.New("--make and --drop are for a key that the data folder keeps; this one is given by BANMU_KEY")
	}
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	file := filepath.Join(cfg.Data, keyFile)
	if c.Make {
		if err := writeKey(file, paymentspg.NewKey()+","+c.Key); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "A new key stands first. Restart 'serve', then run 'banmuyuan rotate-key --drop'.")
		return nil
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	ctx = link.System(ctx, "rotate-key")
	m := &modules{cfg: Settings{Key: c.Key}, log: log}
	cdb, err := link.OpenDB(ctx, url, moduleCatalog, 2)
	if err != nil {
		return err
	}
	defer cdb.Close()
	people, err := m.newCatalog(ctx, cdb, nil)
	if err != nil {
		return err
	}
	ids, err := people.Rekey(ctx, nil)
	if err != nil {
		return fmt.Errorf("seal id numbers anew: %w", err)
	}
	pdb, err := link.OpenDB(ctx, url, modulePayments, 2)
	if err != nil {
		return err
	}
	defer pdb.Close()
	money, err := m.newPayments(pdb, nil)
	if err != nil {
		return err
	}
	accounts, err := money.Rekey(ctx, nil)
	if err != nil {
		return fmt.Errorf("seal account numbers anew: %w", err)
	}
	keys, err := paymentspg.ParseKeys(c.Key)
	if err != nil {
		return err
	}
	wdb, err := link.OpenDB(ctx, url, moduleWeb, 2)
	if err != nil {
		return err
	}
	defer wdb.Close()
	factors, err := webpg.RekeyFactors(ctx, wdb, keys)
	if err != nil {
		return fmt.Errorf("seal second factors anew: %w", err)
	}
	for _, db := range []*sqlx.DB{cdb, pdb, wdb} {
		if err := link.KeepOnlyKey(ctx, db, keys.Checks()[0]); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%d id numbers, %d account numbers and %d second factors are sealed with the first key now\n", ids, accounts, factors)
	if c.Drop {
		first, _, _ := strings.Cut(c.Key, ",")
		return writeKey(file, strings.TrimSpace(first))
	}
	return nil
}

// writeKey replaces the file in one step: half a key would lock everything.
func writeKey(file, keys string) error {
	next := file + ".new"
	if err := os.WriteFile(next, []byte(keys+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep encryption key: %w", err)
	}
	if err := os.Rename(next, file); err != nil {
		return fmt.Errorf("keep encryption key: %w", err)
	}
	return nil
}
