package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// TestStates scans the source of the whole module:
//   - each row of each state table is asked by code outside the table;
//   - each machine is a package-level variable with its table beside it, and a test of its package that needs no
//     server calls its Check;
//   - no SQL literal sets a state.
func TestStates(t *testing.T) {
	t.Parallel()
	src, err := readSource(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	machines, wrong := src.machines()
	if len(machines) < 3 {
		t.Fatalf("only %d state tables were found", len(machines))
	}
	wrong = append(wrong, src.unasked(machines)...)
	wrong = append(wrong, src.unchecked(machines)...)
	for _, w := range wrong {
		t.Error(w)
	}
	for _, l := range src.literals() {
		t.Errorf("%s:%d: SQL sets %s to the literal %s: pass machine.To(event) as a parameter", l.file, l.line, l.column, l.value)
	}
}

// source is parsed Go source by path below the module's root.
type source struct {
	fset  *token.FileSet
	files map[string]*ast.File
	texts map[string]map[string]ast.Expr // string constants and variables of a folder, by name
}

func readSource(root fs.FS) (*source, error) {
	s := &source{fset: token.NewFileSet(), files: map[string]*ast.File{}, texts: map[string]map[string]ast.Expr{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 1 && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.files[name] = f
		if isTest(name) {
			return nil
		}
		folder := path.Dir(name)
		if s.texts[folder] == nil {
			s.texts[folder] = map[string]ast.Expr{}
		}
		for _, decl := range f.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok {
				for _, spec := range gen.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
						for i, n := range v.Names {
							s.texts[folder][n.Name] = v.Values[i]
						}
					}
				}
			}
		}
		return nil
	})
	return s, err
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

func (s *source) names() []string { return slices.Sorted(maps.Keys(s.files)) }

func (s *source) line(n ast.Node) int { return s.fset.Position(n.Pos()).Line }

// imports returns the folders of the module that a file imports, by the name it knows them by.
func imports(f *ast.File) map[string]string {
	all := map[string]string{}
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		folder, ours := strings.CutPrefix(p, self)
		if !ours {
			continue
		}
		name := path.Base(folder)
		if i.Name != nil {
			name = i.Name.Name
		}
		all[name] = folder
	}
	return all
}

// named is a package-level name of a folder.
type named struct{ folder, name string }

// refers resolves an identifier or a selector of a package.
func refers(folder string, known map[string]string, e ast.Expr) (named, bool) {
	switch e := e.(type) {
	case *ast.Ident:
		return named{folder, e.Name}, true
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && known[x.Name] != "" {
			return named{known[x.Name], e.Sel.Name}, true
		}
	}
	return named{}, false
}

// machine is a state table in source.
type machine struct {
	named
	file   string
	table  ast.Node // the call of state.New
	events []named
}

// machines finds the state tables of all code that is not a test. A table that the scan cannot read is wrong.
func (s *source) machines() (all []machine, wrong []string) {
	for _, name := range s.names() {
		f := s.files[name]
		known := imports(f)
		if isTest(name) {
			continue
		}
		isNew := func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return false
			}
			fun := call.Fun
			switch x := fun.(type) { // type arguments may be given
			case *ast.IndexListExpr:
				fun = x.X
			case *ast.IndexExpr:
				fun = x.X
			}
			to, ok := refers("", known, fun)
			return ok && to == named{"internal/state", "New"}
		}
		found := map[ast.Node]bool{}
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for i, value := range v.Values {
					if !isNew(value) {
						continue
					}
					found[value] = true
					m := machine{named: named{path.Dir(name), v.Names[i].Name}, file: name, table: value}
					if m.events = eventsOf(m.folder, known, value.(*ast.CallExpr)); m.events == nil {
						wrong = append(wrong, fmt.Sprintf("%s: the rows of %s cannot be read: write the table in the call of state.New, events by name", name, m.name))
					}
					all = append(all, m)
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if n != nil && isNew(n) && !found[n] {
				wrong = append(wrong, fmt.Sprintf("%s:%d: a machine is a package-level variable, so that others can ask it", name, s.line(n)))
			}
			return true
		})
	}
	return all, wrong
}

