package main

import (
	"fmt"
	"regexp"
	"strings"
)

const space = " \t\r\n"

// action is one {{…}}. Its text stands between the braces, without trim markers.
type action struct {
	text string
	kind actionKind
}

type actionKind int

const (
	valueAction     actionKind = iota
	statementAction            // template: a part of the page that stands on a line of its own
	invisibleAction            // an assignment or a comment: prints nothing
	openAction                 // if, range, with, define, block
	middleAction               // else
	endAction
)

var assignment = regexp.MustCompile(`^\$\w+(\s*,\s*\$\w+)?\s*:?=`)

func newAction(text string) action {
	word, _, _ := strings.Cut(text, " ")
	a := action{text: text}
	switch {
	case word == "if", word == "range", word == "with", word == "define", word == "block":
		a.kind = openAction
	case word == "else":
		a.kind = middleAction
	case word == "end":
		a.kind = endAction
	case word == "template":
		a.kind = statementAction
	case strings.HasPrefix(text, "/*"), word == "break", word == "continue", assignment.MatchString(text):
		a.kind = invisibleAction
	}
	return a
}

func (a action) keyword() string {
	word, _, _ := strings.Cut(a.text, " ")
	return word
}

// segment is a part of a tag: text or an action.
type segment struct {
	text string
	act  *action
}

// attribute is a part of a tag that holds together: between two of them the source may have any white space.
type attribute []segment

// tag is <name …>, with its name as its first attribute.
type tag struct {
	name  string
	attrs []attribute
	end   string // ">" or "/>"
}

// node is an element, a control structure, an action, a word or the white space between two of them.
type node struct {
	kind     nodeKind
	text     string   // wordNode, rawNode: as it stands in the source
	lines    int      // spaceNode: how many line ends it has
	act      *action  // actionNode
	tag      *tag     // elementNode, openNode
	children []*node  // elementNode
	branches []branch // controlNode
}

type nodeKind int

const (
	spaceNode   nodeKind = iota
	wordNode             // text without white space
	rawNode              // a doctype or a comment
	actionNode           // {{…}} that opens nothing
	elementNode          // <tag>children</tag>, or a tag that has no end tag
	openNode             // a start tag with its end tag in another branch or definition
	closeNode            // an end tag with its start tag elsewhere
	controlNode          // {{if}}…{{else}}…{{end}}
)

// branch is {{if …}} or {{else …}} and its content until the next branch.
type branch struct {
	head  action
	nodes []*node
}

// lexer cuts a template into tokens. A token is a node without children; start tags are openNodes.
type lexer struct {
	src string
	at  int
	out []*node
}

func lex(src string) ([]*node, error) {
	l := &lexer{src: src}
	for l.at < len(l.src) {
		if err := l.next(); err != nil {
			return nil, fmt.Errorf("line %d: %w", 1+strings.Count(l.src[:l.at], "\n"), err)
		}
	}
	return l.out, nil
}

func (l *lexer) rest() string { return l.src[l.at:] }

func (l *lexer) emit(n *node) { l.out = append(l.out, n) }

func (l *lexer) next() error {
	rest := l.rest()
	switch {
	case strings.ContainsRune(space, rune(rest[0])):
		n := len(rest) - len(strings.TrimLeft(rest, space))
		l.emit(&node{kind: spaceNode, lines: strings.Count(rest[:n], "\n")})
		l.at += n
		return nil
	case strings.HasPrefix(rest, "{{"):
		return l.action()
	case strings.HasPrefix(rest, "<!--"):
		return l.raw("-->")
	case strings.HasPrefix(rest, "<!"):
		return l.raw(">")
	case strings.HasPrefix(rest, "</"):
		name := tagName(rest[2:])
		if name == "" || !strings.HasPrefix(rest[2+len(name):], ">") {
			return fmt.Errorf("cannot read the end tag %.20q", rest)
		}
		l.emit(&node{kind: closeNode, text: name})
		l.at += len(name) + 3
		return nil
	case len(rest) > 1 && rest[0] == '<' && tagName(rest[1:]) != "":
		return l.tag()
	}
	n := 1
	for n < len(rest) && rest[n] != '<' && !strings.ContainsRune(space, rune(rest[n])) && !strings.HasPrefix(rest[n:], "{{") {
		n++
	}
	l.emit(&node{kind: wordNode, text: rest[:n]})
	l.at += n
	return nil
}

