package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"golang.org/x/net/html"
)

// beforeRoot is where to find templates that are not formatted yet, for a comparison by hand.
var beforeRoot = os.Getenv("FMTTEMPLATES_BEFORE")

// Formatting changes nothing that a reader sees, and formatting again changes nothing.
func TestTemplatesLookAsBefore(t *testing.T) {
	t.Parallel()
	root := "../../web"
	if beforeRoot != "" {
		root = beforeRoot
	}
	seen := 0
	err := eachTemplate(root, func(path string) error {
		seen++
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		compare(t, path, string(src))
		return nil
	})
	if err != nil || seen < 100 {
		t.Fatalf("%d templates seen: %v", seen, err)
	}
}

// Awkward pieces and their layout.
func TestFormat(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 50)
	for _, c := range []struct{ name, src, want string }{
		{"blocks", `<ul><li>a</li><li>b <b>c</b></li></ul>`, "<ul>\n  <li>a</li>\n  <li>b <b>c</b></li>\n</ul>\n"},
		{"a block in a branch", `<div>{{if .A}}<p>x</p>{{else}}y{{end}}</div>`, "<div>\n  {{if .A}}\n    <p>x</p>\n  {{else}}\n    y\n  {{end}}\n</div>\n"},
		{"a short branch", `<p>{{if .A}}x{{end}} y</p>`, "<p>{{if .A}}x{{end}} y</p>\n"},
		{"no white space between values", `<p>` + long + `{{.A}}` + long + `{{.B}}</p>`, "<p>\n  " + long + "{{.A -}}\n  " + long + "{{.B}}\n</p>\n"},
		{"an inline definition", `{{define "y"}}{{.` + strings.Repeat("A", 120) + `}}{{end}}`, "{{define \"y\"}}\n  {{- ." + strings.Repeat("A", 120) + "}}\n{{- end}}\n"},
		{"trim markers", "<p>\n a {{- /* why */ -}}\n b</p>", "<p>a{{/* why */}}b</p>\n"},
		{"text that keeps its space", "<div class=\"paper\">a\n   b</div>", "<div class=\"paper\">a\n   b</div>\n"},
		{"a cell that may be empty", `<td>{{if .A}}<a href="` + long + `">{{.B}}</a>{{end}}</td>`, "<td>\n  {{- if .A -}}\n    <a href=\"" + long + "\">\n      {{- .B -}}\n    </a>\n  {{- end -}}\n</td>\n"},
		{"attributes", `<input{{if .A}} checked{{end}} name="` + long + `"{{with .B}} value="{{.}}"{{end}}>`, "<input\n  {{if .A}}checked{{end}}\n  name=\"" + long + "\"\n  {{with .B}}value=\"{{.}}\"{{end}}\n>\n"},
		{"tags that are not nested", `{{if .A}}<a href="x">{{end}}y{{if .A}}</a>{{end}}`, "{{if .A}}<a href=\"x\">{{end}}\ny\n{{if .A}}</a>{{end}}\n"},
	} {
		if got, err := Format(c.src); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, got, c.want)
		}
		if !strings.Contains(c.src, "define") {
			c.src = `{{define "x"}}` + c.src + `{{end}}`
		}
		compare(t, c.name, c.src)
	}
	for _, wrong := range []string{`{{if .A}}`, `{{end}}`, `<p`, `<p {{- .A}}>`, `<textarea>`, `{{"a}}`} {
		if got, err := Format(wrong); err == nil {
			t.Errorf("%s became %s", wrong, got)
		}
	}
}

func compare(t *testing.T, name, src string) {
	t.Helper()
	formatted, err := Format(src)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if again, err := Format(formatted); err != nil || again != formatted {
		t.Errorf("%s: formatting twice gives something else: %v", name, err)
	}
	old, now := parseAll(t, name, src), parseAll(t, name, formatted)
	delete(old, name) // text between definitions is not printed
	for definition, tree := range old {
		if now[definition] == nil {
			t.Errorf("%s: %q is no longer defined", name, definition)
			continue
		}
		for seed := range uint64(30) {
			a, b := seenBy(tree, seed), seenBy(now[definition], seed)
			if a != b {
				at := 0
				for at < len(a) && at < len(b) && a[at] == b[at] {
					at++
				}
				from := max(0, at-60)
				t.Errorf("%s: %q, run %d, looks different:\n%.160q\n%.160q", name, definition, seed, a[from:], b[min(from, len(b)):])
				break
			}
		}
	}
}

