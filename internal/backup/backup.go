// Package backup keeps a backup in a folder: sealed files, and a manifest that lists them.
//
// What must always hold:
//
//   - every file but the manifest is encrypted, with a passphrase or to recipients (age, https://age-encryption.org/v1);
//   - the manifest is written last, so that a folder without one is half a backup;
//   - the manifest has the checksum of every file, and the sealed secrets have them once more: a file that was altered or
//     exchanged, together with the manifest or not, is named and not read.
package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
)

const (
	format       = 1
	manifestName = "manifest.json"
	secretsName  = "secrets"
	sealedSuffix = ".age"
)

// Errors with which a backup is refused.
var (
	ErrHalf     = errors.New("half a backup: it has no manifest.json, which is written last; take another one")
	ErrAltered  = errors.New("it is not as the backup wrote it; take another backup")
	ErrKey      = errors.New("the passphrase or identity does not open this backup")
	ErrNotEmpty = errors.New("it is not empty")
	ErrFormat   = errors.New("a newer version of banmuyuan made this backup: restore it with that version")
)

// File is a sealed file of a backup.
type File struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Schema is a module's part of the database.
type Schema struct {
	Link   int64            `json:"link"`   // versions
	Module int64            `json:"module"` //
	Tables map[string]int64 `json:"tables"` // sizes in bytes, by which progress is told
}

// Manifest lists the contents of a backup. Nothing in it is secret.
type Manifest struct {
	Format   int               `json:"format"`
	Version  string            `json:"version"` // of the program
	Made     time.Time         `json:"made"`    // the moment that the backup shows
	Postgres int               `json:"postgres"`
	Schemas  map[string]Schema `json:"schemas"`
	Files    map[string]File   `json:"files"`
}

type secrets struct {
	Keys  string          `json:"keys"`
	Files map[string]File `json:"files"`
}

// Writer writes a backup.
type Writer struct {
	dir   string
	seals []age.Recipient
	files map[string]File
}

// Create begins a backup in a folder that is empty or does not exist.
func Create(dir string, seals []age.Recipient) (*Writer, error) {
	if len(seals) == 0 {
		return nil, errors.New("begin backup: a passphrase or a recipient is needed")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("begin backup in %s: %w", dir, ErrNotEmpty)
	}
	return &Writer{dir: dir, seals: seals, files: map[string]File{}}, nil
}

// Write seals everything that fill writes as a file.
func (w *Writer) Write(name string, fill func(io.Writer) error) (err error) {
	name += sealedSuffix
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("write %s: %w", name, cerr)
		}
	}()
	sum := &summing{w: f, hash: sha256.New()}
	sealed, err := age.Encrypt(sum, w.seals...)
	if err != nil {
		return fmt.Errorf("seal %s: %w", name, err)
	}
	if err := fill(sealed); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := sealed.Close(); err != nil {
		return fmt.Errorf("seal %s: %w", name, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.files[name] = File{SHA256: hex.EncodeToString(sum.hash.Sum(nil)), Size: sum.size}
	return nil
}

// Finish seals the keys and writes the manifest: from then on the backup is whole.
func (w *Writer) Finish(m Manifest, keys string) error {
	inside, err := json.Marshal(secrets{Keys: keys, Files: maps.Clone(w.files)})
	if err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	err = w.Write(secretsName, func(to io.Writer) error { _, err := to.Write(inside); return err })
	if err != nil {
		return err
	}
	m.Format, m.Files = format, w.files
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	part := filepath.Join(w.dir, manifestName+".part")
	if err := writeSynced(part, append(text, '\n')); err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	if err := os.Rename(part, filepath.Join(w.dir, manifestName)); err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	d, err := os.Open(w.dir)
	if err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("finish backup: %w", err)
	}
	return nil
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

type summing struct {
	w    io.Writer
	hash hash.Hash
	size int64
}

func (s *summing) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	return n, err
}