func (l *lexer) raw(end string) error {
	n := strings.Index(l.rest(), end)
	if n < 0 {
		return fmt.Errorf("%s is missing", end)
	}
	l.emit(&node{kind: rawNode, text: l.rest()[:n+len(end)]})
	l.at += n + len(end)
	return nil
}

// action reads an action in the text. A trim marker removes the white space beside it, so that it says the same as no
// white space at all.
func (l *lexer) action() error {
	a, err := readAction(l.rest())
	if err != nil {
		return err
	}
	if n := len(l.out); a.trimLeft && n > 0 && l.out[n-1].kind == spaceNode {
		l.out = l.out[:n-1]
	}
	l.emit(&node{kind: actionNode, act: &a.action})
	l.at += a.size
	if a.trimRight {
		l.at = len(l.src) - len(strings.TrimLeft(l.rest(), space))
	}
	return nil
}

type readResult struct {
	action
	size                int
	trimLeft, trimRight bool
}

func readAction(src string) (readResult, error) {
	for i := 2; i < len(src); i++ {
		switch {
		case strings.HasPrefix(src[i:], "/*"):
			n := strings.Index(src[i:], "*/")
			if n < 0 {
				return readResult{}, fmt.Errorf("a comment does not end")
			}
			i += n + 1
		case src[i] == '"' || src[i] == '`' || src[i] == '\'':
			n, err := quoted(src[i:])
			if err != nil {
				return readResult{}, err
			}
			i += n - 1
		case strings.HasPrefix(src[i:], "}}"):
			r := readResult{size: i + 2}
			text := src[2:i]
			if strings.HasPrefix(text, "-") && len(text) > 1 && strings.ContainsRune(space, rune(text[1])) {
				r.trimLeft, text = true, text[1:]
			}
			if n := len(text); n > 1 && text[n-1] == '-' && strings.ContainsRune(space, rune(text[n-2])) {
				r.trimRight, text = true, text[:n-1]
			}
			r.action = newAction(joinTerms(splitTerms(strings.Trim(text, space))))
			return r, nil
		}
	}
	return readResult{}, fmt.Errorf("an action does not end: %.40q", src)
}

// quoted returns the length of the string constant that src begins with.
func quoted(src string) (int, error) {
	for i := 1; i < len(src); i++ {
		switch {
		case src[i] == '\\' && src[0] != '`':
			i++
		case src[i] == src[0]:
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("a string does not end: %.40q", src)
}

// splitTerms cuts an action at its white space, outside strings and parentheses. A comment is one term.
func splitTerms(text string) []string {
	if strings.HasPrefix(text, "/*") {
		return []string{text}
	}
	var terms []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '`' || c == '\'':
			if n, err := quoted(text[i:]); err == nil {
				i += n - 1
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case strings.IndexByte(space, c) >= 0 && depth == 0:
			if start < i {
				terms = append(terms, text[start:i])
			}
			start = i + 1
		}
	}
	if start < len(text) {
		terms = append(terms, text[start:])
	}
	return terms
}

// joinTerms puts one blank between terms, in parentheses too.
func joinTerms(terms []string) string {
	flat := make([]string, len(terms))
	for i, term := range terms {
		if before, inside, after, ok := parenthesised(term); ok {
			term = before + "(" + joinTerms(splitTerms(inside)) + ")" + after
		}
		flat[i] = term
	}
	return strings.Join(flat, " ")
}

// parenthesised cuts a term at its first pair of parentheses.
func parenthesised(term string) (before, inside, after string, ok bool) {
	if strings.HasPrefix(term, "/*") {
		return "", "", "", false
	}
	open, depth := -1, 0
	for i := 0; i < len(term); i++ {
		switch c := term[i]; c {
		case '"', '`', '\'':
			if n, err := quoted(term[i:]); err == nil {
				i += n - 1
			}
		case '(':
			if depth++; depth == 1 {
				open = i
			}
		case ')':
			if depth--; depth == 0 {
				return term[:open], term[open+1 : i], term[i+1:], true
			}
		}
	}
	return "", "", "", false
}

func tagName(s string) string {
	n := 0
	for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z' || n > 0 && (s[n] >= '0' && s[n] <= '9' || s[n] == '-')) {
		n++
	}
	return s[:n]
}

