// Package postgres keeps accounts, sessions and counted login tries in the schema
// "web". Only the program's wiring imports it.
package postgres

import (
	"embed"
	"io/fs"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/v2"
	"github.com/jmoiron/sqlx"

	"banmuyuan/web/auth"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the schema and role of web.
const Schema = "web"

// Migrations are the goose files of the schema, for link.Migrate.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the name is a constant of this file
	}
	return sub
}

// Store keeps accounts and counts tries.
type Store struct{ db *sqlx.DB }

var (
	_ auth.Accounts = (*Store)(nil)
	_ auth.Throttle = (*Store)(nil)
)

// New returns a store on a database that was opened for the schema.
func New(db *sqlx.DB) *Store { return &Store{db: db} }

// Sessions is a store of sessions that removes ended ones every few minutes.
type Sessions struct{ *postgresstore.PostgresStore }

var _ scs.Store = Sessions{}

// Sessions returns the store of sessions. Close it when the server stops.
func (s *Store) Sessions() Sessions {
	return Sessions{postgresstore.NewWithCleanupInterval(s.db.DB, 5*time.Minute)}
}

// Close ends the removal of old sessions.
func (s Sessions) Close() { s.StopCleanup() }
