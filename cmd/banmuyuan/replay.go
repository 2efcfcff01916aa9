package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"banmuyuan/internal/link"
)

type replayCommand struct {
	Since time.Duration `default:"24h" help:"How far back, such as 90m or 48h (default ${default}); published events are kept for 30 days."`
}

// Help is shown by 'banmuyuan replay --help'.
func (replayCommand) Help() string {
	return "The modules tell each other of every change by events, which they keep. A stream that was lost, and a database that " +
		"was restored, are noticed and mended while the product serves; this publishes the events of some time again by hand. " +
		"What a module has applied it does not apply again. It may run beside a serving product, which does the publishing."
}

func (c *replayCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	if c.Since <= 0 {
		return errors.New("--since has to be longer than nothing, such as 24h")
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	for _, module := range []string{moduleCatalog, moduleOrders, modulePayments} {
		if err := replay(ctx, url, module, time.Now().Add(-c.Since), stdout); err != nil {
			return err
		}
	}
	return nil
}

func replay(ctx context.Context, url, module string, since time.Time, stdout io.Writer) error {
	db, err := link.OpenDB(ctx, url, module, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	n, err := link.Replay(ctx, db, since)
	if err != nil {
		return fmt.Errorf("replay events of %s: %w", module, err)
	}
	fmt.Fprintf(stdout, "%s: %d events\n", module, n)
	return nil
}
