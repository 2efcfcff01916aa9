//go:build ignore

// Testsummary reads `go test -json` and prints it for a person:
// each package's line, all that failing tests wrote, and in the end the slowest
// tests and how many ran. It exits 1 when one failed or none ran.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64 // seconds
}

// slowest is how many tests are named with their time: where a suite that grew can be made shorter.
const slowest = 10

type key struct{ pkg, test string }

func main() {
	written := map[key]*strings.Builder{}
	counts := map[string]int{}
	var failures, skips []string
	failedPackages := 0
	var took []event // whole tests, without their parts

	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			os.Stdout.Write(line) // not from go test: a compiler, a linker
			continue
		}
		k := key{e.Package, e.Test}
		switch {
		case e.Action == "build-output":
			fmt.Print(e.Output)
		case e.Action == "output" && e.Test == "":
			if !strings.HasPrefix(e.Output, "PASS") && !strings.Contains(e.Output, "[no test files]") {
				fmt.Print(e.Output)
			}
		case e.Action == "output":
			if written[k] == nil {
				written[k] = &strings.Builder{}
			}
			written[k].WriteString(e.Output)
		case e.Test == "":
			if e.Action == "fail" {
				failedPackages++
			}
		case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
			counts[e.Action]++
			if !strings.Contains(e.Test, "/") {
				took = append(took, e)
			}
			name := e.Package + " " + e.Test
			if e.Action == "fail" {
				failures = append(failures, name)
				fmt.Print(text(written[k]))
			}
			if e.Action == "skip" {
				skips = append(skips, name+": "+reason(text(written[k])))
			}
			delete(written, k)
		}
	}
	for k, out := range written { // their package ended before they did
		fmt.Printf("%s %s did not finish:\n%s", k.pkg, k.test, out)
	}

	fmt.Println("\n──── summary ────")
	slices.SortStableFunc(took, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	for _, e := range took[:min(slowest, len(took))] {
		fmt.Printf("%6.1f s  %s %s\n", e.Elapsed, e.Package, e.Test)
	}
	for _, s := range skips {
		fmt.Println("skipped", s)
	}
	for _, f := range failures {
		fmt.Println("FAILED ", f)
	}
	fmt.Printf("%d tests passed, %d failed, %d skipped; %d packages failed\n", counts["pass"], counts["fail"], counts["skip"], failedPackages)
	if counts["fail"] > 0 || failedPackages > 0 || counts["pass"] == 0 {
		os.Exit(1)
	}
}

func text(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	return b.String()
}

// reason is the line a skipped test gave, without the runner's own lines.
func reason(out string) string {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "no reason given"
}
