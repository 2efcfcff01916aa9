package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../../.."
	golden = root + "/cmd/banmuyuan/testdata/subjects.golden"
)

var update = flag.Bool("update", false, "write the golden list of subjects anew")

// contracts reads every package of the product that has services, or a generated file.
func contracts(t *testing.T) map[string]*contract {
	t.Helper()
	found := map[string]*contract{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if name := d.Name(); path != root && strings.HasPrefix(name, ".") || name == "testdata" || name == "linkgen" {
			return filepath.SkipDir
		}
		c, err := read(path)
		if errors.Is(err, errNoService) {
			if _, err := os.Stat(filepath.Join(path, output)); err == nil {
				t.Errorf("%s has %s and no service", path, output)
			}
			return nil
		}
		found[path] = c
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 2 {
		t.Fatalf("found services in %d packages only", len(found))
	}
	return found
}

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	for path, c := range contracts(t) {
		want, err := c.generate()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(path, output))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s/%s is not what its interfaces say: run go generate in that folder (%v)", path, output, err)
		}
	}
}

// Processes of two versions agree on the subjects. One that changes here must stay answered under its old name.
func TestSubjectsAreFrozen(t *testing.T) {
	t.Parallel()
	var lines []string
	owner := map[string]string{}
	for path, c := range contracts(t) {
		for _, s := range c.Services {
			for _, m := range s.Methods {
				if other := owner[m.Subject]; other != "" {
					t.Errorf("%s is a subject of %s and of %s", m.Subject, other, path)
				}
				owner[m.Subject] = path
				lines = append(lines, fmt.Sprintf("%s %s %s %s\n", m.Subject, m.Name, bare(m.Request), bare(m.Answer)))
			}
		}
	}
	slices.SortFunc(lines, func(a, b string) int {
		return cmp.Compare(strings.Fields(a)[0], strings.Fields(b)[0])
	})
	got := strings.Join(lines, "")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	was := strings.SplitAfter(string(want), "\n")
	for _, line := range was {
		if !slices.Contains(lines, line) && line != "" {
			t.Errorf("gone: %s", line)
		}
	}
	for _, line := range lines {
		if !slices.Contains(was, line) {
			t.Errorf("new:  %s", line)
		}
	}
	t.Errorf("the wire differs from %s; if it is meant to, run this test with -update", golden)
}

// bare drops the package of a type: a type may move.
func bare(typ string) string {
	brackets := typ[:len(typ)-len(strings.TrimLeft(typ, "[]*"))]
	name := typ[len(brackets):]
	return brackets + name[strings.LastIndex(name, ".")+1:]
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, want string }{
		"no version":   {"//link:service orders\ntype Service interface{}", "want //link:service"},
		"option":       {"//link:service orders v1 quick\ntype Service interface{}", `unknown option "quick"`},
		"shape":        {"//link:service orders v1\ntype Service interface{ Place(int) error }", "Place: want func(context.Context"},
		"embedded":     {"//link:service orders v1\ntype Service interface{ Other }", "embeds Other"},
		"import":       {"//link:service orders v1\ntype Service interface{ Place(context.Context, catalog.None) (int, error) }", "no import for catalog"},
		"subject":      {"//link:service orders v1\ntype Service interface{\nPlace(context.Context, int) (int, error) //link:subject Place\n}", "want //link:subject"},
		"twice":        {"//link:service orders v1\ntype Service interface{\nA(context.Context, int) (int, error)\nB(context.Context, int) (int, error) //link:subject a\n}", "rpc.orders.v1.a is of Service.A"},
		"body":         {"//link:service orders v1\ntype Service interface{\nA(context.Context, int) (int, error) //link:body\n}", "needs the service's option raw"},
		"stray":        {"//link:service orders v1\ntype Service interface{\n//link:service orders v1\nA(context.Context, int) (int, error)\n}", "belongs to no service"},
		"no service":   {"type Service interface{\nA(context.Context, int) (int, error) //link:subject a\n}", "belongs to no service"},
		"no directive": {"type Service interface{}", "no interface has"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\n\n"+c.src+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := read(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Place": "place", "DecideTicket": "decide_ticket", "UnmaskID": "unmask_i_d"} {
		if got := snake(name); got != want {
			t.Errorf("snake(%s) = %s, want %s", name, got, want)
		}
	}
}
