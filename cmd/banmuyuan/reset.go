package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// dropSchemas removes the modules' schemas with all that is in them. The roles stay: other databases of the server may
// use them.
func dropSchemas(ctx context.Context, url string, schemas []string) error {
	db, err := sqlx.ConnectContext(ctx, "postgres", url)
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	defer db.Close()
	quoted := make([]string, len(schemas))
	for i, s := range schemas {
		quoted[i] = pq.QuoteIdentifier(s)
	}
	if _, err := db.ExecContext(ctx, `DROP SCHEMA IF EXISTS `+strings.Join(quoted, ", ")+` CASCADE`); err != nil {
		return fmt.Errorf("drop schemas: %w", err)
	}
	return nil
}

func dropStreams(ctx context.Context, nc *nats.Conn, modules []string) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	for _, m := range modules {
		if err := js.DeleteStream(ctx, strings.ToUpper(m)); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("drop stream of %s: %w", m, err)
		}
	}
	return nil
}
