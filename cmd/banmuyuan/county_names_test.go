package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// theFirstCounty matches names and figures of the county that the demo shows.
var theFirstCounty = regexp.MustCompile("依安|Yi[’']an|YiAn|百只鹅|一亩种薯|千袋菌|春城|刘洪亮|828 元|895 元|1,177 元|149 个村|11,187 户|RaiserBP = 9|SeedPotatoShareFen|eggsPerGoose")

// TestTheCountyIsData looks for the first county in the code, SQL, templates and scripts: another county must not meet it.
func TestTheCountyIsData(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(path)
		if d.IsDir() {
			switch d.Name() {
			case ".git", "node_modules", "testdata", "county", "bin", ".cache", "data", "vendor", "docs", "webtest", "bench":
				if name != "../../web/county" {
					return filepath.SkipDir
				}
			}
			return nil
		}
		ext := filepath.Ext(name)
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "cmd/banmuyuan/demo") || !slices.Contains([]string{".go", ".sql", ".html", ".js", ".webmanifest"}, ext) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		for i, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//") // comments may give an example
			if found := theFirstCounty.FindString(code); found != "" {
				t.Errorf("%s:%d names the first county: %s", name, i+1, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 600 {
		t.Errorf("only %d files were read", seen)
	}
}
