package privatepg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// OldestMajor is the oldest PostgreSQL the schemas are written for.
const OldestMajor = 15

// usualPlaces is where distributions and installers put the server programs.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",       // Debian, Ubuntu
	"/usr/pgsql-*/bin",                // PostgreSQL's own packages for Red Hat
	"/usr/libexec/postgresql*",        // Alpine
	"/usr/lib/postgresql*/bin",        // SUSE
	"/usr/local/pgsql/bin",            // built from source
	"/usr/local/opt/postgresql@*/bin", // Homebrew on Intel
	"/opt/homebrew/opt/postgresql@*/bin",
	"/opt/homebrew/bin",
	"/usr/local/bin",
	"/usr/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// binaries is a folder that holds initdb and postgres.
type binaries struct {
	dir     string
	version string
	major   int
}

// findBinaries looks in binDir, or PG_BIN, or else everywhere, and takes the
// first that can run the cluster (wantMajor 0: the first that is new enough).
func findBinaries(binDir string, wantMajor int) (binaries, error) {
	if binDir == "" {
		binDir = os.Getenv("PG_BIN")
	}
	if binDir != "" {
		b, err := binariesIn(binDir)
		if err != nil {
			return binaries{}, fmt.Errorf("PG_BIN is %s, which is not a folder of PostgreSQL's server programs: %w", binDir, err)
		}
		return chooseBinaries([]binaries{b}, wantMajor)
	}
	return chooseBinaries(searchBinaries(), wantMajor)
}

func chooseBinaries(found []binaries, wantMajor int) (binaries, error) {
	var seen []string
	for _, b := range found {
		if b.major == wantMajor || wantMajor == 0 && b.major >= OldestMajor {
			return b, nil
		}
		seen = append(seen, fmt.Sprintf("%s in %s", b.version, b.dir))
	}
	switch {
	case wantMajor != 0:
		have := "none is installed"
		if len(seen) > 0 {
			have = "found " + strings.Join(seen, ", ")
		}
		return binaries{}, fmt.Errorf("the data folder was made by PostgreSQL %d and only that version can open it (%s): install it (Debian: apt-get install postgresql-%d) or name its folder in PG_BIN; the data is left untouched", wantMajor, have, wantMajor)
	case len(seen) > 0:
		return binaries{}, fmt.Errorf("PostgreSQL %d or newer is needed, found %s: install a newer one, name its folder in PG_BIN, or point DATABASE_URL at a server", OldestMajor, strings.Join(seen, ", "))
	default:
		return binaries{}, errors.New("PostgreSQL's server is not installed: 'make run' installs it, or do it yourself (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql), name its folder in PG_BIN, or point DATABASE_URL at a server")
	}
}

// searchBinaries lists the installed servers, the one the system prefers first
// and then newest first.
func searchBinaries() []binaries {
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	found := versionsIn(dirs)
	for _, place := range usualPlaces {
		dirs, _ := filepath.Glob(place)
		more := versionsIn(dirs)
		slices.SortStableFunc(more, func(a, b binaries) int { return b.major - a.major })
		found = append(found, more...)
	}
	return found
}

func versionsIn(dirs []string) []binaries {
	var found []binaries
	for _, dir := range dirs {
		if b, err := binariesIn(dir); err == nil {
			found = append(found, b)
		}
	}
	return found
}

var versionNumber = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

func binariesIn(dir string) (binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return binaries{}, err
	}
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, err
	}
	m := versionNumber.FindStringSubmatch(string(out))
	if m == nil {
		return binaries{}, fmt.Errorf("postgres --version says %q", out)
	}
	major, err := strconv.Atoi(m[2])
	return binaries{dir: dir, version: m[1], major: major}, err
}
