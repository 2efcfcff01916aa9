package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"banmuyuan/internal/backup"
	"banmuyuan/internal/link"
	"banmuyuan/internal/privatepg"
	"banmuyuan/orders"
	paymentspg "banmuyuan/payments/postgres"
)

// done runs a command that has to succeed.
func done(t *testing.T, env []string, args ...string) string {
	t.Helper()
	stdout, stderr, code := runProduct(t, env, args...)
	if code != 0 {
		t.Fatalf("%v: exit %d\n%s\n%s", args, code, stdout, tail(stderr))
	}
	return stdout
}

// refused runs a command that has to be refused with certain words.
func refused(t *testing.T, env []string, words string, args ...string) {
	t.Helper()
	stdout, stderr, code := runProduct(t, env, args...)
	if code != exitFailed || !strings.Contains(stderr, words) {
		t.Errorf("%v: exit %d, want %q in\n%s\n%s", args, code, words, tail(stdout), tail(stderr))
	}
}

const phrase = "BANMU_BACKUP_PASSPHRASE=one goose in the yard"

// bought places an order and pays its deposit.
func bought(t *testing.T, w *world) orders.Order {
	t.Helper()
	buyer := w.as(t, "buyer")
	body := placing{Lines: []orders.QuoteLine{{PresaleID: w.presale(t, "goose-main").ID, Qty: 1}}, Delivery: w.pickup(t)}
	o := post[orders.Order](t, buyer, "/orders", w.key(), body)
	play(t, w.url, w.pay(t, buyer, o, "sandbox").URL, "pay")
	return w.order(t, buyer, o.No, "paid and confirmed", in(orders.StateConfirmed))
}

// A backup that was taken beside a serving product comes back into an empty folder: what was there is there, the time after it
// is gone, everything holds, and an order that is placed then is confirmed.
func TestRestoreDrill(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	w := startOneProcess(t)
	before := bought(t, w)
	dir := filepath.Join(t.TempDir(), "backup")
	done(t, append(w.env, phrase), "backup", dir)
	refused(t, append(w.env, phrase), "it is not empty", "backup", dir)
	lost := bought(t, w)
	w.kill()

	data := filepath.Join(t.TempDir(), "data")
	env := []string{"BANMU_DATA=" + data}
	done(t, append(env, phrase), "restore", "--check", dir)
	if out := done(t, append(env, phrase), "restore", dir); !strings.Contains(out, "everything holds") {
		t.Errorf("restore says %s", out)
	}
	refused(t, append(env, phrase), "it is not empty", "restore", dir)
	w.env = env
	p, url := w.startServing(nil)
	w.url = url
	w.movedTo(url)
	buyer := w.as(t, "buyer")
	if o := get[orders.Order](t, buyer, "/orders/"+before.No); o.State != orders.StateConfirmed {
		t.Errorf("the order of before is %s", o.State)
	}
	refuse(t, buyer, request{method: "GET", path: "/orders/" + lost.No}, 404)
	bought(t, w)
	w.verified(t)
	w.end(p)
}

// The same on servers of one's own, with the database as it was and the broker as it is: events of the lost time do nothing.
func TestRestoreDrillOnServers(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	w := startSeparateServers(t)
	url := envOf(w.env, "DATABASE_URL")
	p, own := w.startServing([]string{"BANMU_SANDBOX=yes"})
	w.url = own
	bought(t, w)
	dir, data := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "data")
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(identity, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	done(t, w.env, "backup", dir, "--recipient", id.Recipient().String())
	refused(t, w.env, "it is not empty", "restore", dir, "--identity", identity)
	lost := bought(t, w)
	w.end(p)

	if err := dropSchemas(t.Context(), url, moduleNames); err != nil {
		t.Fatal(err)
	}
	env := []string{"DATABASE_URL=" + url, "BANMU_DATA=" + data, "BANMU_KEY=" + paymentspg.NewKey()}
	refused(t, env, "BANMU_KEY is not the key of this backup", "restore", dir, "--identity", identity)
	done(t, env[:2], "restore", dir, "--identity", identity)
	key, err := os.ReadFile(filepath.Join(data, keyFile))
	if err != nil || strings.TrimSpace(string(key)) != envOf(w.env, "BANMU_KEY") {
		t.Errorf("the key is not the one of before, %v", err)
	}
	p, own = w.startServing([]string{"BANMU_SANDBOX=yes"})
	w.url = own
	w.movedTo(own)
	buyer := w.as(t, "buyer")
	refuse(t, buyer, request{method: "GET", path: "/orders/" + lost.No}, 404)
	for range 3 {
		if o := bought(t, w); o.State != orders.StateConfirmed {
			t.Errorf("an order after the restore is %s", o.State)
		}
	}
	w.verified(t)
	w.end(p)
}