// eventsOf reads the events of a table's rows, or returns nil where it cannot.
func eventsOf(folder string, known map[string]string, call *ast.CallExpr) (events []named) {
	if len(call.Args) != 1 {
		return nil
	}
	table, ok := call.Args[0].(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for _, e := range table.Elts {
		field, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return nil
		}
		if key, ok := field.Key.(*ast.Ident); !ok || key.Name != "Rows" {
			continue
		}
		rows, ok := field.Value.(*ast.CompositeLit)
		if !ok {
			return nil
		}
		for _, r := range rows.Elts {
			row, ok := r.(*ast.CompositeLit)
			if !ok || len(row.Elts) == 0 {
				return nil
			}
			on := row.Elts[0]
			for _, e := range row.Elts {
				if field, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := field.Key.(*ast.Ident); ok && key.Name == "On" {
						on = field.Value
					}
				}
			}
			event, ok := refers(folder, known, on)
			if !ok {
				return nil
			}
			events = append(events, event)
		}
	}
	return events
}

// unasked names the rows with an event that no code mentions outside its declaration and the tables.
func (s *source) unasked(machines []machine) (wrong []string) {
	asked := map[named]bool{}
	tables := map[ast.Node]bool{}
	for _, m := range machines {
		tables[m.table] = true
	}
	for name, f := range s.files {
		if isTest(name) {
			continue
		}
		folder, known := path.Dir(name), imports(f)
		var visit func(ast.Node) bool
		visit = func(n ast.Node) bool {
			if tables[n] {
				return false
			}
			switch n := n.(type) {
			case *ast.ValueSpec: // a declaration of a name is no mention of it
				for _, v := range n.Values {
					ast.Inspect(v, visit)
				}
				return false
			case *ast.SelectorExpr:
				if to, ok := refers(folder, known, n); ok {
					asked[to] = true
					return false
				}
				ast.Inspect(n.X, visit)
				return false
			case *ast.Ident:
				asked[named{folder, n.Name}] = true
			}
			return true
		}
		ast.Inspect(f, visit)
	}
	for _, m := range machines {
		for _, e := range m.events {
			if !asked[e] {
				wrong = append(wrong, fmt.Sprintf("%s: no code asks for %s of %s: the row has no effect", m.file, e.name, m.name))
			}
		}
	}
	return wrong
}

// unchecked names the machines without a test in their folder that calls their Check, directly or by a function of the
// test's file that calls Check on its parameter. Tests that start servers do not count.
func (s *source) unchecked(machines []machine) (wrong []string) {
	checked := map[named]bool{}
	for name, f := range s.files {
		folder, known := path.Dir(name), imports(f)
		if !isTest(name) || slices.Contains(slices.Collect(maps.Values(known)), "internal/link/linktest") {
			continue
		}
		checkers := map[string]bool{}
		for _, decl := range f.Decls {
			fun, ok := decl.(*ast.FuncDecl)
			if !ok || fun.Body == nil {
				continue
			}
			parameters := map[string]bool{}
			for _, p := range fun.Type.Params.List {
				for _, n := range p.Names {
					parameters[n.Name] = true
				}
			}
			ast.Inspect(fun.Body, func(n ast.Node) bool {
				if x, ok := calledCheckOn(n).(*ast.Ident); ok && parameters[x.Name] {
					checkers[fun.Name.Name] = true
				}
				return true
			})
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if x := calledCheckOn(n); x != nil {
				if to, ok := refers(folder, known, x); ok {
					checked[to] = true
				}
			}
			if call, ok := n.(*ast.CallExpr); ok {
				if fun, ok := call.Fun.(*ast.Ident); ok && checkers[fun.Name] {
					for _, a := range call.Args {
						if to, ok := refers(folder, known, a); ok {
							checked[to] = true
						}
					}
				}
			}
			return true
		})
	}
	for _, m := range machines {
		if !checked[m.named] {
			wrong = append(wrong, fmt.Sprintf("%s: no test of %s that needs no server calls %s.Check", m.file, m.folder, m.name))
		}
	}
	return wrong
}

// calledCheckOn returns x of the call x.Check(), or nil.
func calledCheckOn(n ast.Node) ast.Expr {
	if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 0 {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Check" {
			return sel.X
		}
	}
	return nil
}

