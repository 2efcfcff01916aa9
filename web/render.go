package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template/parse"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

//go:embed templates
var templateFiles embed.FS

// layouts says which frame the pages of a folder wear. Shop pages are for
// buyers and visitors, household pages are in large type, desk pages are dense.
var layouts = map[string]string{
	"account":      "shop",
	"county":       "desk",
	"desk":         "desk",
	"household":    "household",
	"organisation": "desk",
	"problem":      "shop",
	"shop":         "shop",
}

// pages holds every page in every language, parsed when it is first asked for: most of some hundred pages in two
// languages are not, and all of them take more memory than the county. A template named "shop/browse" is the file
// templates/shop/browse.html; it defines "title" and "main" and may define others ("head", "actions", parts that htmx
// asks for).
type pages map[pageKey]func() (*template.Template, error)

type pageKey struct {
	lang Lang
	name string
}

// pageNames lists the templates that are pages.
func pageNames() ([]string, error) {
	var names []string
	err := fs.WalkDir(templateFiles, "templates", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".html" {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html")
		if folder, _, _ := strings.Cut(name, "/"); folder != "layout" && folder != "parts" {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	return names, nil
}

func (s *Server) preparePages() (pages, error) {
	names, err := pageNames()
	if err != nil {
		return nil, err
	}
	all := pages{}
	for _, l := range Langs {
		shared := sync.OnceValues(func() (*template.Template, error) { return s.parseShared(l) })
		for _, name := range names {
			all[pageKey{l, name}] = sync.OnceValues(func() (*template.Template, error) {
				parts, err := shared()
				if err != nil {
					return nil, err
				}
				return s.parsePage(l, name, parts)
			})
		}
	}
	return all, nil
}

// page finds a page's template.
func (s *Server) page(l Lang, name string) (*template.Template, error) {
	parsed, ok := s.pages[pageKey{l, name}]
	if !ok {
		return nil, fmt.Errorf("render: no page %q", name)
	}
	return parsed()
}

// parseShared parses what pages borrow from.
func (s *Server) parseShared(l Lang) (*template.Template, error) {
	shared, err := template.New("shared").Option("missingkey=error").Funcs(s.funcs(l)).
		ParseFS(templateFiles, "templates/layout/base.html", "templates/parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	squeeze(shared)
	return shared, nil
}

func (s *Server) parsePage(l Lang, name string, shared *template.Template) (*template.Template, error) {
	folder, _, _ := strings.Cut(name, "/")
	layout, ok := layouts[folder]
	if !ok {
		return nil, fmt.Errorf("page %s: no layout for its folder", name)
	}
	page, err := template.New(name).Option("missingkey=error").Funcs(s.funcs(l)).
		ParseFS(templateFiles, "templates/layout/"+layout+".html", "templates/"+name+".html")
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	squeeze(page)
	if err := borrow(page, shared); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	for _, needed := range []string{"title", "main"} {
		if page.Lookup(needed) == nil {
			return nil, fmt.Errorf("page %s defines no %q", name, needed)
		}
	}
	return page, nil
}

// borrow gives a page what it asks for of the shared definitions, and what those ask for.
func borrow(page, shared *template.Template) error {
	asked := []string{"base"}
	ask := func(fn, arg string) {
		if fn == "template" {
			asked = append(asked, arg)
		}
	}
	for _, t := range page.Templates() {
		if t.Tree != nil {
			eachCall(t.Tree.Root, ask)
		}
	}
	for len(asked) > 0 {
		name := asked[0]
		asked = asked[1:]
		if page.Lookup(name) != nil {
			continue
		}
		t := shared.Lookup(name)
		if t == nil {
			return fmt.Errorf("no definition %q", name)
		}
		if _, err := page.AddParseTree(name, t.Tree.Copy()); err != nil {
			return err
		}
		eachCall(t.Tree.Root, ask)
	}
	return nil
}

// checkTemplates finds, at boot, pages that cannot be parsed, and the names of routes, files and words that templates
// ask for and that do not exist. The languages share their templates, so that one stands for all.
func (s *Server) checkTemplates() error {
	names, err := pageNames()
	if err != nil {
		return err
	}
	shared, err := s.parseShared(ZH)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		page, err := s.parsePage(ZH, name, shared)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, t := range page.Templates() {
			if t.Tree == nil {
				continue
			}
			eachCall(t.Tree.Root, func(fn, arg string) {
				switch {
				case fn == "url" && s.router.Get(arg) == nil:
					errs = append(errs, fmt.Errorf("page %s: no route %q", name, arg))
				case fn == "word" && !s.glossary.Has(arg):
					errs = append(errs, fmt.Errorf("page %s: no word %q", name, arg))
				case fn == "asset" && !s.assets.Has(arg):
					errs = append(errs, fmt.Errorf("page %s: no file %q", name, arg))
				case fn == "icon" && !s.assets.Has("icons/"+arg+".svg"):
					errs = append(errs, fmt.Errorf("page %s: no icon %q", name, arg))
				case fn == "picture" && !s.assets.Has("pictures/"+arg+".svg"):
					errs = append(errs, fmt.Errorf("page %s: no picture %q", name, arg))
				}
			})
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	errs = slices.CompactFunc(errs, func(a, b error) bool { return a.Error() == b.Error() })
	return errors.Join(errs...)
}

// eachCall calls f for every function of a template whose first argument is a
// literal string, and for every template that it calls.
func eachCall(node parse.Node, f func(fn, arg string)) {
	list := func(l *parse.ListNode) {
		if l != nil {
			eachCall(l, f)
		}
	}
	pipe := func(p *parse.PipeNode) {
		if p != nil {
			eachCall(p, f)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, one := range n.Nodes {
			eachCall(one, f)
		}
	case *parse.ActionNode:
		pipe(n.Pipe)
	case *parse.TemplateNode:
		f("template", n.Name)
		pipe(n.Pipe)
	case *parse.IfNode:
		pipe(n.Pipe)
		list(n.List)
		list(n.ElseList)
	case *parse.RangeNode:
		pipe(n.Pipe)
		list(n.List)
		list(n.ElseList)
	case *parse.WithNode:
		pipe(n.Pipe)
		list(n.List)
		list(n.ElseList)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			eachCall(c, f)
		}
	case *parse.CommandNode:
		if len(n.Args) > 1 {
			fn, isFn := n.Args[0].(*parse.IdentifierNode)
			arg, isText := n.Args[1].(*parse.StringNode)
			if isFn && isText {
				f(fn.Ident, arg.Text)
			}
		}
		for _, a := range n.Args {
			eachCall(a, f)
		}
	}
}

// view is what a template sees as its dot: the frame's needs and, in Data, what
// the page's handler gave it.
type view struct {
	Lang      Lang
	Account   *auth.Account // nil for a visitor
	Flashes   []flash
	Form      *Form
	RequestID string
	Audience  string // shop, household or desk
	Nav       []navItem
	Data      any

	server *Server
	url    *url.URL
}

// Path is the path of this page.
func (v *view) Path() string { return v.url.Path }

// Query is one parameter of this page's address.
func (v *view) Query(name string) string { return v.url.Query().Get(name) }

// With is the address of this page with some parameters changed; an empty value
// removes one. Filters, sorting and paging keep each other this way. A change of
// anything but the page goes back to the first page.
func (v *view) With(pairs ...any) (string, error) {
	q := v.url.Query()
	q.Del("lang")
	if len(pairs)%2 != 0 {
		return "", errors.New("With: a name without a value")
	}
	for i := 0; i < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		if name != "page" && name != "lang" {
			q.Del("page")
		}
		if q.Del(name); value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return v.url.Path, nil
	}
	return v.url.Path + "?" + q.Encode(), nil
}

// Is reports whether somebody with one of these roles is logged in.
func (v *view) Is(roles ...string) bool {
	return v.Account != nil && slices.Contains(roles, string(v.Account.Role))
}

// render writes a page. Nothing is sent before the whole page is there, so that a
// fault in a template is a clean 500.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	return s.renderView(w, r, status, page, "base", data, nil)
}

// renderForm writes a page with a form that the reader filled in: 422 when it has
// errors, else 200.
func (s *Server) renderForm(w http.ResponseWriter, r *http.Request, page string, data any, f *Form) error {
	return s.renderView(w, r, f.Status(), page, "base", data, f)
}

// renderPart writes one definition of a page, for htmx.
func (s *Server) renderPart(w http.ResponseWriter, r *http.Request, status int, page, part string, data any) error {
	return s.renderView(w, r, status, page, part, data, nil)
}

func (s *Server) renderView(w http.ResponseWriter, r *http.Request, status int, page, part string, data any, f *Form) error {
	var b bytes.Buffer
	if err := s.execute(&b, w, r, page, part, data, f); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", langOf(r).Tag())
	h.Add("Vary", "Accept-Language, Cookie, HX-Request")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser went away: nobody is left to tell
	return nil
}

func (s *Server) execute(b *bytes.Buffer, w http.ResponseWriter, r *http.Request, page, part string, data any, f *Form) error {
	l := langOf(r)
	t, err := s.page(l, page)
	if err != nil {
		return err
	}
	folder, _, _ := strings.Cut(page, "/")
	if f == nil {
		f = s.newForm(l)
	}
	v := &view{
		Lang: l, Account: auth.FromContext(r.Context()), Form: f, RequestID: link.RequestID(r.Context()),
		Audience: layouts[folder], Data: data, server: s, url: readableURL(r),
	}
	if part == "base" {
		// A part does not show them, so it must not use them up.
		v.Flashes = s.popFlashes(r)
		v.Nav = s.nav(v, r)
	}
	if err := t.ExecuteTemplate(b, part, v); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	if !f.OK() {
		done := f.named(bytes.Clone(b.Bytes()))
		b.Reset()
		b.Write(done)
	}
	return nil
}

// readableURL is the address of the page that the reader sees: after a form that
// was not taken, the one with the form.
func readableURL(r *http.Request) *url.URL {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL
	}
	if from := refererPath(r); from != "" {
		if u, err := url.Parse(from); err == nil {
			return u
		}
	}
	return &url.URL{Path: "/"}
}

// RenderString writes one definition of a page outside a request, for live
// updates. It sees no account.
func (s *Server) RenderString(l Lang, page, part string, data any) (string, error) {
	t, err := s.page(l, page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	v := &view{Lang: l, Form: s.newForm(l), Data: data, server: s, url: &url.URL{Path: "/"}}
	if err := t.ExecuteTemplate(&b, part, v); err != nil {
		return "", fmt.Errorf("render %s: %w", page, err)
	}
	return b.String(), nil
}
