package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// The saved profile of two measurements holds both, and nothing about the machine.
func TestSavedProfile(t *testing.T) {
	var bodies [][]byte
	var samples int
	for range 2 {
		var buf bytes.Buffer
		if err := pprof.StartCPUProfile(&buf); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
			_ = strings.Repeat("geese", 1000)
		}
		pprof.StopCPUProfile()
		p, err := profile.Parse(bytes.NewReader(buf.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Sample {
			samples += int(s.Value[0])
		}
		bodies = append(bodies, buf.Bytes())
	}
	path := filepath.Join(t.TempDir(), "product.pgo")
	if err := saveProfile(path, bodies); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, s := range p.Sample {
		got += int(s.Value[0])
	}
	if got != samples || got == 0 {
		t.Errorf("%d samples of %d", got, samples)
	}
	for _, f := range p.Function {
		if f.Filename != "" || f.Name == "" {
			t.Errorf("function %q of %q", f.Name, f.Filename)
		}
	}
	for _, m := range p.Mapping {
		if strings.Contains(m.File, "/") {
			t.Errorf("mapping of %q", m.File)
		}
	}
}
