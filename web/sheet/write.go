package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// XLSX is the media type of what Write makes.
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Value is a cell of a list that is written. Text stays text, whatever it begins with; amounts are numbers with two
// decimals, exact to the fen.
type Value struct {
	kind valueKind
	text string
	n    int64
	x    float64
	day  time.Time
}

type valueKind int

const (
	textValue valueKind = iota
	fenValue
	countValue
	numberValue
	dayValue
)

func Text(s string) Value    { return Value{text: s} }
func Fen(n int64) Value      { return Value{kind: fenValue, n: n} }
func Count(n int64) Value    { return Value{kind: countValue, n: n} }
func Number(x float64) Value { return Value{kind: numberValue, x: x} }
func Day(t time.Time) Value  { return Value{kind: dayValue, day: t} } // in China; the zero time is empty
func (v Value) summable() bool {
	return v.kind == fenValue || v.kind == countValue || v.kind == numberValue
}

// ListColumn is a column of a list that is written. Sum asks for its sum below the rows; a sum of prices or numbers says nothing.
type ListColumn struct {
	Head  string
	Width float64 // 16 when it is 0
	Sum   bool
}

// ListHead stands above a list, and names it on each page.
type ListHead struct {
	Name  string // of the sheet
	Title string // Name when it is empty
	Note  string // season, filter, day
	Total string // the word before the sums
}

// headRows are the title and the heads of the columns, which stay in sight and are printed on each page.
const headRows = 2

// Lists is a workbook of lists as it is written. Each sheet has its title, season and filter above, sums below, its heads on
// every page, pages numbered, and the width of a page.
type Lists struct {
	file                          *excelize.File
	title, head, yuan, day, total int // styles
	totalYuan                     int
	sheets                        int
}

// NewLists returns a workbook that has to be closed.
func NewLists() (*Lists, error) {
	f := &Lists{file: excelize.NewFile()}
	bold := &excelize.Font{Bold: true}
	above := []excelize.Border{{Type: "top", Color: "000000", Style: 1}}
	yuan := "#,##0.00"
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&f.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}},
		{&f.head, excelize.Style{Font: bold, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F3EEE4"}}}},
		{&f.yuan, excelize.Style{CustomNumFmt: &yuan}},
		{&f.day, excelize.Style{NumFmt: 14}}, // a date as the reader's program writes it
		{&f.total, excelize.Style{Font: bold, Border: above}},
		{&f.totalYuan, excelize.Style{Font: bold, Border: above, CustomNumFmt: &yuan}},
	} {
		var err error
		if *s.id, err = f.file.NewStyle(&s.style); err != nil {
			return nil, fmt.Errorf("make style: %w", err)
		}
	}
	return f, nil
}

// Close removes temporary files.
func (f *Lists) Close() { _ = f.file.Close() } // nothing is lost with them

// Begin starts the next sheet; the one before has to be ended.
func (f *Lists) Begin(h ListHead, columns []ListColumn) (*List, error) {
	name := sheetName(h.Name)
	var err error
	if f.sheets == 0 {
		err = f.file.SetSheetName(f.file.GetSheetName(0), name)
	} else {
		_, err = f.file.NewSheet(name)
	}
	if err != nil {
		return nil, fmt.Errorf("name sheet: %w", err)
	}
	f.sheets++
	if h.Title == "" {
		h.Title = h.Name
	}
	if h.Total == "" {
		h.Total = "合计"
	}
	if err := f.paper(name, len(columns)); err != nil {
		return nil, err
	}
	l := &List{file: f, head: h, columns: columns, sums: make([]Value, len(columns))}
	if l.out, err = f.file.NewStreamWriter(name); err != nil {
		return nil, fmt.Errorf("open sheet: %w", err)
	}
	return l, l.begin()
}

// paper sets a sheet up for printing.
func (f *Lists) paper(name string, columns int) error {
	a4, width, height, orientation, fit := 9, 1, 0, "portrait", true
	if columns > 6 {
		orientation = "landscape"
	}
	if err := f.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return fmt.Errorf("fit to the page: %w", err)
	}
	if err := f.file.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &width, FitToHeight: &height}); err != nil {
		return fmt.Errorf("lay out the page: %w", err)
	}
	if err := f.file.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: "&C&P / &N"}); err != nil {
		return fmt.Errorf("number pages: %w", err)
	}
	err := f.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$1:$%d", name, headRows), Scope: name})
	if err != nil {
		return fmt.Errorf("repeat heads: %w", err)
	}
	return nil
}

