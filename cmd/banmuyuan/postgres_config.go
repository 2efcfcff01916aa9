package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
)

type postgresConfigCommand struct {
	Database string `default:"banmuyuan" help:"Name of the database."`
}

// Help is shown by 'banmuyuan postgres-config --help'.
func (postgresConfigCommand) Help() string {
	return "Prints SQL for an administrator of the PostgreSQL server to run in the product's database: an unprivileged role for each module, " +
		"which owns its schema, logs in by itself and reads nothing of the others, and the role 'banmuyuan' for a process that runs " +
		"all of them. The passwords are in the SQL and are kept nowhere else: DATABASE_URL of 'serve catalog' is then postgres://catalog:PASSWORD@HOST/banmuyuan."
}

func (c *postgresConfigCommand) Run(stdout io.Writer) error {
	_, err := io.WriteString(stdout, postgresSQL(c.Database, func() string { return strings.ToLower(rand.Text()) }))
	return err
}

// postgresSQL makes the roles. It may be run again, with which the passwords change.
func postgresSQL(database string, password func() string) string {
	var b strings.Builder
	name := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	b.WriteString("-- Roles of banmuyuan's modules, written by 'banmuyuan postgres-config'. Run it once in the product's database.\n")
	fmt.Fprintf(&b, "REVOKE CONNECT, TEMPORARY ON DATABASE %s FROM PUBLIC;\n", name(database))
	for _, role := range append(append([]string{}, moduleNames...), natsAll) {
		fmt.Fprintf(&b, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN CREATE ROLE %s; END IF; END $$;\n", role, name(role))
		fmt.Fprintf(&b, "ALTER ROLE %s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT PASSWORD '%s';\n", name(role), password())
		fmt.Fprintf(&b, "GRANT CONNECT ON DATABASE %s TO %s;\n", name(database), name(role))
		if role == natsAll {
			fmt.Fprintf(&b, "GRANT %s TO %s;\n", strings.Join(moduleNames, ", "), name(role))
			continue
		}
		fmt.Fprintf(&b, "GRANT %s TO CURRENT_USER;\n", name(role))
		fmt.Fprintf(&b, "CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s;\nREVOKE ALL ON SCHEMA %s FROM PUBLIC;\n", name(role), name(role), name(role))
	}
	return b.String()
}
