package linktest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"banmuyuan/internal/link/linktest"
)

func TestMain(m *testing.M) { linktest.Main(m) }

const patience = 30 * time.Second

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// TestChild is not a test of its own: it is the test binary that TestNothingOutlivesAKilledBinary kills.
func TestChild(t *testing.T) {
	if os.Getenv("LINKTEST_CHILD") == "" {
		t.Skip("runs only as a child")
	}
	db, _ := linktest.DB(t, "child", nil)
	var pid int
	if err := db.Get(&pid, `SELECT pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(linktest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nchild %d %s\n", pid, u.Query().Get("host"))
	time.Sleep(10 * patience)
}

func TestNothingOutlivesAKilledBinary(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "LINKTEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	backend, dir := 0, ""
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "child" {
			backend, _ = strconv.Atoi(f[1])
			dir = strings.TrimSuffix(f[2], "/run")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if backend == 0 {
		t.Fatal("the child did not start")
	}
	eventually(t, "PostgreSQL is gone", func() bool { return errors.Is(syscall.Kill(backend, 0), syscall.ESRCH) })
	eventually(t, "its pid file is gone", func() bool {
		_, err := os.Stat(dir + "/cluster/postmaster.pid")
		return errors.Is(err, fs.ErrNotExist)
	})
	linktest.Sweep() // as the next test binary does
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestEachTestHasItsOwnSchema(t *testing.T) {
	t.Parallel()
	a, first := linktest.DB(t, "catalog", nil)
	_, second := linktest.DB(t, "catalog", nil)
	if first == second {
		t.Errorf("both are %s", first)
	}
	var user string
	if err := a.Get(&user, `SELECT current_user`); err != nil || user != first {
		t.Errorf("acts as %s, %v, want %s", user, err, first)
	}
}

func TestServerKeepsWhatItStored(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	nc := ns.Connect(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "A", Subjects: []string{"evt.a.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "evt.a.x", []byte("1")); err != nil {
		t.Fatal(err)
	}
	ns.Stop()
	eventually(t, "the connection notices", func() bool { return !nc.IsConnected() })
	ns.Start(t)
	eventually(t, "the connection is back", nc.IsConnected)
	s, err := js.Stream(t.Context(), "A")
	if err != nil || s.CachedInfo().State.Msgs != 1 {
		t.Errorf("after a restart: %v %v", s, err)
	}
	other := linktest.NATS(t)
	if other.ConnectedServerId() == nc.ConnectedServerId() {
		t.Error("two tests share a server")
	}
}