func envOf(env []string, name string) string {
	for _, v := range env {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			return text
		}
	}
	return ""
}

// Each reason for which a restore does not begin is named, and nothing is left where it would have gone.
func TestRestoreIsRefusedByName(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	source := []string{"BANMU_DATA=" + filepath.Join(t.TempDir(), "source"), phrase}
	done(t, source, "migrate")
	dir := filepath.Join(t.TempDir(), "backup")
	done(t, source, "backup", dir)
	refused(t, append(source[:1:1], "BANMU_BACKUP_PASSPHRASE=short"), "fewer than", "backup", filepath.Join(t.TempDir(), "other"))

	data := filepath.Join(t.TempDir(), "data")
	env := []string{"BANMU_DATA=" + data, phrase}
	copyOf := func(name string, change func(dir string) error) string {
		to := filepath.Join(t.TempDir(), name)
		if err := errors.Join(os.CopyFS(to, os.DirFS(dir)), change(to)); err != nil {
			t.Fatal(err)
		}
		return to
	}
	edit := func(file string, change func([]byte) []byte) func(string) error {
		return func(dir string) error {
			path := filepath.Join(dir, file)
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(text), 0o600)
		}
	}
	refused(t, append(env[:1:1], "BANMU_BACKUP_PASSPHRASE=one duck in the yard"), backup.ErrKey.Error(), "restore", dir)
	refused(t, env, "half a backup", "restore", copyOf("half", func(d string) error { return os.Remove(filepath.Join(d, "manifest.json")) }))
	refused(t, env, "orders.dump.age", "restore", copyOf("altered", edit("orders.dump.age", func(b []byte) []byte { b[len(b)/2] ^= 4; return b })))
	newer := copyOf("newer", edit("manifest.json", func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"module": `), []byte(`"module": 9`), 1)
	}))
	refused(t, env, "this program knows versions up to", "restore", newer)
	later := copyOf("later", edit("manifest.json", func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"postgres": `), []byte(`"postgres": 9`), 1)
	}))
	refused(t, env, "was made with PostgreSQL 9", "restore", later)
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		t.Errorf("refused restores left %v", entries)
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "letter"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, env, "it holds letter", "restore", dir)
	if err := os.Remove(filepath.Join(data, "letter")); err != nil {
		t.Fatal(err)
	}

	// A restore that was killed: the folder is none of a product's, and is restored into once more.
	if err := os.MkdirAll(filepath.Join(data, unfinished, "postgres"), 0o755); err != nil {
		t.Fatal(err)
	}
	refused(t, append(env, "BANMU_ADDR=127.0.0.1:0"), "was not finished", "serve")
	done(t, env, "restore", dir)
	done(t, env, "verify")

	// A backup with a key that opens nothing is none.
	pg, err := privatepg.Start(t.Context(), privatepg.Config{Dir: filepath.Join(data, "postgres")})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := paymentspg.ParseKeys(paymentspg.NewKey())
	if err == nil {
		db, oerr := link.OpenDB(t.Context(), pg.URL(), moduleCatalog, 1)
		if oerr != nil {
			t.Fatal(oerr)
		}
		err = errors.Join(link.KeepKey(t.Context(), db, keys.Checks()[0]), db.Close())
	}
	if err = errors.Join(err, pg.Stop(context.WithoutCancel(t.Context()))); err != nil {
		t.Fatal(err)
	}
	refused(t, env, "BANMU_KEY", "backup", filepath.Join(t.TempDir(), "third"))
}