// Reader reads a backup.
type Reader struct {
	Manifest Manifest
	dir      string
	keys     []age.Identity
}

// Open reads the manifest.
func Open(dir string) (*Reader, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("open backup: %w", err)
		}
		return nil, fmt.Errorf("open backup %s: %w", dir, ErrHalf)
	}
	if err != nil {
		return nil, fmt.Errorf("open backup: %w", err)
	}
	r := &Reader{dir: dir}
	if err := json.Unmarshal(text, &r.Manifest); err != nil {
		return nil, fmt.Errorf("open backup: %s: %w", manifestName, ErrAltered)
	}
	if r.Manifest.Format > format {
		return nil, fmt.Errorf("open backup %s: %w", dir, ErrFormat)
	}
	if _, ok := r.Manifest.Files[secretsName+sealedSuffix]; !ok || r.Manifest.Format < 1 {
		return nil, fmt.Errorf("open backup: %s: %w", manifestName, ErrAltered)
	}
	return r, nil
}

// Size is the number of bytes that Check reads.
func (r *Reader) Size() (n int64) {
	for _, f := range r.Manifest.Files {
		n += f.Size
	}
	return n
}

// Check compares every file with its checksum; read is told how many bytes were.
func (r *Reader) Check(read func(int)) error {
	for _, name := range slices.Sorted(maps.Keys(r.Manifest.Files)) {
		want := r.Manifest.Files[name]
		if name != filepath.Base(name) {
			return fmt.Errorf("%s: %w", manifestName, ErrAltered)
		}
		f, err := os.Open(filepath.Join(r.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is missing: %w", name, ErrAltered)
		}
		if err != nil {
			return fmt.Errorf("check backup: %w", err)
		}
		sum := sha256.New()
		n, err := io.Copy(sum, io.TeeReader(f, counting(read)))
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("check %s: %w", name, err)
		}
		if n != want.Size || hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
			return fmt.Errorf("%s: %w", name, ErrAltered)
		}
	}
	return nil
}

type counting func(int)

func (c counting) Write(p []byte) (int, error) {
	c(len(p))
	return len(p), nil
}

// Unseal opens the backup with a passphrase or an identity and returns the keys that id and account numbers are encrypted with.
func (r *Reader) Unseal(keys ...age.Identity) (string, error) {
	r.keys = keys
	var s secrets
	err := r.Read(secretsName, func(from io.Reader) error {
		text, err := io.ReadAll(from)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &s)
	})
	if err != nil {
		return "", err
	}
	s.Files[secretsName+sealedSuffix] = r.Manifest.Files[secretsName+sealedSuffix]
	if !maps.Equal(s.Files, r.Manifest.Files) {
		return "", fmt.Errorf("%s: %w", manifestName, ErrAltered)
	}
	return s.Keys, nil
}

// Read has take read a file; Unseal comes before.
func (r *Reader) Read(name string, take func(io.Reader) error) error {
	name += sealedSuffix
	f, err := os.Open(filepath.Join(r.dir, name))
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	defer f.Close()
	opened, err := age.Decrypt(f, r.keys...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return fmt.Errorf("open %s: %w", name, ErrKey)
	}
	if err != nil {
		return fmt.Errorf("open %s: %w: %w", name, ErrAltered, err)
	}
	plain := &noting{from: opened}
	err = take(plain)
	// A file that was cut off is one that was altered, also where it was read far enough.
	_, rest := io.Copy(io.Discard, plain)
	if broken := errors.Join(plain.failure, rest); broken != nil {
		return fmt.Errorf("read %s: %w: %w", name, ErrAltered, broken)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// noting keeps a failure to read, whatever its reader makes of it.
type noting struct {
	from    io.Reader
	failure error
}

func (n *noting) Read(p []byte) (int, error) {
	if n.failure != nil {
		return 0, io.EOF
	}
	k, err := n.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		n.failure = err
	}
	return k, err
}
