// Mutate tells how much the tests of a package notice: it changes the package's source in one place at a time, runs its
// tests, and lists the changes with which they still pass.
//
//	mutate [-C folder] [-explained file] package…
//
// All changes of a package are compiled into one test binary, and an environment variable turns one of them on, so that
// a change costs one run of the tests and no build. The source stays as it is: the go command reads the changed files
// by way of an overlay.
//
// The file of explained survivors has lines "file: function: from → to — reason". They are not counted.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/packages"
)

func main() {
	folder := flag.String("C", ".", "the folder to work in")
	explained := flag.String("explained", "", "the file of survivors that may live, with reasons")
	workers := flag.Int("p", runtime.NumCPU(), "how many runs at a time")
	least := flag.Int("least", 0, "fail below this score")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	score, err := run(*folder, *explained, *workers, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
	if score < *least {
		fmt.Printf("the score is below %d\n", *least)
		os.Exit(1)
	}
}

func run(folder, explained string, workers int, patterns []string) (score int, err error) {
	reasons, err := readReasons(explained)
	if err != nil {
		return 0, err
	}
	pkgs, err := load(folder, patterns...)
	if err != nil {
		return 0, err
	}
	var total tally
	for _, pkg := range pkgs {
		started := time.Now()
		mutants, err := test(pkg, workers)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", pkg.PkgPath, err)
		}
		sum := report(mutants, reasons)
		total.add(sum)
		fmt.Printf("%-32s %s, in %.0f s\n", pkg.PkgPath, sum, time.Since(started).Seconds())
	}
	if len(pkgs) > 1 {
		fmt.Printf("%-32s %s\n", "all", total)
	}
	for key, r := range reasons {
		if !r.used && slices.ContainsFunc(pkgs, func(p *packages.Package) bool { return strings.HasPrefix(key, below(p)+"/") }) {
			fmt.Printf("explained, but no survivor: %s\n", key)
		}
	}
	return total.score(), nil
}

func load(folder string, patterns ...string) ([]*packages.Package, error) {
	pkgs, err := packages.Load(&packages.Config{
		Dir: folder,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo | packages.NeedImports | packages.NeedModule,
	}, patterns...)
	if err == nil && packages.PrintErrors(pkgs) > 0 {
		err = fmt.Errorf("the packages do not compile")
	}
	return pkgs, err
}

// below is a package's folder below its module.
func below(p *packages.Package) string {
	return strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, p.Module.Path), "/")
}

type tally struct{ killed, lived, uncovered, explained int }

func (t *tally) add(o tally) {
	t.killed += o.killed
	t.lived += o.lived
	t.uncovered += o.uncovered
	t.explained += o.explained
}

func (t tally) score() int {
	all := t.killed + t.lived + t.uncovered
	if all == 0 {
		return 100
	}
	return t.killed * 100 / all
}

func (t tally) String() string {
	return fmt.Sprintf("%3d %%: %d killed, %d lived, %d not covered, %d explained", t.score(), t.killed, t.lived, t.uncovered, t.explained)
}

func report(mutants []*mutant, reasons map[string]*reason) tally {
	var sum tally
	for _, m := range mutants {
		key := fmt.Sprintf("%s: %s: %s → %s", m.file, m.function, m.from, m.to)
		switch {
		case m.result == killed:
			sum.killed++
		case reasons[key] != nil:
			reasons[key].used = true
			sum.explained++
		case m.result == uncovered:
			sum.uncovered++
			fmt.Println("not covered:", m)
		default:
			sum.lived++
			fmt.Println("lived:      ", m)
		}
	}
	return sum
}

type reason struct {
	text string
	used bool
}

// readReasons reads the file of explained survivors. Empty lines and lines that begin with # are for the reader.
func readReasons(name string) (map[string]*reason, error) {
	reasons := map[string]*reason{}
	if name == "" {
		return reasons, nil
	}
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		mutant, why, ok := strings.Cut(line, " — ")
		if !ok || strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("%s:%d: no reason after “ — ”", name, i+1)
		}
		reasons[mutant] = &reason{text: why}
	}
	return reasons, nil
}
