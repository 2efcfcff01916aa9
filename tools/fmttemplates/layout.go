package main

import (
	"strings"
)

// width is how many columns a line has before it is broken. A Chinese character takes two.
const width = 120

const indentation = "  "

// Format lays out a template: one element a line, indented. It breaks a line only where white space is not seen or
// stood before, and beside an action, with a trim marker.
func Format(src string) (string, error) {
	nodes, err := readTree(src)
	if err != nil {
		return "", err
	}
	p := &printer{}
	p.file(nodes)
	return p.out.String(), nil
}

// separator is the white space and trim markers between two neighbours.
type separator struct {
	kind  separatorKind
	blank bool // the source has an empty line here
}

type separatorKind int

const (
	glued   separatorKind = iota // nothing may stand between
	trimmed                      // nothing, or a line end beside a trim marker
	soft                         // nothing, or a line end
	blank                        // a blank, or a line end
)

type printer struct {
	out    strings.Builder
	column int
}

func (p *printer) write(s string) {
	p.out.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		p.column = columns(s[i+1:])
	} else {
		p.column += columns(s)
	}
}

func (p *printer) newline(indent int) {
	p.write("\n" + strings.Repeat(indentation, indent))
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x2e80 {
			n++
		}
	}
	return n
}

// file prints the definitions of a file, with an empty line around each that takes more than a line.
func (p *printer) file(nodes []*node) {
	long := false
	for i, n := range nodes {
		if n.kind == spaceNode {
			continue
		}
		start := p.out.Len()
		one := &printer{}
		one.node(n, 0, false, sides{})
		wasLong := long
		long = strings.Contains(one.out.String(), "\n")
		if start > 0 {
			p.newline(0)
			if wasLong || long || i > 0 && nodes[i-1].kind == spaceNode && nodes[i-1].lines > 1 {
				p.newline(0)
			}
		}
		p.write(one.out.String())
	}
	p.newline(0)
}

// sides tells whether white space at the beginning and at the end of a sequence is not seen.
type sides struct{ before, after bool }

// items are the nodes of a sequence without white space, with the separators before, between and after them.
type items struct {
	nodes      []*node
	separators []separator // one more than nodes
}

// arrange finds the separators that may stand between the nodes of a sequence. actions says whether an action stands before
// and after the sequence.
func arrange(nodes []*node, outer, actions sides) items {
	var s items
	gap := separator{}
	spaced := false
	separate := func(i int) {
		last := len(s.nodes) - 1
		beyondBefore := func() bool { return outer.before }
		beyondAfter := func() bool { return outer.after }
		seen := !edgeOf(nodes[:i], after, beyondBefore) && !edgeOf(nodes[i:], before, beyondAfter)
		left := last < 0 && actions.before || last >= 0 && s.nodes[last].isAction()
		right := i == len(nodes) && actions.after || i < len(nodes) && nodes[i].isAction()
		switch {
		case !seen:
			gap.kind = soft
		case spaced:
			gap.kind = blank
		case left || right:
			gap.kind = trimmed
		}
		s.separators = append(s.separators, gap)
		gap, spaced = separator{}, false
	}
	for i, n := range nodes {
		if n.kind == spaceNode {
			spaced, gap.blank = true, n.lines > 1
			continue
		}
		separate(i)
		s.nodes = append(s.nodes, n)
	}
	separate(len(nodes))
	return s
}

// inside arranges the children of an element.
func (n *node) inside() items { return arrange(n.children, n.innerSides(), sides{}) }

func (n *node) innerSides() sides {
	unseen := block[n.tag.name] || contains[n.tag.name]
	if n.tag.name == "td" && !surelyFull(n.children) {
		unseen = false // app.css hides td:empty on a phone
	}
	return sides{unseen, unseen}
}

func surelyFull(nodes []*node) bool {
	for _, n := range nodes {
		if n.kind == wordNode || n.kind == elementNode {
			return true
		}
	}
	return false
}

// insideBranch arranges the nodes of a branch of a control structure that stands between outer.
func (n *node) insideBranch(b branch, outer sides) items {
	switch n.keyword() {
	case "define", "block":
		outer = sides{}
	case "range":
		outer.before = outer.before && edgeOf(b.nodes, after, func() bool { return outer.before })
		outer.after = outer.after && edgeOf(b.nodes, before, func() bool { return outer.after })
	}
	return arrange(b.nodes, outer, sides{true, true})
}

