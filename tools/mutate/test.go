package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/cover"
	"golang.org/x/tools/go/packages"
)

type result int

const (
	lived result = iota
	killed
	uncovered
)

const variable = "MUTATE_MUTANT"

// test runs the tests of a package on each of its mutants.
func test(pkg *packages.Package, workers int) ([]*mutant, error) {
	dir := pkg.Dir
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	mutants, err := instrument(pkg, work)
	if err != nil || len(mutants) == 0 {
		return nil, err
	}
	profile := filepath.Join(work, "cover")
	if err := command(dir, "go", "test", "-count=1", "-vet=off", "-coverprofile="+profile, "."); err != nil {
		return nil, fmt.Errorf("the tests fail as they are: %w", err)
	}
	if err := markCovered(pkg, profile, mutants); err != nil {
		return nil, err
	}
	binary := filepath.Join(work, "test")
	if err := command(dir, "go", "test", "-c", "-vet=off", "-overlay="+filepath.Join(work, "overlay.json"), "-o", binary, "."); err != nil {
		return nil, err
	}
	if _, err := os.Stat(binary); err != nil { // no tests at all
		for _, m := range mutants {
			m.result = uncovered
		}
		return mutants, nil
	}
	flags := testFlags(dir)
	started := time.Now()
	if !passes(dir, binary, flags, 0, 5*time.Minute) {
		return nil, errors.New("the tests fail with all mutants off")
	}
	took := time.Since(started)
	timeout := 10*time.Second + 10*took
	fmt.Fprintf(os.Stderr, "%s: %d changes, %.1f s for a run of its tests\n", pkg.PkgPath, len(mutants), took.Seconds())

	queue := make(chan *mutant)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for m := range queue {
				if !passes(dir, binary, flags, m.id, timeout) {
					m.result = killed
				}
			}
		})
	}
	for _, m := range mutants {
		if m.result != uncovered {
			queue <- m
		}
	}
	close(queue)
	group.Wait()
	return mutants, nil
}

