package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// contract is a package with services.
type contract struct {
	Name     string
	Services []*service
	imports  map[string]string // path by the name that the signatures use
}

// service is an interface that other modules call.
type service struct {
	Name    string // of the interface
	Module  string
	Version string
	Prefix  string // of its subjects, such as "shelf_"
	Raw     bool
	Methods []method
}

// method is one request and its answer. Types are written as the contract's own files write them.
type method struct {
	Name, Constant, Subject string
	Request, Answer         string
	Body                    bool // the raw face has a form that takes bytes
}

var errNoService = errors.New("no interface has a //link:service line")

// read parses the package in dir, its tests and the generated file left out.
func read(dir string) (*contract, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	r := &reader{fset: token.NewFileSet(), interfaces: map[string]declared{}, contract: &contract{imports: map[string]string{}}}
	for _, e := range entries { // in the order of their names
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == output {
			continue
		}
		f, err := parser.ParseFile(r.fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		r.contract.Name = f.Name.Name
		r.declarations(f)
	}
	for _, d := range r.order {
		if err := r.service(d); err != nil {
			return nil, err
		}
	}
	if len(r.contract.Services) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, errNoService)
	}
	return r.contract, r.contract.unique()
}

type reader struct {
	fset       *token.FileSet
	interfaces map[string]declared
	order      []declared
	contract   *contract
}

// declared is an interface and the file that declares it.
type declared struct {
	name string
	doc  *ast.CommentGroup
	typ  *ast.InterfaceType
	file *ast.File
}

func (r *reader) declarations(f *ast.File) {
	for _, decl := range f.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.TYPE {
			continue
		}
		for _, spec := range g.Specs {
			t := spec.(*ast.TypeSpec)
			i, ok := t.Type.(*ast.InterfaceType)
			if !ok {
				continue
			}
			d := declared{name: t.Name.Name, doc: t.Doc, typ: i, file: f}
			if d.doc == nil {
				d.doc = g.Doc
			}
			r.interfaces[d.name] = d
			r.order = append(r.order, d)
		}
	}
}

// directive finds the words behind "//link:name" in comments.
func directive(name string, groups ...*ast.CommentGroup) ([]string, bool) {
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, c := range g.List {
			words := strings.Fields(c.Text)
			if words[0] == "//link:"+name {
				return words[1:], true
			}
		}
	}
	return nil, false
}

var (
	moduleName  = regexp.MustCompile(`^[a-z]+$`)
	versionName = regexp.MustCompile(`^v[1-9][0-9]*$`)
	tokenName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

func (r *reader) service(d declared) error {
	words, ok := directive("service", d.doc)
	if !ok {
		return nil
	}
	at := func(err error) error { return fmt.Errorf("%s: %s: %w", r.fset.Position(d.typ.Pos()), d.name, err) }
	if len(words) < 2 || !moduleName.MatchString(words[0]) || !versionName.MatchString(words[1]) {
		return at(errors.New("want //link:service <module> v<version>"))
	}
	s := &service{Name: d.name, Module: words[0], Version: words[1]}
	for _, option := range words[2:] {
		prefix, isPrefix := strings.CutPrefix(option, "prefix=")
		switch {
		case isPrefix && tokenName.MatchString(prefix):
			s.Prefix = prefix
		case option == "raw":
			s.Raw = true
		default:
			return at(fmt.Errorf("unknown option %q", option))
		}
	}
	if err := r.methods(s, d); err != nil {
		return at(err)
	}
	r.contract.Services = append(r.contract.Services, s)
	return nil
}

func (r *reader) methods(s *service, d declared) error {
	for _, field := range d.typ.Methods.List {
		if len(field.Names) == 0 {
			name, ok := field.Type.(*ast.Ident)
			if !ok {
				return errors.New("embeds an interface of another package")
			}
			embedded, ok := r.interfaces[name.Name]
			if !ok {
				return fmt.Errorf("embeds %s, which is no interface of the package", name.Name)
			}
			if err := r.methods(s, embedded); err != nil {
				return err
			}
			continue
		}
		m, err := r.method(s, field, d.file)
		if err != nil {
			return fmt.Errorf("%s: %w", field.Names[0].Name, err)
		}
		s.Methods = append(s.Methods, m)
	}
	return nil
}

func (r *reader) method(s *service, field *ast.Field, file *ast.File) (method, error) {
	f, ok := field.Type.(*ast.FuncType)
	if !ok || len(f.Params.List) != 2 || f.Results == nil || len(f.Results.List) != 2 ||
		types.ExprString(f.Params.List[0].Type) != "context.Context" || types.ExprString(f.Results.List[1].Type) != "error" {
		return method{}, errors.New("want func(context.Context, Request) (Answer, error)")
	}
	m := method{
		Name:     field.Names[0].Name,
		Constant: "Subject" + field.Names[0].Name,
		Subject:  s.Prefix + snake(field.Names[0].Name),
		Request:  types.ExprString(f.Params.List[1].Type),
		Answer:   types.ExprString(f.Results.List[0].Type),
	}
	if words, ok := directive("subject", field.Comment); ok {
		if len(words) == 0 || !tokenName.MatchString(words[0]) {
			return method{}, errors.New("want //link:subject <name> [const=<Name>] [body]")
		}
		m.Subject = words[0]
		for _, option := range words[1:] {
			if option == "body" {
				m.Body = true
				continue
			}
			name, ok := strings.CutPrefix(option, "const=")
			if !ok || !token.IsExported(name) || !token.IsIdentifier(name) {
				return method{}, fmt.Errorf("unknown option %q", option)
			}
			m.Constant = "Subject" + name
		}
	}
	m.Subject = "rpc." + s.Module + "." + s.Version + "." + m.Subject
	if _, ok := directive("body", field.Comment); ok {
		m.Body = true
	}
	if m.Body && !s.Raw {
		return method{}, errors.New("//link:body needs the service's option raw")
	}
	return m, errors.Join(r.importsOf(file, f.Params.List[1].Type), r.importsOf(file, f.Results.List[0].Type))
}

// importsOf notes the packages that a type of file names.
func (r *reader) importsOf(file *ast.File, typ ast.Expr) error {
	var err error
	ast.Inspect(typ, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name := sel.X.(*ast.Ident).Name
		p, ok := importPath(file, name)
		if !ok {
			err = fmt.Errorf("no import for %s", name)
		}
		if old := r.contract.imports[name]; old != "" && old != p {
			err = fmt.Errorf("%s is %s and %s", name, old, p)
		}
		r.contract.imports[name] = p
		return false
	})
	return err
}

func importPath(file *ast.File, name string) (string, bool) {
	for _, i := range file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		if i.Name != nil && i.Name.Name == name || i.Name == nil && path.Base(p) == name {
			return p, true
		}
	}
	return "", false
}

// unique refuses two methods with one subject or one constant.
func (c *contract) unique() error {
	seen := map[string]string{}
	for _, s := range c.Services {
		for _, m := range s.Methods {
			for _, key := range []string{m.Subject, m.Constant} {
				if other := seen[key]; other != "" {
					return fmt.Errorf("%s is of %s and of %s.%s", key, other, s.Name, m.Name)
				}
				seen[key] = s.Name + "." + m.Name
			}
		}
	}
	return nil
}

// snake writes DecideTicket as decide_ticket. Every capital letter begins a word.
func snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
