package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

type rebuildCommand struct {
	Key string `env:"BANMU_KEY" help:"The key that 'serve' runs with; read from the data folder when it is not set (${env})."`
}

// Help is shown by 'banmuyuan rebuild --help'.
func (rebuildCommand) Help() string {
	return "The income ledger (致富账) is a view of shares, weigh tickets, payables and payouts. This empties it and reads it anew " +
		"from them, and copies all households from the register. It may run beside a serving product."
}

func (c *rebuildCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if c.Key, err = encryptionKey(cfg, c.Key); err != nil {
		return err
	}
	s, err := openServices(ctx, url, c.Key, log)
	if err != nil {
		return err
	}
	defer s.Close()
	done, err := s.orders.RebuildIncome(link.System(ctx, "rebuild"), catalog.None{})
	if err != nil {
		return fmt.Errorf("rebuild the income ledger: %w", err)
	}
	fmt.Fprintf(stdout, "%d entries\n", done.Entries)
	return nil
}
