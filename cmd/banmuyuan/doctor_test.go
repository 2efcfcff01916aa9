package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paymentspg "banmuyuan/payments/postgres"
)

// The doctor finds what keeps the product from working, says what to do, and changes nothing.
func TestDoctor(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := filepath.Join(t.TempDir(), "data")
	env := []string{"BANMU_DATA=" + data, "BANMU_ADDR=" + freeAddress(t), "BANMU_DEMO=no", "BANMU_METRICS_ADDR=off"}
	if out := done(t, env, "doctor"); !strings.Contains(out, "the first 'serve' makes it") {
		t.Errorf("before the first start:\n%s", out)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("it made the data folder")
	}
	p, stdout := startProduct(t, env, "serve")
	firstAddress(t, p, stdout)
	out := await(t, "a doctor that is content", func() (string, bool) {
		out, stderr, code := runProduct(t, env, "doctor")
		return out + stderr, code == 0
	})
	for _, want := range []string{"ok    disk", "ok    database: PostgreSQL", "ok    clocks", "ok    orders", "ok    key", "ok    NATS", "says ready"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	for _, c := range []struct {
		set  []string
		says string
	}{
		{[]string{"BANMU_KEY=" + paymentspg.NewKey()}, "BAD   BANMU_KEY"},
		{[]string{"BANMU_DISK_FREE=1000000"}, "BAD   disk"},
		{[]string{"BANMU_MODE=production"}, "BAD   BANMU_PUBLIC_URL"},
		{[]string{"PG_BIN=" + t.TempDir()}, "BAD   pg_dump"},
		{[]string{"NATS_URL=nats://127.0.0.1:1"}, "BAD   NATS_URL"},
	} {
		out, stderr, code := runProduct(t, append(env[:len(env):len(env)], c.set...), "doctor")
		if code != exitFailed || !strings.Contains(out, c.says) || !strings.Contains(out, "→") {
			t.Errorf("%v: exit %d, want %q:\n%s%s", c.set, code, c.says, out, stderr)
		}
	}
}

func TestDoctorComparesClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ahead, took time.Duration
		bad         int
	}{{0, 0, 0}, {time.Minute, time.Second, 1}, {-time.Minute, time.Second, 1}, {8 * time.Second, 10 * time.Second, 0}} {
		f := &findings{out: &bytes.Buffer{}}
		lookAtClocks(f, c.ahead, c.took)
		if f.bad != c.bad {
			t.Errorf("%s ahead after %s: %d findings, want %d", c.ahead, c.took, f.bad, c.bad)
		}
	}
}
