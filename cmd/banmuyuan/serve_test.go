package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"banmuyuan/internal/privatepg"
	paymentspg "banmuyuan/payments/postgres"
)

// The test binary plays the product too: the effect of a signal or of a second
// process can only be seen on a process of its own.
const mainEnv = "BANMUYUAN_TEST_MAIN"

// sideBySide is the number of tests that run at once unless -parallel says otherwise: all of them, because takeTurns bounds
// the ones that start products.
const sideBySide = 64

// turns are the places of tests that start products, beside the three longest, which begin at once. With two processors more
// of them are no faster: every product costs something while it waits.
var turns = make(chan struct{}, 3)

// takeTurns has the test wait for a place.
func takeTurns(t *testing.T) {
	t.Helper()
	turns <- struct{}{}
	t.Cleanup(func() { <-turns })
}

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = parallel.Value.Set(fmt.Sprint(max(sideBySide, runtime.GOMAXPROCS(0)))) // a number is one
	}
	code := m.Run()
	if loaded.dir != "" {
		_ = os.RemoveAll(loaded.dir)
	}
	os.Exit(code)
}

// loaded is a data folder with the demo county in it, from which tests that need one copy theirs.
var loaded struct {
	once  sync.Once
	dir   string
	ready bool
}

// Folders carry the process id, so that leftovers of a killed test binary can be recognised.
const demoFolder = "banmuyuan-demo-"

// demoData returns a data folder of the test's own with the demo county in it, a copy of the one that the first test to ask
// has loaded.
func demoData(t *testing.T) string {
	t.Helper()
	loaded.once.Do(func() {
		removeOldFolders()
		// Not under t.TempDir, which ends with one test. PostgreSQL's user must be able to enter it.
		var err error
		if loaded.dir, err = os.MkdirTemp("/tmp", fmt.Sprintf("%s%d-", demoFolder, os.Getpid())); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(loaded.dir, "data")
		for _, dir := range []string{loaded.dir, data} {
			if err := errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, 0o755)); err != nil {
				t.Fatal(err)
			}
		}
		loadDemoCounty(t, data)
		loaded.ready = !t.Failed()
	})
	if !loaded.ready {
		t.Fatal("the demo county was not loaded")
	}
	data := filepath.Join(t.TempDir(), "data")
	if out, err := exec.Command("cp", "-a", filepath.Join(loaded.dir, "data"), data).CombinedOutput(); err != nil {
		t.Fatalf("copy the demo county: %v: %s", err, out)
	}
	return data
}

// removeOldFolders removes the folders of test binaries that were killed.
func removeOldFolders() {
	old, _ := filepath.Glob("/tmp/" + demoFolder + "*")
	for _, dir := range old {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(dir), demoFolder+"%d-", &pid); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(dir) // failing to is no reason not to test
		}
	}
}

// loadDemoCounty loads the county in every way that there is, because loading it is what tests of the product wait for
// longest: 'banmuyuan demo' begins on shared servers and ends with kill -9, the first start of the whole product completes
// the county and ends with kill -9, and the next start recovers and ends as it should.
func loadDemoCounty(t *testing.T, data string) {
	t.Helper()
	key := paymentspg.NewKey()
	if err := os.WriteFile(filepath.Join(data, "key"), []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pg, broker, stop := startServersIn(t, data)
	defer stop()
	env := []string{"DATABASE_URL=" + pg.URL(), "NATS_URL=" + broker.URL(), "BANMU_KEY=" + key, "BANMU_DATA=" + t.TempDir()}
	if stdout, stderr, code := runProduct(t, env, "migrate"); code != 0 {
		t.Fatalf("migrate: exit %d\n%s\n%s", code, stdout, tail(stderr))
	}
	loading, _ := startProduct(t, env, "demo")
	await(t, "a part of the county", func() (demo, bool) {
		state, err := demoState(t.Context(), pg.URL())
		if err != nil {
			t.Fatalf("%v\n%s", err, tail(loading.stderr.String()))
		}
		return state, state != demoNone
	})
	_ = loading.cmd.Process.Kill()
	_ = loading.cmd.Wait()
	stop()

	p, url := serve(t, data)
	wantHealthy(t, url)
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p, url = serve(t, data)
	wantHealthy(t, url)
	stops(t, p, syscall.SIGTERM)
}

// stops ends the product with a signal and wants it to end cleanly.
func stops(t *testing.T, p *product, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after %v: %v\n%s", sig, err, p.stderr.String())
	}
}

// product is a running or finished `banmuyuan …`.
type product struct {
	cmd    *exec.Cmd
	stderr lockedBuffer
}

func startProduct(t *testing.T, env []string, args ...string) (*product, io.Reader) {
	t.Helper()
	p := &product{cmd: exec.Command(os.Args[0], args...)}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "BANMU_") && !strings.HasPrefix(v, "DATABASE_URL=") && !strings.HasPrefix(v, "NATS_URL=") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(append(p.cmd.Env, mainEnv+"=1"), env...)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.finish)
	return p, stdout
}

