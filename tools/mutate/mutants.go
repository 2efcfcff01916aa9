package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// selector is the variable of the instrumented package that says which mutant is on.
const selector = "mutantThatIsOn"

// mutant is one change of the source.
type mutant struct {
	id        int
	file      string // below the module
	line, col int
	function  string
	from, to  string // text before and after
	result    result
}

func (m *mutant) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s → %s", m.file, m.line, m.col, m.function, m.from, m.to)
}

// instrumenter writes a file anew with all of its mutants in it, each behind a comparison with the selector.
type instrumenter struct {
	fset     *token.FileSet
	info     *types.Info
	pkg      *types.Package
	file     *ast.File
	name     string // below the module
	src      []byte
	mutants  *[]*mutant // of the package
	off      map[string]bool
	function string
	// edits are replacements of [from, to) by text; nested ones are applied inside out.
	edits []edit
}

type edit struct {
	from, to      int
	before, after string
	ids           []int
	start, end    int // where it stands in the new source
}

func (in *instrumenter) offset(p token.Pos) int { return in.fset.Position(p).Offset }

func (in *instrumenter) text(n ast.Node) string {
	return string(in.src[in.offset(n.Pos()):in.offset(n.End())])
}

// add makes a mutant of a node. It reports false for one that is known not to compile.
func (in *instrumenter) add(n ast.Node, from, to string) (int, bool) {
	p := in.fset.Position(n.Pos())
	m := &mutant{
		id: len(*in.mutants) + 1, file: in.name, line: p.Line, col: p.Column, function: in.function,
		from: short(from), to: short(to),
	}
	if in.off[m.String()] {
		return 0, false
	}
	*in.mutants = append(*in.mutants, m)
	return m.id, true
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 70 {
		s = string(r[:67]) + "…"
	}
	return s
}

// alternative is a replacement of an expression.
type alternative struct{ from, to string }

// expression offers an expression's alternatives.
func (in *instrumenter) expression(e ast.Expr, alternatives ...alternative) {
	tv, ok := in.info.Types[e]
	if !ok || tv.Value != nil || tv.Type == nil { // constants stay
		return
	}
	typeOf := types.TypeString(types.Default(tv.Type), in.qualifier)
	var before strings.Builder
	before.WriteString("func() " + typeOf + " { switch " + selector + " {")
	var ids []int
	for _, a := range alternatives {
		if id, ok := in.add(e, a.from, a.to); ok {
			fmt.Fprintf(&before, " case %d: return %s;", id, a.to)
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		in.edit(e, before.String()+" }; return ", " }()", ids...)
	}
}

// edit puts text around a node.
func (in *instrumenter) edit(n ast.Node, before, after string, ids ...int) {
	in.edits = append(in.edits, edit{from: in.offset(n.Pos()), to: in.offset(n.End()), before: before, after: after, ids: ids})
}

func (in *instrumenter) qualifier(p *types.Package) string {
	if p == in.pkg {
		return ""
	}
	for _, spec := range in.file.Imports {
		if strings.Trim(spec.Path.Value, `"`) == p.Path() {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return p.Name()
		}
	}
	return p.Name() // does not compile; the mutant is then left out
}

var comparisons = map[token.Token][]token.Token{
	token.LSS: {token.LEQ, token.GEQ},
	token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ},
	token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ},
	token.NEQ: {token.EQL},
}

var arithmetic = map[token.Token]token.Token{
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
}

var assignments = map[token.Token]token.Token{
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.MUL_ASSIGN: token.QUO_ASSIGN, token.QUO_ASSIGN: token.MUL_ASSIGN,
}

func (in *instrumenter) walk() {
	for _, d := range in.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body == nil || d.Name.Name == "init" {
				continue
			}
			in.function = d.Name.Name
			if d.Recv != nil {
				in.function = strings.Trim(in.text(d.Recv.List[0].Type), "*") + "." + in.function
			}
			if sig, ok := in.info.Defs[d.Name].Type().(*types.Signature); ok {
				in.node(d.Body, sig.Results())
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				in.function = "var"
				in.node(d, nil)
			}
		}
	}
}

