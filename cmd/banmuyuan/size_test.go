package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A reader holds a package of this many lines, and a type of this many methods, in the head.
const (
	mostLines   = 6500
	mostMethods = 80
)

// largePackages are the packages that may be larger: postings, payables and batches refer to each other in circles that
// are real.
var largePackages = map[string]bool{"payments/postgres": true}

// Every package and every type stays small enough to be read.
func TestPackagesAndTypesStaySmall(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir string
			GoFiles         []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		name := strings.TrimPrefix(p.ImportPath, self)
		lines, methods, err := measure(p.Dir, p.GoFiles)
		if err != nil {
			t.Fatal(err)
		}
		if largePackages[name] {
			if lines <= mostLines {
				t.Errorf("%s has %d lines: it is no exception any more", name, lines)
			}
			continue
		}
		if lines > mostLines {
			t.Errorf("%s has %d lines, more than %d", name, lines, mostLines)
		}
		for receiver, n := range methods {
			if n > mostMethods {
				t.Errorf("%s.%s has %d methods, more than %d", name, receiver, n, mostMethods)
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d packages were measured", seen)
	}
}

// measure counts the lines of a package and the methods of each of its types.
func measure(dir string, files []string) (lines int, methods map[string]int, err error) {
	methods = map[string]int{}
	for _, file := range files {
		src, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return 0, nil, err
		}
		lines += bytes.Count(src, []byte("\n"))
		parsed, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
		if err != nil {
			return 0, nil, err
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				methods[receiverName(f.Recv.List[0].Type)]++
			}
		}
	}
	return lines, methods, nil
}

func receiverName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiverName(t.X)
	case *ast.IndexExpr:
		return receiverName(t.X)
	case *ast.IndexListExpr:
		return receiverName(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
