package page

import (
	"html/template"
	"regexp"
	"text/template/parse"
)

var lineEnd = regexp.MustCompile(`[ \t\r]*\n[ \t\r\n]*`)

// squeeze removes the indentation of templates from what they print: a quarter of a page's bytes. A line end stays, so
// that words do not run together. Text of the templates themselves never stands in an element that keeps its white space.
func squeeze(t *template.Template) {
	for _, defined := range t.Templates() {
		if defined.Tree != nil {
			squeezeNode(defined.Tree.Root)
		}
	}
}

func squeezeNode(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				squeezeNode(c)
			}
		}
	case *parse.TextNode:
		n.Text = lineEnd.ReplaceAll(n.Text, []byte("\n"))
	case *parse.IfNode:
		squeezeBranches(&n.BranchNode)
	case *parse.RangeNode:
		squeezeBranches(&n.BranchNode)
	case *parse.WithNode:
		squeezeBranches(&n.BranchNode)
	}
}

func squeezeBranches(n *parse.BranchNode) {
	squeezeNode(n.List)
	squeezeNode(n.ElseList)
}
