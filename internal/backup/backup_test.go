package backup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"banmuyuan/internal/backup"
)

// sealed makes a backup of one file and returns its folder and the identity that opens it.
func sealed(t *testing.T) (dir string, id age.Identity) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "backup")
	w, err := backup.Create(dir, []age.Recipient{key.Recipient()})
	if err == nil {
		err = w.Write("orders.dump", func(to io.Writer) error { _, err := to.Write(bytes.Repeat([]byte("goose"), 50_000)); return err })
	}
	if err == nil {
		err = w.Finish(backup.Manifest{Version: "v1"}, "the key")
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, key
}

// open goes the whole way of a restore.
func open(dir string, id age.Identity) (keys string, content []byte, err error) {
	r, err := backup.Open(dir)
	if err == nil {
		err = r.Check(func(int) {})
	}
	if err == nil {
		keys, err = r.Unseal(id)
	}
	if err == nil {
		err = r.Read("orders.dump", func(from io.Reader) (err error) { content, err = io.ReadAll(from); return err })
	}
	return keys, content, err
}

func TestBackupComesBack(t *testing.T) {
	t.Parallel()
	dir, id := sealed(t)
	keys, content, err := open(dir, id)
	if err != nil || keys != "the key" || len(content) != 250_000 {
		t.Errorf("%q, %d bytes, %v", keys, len(content), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || bytes.Contains(text, []byte("goose")) || bytes.Contains(text, []byte("the key")) {
			t.Errorf("%s can be read by everybody, %v", e.Name(), err)
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestBackupOpensWithItsPassphrase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "backup")
	seal, err := age.NewScryptRecipient("two geese on a field")
	if err != nil {
		t.Fatal(err)
	}
	seal.SetWorkFactor(10)
	w, err := backup.Create(dir, []age.Recipient{seal})
	if err == nil {
		err = w.Finish(backup.Manifest{}, "the key")
	}
	if err != nil {
		t.Fatal(err)
	}
	for phrase, want := range map[string]error{"two geese on a field": nil, "three geese on a field": backup.ErrKey} {
		r, err := backup.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		id, err := age.NewScryptIdentity(phrase)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Unseal(id); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", phrase, err, want)
		}
	}
}

// Each way in which a backup is not as it was written is named.
func TestBackupIsRefusedByName(t *testing.T) {
	t.Parallel()
	change := func(name string, by func([]byte) []byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, by(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	manifest := func(by func(map[string]any)) func(t *testing.T, dir string) {
		return change("manifest.json", func(text []byte) []byte {
			var m map[string]any
			if err := json.Unmarshal(text, &m); err != nil {
				return nil
			}
			by(m)
			text, _ = json.Marshal(m)
			return text
		})
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, dir string)
		want error
		says string
	}{
		"half":         {remove("manifest.json"), backup.ErrHalf, "manifest.json"},
		"file missing": {remove("orders.dump.age"), backup.ErrAltered, "orders.dump.age"},
		"cut off":      {change("orders.dump.age", func(b []byte) []byte { return b[:len(b)-100] }), backup.ErrAltered, "orders.dump.age"},
		"one bit": {change("orders.dump.age", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }),
			backup.ErrAltered, "orders.dump.age"},
		"secrets altered": {change("secrets.age", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), backup.ErrAltered, "secrets.age"},
		"newer":           {manifest(func(m map[string]any) { m["format"] = 2 }), backup.ErrFormat, "newer"},
		"no manifest":     {change("manifest.json", func([]byte) []byte { return []byte("{") }), backup.ErrAltered, "manifest.json"},
		"file left out of the manifest": {manifest(func(m map[string]any) { delete(m["files"].(map[string]any), "orders.dump.age") }),
			backup.ErrAltered, "manifest.json"},
	} {
		dir, id := sealed(t)
		c.harm(t, dir)
		if _, _, err := open(dir, id); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir, _ := sealed(t)
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(dir, other); !errors.Is(err, backup.ErrKey) {
		t.Errorf("another identity: %v", err)
	}
	if _, err := backup.Create(dir, []age.Recipient{other.Recipient()}); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a folder with a backup in it: %v", err)
	}
	if _, err := backup.Create(t.TempDir(), nil); err == nil {
		t.Error("a backup without a seal")
	}
}

// Checksums find damage without the passphrase, and wherever it is.
func TestDamageIsFoundWithoutThePassphrase(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1000, 200_000} {
		dir, _ := sealed(t)
		path := filepath.Join(dir, "orders.dump.age")
		text, err := os.ReadFile(path)
		if err == nil {
			text[at] ^= 1
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := backup.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(func(int) {}); !errors.Is(err, backup.ErrAltered) {
			t.Errorf("at %d: %v", at, err)
		}
	}
}

// A file of another backup, put in the place of one with the manifest changed accordingly, is no file of this one.
func TestExchangedFileIsRefused(t *testing.T) {
	t.Parallel()
	dir, id := sealed(t)
	other, _ := sealed(t)
	text, err := os.ReadFile(filepath.Join(other, "orders.dump.age"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "orders.dump.age"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	read := func(dir string) (m backup.Manifest) {
		text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	mine, theirs := read(dir), read(other)
	mine.Files["orders.dump.age"] = theirs.Files["orders.dump.age"]
	if text, err = json.Marshal(mine); err == nil {
		err = os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(dir, id); !errors.Is(err, backup.ErrAltered) || !strings.Contains(err.Error(), "manifest.json") {
		t.Error(err)
	}
}
