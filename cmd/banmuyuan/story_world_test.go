package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/privatenats"
	"banmuyuan/internal/privatepg"
	"banmuyuan/orders"
)

// world is a running product with the demo county in it.
type world struct {
	t      *testing.T // of the test that owns the processes
	url    string
	env    []string // names the data, for commands and further processes
	county *county.County
	// restart ends the processes that place orders and starts them again with more settings.
	restart func(t *testing.T, env ...string)
	kill    func() // kill -9 of the processes that restart starts
	// crash is kill -9 of the oldest process of a module, and a new one in its place.
	crash func(t *testing.T, module string, env ...string)

	mu       sync.Mutex
	sessions map[string]session
	keys     int
}

var demoCounty = sync.OnceValue(func() *county.County { return county.Generate(time.Now(), demodata.Seed) })

// TestOneProcess follows the story, and its failures, on the product as people run it: everything in one process, in a
// data folder. Parts that leave one another alone run side by side.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	w := startOneProcess(t)
	w.runs(t, part{"story", story})
	w.runs(t, part{"hostile", hostile})
	w.runs(t, part{"import", householdFiles}, part{"station", stationStory})
	w.runs(t, part{"expiry", expiry})
	w.runs(t, part{"kill", killed})
	w.runs(t, part{"seasons", twoSeasons})
}

// TestBrowser follows the story through the pages, on a county of its own, beside the others: Chromium takes longest.
func TestBrowser(t *testing.T) {
	t.Parallel()
	w := startOneProcess(t)
	w.runs(t, part{"browser", browserStory})
	w.verified(t)
}

// part is a part of an acceptance test.
type part struct {
	name string
	run  func(*testing.T, *world)
}

// runs runs parts at the same time: most of it is waiting, so it is not bounded by the number of processors.
func (w *world) runs(t *testing.T, parts ...part) {
	t.Helper()
	var running sync.WaitGroup
	for _, p := range parts {
		running.Go(func() { t.Run(p.name, func(t *testing.T) { p.run(t, w) }) })
	}
	running.Wait()
	if t.Failed() {
		w.logTail(t)
	}
}

// TestSeparateProcesses follows the same story with each module in a process of its own, catalog and orders in two, on
// a PostgreSQL and a NATS that belong to none of them.
func TestSeparateProcesses(t *testing.T) {
	t.Parallel()
	w := startSeparateProcesses(t)
	w.runs(t, part{"story", story})
	w.runs(t, part{"expiry", expiry})
	w.runs(t, part{"crash", crashed})
	w.runs(t, part{"seasons", twoSeasons})
	w.runs(t, part{"events", eventsTellNothingPersonal})
}

var running struct {
	sync.Mutex
	products map[*world][]*product
}

// startServing starts `banmuyuan serve …` on a free port and returns its address.
func (w *world) startServing(env []string, modules ...string) (*product, string) {
	w.t.Helper()
	p, stdout := startProduct(w.t, append(slices.Concat([]string{"BANMU_ADDR=127.0.0.1:0"}, w.env), env...), append([]string{"serve"}, modules...)...)
	running.Lock()
	if running.products == nil {
		running.products = map[*world][]*product{}
	}
	running.products[w] = append(running.products[w], p)
	running.Unlock()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url := address.FindString(lines.Text()); url != "" {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return p, url
		}
	}
	w.t.Fatalf("serve %s did not start:\n%s", strings.Join(modules, " "), tail(p.stderr.String()))
	return nil, ""
}

// end stops a process as Ctrl-C does and wants it to end cleanly.
func (w *world) end(p *product) {
	w.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		w.t.Errorf("stopping: %v\n%s", err, tail(p.stderr.String()))
	}
}

func startOneProcess(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, county: demoCounty(), sessions: map[string]session{}, env: []string{"BANMU_DATA=" + demoData(t)}}
	var p *product
	p, w.url = w.startServing(nil)
	w.kill = func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	w.restart = func(t *testing.T, env ...string) {
		t.Helper()
		if p.cmd.ProcessState == nil {
			w.end(p)
		}
		p, w.url = w.startServing(env)
		w.movedTo(w.url)
	}
	return w
}

// startServers starts a PostgreSQL and a broker that processes share, for as long as the test runs.
func startServers(t *testing.T) (*privatepg.Cluster, *privatenats.Server) {
	t.Helper()
	pg, broker, stop := startServersIn(t, t.TempDir())
	t.Cleanup(stop)
	return pg, broker
}

// startServersIn starts a PostgreSQL and a broker on a data folder; stop ends both, once.
func startServersIn(t *testing.T, data string) (_ *privatepg.Cluster, _ *privatenats.Server, stop func()) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	pg, err := privatepg.Start(t.Context(), privatepg.Config{Dir: filepath.Join(data, "postgres"), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	stopPG := func() {
		if err := pg.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Log(err)
		}
	}
	broker, err := privatenats.Start(t.Context(), privatenats.Config{Dir: filepath.Join(data, "nats"), Log: quiet, ListenAddr: "127.0.0.1:0"})
	if err != nil {
		stopPG()
		t.Fatal(err)
	}
	return pg, broker, sync.OnceFunc(func() {
		broker.Stop()
		stopPG()
	})
}