// setting is a place where SQL sets a state by a literal.
type setting struct {
	file          string
	line          int
	column, value string
}

// literals finds the SQL of the modules and of web that sets a state by a literal: in SET, also of ON CONFLICT, or in
// INSERT. Migrations and tests may.
func (s *source) literals() (all []setting) {
	for _, name := range s.names() {
		module, _, _ := strings.Cut(name, "/")
		if isTest(name) || !slices.Contains([]string{"catalog", "orders", "payments", "web"}, module) {
			continue
		}
		folder := path.Dir(name)
		visit := func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if sum, isSum := e.(*ast.BinaryExpr); !(isSum && sum.Op == token.ADD) && !isString(e) {
				return true
			}
			for _, found := range setsLiteral(s.flat(folder, e, 0)) {
				all = append(all, setting{name, s.line(e), found.column, found.value})
			}
			return false
		}
		ast.Inspect(s.files[name], visit)
	}
	return all
}

func isString(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}

// hole stands for a part of a text that is known only when the program runs.
const hole = "\x00"

// flat joins the parts of a concatenation; names of the package's own texts are resolved.
func (s *source) flat(folder string, e ast.Expr, depth int) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return s.flat(folder, e.X, depth) + s.flat(folder, e.Y, depth)
		}
	case *ast.ParenExpr:
		return s.flat(folder, e.X, depth)
	case *ast.Ident:
		if text := s.texts[folder][e.Name]; text != nil && depth < 5 {
			return s.flat(folder, text, depth+1)
		}
	}
	return hole
}

type assigned struct{ column, value string }

// setsLiteral finds the state columns that a text of SQL sets by literals.
func setsLiteral(sql string) (all []assigned) {
	words := tokens(sql)
	for i, w := range words {
		switch {
		case strings.EqualFold(w, "SET") && i > 0:
			all = append(all, inSet(words[i+1:])...)
		case strings.EqualFold(w, "INSERT") && i+1 < len(words) && strings.EqualFold(words[i+1], "INTO"):
			all = append(all, inInsert(words[i+2:])...)
		}
	}
	return all
}

// tokens splits SQL into words, literals with their quotes, and single signs. Comments are left out.
func tokens(sql string) (all []string) {
	for i := 0; i < len(sql); {
		end := i + 1
		switch c := sql[i]; {
		case strings.HasPrefix(sql[i:], "--"):
			if end = strings.IndexByte(sql[i:], '\n'); end < 0 {
				return all
			}
			i += end
			continue
		case c == '\'':
			for end < len(sql) && sql[end] != '\'' {
				end++
			}
			end = min(end+1, len(sql))
		case isWord(c):
			for end < len(sql) && isWord(sql[end]) {
				end++
			}
		}
		if word := sql[i:end]; strings.TrimSpace(word) != "" {
			all = append(all, word)
		}
		i = end
	}
	return all
}

