// Package entry describes the entries of a county's directory, such as townships, products or payout accounts: each kind
// of entry is declared once, as a list of fields. Workbooks, forms, checks and stores follow from the declaration.
//
// What must always hold: a value is either understood whole or a Problem with the field and the reason; an empty cell of
// a workbook keeps the registered value; the same row twice changes nothing.
//
// The package imports internal/money only.
package entry

import (
	"maps"
	"slices"
	"strings"
)

// Text is the same sentence in both languages.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Kind is a kind of entries.
type Kind struct {
	Name    string   // township: stored and sent
	Title   Text     // 乡镇: the name of its sheet and of its page
	Aliases []string // other titles by which its sheet is recognised
	Hint    Text     // one sentence above its columns
	Key     []string
	Fields  []Field
	One     bool // there is exactly one entry, such as the county itself
	Stays   bool // entries are never taken out of use
	// Check reports faults that show only in several fields together. The values are those of a row or, where the row
	// changes an entry, of the entry as it will be.
	Check func(Values) []Fault
}

// Field finds a field by its name.
func (k *Kind) Field(name string) (*Field, bool) {
	i := slices.IndexFunc(k.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return &k.Fields[i], true
}

// Type is the type of a field's values.
type Type int

const (
	Line     Type = iota // text of one line; string
	Long                 // text of several lines; string
	Code                 // capital letters, digits and hyphens; string
	Count                // whole number; int64
	Year                 // int64
	Mu                   // area in thousandths of a mu; int64
	Square               // area written in mu and kept in square metres; int64
	Grams                // weight in grams, written in kilograms or with its unit; int64
	Money                // fen, written in yuan; int64
	Percent              // 1/10,000, written in percent; int64
	Degrees              // coordinate; float64
	Flag                 // yes or no; bool
	Choice               // one of Choices; string
	Choices              // several of Choices; []string
	Ref                  // key of an entry of the kind Refers; string
	Refs                 // several keys; []string
	Phone                // string
	IDNumber             // of a person, 18 digits; string
	Account              // number of a bank account; string
	Day                  // YYYY-MM-DD; string
)

// Field is one column of a kind.
type Field struct {
	Name     string
	Head     Text     // heading of the column
	Aliases  []string // other headings by which it is recognised
	Hint     Text
	Type     Type
	Need     bool  // a new entry has to have it
	Max      int64 // of numbers, and the number of characters of texts; 0: the type's own
	Min      int64 // of numbers
	Values   []Value
	Refers   string // kind of a Ref
	Personal bool   // masked in lists of problems and in the history
	Example  string // a cell of the template
	Default  any    // of a new entry whose row leaves it empty; nil: the type's zero value
}

// Value is one value of a Choice.
type Value struct {
	Code    string
	Name    Text
	Aliases []string
}

// Row is a row as read. Line is its number in the file; a field without a cell keeps its value. Faults names the cells
// that could not be read from the file, each with the key of the reason: the row is wrong, whatever its text looks like.
type Row struct {
	Line   int               `json:"line"`
	Cells  map[string]string `json:"cells"`
	Faults map[string]string `json:"faults,omitempty"`
}

// Values are the fields of an entry, by name, each of its field's type. A field that is missing is not changed.
type Values map[string]any

// Text returns a string, "" where there is none.
func (v Values) Text(name string) string { s, _ := v[name].(string); return s }

// Int returns a number, 0 where there is none.
func (v Values) Int(name string) int64 { n, _ := v[name].(int64); return n }

// Flag returns a flag, false where there is none.
func (v Values) Flag(name string) bool { b, _ := v[name].(bool); return b }

// Float returns a coordinate, 0 where there is none.
func (v Values) Float(name string) float64 { f, _ := v[name].(float64); return f }

// List returns a list, nil where there is none.
func (v Values) List(name string) []string { l, _ := v[name].([]string); return l }

// Key returns the values of the kind's key fields as one text: equal keys name the same entry.
func (v Values) Key(k *Kind) string {
	parts := make([]string, len(k.Key))
	for i, name := range k.Key {
		parts[i] = FoldName(Write(v[name]))
	}
	return strings.Join(parts, "\x1f")
}

// Changed lists the fields of next that differ from v, sorted by their order in the kind.
func (v Values) Changed(k *Kind, next Values) []string {
	var names []string
	for i := range k.Fields {
		name := k.Fields[i].Name
		to, set := next[name]
		if set && !same(v[name], to) {
			names = append(names, name)
		}
	}
	return names
}

// With returns v with the fields of next laid over it.
func (v Values) With(next Values) Values {
	out := make(Values, len(v)+len(next))
	maps.Copy(out, v)
	maps.Copy(out, next)
	return out
}

func same(a, b any) bool {
	la, isA := a.([]string)
	lb, isB := b.([]string)
	if isA || isB { // the order of a list does not count
		return slices.Equal(slices.Sorted(slices.Values(la)), slices.Sorted(slices.Values(lb)))
	}
	if a == nil {
		a = zeroLike(b)
	}
	return a == b
}

func zeroLike(v any) any {
	switch v.(type) {
	case string:
		return ""
	case int64:
		return int64(0)
	case bool:
		return false
	case float64:
		return 0.0
	}
	return nil
}

// Fault is what is wrong with a field of a row: a message key with its arguments.
type Fault struct {
	Field string
	Key   string
	Args  map[string]string
}

// Problem is a fault with its place in a workbook.
type Problem struct {
	Kind  string            `json:"kind,omitempty"`
	Line  int               `json:"line"`
	Field string            `json:"field,omitempty"`
	Value string            `json:"value,omitempty"` // as written; masked where it is personal
	Key   string            `json:"key"`
	Args  map[string]string `json:"args,omitempty"`
}
