package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// usedCPU is the processor time of this process: a busy machine may give it none for a while.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// The saved profile of two measurements holds both, and nothing about the machine.
func TestSavedProfile(t *testing.T) {
	var bodies [][]byte
	var samples int
	for range 2 {
		var buf bytes.Buffer
		if err := pprof.StartCPUProfile(&buf); err != nil {
			t.Fatal(err)
		}
		for end := usedCPU(t) + 100*time.Millisecond; usedCPU(t) < end; {
			_ = strings.Repeat("geese", 100_000)
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