// finish ends a process that still runs: with kill -9 on shared servers, and as Ctrl-C does where a private PostgreSQL has
// to be gone before its folder is.
func (p *product) finish() {
	if p.cmd.ProcessState != nil {
		return
	}
	if slices.ContainsFunc(p.cmd.Env, func(v string) bool { return strings.HasPrefix(v, "DATABASE_URL=") }) {
		_ = p.cmd.Process.Kill()
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(2*stopPatience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	_ = p.cmd.Wait()
}

// runProduct runs a command to its end.
func runProduct(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	p, out := startProduct(t, env, args...)
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	return string(text), p.stderr.String(), p.cmd.ProcessState.ExitCode()
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve starts the whole product on a free port and returns its address.
func serve(t *testing.T, data string) (*product, string) {
	t.Helper()
	p, stdout := startProduct(t, []string{"BANMU_DATA=" + data, "BANMU_ADDR=127.0.0.1:0"}, "serve")
	return p, firstAddress(t, p, stdout)
}

// firstAddress waits until the product prints where it answers.
func firstAddress(t *testing.T, p *product, stdout io.Reader) string {
	t.Helper()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return url
		}
	}
	t.Fatalf("the product did not start:\n%s", p.stderr.String())
	return ""
}

func wantHealthy(t *testing.T, url string) {
	t.Helper()
	resp, err := http.Get(url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %s", resp.Status)
	}
}

// wantFree checks that nothing holds the data folder's database any more, by
// taking it over.
func wantFree(t *testing.T, data string) {
	t.Helper()
	pg, err := privatepg.Start(t.Context(), privatepg.Config{Dir: filepath.Join(data, "postgres")})
	if err != nil {
		t.Error(err)
		return
	}
	if err := pg.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestServeUntilSignal(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := demoData(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		p, url := serve(t, data)
		wantHealthy(t, url)
		stops(t, p, sig)
		if _, err := os.Stat(filepath.Join(data, "postgres", "cluster", "postmaster.pid")); err == nil {
			t.Errorf("after %v PostgreSQL's pid file is still there", sig)
		}
		wantFree(t, data)
	}
}

func TestServeAgainAfterKill(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := demoData(t)
	p, url := serve(t, data)
	wantHealthy(t, url)
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_, url = serve(t, data)
	wantHealthy(t, url)
}

func TestServeEndsWithItsDatabase(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := demoData(t)
	p, _ := serve(t, data)
	pid, err := os.ReadFile(filepath.Join(data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	number, _, _ := bytes.Cut(pid, []byte("\n"))
	if out, err := exec.Command("kill", "-QUIT", string(number)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_ = p.cmd.Wait()
	if code := p.cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(p.stderr.String(), "PostgreSQL ended by itself") {
		t.Errorf("exit %d:\n%s", code, p.stderr.String())
	}
}

func TestServeTwice(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := demoData(t)
	_, url := serve(t, data)
	_, stderr, code := runProduct(t, []string{"BANMU_DATA=" + data, "BANMU_ADDR=127.0.0.1:0"}, "serve")
	if code != exitFailed || !strings.Contains(stderr, "already using") || !strings.Contains(stderr, "BANMU_DATA") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
	wantHealthy(t, url)
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	data := filepath.Join(t.TempDir(), "data")
	_, stderr, code := runProduct(t, []string{"BANMU_DATA=" + data, "BANMU_ADDR=" + l.Addr().String()}, "serve")
	if code != exitFailed || !strings.Contains(stderr, l.Addr().String()+" is already in use") || !strings.Contains(stderr, "BANMU_ADDR=") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a start that failed made a data folder")
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		env            []string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"version", nil, []string{"version"}, 0, "banmuyuan " + version, ""},
		{"help", nil, []string{"--help"}, 0, "Commands:", ""},
		{"no command", nil, nil, exitUsage, "", "--help"},
		{"unknown module", nil, []string{"serve", "kitchen"}, exitUsage, "", `"orders"`},
		{"module without servers", nil, []string{"serve", "orders"}, exitFailed, "", "DATABASE_URL"},
		{"bad log format", []string{"BANMU_LOG=xml"}, []string{"version"}, exitUsage, "", "--log"},
		{"bad address", []string{"BANMU_ADDR=nowhere"}, []string{"serve"}, exitFailed, "", "BANMU_ADDR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := runProduct(t, append(c.env, "BANMU_DATA="+t.TempDir()), c.args...)
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit %d, want %d\nstdout: %s\nstderr: %s", code, c.code, stdout, stderr)
			}
		})
	}
}

// A client that never finishes its request does not keep the product alive.
func TestStopWithHalfARequest(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	p, url := serve(t, demoData(t))
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(2 * stopPatience):
		t.Error("the product did not stop")
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
