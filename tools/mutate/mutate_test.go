package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The sample's tests notice some changes and not others.
func TestSample(t *testing.T) {
	t.Parallel()
	pkgs, err := load("testdata/sample", ".")
	if err != nil {
		t.Fatal(err)
	}
	before := tree(t)
	mutants, err := test(pkgs[0], 2)
	if err != nil {
		t.Fatal(err)
	}
	if after := tree(t); after != before {
		t.Errorf("the source was changed:\n%s", after)
	}
	got := map[result][]string{}
	for _, m := range mutants {
		got[m.result] = append(got[m.result], fmt.Sprintf("%s: %s → %s", m.function, m.from, m.to))
	}
	for _, want := range []string{
		"Charge: min(paid, cost) → max(paid, cost)", "Charge: min(paid, cost) → int64(paid)", "Charge: min(paid, cost) → int64(cost)",
		"Charge: cost < 0 → cost >= 0", `Charge: return 0, errors.New("negative") → return 0, nil`,
		"Sum: total += n → (nothing)", "Sum: total += n → total -= n", "Endless: n-- → (nothing)",
	} {
		if !slices.Contains(got[killed], want) {
			t.Errorf("not killed: %s", want)
		}
	}
	for _, want := range []string{
		"Charge: cost < 0 → cost <= 0", "Within: d <= time.Duration(limit)*time.Hour → d < time.Duration(limit)*time.Hour",
		"var: 3 + offset() → 3 - offset()", "Sum: seen++ → (nothing)",
	} {
		if !slices.Contains(got[lived], want) {
			t.Errorf("did not live: %s", want)
		}
	}
	for _, want := range []string{"Never: a && !b → a", "Never: !b → b"} {
		if !slices.Contains(got[uncovered], want) {
			t.Errorf("covered: %s", want)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(got[killed], "\n"), "\nlived:\n", strings.Join(got[lived], "\n"))
	}
}

func tree(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	names, err := filepath.Glob("testdata/sample/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, name, string(text))
	}
	return all.String()
}

func TestExplained(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "explained.txt")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mutants := []*mutant{
		{file: "a/a.go", function: "F", from: "x < 1", to: "x <= 1"},
		{file: "a/a.go", function: "F", from: "x < 2", to: "x <= 2"},
		{file: "a/a.go", function: "G", from: "y", to: "!y", result: killed},
		{file: "a/a.go", function: "H", from: "z", to: "!z", result: uncovered},
	}
	write("# why\n\na/a.go: F: x < 1 → x <= 1 — both give 1\na/a.go: F: gone → away — was here\n")
	reasons, err := readReasons(file)
	if err != nil {
		t.Fatal(err)
	}
	if sum := report(mutants, reasons); sum != (tally{killed: 1, lived: 1, uncovered: 1, explained: 1}) || sum.score() != 33 {
		t.Errorf("%+v, %d %%", sum, sum.score())
	}
	if reasons["a/a.go: F: gone → away"].used {
		t.Error("a reason without a survivor was used")
	}
	write("a/a.go: F: x < 1 → x <= 1\n")
	if _, err := readReasons(file); err == nil {
		t.Error("a line without a reason was read")
	}
}