// flat prints a node on one line, where that is possible.
func (n *node) flat() (string, bool) {
	switch n.kind {
	case wordNode, rawNode:
		return n.text, !strings.Contains(n.text, "\n")
	case actionNode:
		return n.act.flat()
	case openNode:
		return n.tag.flat(), true
	case closeNode:
		return "</" + n.text + ">", true
	case elementNode:
		s := n.tag.flat()
		if void[n.tag.name] || n.tag.end == "/>" {
			return s, !strings.Contains(s, "\n")
		}
		if n.tag.keepsSpace() {
			s += n.text
		} else {
			for _, c := range n.children {
				if c.standsAlone() {
					return "", false
				}
			}
			inner, ok := n.inside().flat()
			if !ok {
				return "", false
			}
			s += inner
		}
		s += "</" + n.tag.name + ">"
		return s, !strings.Contains(s, "\n")
	case controlNode:
		var s strings.Builder
		for _, b := range n.branches {
			head, ok := b.head.flat()
			for _, c := range b.nodes {
				ok = ok && !c.standsAlone()
			}
			inner, innerOK := n.insideBranch(b, sides{}).flat()
			if !ok || !innerOK {
				return "", false
			}
			s.WriteString(head + inner)
		}
		return s.String() + "{{end}}", true
	}
	return "", false
}

func (s items) flat() (string, bool) {
	var b strings.Builder
	for i, sep := range s.separators {
		if sep.kind == blank {
			b.WriteByte(' ')
		}
		if i == len(s.nodes) {
			break
		}
		text, ok := s.nodes[i].flat()
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}

func (a *action) flat() (string, bool) {
	return "{{" + a.text + "}}", !strings.Contains(a.text, "\n")
}

func (t *tag) flat() string {
	var b strings.Builder
	b.WriteByte('<')
	for i, a := range t.attrs {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.flat())
	}
	b.WriteString(t.end)
	return b.String()
}

func (a attribute) flat() string {
	var b strings.Builder
	for _, s := range a {
		if s.act == nil {
			b.WriteString(s.text)
		} else {
			text, _ := s.act.flat()
			b.WriteString(text)
		}
	}
	return b.String()
}

// fits reports whether a text and the text glued to it fit on the line.
func (p *printer) fits(s string) bool { return p.column+columns(s) <= width }

// node prints a node, on one line where it fits. trim asks for a trim marker on its left. outer are its neighbours.
func (p *printer) node(n *node, indent int, trim bool, outer sides) {
	if n.kind == actionNode {
		p.action(n.act, indent, trim)
		return
	}
	if s, ok := n.flat(); ok && p.fits(s) {
		if trim {
			s = "{{- " + s[2:]
		}
		p.write(s)
		return
	}
	switch n.kind {
	case openNode:
		p.tag(n.tag, indent)
	case closeNode:
		p.write("</" + n.text + ">")
	case elementNode:
		p.element(n, indent)
	case controlNode:
		p.control(n, indent, trim, outer)
	default:
		p.write(n.text)
	}
}

func (p *printer) element(n *node, indent int) {
	p.tag(n.tag, indent)
	switch {
	case void[n.tag.name] || n.tag.end == "/>":
		return
	case n.tag.keepsSpace():
		p.write(n.text)
	case len(n.children) > 0:
		p.sequence(n.inside(), indent, n.innerSides())
	}
	p.write("</" + n.tag.name + ">")
}

func (p *printer) control(n *node, indent int, trim bool, outer sides) {
	for i, b := range n.branches {
		p.action(&b.head, indent, trim)
		s := n.insideBranch(b, outer)
		inner := outer
		if k := n.keyword(); k == "define" || k == "block" || k == "range" {
			inner = sides{}
		}
		trim = p.branch(s, indent, inner)
		if i == len(n.branches)-1 {
			p.action(&action{text: "end"}, indent, trim)
		}
	}
}

// branch prints the nodes of a branch and tells whether the action after it needs a trim marker.
func (p *printer) branch(s items, indent int, outer sides) (trim bool) {
	p.lines(s, indent, outer)
	last := s.separators[len(s.nodes)]
	p.newline(indent)
	return last.kind == trimmed
}

// sequence prints the content between two tags.
func (p *printer) sequence(s items, indent int, outer sides) {
	p.lines(s, indent, outer)
	switch last := s.separators[len(s.nodes)]; {
	case last.kind == trimmed && s.nodes[len(s.nodes)-1].isAction():
		p.trimRight()
		p.newline(indent)
	case last.kind != glued:
		p.newline(indent)
	}
}

