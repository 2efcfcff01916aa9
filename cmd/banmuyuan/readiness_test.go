package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	paymentspg "banmuyuan/payments/postgres"
	"banmuyuan/web/api"
)

// A process says from its first moment that it lives, what it is doing, and what is missing later on.
func TestReadinessNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	var log lockedBuffer
	ready := newReadiness(slog.New(slog.NewTextHandler(&log, nil)))
	f := &front{ready: ready}
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w
	}
	want := func(path string, status int, texts ...string) {
		t.Helper()
		w := ask(path)
		if w.Code != status {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, status, w.Body)
		}
		for _, text := range texts {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s does not say %q: %s", path, text, w.Body)
			}
		}
	}
	percent := 45
	ready.startingWith(func() string { return fmt.Sprintf("loading the demo county, %d %%", percent) })
	want("/healthz", 200, "ok")
	want("/readyz", 503, "starting: loading the demo county, 45 %")
	want("/", 503, "正在启动", "starting")
	var p api.Problem
	if w := ask("/api/v1/orders"); w.Code != 503 || w.Header().Get("Retry-After") == "" || json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Key != keyStarting {
		t.Errorf("the API of a starting process: %d %s", w.Code, w.Body)
	}
	if log.String() != "" {
		t.Errorf("warnings while starting:\n%s", log.String())
	}

	var broken error
	ready.add("orders.outbox", func(context.Context) error { return broken })
	ready.add("orders.database", func(context.Context) error { return nil })
	f.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the product") }))
	ready.started()
	want("/readyz", 200, "ready")
	want("/", 200, "the product")
	broken = lack("the next event waits for 2m0s")
	want("/readyz", 503, "orders.outbox: the next event waits for 2m0s")
	broken = errors.New("pq: secret")
	if w := ask("/readyz"); w.Code != 503 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), "orders.outbox: does not answer") {
		t.Errorf("an error: %d %s", w.Code, w.Body)
	}
	want("/readyz", 503)
	broken = nil
	want("/readyz", 200)
	if n := strings.Count(log.String(), "\n"); n != 2 { // not ready, ready again
		t.Errorf("%d lines in the log, want 2:\n%s", n, log.String())
	}

	ready.stop()
	want("/readyz", 503, "stopping")
	want("/healthz", 200)
	if w := ask("/"); w.Code != 200 || w.Header().Get("Connection") != "close" {
		t.Errorf("a request of a stopping process: %d, Connection %q", w.Code, w.Header().Get("Connection"))
	}
}

// While the disk is nearly full, or events are not published, nobody begins to owe or to pay; everything else goes on.
func TestNewBusinessWaitsForRoom(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	full := &modules{disk: disk{dir: t.TempDir(), least: 1 << 60}}
	late := &watchdog{bounds: Settings{ReadyOutbox: span{Duration: time.Minute}}}
	late.pending.set(link.Pending{Waiting: 2 * time.Minute})
	for name, c := range map[string]struct {
		m   *modules
		key string
	}{"full": {full, "disk_full"}, "late": {&modules{watchdogs: []*watchdog{late}}, "backlog"}} {
		for subject := range newBusiness {
			err := c.m.admit(subject)
			if e := link.AsError(err); err == nil || e.Code != link.Unavailable || e.Key != c.key || e.RetryAfter == 0 {
				t.Errorf("%s: %s is answered with %v", name, subject, err)
			}
		}
		if err := c.m.admit(orders.SubjectOrder); err != nil {
			t.Errorf("%s: reading is answered with %v", name, err)
		}
	}
	if err := (&modules{disk: disk{dir: t.TempDir(), least: 1}}).admit(orders.SubjectPlace); err != nil {
		t.Error(err)
	}
}

// Bounds of the backlog.
func TestBacklogIsBounded(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	w := &watchdog{bounds: Settings{ReadyOutbox: span{Duration: time.Minute}, ReadyBehind: whole{n: 10}, ReadyDeadLetters: whole{n: 2}}}
	for _, c := range []struct {
		pending link.Pending
		lacks   int
	}{
		{link.Pending{Waiting: time.Minute, Behind: 10, DeadLetters: 2}, 0},
		{link.Pending{Waiting: time.Minute + 1}, 1},
		{link.Pending{Behind: 11}, 1},
		{link.Pending{DeadLetters: 3}, 1},
	} {
		w.pending.set(c.pending)
		n := 0
		for _, err := range []error{w.late(), w.behind(), w.gaveUp()} {
			if err != nil {
				n++
			}
		}
		if n != c.lacks {
			t.Errorf("%+v: %d lacks, want %d", c.pending, n, c.lacks)
		}
	}
}