func isWord(c byte) bool {
	return c == '_' || c == '.' || c == '$' || c == '"' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// split cuts tokens at commas outside of brackets, until one of the words ends them or a bracket closes that was not
// opened. It returns the unused words as rest.
func split(words []string, until ...string) (parts [][]string, rest []string) {
	depth, begin := 0, 0
	for i, w := range words {
		ends := depth == 0 && (w == ")" || w == ";" || slices.ContainsFunc(until, func(u string) bool { return strings.EqualFold(u, w) }))
		switch {
		case ends:
			return append(parts, words[begin:i]), words[i:]
		case depth == 0 && w == ",":
			parts, begin = append(parts, words[begin:i]), i+1
		case w == "(" || w == "[":
			depth++
		case w == ")" || w == "]":
			depth--
		}
	}
	return append(parts, words[begin:]), nil
}

func isState(column string) bool {
	column = strings.ToLower(strings.Trim(column[strings.LastIndexByte(column, '.')+1:], `"`))
	return column == "state" || strings.HasSuffix(column, "_state")
}

func inSet(words []string) (all []assigned) {
	parts, _ := split(words, "WHERE", "FROM", "RETURNING")
	for _, p := range parts {
		equals := slices.Index(p, "=")
		if equals < 1 {
			continue
		}
		if p[0] == "(" { // (a, b) = (x, y)
			columns, _ := split(p[1:])
			if equals+2 > len(p) {
				continue
			}
			values, _ := split(p[equals+2:])
			all = append(all, pair(columns, values)...)
			continue
		}
		all = append(all, pair([][]string{p[:equals]}, [][]string{p[equals+1:]})...)
	}
	return all
}

func inInsert(words []string) (all []assigned) {
	open := slices.Index(words, "(")
	if open < 0 || slices.ContainsFunc(words[:open], func(w string) bool { return strings.EqualFold(w, "SELECT") || strings.EqualFold(w, "VALUES") }) {
		return nil
	}
	columns, rest := split(words[open+1:])
	if len(rest) < 2 {
		return nil
	}
	rest = rest[1:] // behind the bracket
	if strings.EqualFold(rest[0], "SELECT") {
		values, _ := split(rest[1:], "FROM", "WHERE", "UNION", "RETURNING", "ON")
		return pair(columns, values)
	}
	if !strings.EqualFold(rest[0], "VALUES") {
		return nil
	}
	for rows, _ := split(rest[1:], "ON", "RETURNING"); len(rows) > 0; rows = rows[1:] {
		if len(rows[0]) > 0 && rows[0][0] == "(" {
			values, _ := split(rows[0][1:])
			all = append(all, pair(columns, values)...)
		}
	}
	return all
}

func pair(columns, values [][]string) (all []assigned) {
	for i, c := range columns {
		if len(c) == 1 && isState(c[0]) && i < len(values) {
			if v := literalOf(values[i]); v != "" {
				all = append(all, assigned{c[0], v})
			}
		}
	}
	return all
}

// literalOf returns a literal that an expression may result in. A literal in a comparison does not count, nor
// does one that is filled in when the program runs, or by fmt when it starts.
func literalOf(expression []string) string {
	inList := 0
	for i, w := range expression {
		switch {
		case inList > 0 && w == "(":
			inList++
		case inList > 0 && w == ")":
			inList--
		case inList > 0:
		case w == "(" && i > 0 && strings.EqualFold(expression[i-1], "IN"):
			inList = 1
		case strings.HasPrefix(w, "'") && !strings.Contains(w, hole) && !strings.HasPrefix(w, "'%") && (i == 0 || !slices.Contains([]string{"=", "<", ">"}, expression[i-1])):
			return w
		}
	}
	return ""
}

// TestStateScanCanFail feeds the scan each mistake that it is there to find.
func TestStateScanCanFail(t *testing.T) {
	t.Parallel()
	const head = "package lamp\n\nimport \"banmuyuan/internal/state\"\n"
	const table = head + `
type (S string; E string)
const (Off, On S = "off", "on"; Press E = "press"; Release E = "release")
var Machine = state.New(state.Table[S, E]{Name: "lamp", States: []S{Off, On}, Initial: []S{Off}, Rows: []state.Row[S, E]{
	{Press, []S{Off}, On, ""}, {On: Release, From: []S{On}, To: Off},
}})
`
	const pure = "package lamp_test\n\nimport (\"testing\"; \"banmuyuan/lamp\")\nfunc TestMachine(t *testing.T) { if lamp.Machine.Check() != nil { t.Fail() } }\n"
	const helped = "package lamp\nimport \"testing\"\nfunc check(t *testing.T, m interface{ Check() error }) { if m.Check() != nil { t.Fail() } }\nfunc TestMachine(t *testing.T) { check(t, Machine) }\n"
	const asks = "package room\nimport x \"banmuyuan/lamp\"\nvar both = []x.E{x.Press, x.Release}\n"
	const asksOne = "package lamp\nfunc f(s S) bool { return Machine.Can(s, Press) }\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  string // a part of the finding, or nothing
	}{
		"fine":                       {map[string]string{"lamp/a.go": table, "lamp/a_test.go": pure, "room/b.go": asks}, ""},
		"checked by a function":      {map[string]string{"lamp/a.go": table, "lamp/a_test.go": helped, "room/b.go": asks}, ""},
		"a row nobody asks":          {map[string]string{"lamp/a.go": table, "lamp/a_test.go": pure, "lamp/b.go": asksOne}, "no code asks for Release of Machine"},
		"asked by a test only":       {map[string]string{"lamp/a.go": table, "lamp/a_test.go": pure, "lamp/b.go": asksOne, "lamp/c_test.go": "package lamp\nvar _ = Release\n"}, "no code asks for Release"},
		"another package's name":     {map[string]string{"lamp/a.go": table, "lamp/a_test.go": pure, "lamp/b.go": asksOne, "room/c.go": "package room\nvar Release = 1\nvar _ = Release\n"}, "no code asks for Release"},
		"no check":                   {map[string]string{"lamp/a.go": table, "room/b.go": asks}, "no test of lamp that needs no server calls Machine.Check"},
		"a check that needs servers": {map[string]string{"lamp/a.go": table, "lamp/a_test.go": strings.Replace(pure, `"testing"`, `"testing"; "banmuyuan/internal/link/linktest"`, 1), "room/b.go": asks}, "calls Machine.Check"},
		"a machine in a function":    {map[string]string{"lamp/a.go": head + "func f() { state.New(state.Table[string, string]{}) }\n"}, "package-level"},
		"a table elsewhere":          {map[string]string{"lamp/a.go": head + "var M = state.New(rows())\n", "lamp/a_test.go": strings.ReplaceAll(pure, "Machine", "M")}, "cannot be read"},
	} {
		root := fstest.MapFS{}
		for file, text := range test.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		src, err := readSource(root)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		machines, wrong := src.machines()
		wrong = append(wrong, slices.Concat(src.unasked(machines), src.unchecked(machines))...)
		if got := strings.Join(wrong, "\n"); (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}

	for expression, want := range map[string]string{
		"`UPDATE sale SET state = 'done' WHERE id = $1`":                                               "state 'done'",
		"`UPDATE sale SET paid = true, state='done', at = now() WHERE id = $1`":                        "state 'done'",
		"`UPDATE sale s SET s.state = 'done'`":                                                         "s.state 'done'",
		"`UPDATE sale SET payout_state = 'done'::text`":                                                "payout_state 'done'",
		"`UPDATE sale SET (at, state) = ($1, 'done')`":                                                 "state 'done'",
		"`UPDATE sale SET at = f(a, b), state = CASE WHEN x = 1 THEN 'done' ELSE $1 END`":              "state 'done'",
		"`UPDATE sale SET state = coalesce($1, 'done')`":                                               "state 'done'",
		"`WITH x AS (UPDATE sale SET state = 'done') SELECT 1`":                                        "state 'done'",
		"`INSERT INTO sale (id, state) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET state = 'done'`": "state 'done'",
		"`INSERT INTO sale (id, state, at) VALUES ($1, 'new', $2)`":                                    "state 'new'",
		"`INSERT INTO sale (id, state) VALUES ($1, $2), (f($3, 4), 'new')`":                            "state 'new'",
		"`INSERT INTO sale AS s (id, state) SELECT f(id, 1), 'new' FROM old`":                          "state 'new'",
		"`UPDATE sale SET ` + \"state = 'done'\"":                                                      "state 'done'",
		"`UPDATE sale SET state = ` + done":                                                            "state 'done'",
		"`UPDATE sale SET state = ` + word(Done)":                                                      "",
		"`UPDATE sale SET state = '` + string(Done) + `'`":                                             "",
		"`UPDATE sale SET state = $2 WHERE state = 'new'`":                                             "",
		"`UPDATE sale SET state = $2, why = 'done' WHERE id = $1`":                                     "",
		"`UPDATE sale SET at = CASE WHEN state = 'new' THEN at END`":                                   "",
		"`UPDATE sale SET state = CASE WHEN kind = 'a' OR kind IN ('b', 'c') THEN $1 ELSE state END`":  "",
		"`INSERT INTO sale (kind, state) VALUES ('till', $1)`":                                         "",
		"`INSERT INTO sale (kind, state) SELECT 'till', state FROM old WHERE state = 'new'`":           "",
		"`SELECT 1 FROM sale WHERE state = 'new'`":                                                     "",
	} {
		root := fstest.MapFS{"orders/postgres/a.go": {Data: []byte("package postgres\n\nconst done = \"'done'\"\n\nvar sql = " + expression + "\n")}}
		src, err := readSource(root)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, l := range src.literals() {
			got += l.column + " " + l.value
		}
		if got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}
