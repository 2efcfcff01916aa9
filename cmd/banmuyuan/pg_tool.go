package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"

	"banmuyuan/internal/link"
)

// pgTool is a run of pg_dump or pg_restore.
type pgTool struct {
	path     string
	url      string
	progress func(line string)
	in       io.Reader
	out      io.Writer
}

// run runs the program. The address goes by the environment: arguments are seen by everybody on the machine.
func (t pgTool) run(ctx context.Context, args ...string) error {
	env, err := connectionEnv(t.url)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LC_ALL=C"}, env...)
	cmd.Stdin, cmd.Stdout = t.in, t.out
	said := &toolLog{line: t.progress}
	cmd.Stderr = said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("run %s: %w", t.path, ctx.Err())
		}
		return fmt.Errorf("run %s: %w: %s", t.path, err, strings.Join(said.errors, "; "))
	}
	return nil
}

// connectionEnv is a database's address as PostgreSQL's own programs read it.
func connectionEnv(url string) ([]string, error) {
	cfg, err := link.DatabaseConfig(url)
	if err != nil {
		return nil, err
	}
	hosts, ports := []string{cfg.Host}, []string{strconv.Itoa(int(cfg.Port))}
	for _, more := range cfg.Multi {
		hosts, ports = append(hosts, more.Host), append(ports, strconv.Itoa(int(more.Port)))
	}
	var env []string
	for _, v := range [][2]string{
		{"PGHOST", strings.Join(hosts, ",")}, {"PGPORT", strings.Join(ports, ",")}, {"PGUSER", cfg.User}, {"PGPASSWORD", cfg.Password},
		{"PGDATABASE", cfg.Database}, {"PGSSLMODE", string(cfg.SSLMode)}, {"PGSSLROOTCERT", cfg.SSLRootCert}, {"PGSSLCERT", cfg.SSLCert},
		{"PGSSLKEY", cfg.SSLKey}, {"PGPASSFILE", cfg.Passfile}, {"PGTARGETSESSIONATTRS", string(cfg.TargetSessionAttrs)},
		{"PGAPPNAME", "banmuyuan-backup"},
	} {
		if v[1] != "" {
			env = append(env, v[0]+"="+v[1])
		}
	}
	return env, nil
}

// toolLog reads the output of the program, line by line.
type toolLog struct {
	line   func(string)
	rest   []byte
	errors []string
}

func (l *toolLog) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.rest = rest
		text := string(line)
		if strings.Contains(text, "error:") || strings.Contains(text, "detail:") {
			l.errors = append(l.errors, text)
		}
		if l.line != nil {
			l.line(text)
		}
	}
}

// tableProgress moves a bar by the size of each table that is done: a table is when the next one begins.
func tableProgress(bar *progressbar.ProgressBar, sizes map[string]int64) func(string) {
	current := ""
	return func(line string) {
		if !strings.Contains(line, "dumping contents of table") && !strings.Contains(line, "processing data for table") {
			return
		}
		_ = bar.Add64(sizes[current]) // a bar that cannot be drawn is no failure
		parts := strings.Split(line, `"`)
		if len(parts) < 2 {
			return
		}
		_, current, _ = strings.Cut(parts[len(parts)-2], ".")
	}
}
