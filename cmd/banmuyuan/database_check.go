package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	paymentspg "banmuyuan/payments/postgres"
	"banmuyuan/web/auth"
	webpg "banmuyuan/web/postgres"
)

// databaseCheck finds faults of a database that does not fit the settings, before anything in it is changed.
type databaseCheck struct {
	url        string
	names      []string // modules of this process
	keys       string
	production bool
	foreign    bool // of DATABASE_URL

	faults faults
	demo   bool // the demo county is in it
}

func (c *databaseCheck) run(ctx context.Context) error {
	db, err := link.OpenDB(ctx, c.url, "", 2)
	if err != nil {
		return err
	}
	defer db.Close()
	if c.production && c.foreign {
		if err := c.checkRoles(ctx, db); err != nil {
			return err
		}
	}
	for _, check := range []struct {
		module, table string
		run           func(context.Context, *sqlx.DB) error
	}{
		{moduleCatalog, "household", c.checkDemo},
		{moduleCatalog, "person", c.checkIDs},
		{modulePayments, "payout_account", c.checkAccounts},
		{moduleWeb, "account", c.checkPasswords},
		{moduleWeb, "second_factor", c.checkFactors},
	} {
		if err := c.in(ctx, db, check.module, check.table, check.run); err != nil {
			return err
		}
	}
	return nil
}

// in runs a check of a module's table, if there is one and this process may read it.
func (c *databaseCheck) in(ctx context.Context, db *sqlx.DB, module, table string, check func(context.Context, *sqlx.DB) error) error {
	var there, mine bool
	err := db.QueryRowxContext(ctx, `
		SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2),
		       EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(oid, 'MEMBER'))`, module, table).Scan(&there, &mine)
	if err != nil {
		return fmt.Errorf("look for %s: %w", table, err)
	}
	if !there || !mine {
		return nil
	}
	own, err := link.OpenDB(ctx, c.url, module, 1)
	if err != nil {
		return err
	}
	defer own.Close()
	return check(ctx, own)
}

// checkRoles refuses roles for which nothing in the database holds: a superuser passes over grants, triggers and checks.
func (c *databaseCheck) checkRoles(ctx context.Context, db *sqlx.DB) error {
	var super pq.StringArray
	err := db.GetContext(ctx, &super, `
		SELECT coalesce(array_agg(rolname ORDER BY rolname), '{}') FROM pg_roles
		WHERE (rolsuper OR rolbypassrls OR rolreplication) AND (rolname = session_user OR rolname = ANY($1))`, pq.Array(moduleNames))
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	if len(super) > 0 {
		c.faults.add("DATABASE_URL", "the PostgreSQL role "+strings.Join(super, ", ")+" is a superuser or as good as one, and nothing in the database binds it",
			"Run the SQL that 'banmuyuan postgres-config' prints, and log in as the role of the module, or as banmuyuan for all")
	}
	return nil
}

func (c *databaseCheck) checkDemo(ctx context.Context, db *sqlx.DB) error {
	if err := db.GetContext(ctx, &c.demo, `SELECT EXISTS (SELECT FROM household WHERE demo)`); err != nil {
		return fmt.Errorf("look for the demo county: %w", err)
	}
	if c.demo && c.production {
		c.faults.add("DATABASE_URL, BANMU_DATA", "the demo county is in the database", "Begin with an empty database or data folder, and BANMU_DEMO=no")
	}
	return nil
}

func (c *databaseCheck) checkIDs(ctx context.Context, db *sqlx.DB) error {
	return c.checkKey(ctx, db, "id numbers", func(keys *paymentspg.Keys) (map[string]error, error) { return catalogpg.SealSamples(ctx, db, keys) })
}

func (c *databaseCheck) checkAccounts(ctx context.Context, db *sqlx.DB) error {
	return c.checkKey(ctx, db, "account numbers", func(keys *paymentspg.Keys) (map[string]error, error) { return paymentspg.SealSamples(ctx, db, keys) })
}

func (c *databaseCheck) checkFactors(ctx context.Context, db *sqlx.DB) error {
	return c.checkKey(ctx, db, "second factors", func(keys *paymentspg.Keys) (map[string]error, error) { return webpg.FactorSamples(ctx, db, keys) })
}

// checkKey compares the key with the values that the schema keeps of its keys, and opens a sample of each key.
func (c *databaseCheck) checkKey(ctx context.Context, db *sqlx.DB, what string, samples func(*paymentspg.Keys) (map[string]error, error)) error {
	keys, err := paymentspg.ParseKeys(c.keys)
	if err != nil {
		return err
	}
	var asked bool // whether the table is there yet
	if err := db.GetContext(ctx, &asked, `SELECT to_regclass('key_check') IS NOT NULL`); err != nil {
		return fmt.Errorf("look for key checks: %w", err)
	}
	strange := 0
	if asked {
		if strange, _, err = link.StrangeKeys(ctx, db, keys.Checks()); err != nil {
			return err
		}
	}
	bad, err := samples(keys)
	if err != nil {
		return err
	}
	if strange > 0 || len(bad) > 0 {
		c.faults.add("BANMU_KEY", what+" of this database are encrypted with a key that is not given",
			"Give the key that the database was filled with, or both while it is changed (see 'banmuyuan rotate-key --help')")
	}
	return nil
}

// checkPasswords looks for the password that everybody knows: at the demo's logins, and where several accounts have the same
// hash, as only the demo's do.
func (c *databaseCheck) checkPasswords(ctx context.Context, db *sqlx.DB) error {
	if !c.production {
		return nil
	}
	var named, hashes []string
	for _, l := range demoPeople() {
		named = append(named, l[0])
	}
	err := db.SelectContext(ctx, &hashes, `
		SELECT DISTINCT password_hash FROM account WHERE disabled_at IS NULL AND password_hash <> ''
		AND (login = ANY($1) OR password_hash IN (SELECT password_hash FROM account GROUP BY 1 HAVING count(*) > 1)) LIMIT 40`, pq.Array(named))
	if err != nil {
		return fmt.Errorf("read passwords: %w", err)
	}
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		ok, err := passwords.Matches(ctx, demoPassword, hash)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		var logins pq.StringArray
		err = db.GetContext(ctx, &logins, `SELECT array_agg(login) FROM (SELECT login FROM account WHERE password_hash = $1 AND disabled_at IS NULL ORDER BY id LIMIT 5) a`, hash)
		if err != nil {
			return fmt.Errorf("read logins: %w", err)
		}
		c.faults.add("accounts", "the demo's password, which everybody knows, works for "+strings.Join(logins, ", "),
			"Switch these accounts off, or give each another password with 'banmuyuan account password LOGIN'")
		return nil
	}
	return nil
}

// keepKey notes the key in the schemas that this process has migrated.
func (c *databaseCheck) keepKey(ctx context.Context) error {
	keys, err := paymentspg.ParseKeys(c.keys)
	if err != nil {
		return err
	}
	for _, module := range []string{moduleCatalog, modulePayments, moduleWeb} {
		if !slices.Contains(c.names, module) {
			continue
		}
		db, err := link.OpenDB(ctx, c.url, module, 1)
		if err != nil {
			return err
		}
		err = errors.Join(link.KeepKey(ctx, db, keys.Checks()[0]), db.Close())
		if err != nil {
			return err
		}
	}
	return nil
}