func command(dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// testFlags makes property tests repeatable and quick to fail, and keeps them from writing failures into the tree.
func testFlags(dir string) []string {
	c := exec.Command("go", "list", "-deps", "-test", ".")
	c.Dir = dir
	out, _ := c.Output() // a failure shows when the tests run
	if slices.Contains(strings.Fields(string(out)), "pgregory.net/rapid") {
		return []string{"-rapid.nofailfile", "-rapid.seed=1", "-rapid.shrinktime=1ms"}
	}
	return nil
}

func passes(dir, binary string, flags []string, id int, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c := exec.CommandContext(ctx, binary, append([]string{"-test.failfast", "-test.count=1"}, flags...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, id), "GOMAXPROCS=1", "GOMEMLIMIT=1GiB")
	return c.Run() == nil
}

// instrument writes the package's files with all mutants, and an overlay that names them, into a folder. Mutants with
// which the package does not compile are left out.
func instrument(pkg *packages.Package, work string) ([]*mutant, error) {
	off := map[string]bool{}
	for range 20 {
		var mutants []*mutant
		var files []*instrumenter
		for i, file := range pkg.Syntax {
			name := pkg.CompiledGoFiles[i]
			src, err := os.ReadFile(filepath.Clean(name))
			if err != nil {
				return nil, err
			}
			in := &instrumenter{
				fset: pkg.Fset, info: pkg.TypesInfo, pkg: pkg.Types, file: file, src: src, mutants: &mutants, off: off,
				name: strings.TrimPrefix(below(pkg)+"/"+filepath.Base(name), "/"),
			}
			if !generated(src) {
				in.walk()
			}
			files = append(files, in)
		}
		wrong, err := compile(pkg, work, files)
		if err != nil {
			return nil, err
		}
		if len(wrong) == 0 {
			return mutants, nil
		}
		for _, id := range wrong {
			off[mutants[id-1].String()] = true
		}
	}
	return nil, errors.New("the package with its mutants does not compile")
}

func generated(src []byte) bool {
	head, _, _ := bytes.Cut(src, []byte("\npackage "))
	return bytes.Contains(head, []byte("DO NOT EDIT"))
}

// compile writes the files and checks their types. It returns the mutants that are to blame for errors.
func compile(pkg *packages.Package, work string, files []*instrumenter) ([]int, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	fset := token.NewFileSet()
	texts := map[string]*instrumenter{}
	write := func(original, text string) error {
		name := filepath.Join(work, filepath.Base(original))
		overlay.Replace[original] = name
		return os.WriteFile(name, []byte(text), 0o600)
	}
	helper := fmt.Sprintf("package %s\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar %s, _ = strconv.Atoi(os.Getenv(%q))\n", pkg.Name, selector, variable)
	syntax := map[string]string{"mutate_selector.go": fmt.Sprintf("package %s\n\nvar %s int\n", pkg.Name, selector)}
	if err := write(filepath.Join(pkg.Dir, "mutate_selector.go"), helper); err != nil {
		return nil, err
	}
	for i, in := range files {
		name := pkg.CompiledGoFiles[i]
		text := string(in.apply())
		texts[filepath.Base(name)], syntax[filepath.Base(name)] = in, text
		if err := write(name, text); err != nil {
			return nil, err
		}
	}
	index, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(work, "overlay.json"), index, 0o600); err != nil {
		return nil, err
	}

	var wrong []int
	var unknown error
	blame := func(file string, offset int, err error) {
		var smallest *edit
		if in := texts[file]; in != nil {
			for i := range in.edits {
				if e := &in.edits[i]; e.start <= offset && offset < e.end && (smallest == nil || e.end-e.start < smallest.end-smallest.start) {
					smallest = e
				}
			}
		}
		if smallest == nil {
			unknown = errors.Join(unknown, err)
			return
		}
		wrong = append(wrong, smallest.ids...)
	}
	config := types.Config{
		Importer: importer{pkg},
		Error: func(err error) {
			if e, ok := errors.AsType[types.Error](err); ok {
				p := e.Fset.Position(e.Pos)
				blame(p.Filename, p.Offset, err)
			}
		},
	}
	var parsed []*ast.File
	for name, text := range syntax {
		f, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if list, ok := errors.AsType[scanner.ErrorList](err); ok {
			for _, e := range list {
				blame(name, e.Pos.Offset, e)
			}
			continue
		}
		parsed = append(parsed, f)
	}
	if len(wrong) == 0 && unknown == nil {
		_, _ = config.Check(pkg.PkgPath, fset, parsed, nil) // errors go to Error
	}
	if len(wrong) == 0 {
		return nil, unknown
	}
	return wrong, nil
}

// importer finds the packages that were loaded with the one under test.
type importer struct{ pkg *packages.Package }

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := i.pkg.Imports[path]; p != nil && p.Types != nil {
		return p.Types, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

// markCovered marks the mutants that no test comes by. Code outside functions is run when the package starts.
func markCovered(pkg *packages.Package, profile string, mutants []*mutant) error {
	profiles, err := cover.ParseProfiles(profile)
	if err != nil {
		return err
	}
	for _, m := range mutants {
		if m.function == "var" {
			continue
		}
		inBlock, ran := false, false
		for _, p := range profiles {
			if p.FileName != pkg.PkgPath+"/"+filepath.Base(m.file) {
				continue
			}
			for _, b := range p.Blocks {
				after := m.line > b.StartLine || m.line == b.StartLine && m.col >= b.StartCol
				before := m.line < b.EndLine || m.line == b.EndLine && m.col <= b.EndCol
				inBlock = inBlock || after && before
				ran = ran || after && before && b.Count > 0
			}
		}
		if inBlock && !ran { // the condition of a case stands in no block
			m.result = uncovered
		}
	}
	return nil
}
