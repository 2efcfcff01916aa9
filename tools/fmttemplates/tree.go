package main

import (
	"fmt"
	"slices"
	"strings"
)

func set(names string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		m[name] = true
	}
	return m
}

var (
	// Elements without an end tag.
	void = set("area base br col embed hr img input link meta source track wbr")
	// Elements that begin and end a line of the page: white space before and after them is not seen.
	block = set(`address article aside blockquote body br caption col colgroup dd details dialog div dl dt fieldset figcaption
		figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li link main meta nav ol optgroup option p path
		pre script section style summary table tbody td template tfoot th thead title tr ul`)
	// Elements inside of which white space at the beginning and at the end is not seen.
	contains = set(`button select svg`)
	// Elements with white space that counts or is not ours to change.
	keeps = set(`pre script style textarea`)
	// Classes that app.css gives white-space: pre-line or pre-wrap.
	keepClasses = []string{"paper", "update-text"}
	// Templates that print hidden fields only.
	hiddenTemplates = []string{"key", "key-of"}
)

func (t *tag) keepsSpace() bool {
	if keeps[t.name] {
		return true
	}
	for _, a := range t.attrs {
		if len(a) > 0 && strings.HasPrefix(a[0].text, "class=") {
			for class := range strings.FieldsSeq(strings.Trim(strings.TrimPrefix(a[0].text, "class="), `"'`)) {
				if slices.Contains(keepClasses, class) {
					return true
				}
			}
		}
	}
	return false
}

// readTree makes a tree of a template's tokens. Elements and control structures that are not nested in each other stay
// flat: their tags are openNodes and closeNodes.
func readTree(src string) ([]*node, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	nodes, err := p.sequence(nil)
	if err == nil && p.at < len(p.tokens) {
		err = fmt.Errorf("{{%s}} ends nothing", p.tokens[p.at].act.text)
	}
	return nodes, err
}

type parser struct {
	tokens []*node
	at     int
}

// sequence reads nodes up to an end tag of one of the open elements, an else, an end, or the end of the file.
func (p *parser) sequence(open []string) ([]*node, error) {
	var nodes []*node
	for p.at < len(p.tokens) {
		n := p.tokens[p.at]
		switch {
		case n.kind == closeNode && slices.Contains(open, n.text):
			return nodes, nil
		case n.kind == actionNode && (n.act.kind == middleAction || n.act.kind == endAction):
			return nodes, nil
		case n.kind == actionNode && n.act.kind == openAction:
			control, err := p.control()
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, control)
		case n.kind == openNode:
			some, err := p.element(open)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, some...)
		default:
			p.at++
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

func (p *parser) element(open []string) ([]*node, error) {
	n := p.tokens[p.at]
	p.at++
	if void[n.tag.name] || n.tag.end == "/>" {
		n.kind = elementNode
		return []*node{n}, nil
	}
	children, err := p.sequence(append(slices.Clone(open), n.tag.name))
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) && p.tokens[p.at].kind == closeNode && p.tokens[p.at].text == n.tag.name {
		p.at++
		n.kind, n.children = elementNode, children
		return []*node{n}, nil
	}
	return append([]*node{n}, children...), nil
}

func (p *parser) control() (*node, error) {
	n := &node{kind: controlNode}
	for {
		head := *p.tokens[p.at].act
		p.at++
		nodes, err := p.sequence(nil)
		if err != nil {
			return nil, err
		}
		n.branches = append(n.branches, branch{head, nodes})
		if p.at >= len(p.tokens) {
			return nil, fmt.Errorf("{{%s}} has no end", head.text)
		}
		if p.tokens[p.at].act.kind == endAction {
			p.at++
			return n, nil
		}
	}
}

func (n *node) keyword() string { return n.branches[0].head.keyword() }

func (n *node) hasElse() bool { return n.branches[len(n.branches)-1].head.text == "else" }

// invisible tells whether nothing is seen of a node.
func (n *node) invisible() bool {
	switch n.kind {
	case spaceNode:
		return true
	case actionNode:
		return n.act.kind == invisibleAction || slices.ContainsFunc(hiddenTemplates, func(name string) bool {
			return strings.HasPrefix(n.act.text, `template "`+name+`"`)
		})
	case elementNode:
		return n.tag.name == "input" && slices.ContainsFunc(n.tag.attrs, func(a attribute) bool { return a[0].text == `type="hidden"` })
	case controlNode:
		return n.keyword() == "define"
	}
	return false
}

// isAction tells whether a trim marker fits on the node's left and right side.
func (n *node) isAction() bool { return n.kind == actionNode || n.kind == controlNode }

// side is one of the two sides of a node or of a sequence.
type side int

const (
	before side = iota
	after
)

// edge reports whether white space on that side of a node is not seen, given its neighbour beyond. For the side before the
// node, beyond reports on the next neighbour, in case the node prints nothing.
func (n *node) edge(s side, beyond func() bool) bool {
	switch n.kind {
	case elementNode:
		return block[n.tag.name]
	case openNode:
		if s == before {
			return block[n.tag.name]
		}
		return block[n.tag.name] || contains[n.tag.name]
	case closeNode:
		if s == after {
			return block[n.text]
		}
		return block[n.text] || contains[n.text]
	case rawNode:
		return !strings.HasPrefix(n.text, "<!--")
	case controlNode:
		for _, b := range n.branches {
			if !edgeOf(b.nodes, s, beyond) {
				return false
			}
		}
		return n.hasElse() && n.keyword() != "range" || n.keyword() == "block" || beyond()
	}
	return false
}

// edgeOf reports whether white space before (or after) a sequence is not seen, given the sequence's neighbour beyond.
func edgeOf(nodes []*node, s side, beyond func() bool) bool {
	for i := range nodes {
		n, others := nodes[i], nodes[i+1:]
		if s == after {
			n, others = nodes[len(nodes)-1-i], nodes[:len(nodes)-1-i]
		}
		if !n.invisible() {
			return n.edge(s, func() bool { return edgeOf(others, s, beyond) })
		}
	}
	return beyond()
}

// standsAlone reports whether a node begins a new line of the source: a block, or a node with one in it.
func (n *node) standsAlone() bool {
	switch n.kind {
	case elementNode:
		return n.tag.name != "br" && block[n.tag.name] || slices.ContainsFunc(n.children, (*node).standsAlone)
	case openNode:
		return block[n.tag.name]
	case closeNode:
		return block[n.text]
	case rawNode:
		return true
	case controlNode:
		return n.keyword() == "define" || slices.ContainsFunc(n.branches, func(b branch) bool { return slices.ContainsFunc(b.nodes, (*node).standsAlone) })
	}
	return false
}

// isStatement tells whether a node prefers a line of its own.
func (n *node) isStatement() bool {
	return n.kind == actionNode && n.act.kind == statementAction || n.kind != spaceNode && n.invisible()
}
