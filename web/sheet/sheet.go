// Package sheet reads and writes the tables that people bring and take: lists, and the workbook of a county's entries. What a
// file is, where its table stands and what its cells hold, package table finds out.
package sheet

import (
	"slices"
	"strings"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/table"
)

// Bounds of a list.
const (
	MaxBytes = table.MaxBytes
	MaxRows  = 50_000
	maxCell  = 500

	headLines = 200 // a table's headings are among so many rows
)

// Column says how a column may be headed, and what its cells hold. Need is false where a table may lack it.
type Column struct {
	Name  string
	Heads []string
	Need  bool
	Type  entry.Type
}

// Row is one row of a list with its number in the file, from 1.
type Row struct {
	Line   int
	cells  map[string]string
	faults map[string]string
}

// Cell is the text of a column, "" where there is none.
func (r Row) Cell(name string) string { return r.cells[name] }

// Fault is the message of what a spreadsheet did to a cell, or "".
func (r Row) Fault(name string) string { return r.faults[name] }

// Read returns the rows of the one table that has the columns, without the rows of totals and repeated headings.
//
// It returns *link.Error with Invalid or TooLarge for a file that a person has to mend.
func Read(data []byte, columns []Column) ([]Row, error) {
	wanted := make([]table.Column, len(columns))
	for i, c := range columns {
		wanted[i] = table.Column{Name: c.Name, Heads: c.Heads, Need: c.Need}
	}
	t, err := table.Read(data, wanted, MaxRows)
	if err != nil {
		return nil, err
	}
	b := &book{&table.Book{Since1904: t.Since1904}}
	rows := make([]Row, 0, len(t.Rows))
	for _, r := range t.Rows {
		if table.IsTotal(firstText(r.Cells)) || t.Head.Again(r.Cells) {
			continue
		}
		if row, filled := b.row(&t, r, columns); filled {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil, table.Empty()
	}
	return slices.Clip(rows), nil
}

func (b *book) row(t *table.Table, r table.Row, columns []Column) (Row, bool) {
	row := Row{Line: r.Line, cells: make(map[string]string, len(columns))}
	for _, c := range columns {
		text, fault := b.value(t.Cell(r, c.Name), &entry.Field{Name: c.Name, Type: c.Type})
		if fault != "" {
			if row.faults == nil {
				row.faults = map[string]string{}
			}
			row.faults[c.Name] = fault
		}
		text = entry.Clean(text)
		if len(text) > maxCell {
			text = strings.ToValidUTF8(text[:maxCell], "")
		}
		if text != "" {
			row.cells[c.Name] = text
		}
	}
	return row, len(row.cells) > 0 || len(row.faults) > 0
}
