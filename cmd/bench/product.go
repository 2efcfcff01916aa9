package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"banmuyuan/internal/privatepg"
)

// product is the real binary with a data folder of its own.
type product struct {
	bin, data string
	env       []string
	log       *os.File

	cmd        *exec.Cmd
	addr       string // HOST:PORT
	ready      time.Duration
	pid        int
	postmaster int
	exited     chan error
}

var served = regexp.MustCompile(`http://(127\.0\.0\.1:[0-9]+)`)

func (p *product) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.bin, args...)
	cmd.Env = append(os.Environ(), "BANMU_DATA="+p.data, "BANMU_ADDR=127.0.0.1:0", "BANMU_LOG_LEVEL=warn",
		// Nothing that is placed expires while it is counted, and a buyer stands for many: without limits, because the unpaid
		// orders of one buyer, which are five at most elsewhere, would be thousands here, and each order looks at all of them.
		"BANMU_PAY_WITHIN=12h", "BANMU_UNPAID_ORDERS=0", "BANMU_UNPAID_PART=0", "DATABASE_URL=", "NATS_URL=")
	cmd.Env = append(cmd.Env, p.env...)
	cmd.Stderr = p.log
	tie(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	return cmd
}

// startPatience is how long the product may take to start, loading the county included.
const startPatience = 5 * time.Minute

// start serves and returns once requests are answered.
func (p *product) start(ctx context.Context) error {
	began := time.Now()
	cmd := p.command(context.WithoutCancel(ctx), "serve")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the product: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the product: %w", err)
	}
	p.cmd, p.pid, p.exited = cmd, cmd.Process.Pid, make(chan error, 1)
	found := make(chan string, 1)
	go func() {
		var once sync.Once
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if m := served.FindStringSubmatch(lines.Text()); m != nil {
				once.Do(func() { found <- m[1] })
			}
		}
		p.exited <- cmd.Wait()
	}()
	patience, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	select {
	case p.addr = <-found:
	case err := <-p.exited:
		p.cmd = nil
		return fmt.Errorf("the product ended while starting (%w); its log is %s:\n%s", err, p.log.Name(), tail(p.log.Name()))
	case <-patience.Done():
		return errors.Join(fmt.Errorf("the product did not start in %s", startPatience), p.stop())
	}
	if err := p.awaitReady(patience); err != nil {
		return errors.Join(err, p.stop())
	}
	p.ready = time.Since(began)
	if p.postmaster, err = firstNumber(filepath.Join(p.data, "postgres", "cluster", "postmaster.pid")); err != nil {
		return errors.Join(err, p.stop())
	}
	return nil
}

func (p *product) awaitReady(ctx context.Context) error {
	c := &conn{addr: p.addr}
	defer c.close()
	for {
		res, err := c.do("GET", "/readyz", "", nil)
		if err == nil && res.status == 200 {
			return nil
		}
		if !pause(ctx, 5*time.Millisecond) {
			return fmt.Errorf("wait until the product is ready: %w (last: %d %w)", context.Cause(ctx), res.status, err)
		}
	}
}

// stop ends the product as Ctrl-C does.
func (p *product) stop() error {
	if p.cmd == nil {
		return nil
	}
	defer func() { p.cmd, p.pid, p.postmaster = nil, 0, 0 }()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the product: %w", err)
	}
	select {
	case err := <-p.exited:
		if err != nil {
			return fmt.Errorf("stop the product: %w", err)
		}
		return nil
	case <-time.After(time.Minute):
		return errors.Join(errors.New("the product did not stop within a minute"), p.cmd.Process.Kill())
	}
}

// verify runs `banmuyuan verify` beside the product, or alone.
func (p *product) verify(ctx context.Context) (report string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	cmd := p.command(ctx, "verify")
	var out bytes.Buffer
	cmd.Stdout = &out
	err = cmd.Run()
	return strings.TrimSpace(out.String()), err
}

// openPostgres gives the product's private PostgreSQL: the one that the product runs, or the same folder's by itself.
func (p *product) openPostgres(ctx context.Context) (*privatepg.Cluster, error) {
	return privatepg.Open(ctx, privatepg.Config{Dir: filepath.Join(p.data, "postgres"), Log: slog.New(slog.NewTextHandler(p.log, nil))})
}

func firstNumber(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("find PostgreSQL's process: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, fmt.Errorf("find PostgreSQL's process: %w", err)
	}
	return n, nil
}

func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 4000 {
		_, _ = f.Seek(-4000, io.SeekEnd) // a longer tail is no harm
	}
	text, _ := io.ReadAll(f)
	return string(text)
}