func parseAll(t *testing.T, name, src string) map[string]*parse.Tree {
	t.Helper()
	trees := map[string]*parse.Tree{}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(src, "", "", trees); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return trees
}

// seenBy runs a template with branches and values drawn by lot, and describes the text that a browser would show.
func seenBy(tree *parse.Tree, seed uint64) string {
	r := &runner{lot: rand.New(rand.NewPCG(seed, 1))}
	r.run(tree.Root)
	return describe(r.out.String())
}

type runner struct {
	lot *rand.Rand
	out strings.Builder
}

func (r *runner) run(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				r.run(c)
			}
		}
	case *parse.TextNode:
		r.out.Write(n.Text)
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 && r.lot.IntN(4) > 0 {
			r.out.WriteString(value(n.String()))
		}
	case *parse.TemplateNode:
		if slices.Contains(hiddenTemplates, n.Name) {
			r.out.WriteString(`<input type="hidden" name="key">`)
			return
		}
		r.out.WriteString([]string{"", value(n.String()), "<div>" + value(n.String()) + "</div>"}[r.lot.IntN(3)])
	case *parse.IfNode:
		r.branch(&n.BranchNode, 1)
	case *parse.WithNode:
		r.branch(&n.BranchNode, 1)
	case *parse.RangeNode:
		r.branch(&n.BranchNode, r.lot.IntN(3)+1)
	}
}

func (r *runner) branch(n *parse.BranchNode, times int) {
	if r.lot.IntN(2) == 0 {
		r.run(n.ElseList)
		return
	}
	for range times {
		r.run(n.List)
	}
}

// value stands for the text that an action prints, and names the action.
func value(action string) string {
	return fmt.Sprintf("v%x", action)
}

// describe lists the tags of a page with their attributes, and its text, without the white space that is not seen: at
// the edges of a block, and more than one blank.
func describe(page string) string {
	var out []string
	keep := 0
	z := html.NewTokenizer(strings.NewReader("inline" + page + "inline"))
	pending := false // white space that is seen if text follows
	edge := false    // nothing is seen on this line yet
	blank := false   // white space followed <td>
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return strings.Join(out, "")
		case html.TextToken:
			text := string(z.Text())
			if keep > 0 {
				out = append(out, text)
				continue
			}
			words := strings.Fields(text)
			if strings.TrimLeft(text, " \t\r\n") != text {
				pending = true
			}
			if len(words) == 0 {
				blank = len(out) > 0 && out[len(out)-1] == "<td>"
				continue
			}
			if pending && !edge {
				out = append(out, " ")
			}
			out = append(out, strings.Join(words, " "))
			pending, edge = strings.TrimRight(text, " \t\r\n") != text, false
		default:
			token := z.Token()
			if token.Data == "td" && kind == html.EndTagToken && blank && out[len(out)-1] == "<td>" {
				out = append(out, "(not empty)")
			}
			isBlock := !slices.Contains(inline, token.Data)
			inner := isBlock || token.Data == "button" || token.Data == "select"
			switch {
			case hidden(token):
			case isBlock, edge, inner && kind == html.EndTagToken:
				pending = false
			case pending:
				out, pending = append(out, " "), false
			}
			slices.SortFunc(token.Attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
			out = append(out, token.String())
			if token.Data == "td" && kind == html.StartTagToken {
				blank = false
				out[len(out)-1] = "<td>"
				out = slices.Insert(out, len(out)-1, token.String())
			}
			if hidden(token) {
				continue
			}
			if token.Data == "noscript" {
				z.NextIsNotRawText()
			}
			edge = isBlock || inner && kind == html.StartTagToken || edge && kind != html.SelfClosingTagToken && !void[token.Data]
			if kind == html.StartTagToken && keepsWhite(token) {
				keep++
			} else if keep > 0 && kind == html.EndTagToken {
				keep--
			}
		}
	}
}

var inline = strings.Fields("a b i em strong span button input label select img output kbd small video noscript code mark textarea")

func hidden(t html.Token) bool {
	return t.Data == "input" && slices.Contains(t.Attr, html.Attribute{Key: "type", Val: "hidden"})
}

func keepsWhite(t html.Token) bool {
	return t.Data == "textarea" || t.Data == "script" || slices.ContainsFunc(t.Attr, func(a html.Attribute) bool {
		return a.Key == "class" && slices.ContainsFunc(strings.Fields(a.Val), func(c string) bool { return c == "paper" || c == "update-text" })
	})
}