// lines prints the nodes of a sequence on lines of their own, indented below indent, with the separator before them and
// without the one after them.
func (p *printer) lines(s items, indent int, outer sides) {
	for i, n := range s.nodes {
		sep := s.separators[i]
		breaks := sep.kind != glued && (i == 0 || p.breaks(s, i))
		trim := false
		switch {
		case breaks:
			if sep.kind == trimmed {
				if trim = n.isAction(); !trim {
					p.trimRight()
				}
			}
			if sep.blank && i > 0 {
				p.write("\n")
			}
			p.newline(indent + 1)
		case sep.kind == blank:
			p.write(" ")
		}
		around := sides{
			before: edgeOf(s.nodes[:i], after, func() bool { return outer.before }),
			after:  edgeOf(s.nodes[i+1:], before, func() bool { return outer.after }),
		}
		p.node(n, indent+1, trim, around)
	}
}

// breaks tells whether a line ends before node i.
func (p *printer) breaks(s items, i int) bool {
	previous, n, sep := s.nodes[i-1], s.nodes[i], s.separators[i]
	if previous.standsAlone() || n.standsAlone() {
		return true
	}
	if sep.kind != trimmed && (previous.isStatement() || n.isStatement()) {
		return true
	}
	if sep.kind == soft && previous.kind == elementNode && previous.tag.name == "br" {
		return true
	}
	// The line ends where the text up to the next place for a line end does not fit.
	text := ""
	if sep.kind == blank {
		text = " "
	}
	for j := i; ; j++ {
		flat, ok := s.nodes[j].flat()
		if !ok {
			return true
		}
		text += flat
		next := s.separators[j+1].kind
		if next != glued && (next != trimmed || sep.kind == trimmed) || j+1 == len(s.nodes) {
			return !p.fits(text)
		}
	}
}

// trimRight gives the action that was printed last a trim marker on its right.
func (p *printer) trimRight() {
	s := strings.TrimSuffix(p.out.String(), "}}")
	p.out.Reset()
	p.out.WriteString(s + " -}}")
}

// action prints an action, broken between its terms where it does not fit.
func (p *printer) action(a *action, indent int, trim bool) {
	open := "{{"
	if trim {
		open = "{{- "
	}
	p.write(open)
	if p.fits(a.text + "}}") {
		p.write(a.text)
	} else {
		p.terms(splitTerms(a.text), indent+1, a.kind != valueAction)
	}
	p.write("}}")
}

// firstPair is where the pairs of names and values begin among the terms of a call. A pair stays on one line.
var firstPair = map[string]int{"t": 3, "dict": 1, "url": 2}

// terms fills lines with an action's terms. keyword says that the first two stay together.
func (p *printer) terms(terms []string, indent int, keyword bool) {
	pairs, paired := firstPair[terms[0]]
	for i, term := range terms {
		flat := joinTerms([]string{term})
		if i > 0 {
			unit := " " + flat
			if paired && i >= pairs && (i-pairs)%2 == 0 && i+1 < len(terms) {
				unit += " " + joinTerms(terms[i+1:i+2])
			}
			if p.fits(unit) || i == 1 && keyword || paired && i > pairs && (i-pairs)%2 == 1 {
				p.write(" ")
			} else {
				p.newline(indent)
			}
		}
		before, inside, after, ok := parenthesised(term)
		if !ok || p.fits(flat) {
			p.write(flat)
			continue
		}
		p.write(before + "(")
		p.terms(splitTerms(inside), indent+1, false)
		p.write(")" + after)
	}
}

// tag prints a start tag, one attribute a line where it does not fit.
func (p *printer) tag(t *tag, indent int) {
	if s := t.flat(); len(t.attrs) == 1 || p.fits(s) && !strings.Contains(s, "\n") {
		p.write(s)
		return
	}
	p.write("<" + t.attrs[0].flat())
	for _, a := range t.attrs[1:] {
		p.newline(indent + 1)
		p.attribute(a, indent+1)
	}
	p.newline(indent)
	p.write(t.end)
}

func (p *printer) attribute(a attribute, indent int) {
	for _, s := range a {
		if s.act == nil {
			p.write(s.text)
		} else {
			p.action(s.act, indent, false)
		}
	}
}
