package privatepg

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Tool finds one of PostgreSQL's client programs, such as pg_dump, that is of version least or newer, the nearest to it first:
// an older pg_dump refuses a newer server. binDir is looked in alone unless it is "" and PG_BIN is not set.
func Tool(binDir, name string, least int) (path string, major int, err error) {
	if binDir == "" {
		binDir = os.Getenv("PG_BIN")
	}
	var dirs []string
	if binDir != "" {
		dirs = []string{binDir}
	} else {
		if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
			dirs = append(dirs, strings.TrimSpace(string(out)))
		}
		for _, place := range usualPlaces {
			more, _ := filepath.Glob(place)
			dirs = append(dirs, more...)
		}
	}
	var seen []string
	for _, dir := range dirs {
		at := filepath.Join(dir, name)
		out, err := exec.Command(at, "--version").Output()
		if err != nil {
			continue
		}
		m := versionNumber.FindStringSubmatch(string(out))
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			continue
		}
		if n >= least && (major == 0 || n < major) {
			path, major = at, n
		}
		seen = append(seen, m[1]+" in "+dir)
	}
	if path != "" {
		return path, major, nil
	}
	have := "none is installed"
	if len(seen) > 0 {
		have = "found " + strings.Join(seen, ", ")
	}
	return "", 0, fmt.Errorf("%s of PostgreSQL %d or newer is needed (%s): install it (Debian: apt-get install postgresql-client-%d) or name its folder in PG_BIN",
		name, least, have, least)
}
