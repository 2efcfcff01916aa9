// Package static owns the files the browser loads: style, scripts, pictures.
//
// Every file has an address that holds a hash of its content, so that browsers
// may keep it for ever and a new release is seen at once. Files are compressed
// when first asked for and kept compressed in memory.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed *.css *.js *.svg *.webmanifest *.txt LICENSES.md icons/*.svg pictures/*.svg vendor/*
var files embed.FS

// Prefix is where the files are served.
const Prefix = "/static/"

// Assets knows every file by its plain name and by its hashed address.
type Assets struct {
	byName   map[string]*asset
	byHashed map[string]*asset
}

type asset struct {
	name, hashed, contentType, etag string
	plain                           []byte

	once     sync.Once
	br, gzip []byte
}

// Load hashes every embedded file.
func Load() (*Assets, error) {
	a := &Assets{byName: map[string]*asset{}, byHashed: map[string]*asset{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:])[:12]
		ext := path.Ext(name)
		f := &asset{
			name:        name,
			hashed:      strings.TrimSuffix(name, ext) + "." + hash + ext,
			contentType: contentType(ext),
			etag:        `"` + hash + `"`,
			plain:       body,
		}
		a.byName[name], a.byHashed[f.hashed] = f, f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load static files: %w", err)
	}
	return a, nil
}

// The types of the machine the server runs on are not asked: they differ.
func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// URL is the address of a file that never changes its content. An unknown name
// is an error of the program: templates that use one fail their tests.
func (a *Assets) URL(name string) (string, error) {
	f, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return Prefix + f.hashed, nil
}

// Read returns a file's content, for pictures that are written into the page.
func (a *Assets) Read(name string) ([]byte, error) {
	f, ok := a.byName[name]
	if !ok {
		return nil, fmt.Errorf("no static file %q", name)
	}
	return f.plain, nil
}

// Has reports whether there is such a file.
func (a *Assets) Has(name string) bool { return a.byName[name] != nil }

// ServeHTTP serves hashed addresses for ever and plain names with revalidation.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	h := w.Header()
	f, hashed := a.byHashed[name]
	if f == nil {
		if f = a.byName[name]; f == nil {
			http.NotFound(w, r)
			return
		}
	}
	if hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Vary", "Accept-Encoding")
	body, encoding := f.encoded(r.Header.Get("Accept-Encoding"))
	etag := f.etag
	if encoding != "" {
		// Two encodings are two representations and may not share a tag.
		h.Set("Content-Encoding", encoding)
		etag = `"` + strings.Trim(f.etag, `"`) + "-" + encoding + `"`
	}
	h.Set("ETag", etag)
	if match(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the browser went away: nobody is left to tell
}

func match(header, etag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == etag {
			return true
		}
	}
	return false
}

func (f *asset) encoded(accept string) ([]byte, string) {
	f.once.Do(f.compress)
	switch {
	case f.br != nil && accepts(accept, "br"):
		return f.br, "br"
	case f.gzip != nil && accepts(accept, "gzip"):
		return f.gzip, "gzip"
	}
	return f.plain, ""
}

func (f *asset) compress() {
	if len(f.plain) < 512 {
		return
	}
	// Level 11 takes seconds for the chart library and saves a few per cent.
	var br, gz bytes.Buffer
	bw := brotli.NewWriterLevel(&br, 8)
	_, _ = bw.Write(f.plain) // writing to memory does not fail
	_ = bw.Close()
	gw, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression) // a valid level
	_, _ = gw.Write(f.plain)
	_ = gw.Close()
	if br.Len() < len(f.plain) {
		f.br = br.Bytes()
	}
	if gz.Len() < len(f.plain) {
		f.gzip = gz.Bytes()
	}
}

// accepts reads an Accept-Encoding header; "q=0" is a refusal.
func accepts(header, encoding string) bool {
	for one := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(one), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q := strings.ReplaceAll(params, " ", "")
		return !strings.HasPrefix(q, "q=0") || strings.Trim(strings.TrimPrefix(q, "q=0"), ".0") != ""
	}
	return false
}
