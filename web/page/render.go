package page

import (
	"bytes"
	"cmp"
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

// ownWing are the pages of this package: problems and the components.
func ownWing() Wing {
	return Wing{Name: "page", Layout: "shop", Layouts: map[string]string{"page/styleguide": "desk"}, Templates: templateFiles, Tones: []Tones{pageTones}}
}

// pages holds every page in every language, parsed when it is first asked for: most of some hundred pages in two
// languages are not, and all of them take more memory than the county. A template named "shop/home" is the file
// templates/home.html of the wing "shop"; it defines "title" and "main" and may define others ("head", "actions", parts that htmx
// asks for).
type pages map[pageKey]func() (*template.Template, error)

type pageKey struct {
	lang Lang
	name string
}

// source is a page before it is parsed: its file, and the frame that it wears.
type source struct {
	files  fs.FS
	file   string
	layout string
}

// sourcesOf lists the pages of all wings by name.
func sourcesOf(wings []Wing) (map[string]source, error) {
	all := map[string]source{}
	for _, w := range wings {
		files, err := fs.Glob(w.Templates, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("list pages of %s: %w", w.Name, err)
		}
		for _, file := range files {
			name := w.Name + "/" + strings.TrimSuffix(path.Base(file), ".html")
			if _, twice := all[name]; twice {
				return nil, fmt.Errorf("two pages are called %s", name)
			}
			all[name] = source{w.Templates, file, cmp.Or(w.Layouts[name], w.Layout)}
		}
		for name := range w.Layouts {
			if _, ok := all[name]; !ok {
				return nil, fmt.Errorf("wing %s has a layout for %s, which is no page", w.Name, name)
			}
		}
	}
	return all, nil
}

func (s *Site) preparePages() pages {
	all := pages{}
	for _, l := range Langs {
		shared := sync.OnceValues(func() (*template.Template, error) { return s.parseShared(l) })
		for name := range s.sources {
			all[pageKey{l, name}] = sync.OnceValues(func() (*template.Template, error) {
				parts, err := shared()
				if err != nil {
					return nil, err
				}
				return s.parsePage(l, name, parts)
			})
		}
	}
	return all
}

// page finds a page's template.
func (s *Site) page(l Lang, name string) (*template.Template, error) {
	parsed, ok := s.pages[pageKey{l, name}]
	if !ok {
		return nil, fmt.Errorf("render: no page %q", name)
	}
	return parsed()
}

// parseShared parses the definitions that pages share.
func (s *Site) parseShared(l Lang) (*template.Template, error) {
	shared, err := template.New("shared").Option("missingkey=error").Funcs(s.funcs(l)).
		ParseFS(templateFiles, "templates/layout/base.html", "templates/parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	squeeze(shared)
	return shared, nil
}

func (s *Site) parsePage(l Lang, name string, shared *template.Template) (*template.Template, error) {
	from := s.sources[name]
	page, err := template.New(name).Option("missingkey=error").Funcs(s.funcs(l)).ParseFS(templateFiles, "templates/layout/"+from.layout+".html")
	if err == nil {
		page, err = page.ParseFS(from.files, from.file)
	}
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

// borrow copies the shared definitions that a page calls, directly or through others, into the page.
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
func (s *Site) checkTemplates() error {
	shared, err := s.parseShared(ZH)
	if err != nil {
		return err
	}
	var errs []error
	for name := range s.sources {
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
				case fn == "url" && s.Router.Get(arg) == nil:
					errs = append(errs, fmt.Errorf("page %s: no route %q", name, arg))
				case fn == "word" && !s.Glossary.Has(arg):
					errs = append(errs, fmt.Errorf("page %s: no word %q", name, arg))
				case fn == "asset" && !s.Assets.Has(arg):
					errs = append(errs, fmt.Errorf("page %s: no file %q", name, arg))
				case fn == "icon" && !s.Assets.Has("icons/"+arg+".svg"):
					errs = append(errs, fmt.Errorf("page %s: no icon %q", name, arg))
				case fn == "picture" && !s.Assets.Has("pictures/"+arg+".svg"):
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

// view is the dot of a template: the frame's needs and, in Data, the value that
// the page's handler gave.
type view struct {
	Lang      Lang
	Account   *auth.Account // nil for a visitor
	Flashes   []flash
	Form      *Form
	RequestID string
	Audience  string // shop, household or desk
	Nav       []navItem
	Data      any

	site *Site
	url  *url.URL
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

// Render writes a page. Nothing is sent before the whole page is there, so that a
// fault in a template is a clean 500.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	return s.renderView(w, r, status, page, "base", data, nil)
}

// RenderForm writes a page with a form that the reader filled in: 422 when it has
// errors, else 200.
func (s *Site) RenderForm(w http.ResponseWriter, r *http.Request, page string, data any, f *Form) error {
	return s.renderView(w, r, f.Status(), page, "base", data, f)
}

// RenderPart writes one definition of a page, for htmx.
func (s *Site) RenderPart(w http.ResponseWriter, r *http.Request, status int, page, part string, data any) error {
	return s.renderView(w, r, status, page, part, data, nil)
}

func (s *Site) renderView(w http.ResponseWriter, r *http.Request, status int, page, part string, data any, f *Form) error {
	var b bytes.Buffer
	if err := s.execute(&b, r, page, part, data, f); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", LangOf(r).Tag())
	h.Add("Vary", "Accept-Language, Cookie, HX-Request")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser went away: nobody is left to tell
	return nil
}

func (s *Site) execute(b *bytes.Buffer, r *http.Request, page, part string, data any, f *Form) error {
	l := LangOf(r)
	t, err := s.page(l, page)
	if err != nil {
		return err
	}
	if f == nil {
		f = s.NewForm(l)
	}
	v := &view{
		Lang: l, Account: auth.FromContext(r.Context()), Form: f, RequestID: link.RequestID(r.Context()),
		Audience: s.sources[page].layout, Data: data, site: s, url: readableURL(r),
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
func (s *Site) RenderString(l Lang, page, part string, data any) (string, error) {
	t, err := s.page(l, page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	v := &view{Lang: l, Form: s.NewForm(l), Data: data, site: s, url: &url.URL{Path: "/"}}
	if err := t.ExecuteTemplate(&b, part, v); err != nil {
		return "", fmt.Errorf("render %s: %w", page, err)
	}
	return b.String(), nil
}
