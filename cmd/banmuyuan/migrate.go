package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

type migrateCommand struct {
	Modules []string `arg:"" optional:"" enum:"catalog,payments,orders,web" help:"Modules to migrate; all when none is named."`
}

// Help is shown by 'banmuyuan migrate --help'.
func (migrateCommand) Help() string {
	return "Creates each module's role and schema where they are missing and brings the schema up to date. 'serve' does the " +
		"same when it starts; this command is for doing it beforehand. It may run any number of times, also at once."
}

func (c *migrateCommand) Run(ctx context.Context, cfg Config, log *slog.Logger, stdout io.Writer) (err error) {
	names := c.Modules
	if len(names) == 0 {
		names = moduleNames
	}
	url, closeDatabase, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing(ctx, closeDatabase, &err)
	if err := migrate(ctx, url, names); err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintf(stdout, "%s is up to date\n", name)
	}
	return nil
}