// A database that is not there, does not answer, or has several hosts of which none is there ends the start with a word.
func TestUnreachableDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, url := range map[string]string{
		"nobody there": "postgres://u:geheim@127.0.0.1:1/x?sslmode=disable",
		"two hosts":    "postgres://u:geheim@127.0.0.1:1,127.0.0.1:2/x?sslmode=disable",
		"silent":       "postgres://u:geheim@" + silent.Addr().String() + "/x?sslmode=disable",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"serve", "verify", "migrate"} {
				_, stderr, code := runProduct(t, []string{"DATABASE_URL=" + url, "BANMU_DATABASE_WAIT=2s", "BANMU_ADDR=127.0.0.1:0", "BANMU_METRICS_ADDR=off",
					"BANMU_KEY=" + paymentspg.NewKey(), "BANMU_DATA=" + filepath.Join(t.TempDir(), "data")}, command)
				if code != exitFailed || !strings.Contains(stderr, "DATABASE_URL: no PostgreSQL answered at 127.0.0.1:") || strings.Contains(stderr, "geheim") {
					t.Errorf("%s: exit %d:\n%s", command, code, stderr)
				}
			}
		})
	}
}

// A folder of somebody else's is not written to.
func TestForeignFolderIsRefused(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "passwd"), []byte("root"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"serve"}, {"migrate"}, {"verify"}, {"demo"}} {
		_, stderr, code := runProduct(t, []string{"BANMU_DATA=" + data, "BANMU_ADDR=127.0.0.1:0"}, command...)
		if code != exitFailed || !strings.Contains(stderr, "BANMU_DATA") || !strings.Contains(stderr, "passwd") {
			t.Errorf("%v: exit %d:\n%s", command, code, stderr)
		}
	}
	if entries, err := os.ReadDir(data); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// freeAddress is an address that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// readyz asks a process how it is; an empty text means that nobody listens.
func readyz(url string) (status int, text string) {
	resp, err := http.Get(url + "/readyz")
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// A process answers before its database is there, is ready when it is, and warns of nothing meanwhile.
func TestAnswersFromTheFirstMoment(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	addr := freeAddress(t)
	p, _ := startProduct(t, []string{"BANMU_DATA=" + filepath.Join(t.TempDir(), "data"), "BANMU_ADDR=" + addr, "BANMU_DEMO=no", "BANMU_METRICS_ADDR=off"}, "serve")
	starting := map[string]bool{}
	await(t, "ready", func() (string, bool) {
		status, text := readyz("http://" + addr)
		if status == http.StatusServiceUnavailable {
			starting[text] = true
			if got := statusOf(t, "http://"+addr+"/healthz"); got != http.StatusOK {
				t.Errorf("/healthz of a starting process: %d", got)
			}
		}
		return text, status == http.StatusOK
	})
	if !starting["not ready\nstarting: PostgreSQL and NATS\n"] {
		t.Errorf("seen while starting: %v", starting)
	}
	if strings.Contains(p.stderr.String(), "not ready") {
		t.Errorf("false warnings:\n%s", p.stderr.String())
	}
}

// Pages without the modules behind them are not ready, and are as soon as these answer.
func TestPagesWithoutTheirModulesAreNotReady(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	pg, broker := startServers(t)
	env := []string{"DATABASE_URL=" + pg.URL(), "NATS_URL=" + broker.URL(), "BANMU_KEY=" + paymentspg.NewKey(), "BANMU_DATA=" + t.TempDir(), "BANMU_ADDR=127.0.0.1:0"}
	pages, stdout := startProduct(t, env, "serve", "web")
	url := firstAddress(t, pages, stdout)
	status, text := readyz(url)
	for _, module := range []string{moduleCatalog, moduleOrders, modulePayments} {
		if status != http.StatusServiceUnavailable || !strings.Contains(text, "web.needs."+module+": no process of "+module+" answers") {
			t.Errorf("%d without %s:\n%s", status, module, text)
		}
	}
	for _, module := range []string{moduleCatalog, moduleOrders, modulePayments} {
		p, stdout := startProduct(t, env, "serve", module)
		own := firstAddress(t, p, stdout)
		if got := statusOf(t, own+"/healthz"); got != http.StatusOK {
			t.Errorf("/healthz of %s: %d", module, got)
		}
	}
	await(t, "ready pages", func() (string, bool) {
		status, text := readyz(url)
		return text, status == http.StatusOK
	})
}
