package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The documents name tests that exist: a test that was renamed takes its line of the tables along.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	t.Parallel()
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	known := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(src), -1) {
			known[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(known) < 300 {
		t.Fatalf("only %d tests were found", len(known))
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9_]+)(?:/[^`]*)?`")
	for _, doc := range []string{"guards.md", "faults.md", "allocation.md", "performance.md"} {
		text, err := os.ReadFile(filepath.Join("../../docs", doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if !known[m[1]] {
				t.Errorf("docs/%s names %s, which is no test", doc, m[1])
			}
		}
	}
}