// node looks for mutants in and below a node of a function with the given results.
func (in *instrumenter) node(root ast.Node, results *types.Tuple) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			if sig, ok := in.info.TypeOf(n).(*types.Signature); ok {
				in.node(n.Body, sig.Results())
			}
			return false
		case *ast.BinaryExpr:
			in.binary(n)
		case *ast.UnaryExpr:
			switch n.Op {
			case token.NOT, token.SUB:
				in.expression(n, alternative{in.text(n), in.text(n.X)})
			}
		case *ast.CallExpr:
			in.call(n)
		case *ast.IfStmt:
			in.condition(n.Cond)
		case *ast.BasicLit:
			// Constants stay: whether a limit is 5 or 6 is for the product to say; the comparisons beside it are changed.
		case *ast.ReturnStmt:
			in.returns(n, results)
		case *ast.BlockStmt:
			in.statements(n.List)
		case *ast.CaseClause:
			in.statements(n.Body)
		}
		return true
	})
}

func (in *instrumenter) binary(n *ast.BinaryExpr) {
	x, y := in.text(n.X), in.text(n.Y)
	with := func(op token.Token) alternative {
		return alternative{in.text(n), x + " " + op.String() + " " + y}
	}
	var alternatives []alternative
	for _, op := range comparisons[n.Op] {
		alternatives = append(alternatives, with(op))
	}
	switch n.Op {
	case token.LAND, token.LOR:
		// One side alone: a test that catches these also catches "the other operator" and "a condition is missing".
		alternatives = append(alternatives, alternative{in.text(n), x}, alternative{in.text(n), y})
	default:
		if op, ok := arithmetic[n.Op]; ok && isNumber(in.info.TypeOf(n)) {
			alternatives = append(alternatives, with(op))
		}
	}
	in.expression(n, alternatives...)
}

func isNumber(t types.Type) bool {
	if _, ok := t.(*types.TypeParam); ok {
		return true // where it is not, the package does not compile with the mutant, which is then left out
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

func (in *instrumenter) call(n *ast.CallExpr) {
	name, ok := n.Fun.(*ast.Ident)
	if !ok || name.Name != "min" && name.Name != "max" || in.info.Uses[name] != types.Universe.Lookup(name.Name) {
		return
	}
	other := map[string]string{"min": "max", "max": "min"}[name.Name]
	whole := in.text(n)
	alternatives := []alternative{{whole, other + strings.TrimPrefix(whole, name.Name)}}
	if len(n.Args) == 2 {
		typeOf := types.TypeString(types.Default(in.info.TypeOf(n)), in.qualifier)
		for _, a := range n.Args {
			alternatives = append(alternatives, alternative{whole, typeOf + "(" + in.text(a) + ")"})
		}
	}
	in.expression(n, alternatives...)
}

// condition negates a condition that is not made of comparisons; the parts of comparisons are changed already.
func (in *instrumenter) condition(e ast.Expr) {
	switch inner := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		return
	case *ast.UnaryExpr:
		if inner.Op == token.NOT {
			return
		}
	}
	in.expression(e, alternative{in.text(e), "!(" + in.text(e) + ")"})
}

// statements removes one statement at a time.
func (in *instrumenter) statements(list []ast.Stmt) {
	for _, s := range list {
		removed := false
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok {
				name, isName := call.Fun.(*ast.Ident)
				removed = !isName || name.Name != "panic"
			}
		case *ast.IncDecStmt:
			removed = true
		case *ast.AssignStmt:
			removed = s.Tok != token.DEFINE && !allBlank(s.Lhs)
			if op, ok := assignments[s.Tok]; ok && isNumber(in.info.TypeOf(s.Lhs[0])) {
				to := in.text(s.Lhs[0]) + " " + op.String() + " " + in.text(s.Rhs[0])
				if id, ok := in.add(s, in.text(s), to); ok {
					in.edit(s, fmt.Sprintf("if %s == %d { %s } else { ", selector, id, to), " }", id)
				}
			}
		case *ast.BranchStmt:
			if s.Tok == token.BREAK || s.Tok == token.CONTINUE {
				removed = true
			}
		}
		if removed {
			if id, ok := in.add(s, in.text(s), "(nothing)"); ok {
				in.edit(s, fmt.Sprintf("if %s != %d { ", selector, id), " }", id)
			}
		}
	}
}