// tag reads a start tag. Elements with significant white space are read to their end and kept as they are.
func (l *lexer) tag() error {
	t := &tag{name: tagName(l.rest()[1:])}
	at := l.at + 1 + len(t.name)
	current := attribute{{text: t.name}}
	add := func(text string) {
		if n := len(current); n > 0 && current[n-1].act == nil {
			current[n-1].text += text
		} else {
			current = append(current, segment{text: text})
		}
	}
	flush := func() {
		if len(current) > 0 {
			t.attrs = append(t.attrs, current)
		}
		current = nil
	}
	quote, depth, own := byte(0), 0, false // own: the control structure began an attribute of its own
	for t.end == "" {
		if at >= len(l.src) {
			return fmt.Errorf("the tag <%s does not end", t.name)
		}
		rest := l.src[at:]
		switch {
		case strings.HasPrefix(rest, "{{"):
			a, err := readAction(rest)
			if err != nil {
				return err
			}
			if a.trimLeft || a.trimRight {
				return fmt.Errorf("the tag <%s has a trim marker", t.name)
			}
			at += a.size
			spaced := at < len(l.src) && strings.IndexByte(space, l.src[at]) >= 0
			switch a.kind {
			case openAction:
				if depth == 0 && quote == 0 {
					if spaced {
						flush() // the space inside parts it from the text before
					}
					own = len(current) == 0 && a.keyword() != "range"
				}
				depth++
			case endAction:
				depth--
			}
			current = append(current, segment{act: &a.action})
			if own && quote == 0 && depth == 1 && spaced && (a.kind == openAction || a.kind == middleAction) {
				at = len(l.src) - len(strings.TrimLeft(l.src[at:], space))
			}
		case quote != 0:
			if rest[0] == quote {
				quote = 0
			}
			add(rest[:1])
			at++
		case rest[0] == '"' || rest[0] == '\'':
			quote = rest[0]
			add(rest[:1])
			at++
		case strings.IndexByte(space, rest[0]) >= 0:
			at = len(l.src) - len(strings.TrimLeft(rest, space))
			if depth == 0 {
				flush()
			} else {
				add(" ")
			}
		case depth == 0 && rest[0] == '>':
			t.end = ">"
			at++
		case depth == 0 && strings.HasPrefix(rest, "/>"):
			t.end = "/>"
			at += 2
		default:
			add(rest[:1])
			at++
		}
	}
	flush()
	l.at = at
	n := &node{kind: openNode, tag: t}
	l.emit(n)
	if t.keepsSpace() {
		return l.verbatim(n)
	}
	return nil
}

// verbatim reads the content and the end tag of an element with significant white space.
func (l *lexer) verbatim(n *node) error {
	end := "</" + n.tag.name + ">"
	i := strings.Index(l.rest(), end)
	if i < 0 {
		return fmt.Errorf("%s is missing", end)
	}
	content := l.rest()[:i]
	if strings.Contains(content, "<"+n.tag.name) {
		return fmt.Errorf("<%s> keeps its white space and has another in it", n.tag.name)
	}
	n.kind = elementNode
	n.text = content
	l.at += i + len(end)
	return nil
}
