package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
)

var publish = flag.Bool("publish", false, "note today's migrations as published")

// publishedList names each migration of a published version with the sum of its file.
const publishedList = "testdata/published/migrations.txt"

type migrationFile struct {
	module, name, sum string
}

func (m migrationFile) number(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(m.name[:5])
	if err != nil {
		t.Fatalf("%s of %s has no number", m.name, m.module)
	}
	return n
}

func migrationsHere(t *testing.T) []migrationFile {
	t.Helper()
	var all []migrationFile
	for _, m := range append([]string{"link"}, moduleNames...) {
		files := link.OwnMigrations()
		if m != "link" {
			files = migrations(m)
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("migrations of %s: %v, %v", m, names, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, migrationFile{m, name, fmt.Sprintf("%x", sha256.Sum256(text))})
		}
	}
	return all
}

// A published migration stays as it was, and a new one has a number above all published ones of its module: a database that
// has those would never get it.
func TestMigrationsOnlyGoUp(t *testing.T) {
	t.Parallel()
	here := migrationsHere(t)
	if *publish {
		var b strings.Builder
		for _, m := range here {
			fmt.Fprintln(&b, m.module, m.name, m.sum)
		}
		if err := os.WriteFile(publishedList, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(publishedList)
	if err != nil {
		t.Fatal(err)
	}
	highest := map[string]int{}
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		m := migrationFile{f[0], f[1], f[2]}
		known[m.module+"/"+m.name] = m.sum
		highest[m.module] = max(highest[m.module], m.number(t))
	}
	for _, m := range here {
		sum, published := known[m.module+"/"+m.name]
		delete(known, m.module+"/"+m.name)
		switch {
		case published && sum != m.sum:
			t.Errorf("%s of %s is published and was changed: databases that have it will never see the change", m.name, m.module)
		case !published && m.number(t) <= highest[m.module]:
			t.Errorf("%s of %s is new and not above %05d: databases of the published version will never get it", m.name, m.module, highest[m.module])
		}
	}
	for name := range known {
		t.Errorf("%s is published and gone", name)
	}
}

// Each published version's database comes up to date with its data, and everything holds.
//
// To add one, let the published program work on a county (TestNothingOneProcess makes one), run testdata/published/shrink.sql on the
// database, which keeps the households that orders, money and accounts name and some 50 others, and write
//
//	(echo "-- key: $BANMU_KEY"; pg_dump --inserts --rows-per-insert=1000 "$DATABASE_URL" | grep -v '^\\') | gzip -9n
//
// to testdata/published/DAY.sql.gz; then run TestMigrationsOnlyGoUp with -publish.
func TestPublishedDatabases(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	dumps, err := filepath.Glob("testdata/published/*.sql.gz")
	if err != nil || len(dumps) == 0 {
		t.Fatalf("no published database: %v", err)
	}
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			t.Parallel()
			text := unzipped(t, dump)
			key := regexp.MustCompile(`(?m)^-- key: (\S+)$`).FindSubmatch(text)
			if key == nil {
				t.Fatal("the dump does not say its key")
			}
			pg, broker := startServers(t)
			db, err := sqlx.Open("postgres", pg.URL())
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, m := range moduleNames { // roles belong to the server and not to the database
				db.MustExecContext(t.Context(), `CREATE ROLE `+m)
			}
			if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
				t.Fatalf("restore: %v", err)
			}
			env := []string{"BANMU_DEMO=no", "BANMU_SANDBOX=yes", "DATABASE_URL=" + pg.URL(), "NATS_URL=" + broker.URL(), "BANMU_KEY=" + string(key[1]), "BANMU_DATA=" + t.TempDir()}
			if stdout, stderr, code := runProduct(t, env, "migrate"); code != 0 {
				t.Fatalf("migrate: exit %d\n%s\n%s", code, tail(stdout), tail(stderr))
			}
			w := &world{t: t, sessions: map[string]session{}, env: env}
			_, w.url = w.startServing(nil)
			w.verified(t)
			for _, m := range moduleNames {
				names, err := fs.Glob(migrations(m), "*.sql")
				if err != nil {
					t.Fatal(err)
				}
				var at int
				if err := db.GetContext(t.Context(), &at, `SELECT max(version_id) FROM `+m+`.goose_module`); err != nil {
					t.Fatal(err)
				}
				if want := (migrationFile{m, slices.Max(names), ""}).number(t); at != want {
					t.Errorf("%s is at %05d, want %05d", m, at, want)
				}
			}
		})
	}
}

func unzipped(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