// Bytes returns the file.
func (f *Lists) Bytes() ([]byte, error) {
	var b bytes.Buffer
	if _, err := f.file.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write file: %w", err)
	}
	return b.Bytes(), nil
}

// List is a sheet that grows row by row.
type List struct {
	file    *Lists
	out     *excelize.StreamWriter
	head    ListHead
	columns []ListColumn
	sums    []Value
	row     int
}

func (l *List) begin() error {
	for i, c := range l.columns {
		width := c.Width
		if width == 0 {
			width = 16
		}
		if err := l.out.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("set widths: %w", err)
		}
	}
	err := l.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: headRows, TopLeftCell: fmt.Sprintf("A%d", headRows+1), ActivePane: "bottomLeft"})
	if err != nil {
		return fmt.Errorf("freeze heads: %w", err)
	}
	if err := l.write(excelize.Cell{StyleID: l.file.title, Value: l.head.Title}, nil, excelize.Cell{Value: l.head.Note}); err != nil {
		return err
	}
	heads := make([]any, len(l.columns))
	for i, c := range l.columns {
		heads[i] = excelize.Cell{StyleID: l.file.head, Value: c.Head}
	}
	return l.write(heads...)
}

func (l *List) write(cells ...any) error {
	l.row++
	if err := l.out.SetRow(fmt.Sprintf("A%d", l.row), cells); err != nil {
		return fmt.Errorf("write row %d: %w", l.row, err)
	}
	return nil
}

// Add writes a row.
func (l *List) Add(row ...Value) error {
	cells := make([]any, len(row))
	for i, v := range row {
		cells[i] = l.cell(v, l.file.yuan, 0)
		if i < len(l.columns) && l.columns[i].Sum && v.summable() {
			l.sums[i] = Value{kind: v.kind, n: l.sums[i].n + v.n, x: l.sums[i].x + v.x}
		}
	}
	return l.write(cells...)
}

func (l *List) cell(v Value, yuan, other int) any {
	switch v.kind {
	case fenValue:
		return excelize.Cell{StyleID: yuan, Value: yuanNumber(v.n)}
	case countValue:
		return excelize.Cell{StyleID: other, Value: v.n}
	case numberValue:
		return excelize.Cell{StyleID: other, Value: v.x}
	case dayValue:
		if v.day.IsZero() {
			return nil
		}
		y, m, d := v.day.In(china).Date()
		return excelize.Cell{StyleID: l.file.day, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)} // a workbook knows no zones
	}
	return excelize.Cell{StyleID: other, Value: v.text}
}

var china = time.FixedZone("China", 8*60*60)

// End writes the sums, and the number of rows beside their word.
func (l *List) End() error {
	if l.row > headRows {
		cells := make([]any, len(l.columns))
		for i := range l.columns {
			cells[i] = excelize.Cell{StyleID: l.file.total, Value: ""}
			if l.columns[i].Sum {
				cells[i] = l.cell(l.sums[i], l.file.totalYuan, l.file.total)
			}
		}
		if len(cells) > 0 && !l.columns[0].Sum {
			cells[0] = excelize.Cell{StyleID: l.file.total, Value: fmt.Sprintf("%s（%d）", l.head.Total, l.row-headRows)}
		}
		if err := l.write(cells...); err != nil {
			return err
		}
	}
	if err := l.out.Flush(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

// Write makes an XLSX file of one list.
func Write(h ListHead, columns []ListColumn, rows [][]Value) ([]byte, error) {
	f, err := NewLists()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := f.Begin(h, columns)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := l.Add(row...); err != nil {
			return nil, err
		}
	}
	if err := l.End(); err != nil {
		return nil, err
	}
	return f.Bytes()
}

// yuanNumber is an amount as a spreadsheet's number, which is exact to the fen up to ninety trillion yuan.
func yuanNumber(fen int64) float64 { return float64(fen) / 100 }

// sheetName is a name that spreadsheets accept.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 31 {
		s = string(r[:31])
	}
	if strings.TrimSpace(s) == "" {
		return "Sheet1"
	}
	return s
}