func allBlank(list []ast.Expr) bool {
	return !slices.ContainsFunc(list, func(e ast.Expr) bool {
		name, ok := e.(*ast.Ident)
		return !ok || name.Name != "_"
	})
}

// returns makes a function return nothing: no error, zero, no value.
func (in *instrumenter) returns(n *ast.ReturnStmt, results *types.Tuple) {
	if results == nil || len(n.Results) == 0 || len(n.Results) != results.Len() {
		return
	}
	var before strings.Builder
	var ids []int
	for i, e := range n.Results {
		to := zero(results.At(i).Type())
		tv := in.info.Types[e]
		if to == "" || tv.IsNil() || tv.Value != nil && (tv.Value.ExactString() == to) {
			continue
		}
		if b, ok := ast.Unparen(e).(*ast.BinaryExpr); ok && comparisons[b.Op] != nil {
			continue // changed as a comparison
		}
		values := make([]string, len(n.Results))
		for j, other := range n.Results {
			if values[j] = in.text(other); i == j {
				values[j] = to
			}
		}
		if to == "!" {
			values[i] = "!(" + in.text(e) + ")"
		}
		if id, ok := in.add(n, in.text(n), "return "+strings.Join(values, ", ")); ok {
			fmt.Fprintf(&before, "if %s == %d { return %s }; ", selector, id, strings.Join(values, ", "))
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		in.edit(n, "{ "+before.String(), " }", ids...)
	}
}

// zero is a type's zero value in Go, "!" for the opposite of a boolean, or "" where there is no short one.
func zero(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsBoolean != 0:
			return "!"
		case u.Info()&types.IsNumeric != 0:
			return "0"
		case u.Info()&types.IsString != 0:
			return `""`
		}
	case *types.Interface, *types.Pointer, *types.Slice, *types.Map, *types.Signature, *types.Chan:
		if _, isParam := t.(*types.TypeParam); !isParam {
			return "nil"
		}
	}
	return ""
}

// apply returns the source with all edits. An edit encloses its range: nested edits are kept.
func (in *instrumenter) apply() []byte {
	type insertion struct {
		at, other int // other is the far end of the edit: of two that begin together, the longer begins first
		order     int
		text      string
		open      bool
		edit      *edit
	}
	var all []insertion
	for i := range in.edits {
		e := &in.edits[i]
		all = append(all, insertion{e.from, e.to, i, e.before, true, e}, insertion{e.to, e.from, i, e.after, false, e})
	}
	slices.SortStableFunc(all, func(a, b insertion) int {
		switch {
		case a.at != b.at:
			return a.at - b.at
		case a.open != b.open: // at one place, ends come before beginnings
			if b.open {
				return -1
			}
			return 1
		case a.other != b.other:
			return b.other - a.other
		case a.open:
			return a.order - b.order
		}
		return b.order - a.order
	})
	var out bytes.Buffer
	last := 0
	for _, i := range all {
		out.Write(in.src[last:i.at])
		if i.open {
			i.edit.start = out.Len()
		}
		out.WriteString(i.text)
		if !i.open {
			i.edit.end = out.Len()
		}
		last = i.at
	}
	out.Write(in.src[last:])
	return out.Bytes()
}