// startSeparateServers starts a PostgreSQL with the demo county and a broker, for processes that share them.
func startSeparateServers(t *testing.T) *world {
	t.Helper()
	data := demoData(t)
	key, err := os.ReadFile(filepath.Join(data, "key"))
	if err != nil {
		t.Fatal(err)
	}
	pg, broker, stop := startServersIn(t, data)
	t.Cleanup(stop)
	return &world{t: t, county: demoCounty(), sessions: map[string]session{}, env: []string{
		"DATABASE_URL=" + pg.URL(), "NATS_URL=" + broker.URL(), "BANMU_KEY=" + strings.TrimSpace(string(key)), "BANMU_DATA=" + t.TempDir()}}
}

// startSeparateProcesses starts each module in processes of its own, on servers with the demo county. Migrating and loading
// it again leaves it as it is.
func startSeparateProcesses(t *testing.T) *world {
	t.Helper()
	w := startSeparateServers(t)
	for _, command := range []string{"migrate", "demo"} {
		if stdout, stderr, code := runProduct(t, w.env, command); code != 0 {
			t.Fatalf("%s: exit %d\n%s\n%s", command, code, stdout, tail(stderr))
		}
	}
	var shelves []*product
	for range 2 {
		p, _ := w.startServing(nil, "catalog")
		shelves = append(shelves, p)
	}
	_, pay := w.startServing(nil, "payments")
	var placing []*product
	place := func(env ...string) {
		for range 2 {
			p, _ := w.startServing(env, "orders")
			placing = append(placing, p)
		}
	}
	place()
	_, w.url = w.startServing([]string{"BANMU_PAY_URL=" + pay}, "web")
	w.restart = func(t *testing.T, env ...string) {
		t.Helper()
		old := placing
		placing = nil
		place(env...) // the new ones answer before the old ones stop
		for _, p := range old {
			w.end(p)
		}
	}
	w.crash = func(t *testing.T, module string, env ...string) {
		t.Helper()
		all := &placing
		if module == "catalog" {
			all = &shelves
		}
		victim := (*all)[0]
		_ = victim.cmd.Process.Kill()
		_ = victim.cmd.Wait()
		p, _ := w.startServing(env, module)
		*all = append((*all)[1:], p)
	}
	return w
}

// movedTo gives the sessions the product's new address: they outlive a restart.
func (w *world) movedTo(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for login, s := range w.sessions {
		s.url = url
		w.sessions[login] = s
	}
}

// as is somebody of the demo, logged in once.
func (w *world) as(t *testing.T, login string) session {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.sessions[login]; ok {
		return s
	}
	s := w.logIn(t, login, demoPassword)
	w.sessions[login] = s
	return s
}

func (w *world) stranger() session { return session{url: w.url} }

func (w *world) logIn(t *testing.T, login, password string) session {
	t.Helper()
	type opened struct {
		Token string `json:"token"`
	}
	in := post[opened](t, w.stranger(), "/sessions", "", map[string]string{"login": login, "password": password})
	if in.Token == "" {
		t.Fatalf("logging in as %s gave no token", login)
	}
	return session{url: w.url, token: in.Token}
}

// key is an idempotency key nobody used before.
func (w *world) key() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys++
	return fmt.Sprintf("acceptance-%06d", w.keys)
}

func (w *world) pay(t *testing.T, s session, o orders.Order, method string) orders.PayStart {
	t.Helper()
	return post[orders.PayStart](t, s, "/orders/"+o.No+"/payments", w.key(), map[string]string{"method": method, "return_url": "/orders/" + o.No})
}

// order waits until an order looks as it should.
func (w *world) order(t *testing.T, s session, no, what string, done func(orders.Order) bool) orders.Order {
	t.Helper()
	return await(t, "order "+no+": "+what, func() (orders.Order, bool) {
		o := get[orders.Order](t, s, "/orders/"+no)
		return o, done(o)
	})
}

func in(states ...orders.State) func(orders.Order) bool {
	return func(o orders.Order) bool { return slices.Contains(states, o.State) }
}

// verified runs `banmuyuan verify` until everything holds: a message on its way between modules has arrived when verify runs
// again.
func (w *world) verified(t *testing.T) {
	t.Helper()
	await(t, "verify finding nothing", func() (string, bool) {
		stdout, stderr, code := runProduct(t, w.env, "verify")
		return fmt.Sprintf("exit %d\n%s\n%s", code, tail(stdout), tail(stderr)), code == 0
	})
}

// logTail shows the end of each process's log, without the lines about requests that went well.
func (w *world) logTail(t *testing.T) {
	running.Lock()
	defer running.Unlock()
	for _, p := range running.products[w] {
		var lines []string
		for line := range strings.Lines(p.stderr.String()) {
			if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") || !strings.Contains(line, "level=") {
				lines = append(lines, line)
			}
		}
		t.Logf("%v said:\n%s", p.cmd.Args[1:], tail(strings.Join(lines, "")))
	}
}

func tail(text string) string {
	const most = 4000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
