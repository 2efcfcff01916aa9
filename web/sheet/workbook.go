package sheet

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/internal/table"
)

// Bounds of a workbook.
const (
	MaxWorkbookBytes = 32 << 20
	MaxWorkbookRows  = 120_000 // of all its sheets
	maxColumns       = table.MaxColumns
)

// Workbook is a file as rows of kinds.
type Workbook struct {
	Tables   []Table   // of the kinds that it has, in the order of the kinds
	Findings []Finding // what a person should know about sheets and columns, in the order of the sheets
}

// Table holds the rows of one kind.
type Table struct {
	Kind  *entry.Kind
	Sheet string            // as the file names it
	Heads map[string]string // heading of each field that the sheet has, as the file names it
	Rows  []entry.Row       // lines as the spreadsheet counts them
}

// Finding is a message about a sheet or a column. One that stops means that the sheet's rows were not read.
type Finding struct {
	Sheet   string            `json:"sheet,omitempty"`
	Kind    string            `json:"kind,omitempty"`
	Key     string            `json:"key"`
	Args    map[string]string `json:"args,omitempty"`
	Stops   bool              `json:"stops,omitempty"`
	Heading string            `json:"heading,omitempty"` // of a column that nobody knows, to be mapped
	Samples []string          `json:"samples,omitempty"` // up to two of its cells
}

// Mapping holds what a person said about headings: by kind and heading the field, or "" for a column to leave out.
type Mapping map[string]map[string]string

// Rows returns the number of rows of all tables.
func (w *Workbook) Rows() int {
	n := 0
	for i := range w.Tables {
		n += len(w.Tables[i].Rows)
	}
	return n
}

// Stopped reports whether a sheet was left out because a person has to mend it.
func (w *Workbook) Stopped() bool {
	return slices.ContainsFunc(w.Findings, func(f Finding) bool { return f.Stops })
}

// Table finds the table of a kind.
func (w *Workbook) Table(kind string) (*Table, bool) {
	i := slices.IndexFunc(w.Tables, func(t Table) bool { return t.Kind.Name == kind })
	if i < 0 {
		return nil, false
	}
	return &w.Tables[i], true
}

// ReadWorkbook reads all sheets of an XLSX file, or the one table of a CSV file, as rows of kinds. A sheet's kind follows
// from its title or else from its headings, which may stand below other rows. Hidden sheets, totals and columns that
// nobody knows are left out and named among the findings; a cell that the spreadsheet spoilt is a fault of its row.
//
// It returns *link.Error with Invalid or TooLarge for a file that cannot be read at all.
func ReadWorkbook(data []byte, kinds []*entry.Kind, mapping Mapping) (Workbook, error) {
	b, err := openBook(data)
	if err != nil {
		return Workbook{}, err
	}
	r := workbookReader{book: b, kinds: kinds, mapping: foldMapping(mapping), tables: map[string]*Table{}}
	for i := range b.Sheets {
		if err := r.read(&b.Sheets[i]); err != nil {
			return Workbook{}, asFault(err)
		}
	}
	return r.result(), nil
}

func asFault(err error) error { return table.Fault(err, MaxWorkbookBytes) }

// The parts of a file, as this package names them.
type (
	cell = table.Cell
	tab  = table.Sheet
)

type book struct{ *table.Book }

func openBook(data []byte) (*book, error) {
	b, err := table.Open(data, MaxWorkbookBytes)
	if err != nil {
		return nil, err
	}
	return &book{b}, nil
}

func foldMapping(m Mapping) Mapping {
	folded := make(Mapping, len(m))
	for kind, heads := range m {
		folded[kind] = make(map[string]string, len(heads))
		for heading, field := range heads {
			folded[kind][foldHeading(heading)] = field
		}
	}
	return folded
}

// Titles of sheets that explain a workbook.
var explaining = []string{"说明", "填表说明", "填写说明", "使用说明", "instructions", "readme"}

type workbookReader struct {
	book     *book
	kinds    []*entry.Kind
	mapping  Mapping
	tables   map[string]*Table
	findings []Finding
	rows     int
}

func (r *workbookReader) find(t *tab, f Finding) {
	f.Sheet = t.Name
	if f.Args == nil {
		f.Args = map[string]string{}
	}
	if f.Args["sheet"] = t.Name; t.Name == "" {
		f.Args["sheet"] = "CSV"
	}
	r.findings = append(r.findings, f)
}

func (r *workbookReader) read(t *tab) error {
	if slices.Contains(explaining, foldHeading(t.Name)) {
		return nil
	}
	first, err := firstRows(t)
	if err != nil {
		return err
	}
	if len(first) == 0 {
		return nil // nothing on it
	}
	if t.Hidden {
		r.find(t, Finding{Key: "sheet.hidden"})
		return nil
	}
	k, h := r.kindOf(t, first)
	if k == nil {
		r.find(t, Finding{Key: "sheet.kind.unknown", Stops: true, Args: map[string]string{"headings": h.named()}})
		return nil
	}
	if had, ok := r.tables[k.Name]; ok {
		r.find(t, Finding{Kind: k.Name, Key: "sheet.kind.twice", Stops: true, Args: map[string]string{"other": had.Sheet, "kind": k.Title.Zh}})
		return nil
	}
	table := &Table{Kind: k, Sheet: t.Name, Heads: map[string]string{}}
	r.tables[k.Name] = table
	for _, f := range h.findings {
		r.find(t, f)
	}
	missing := h.missing(k)
	if len(missing) > 0 {
		r.find(t, Finding{Kind: k.Name, Key: "sheet.columns.missing", Stops: true,
			Args: map[string]string{"columns": strings.Join(missing, "、"), "headings": h.named()}})
	}
	stopped := len(missing) > 0 || len(h.findings) > 0
	return r.readTable(t, table, &h, stopped)
}

type numbered struct {
	line  int
	cells []cell
}

// firstRows returns the rows among which a table's headings are.
func firstRows(t *tab) ([]numbered, error) {
	var rows []numbered
	err := t.Rows(func(line int, cells []cell) error {
		if rows = append(rows, numbered{line, cells}); len(rows) == headLines {
			return table.ErrStop
		}
		return nil
	})
	if errors.Is(err, table.ErrStop) {
		err = nil
	}
	return rows, err
}

// kindOf finds a sheet's kind, by its title or else by the headings that the most fields are named by, and the row of its
// headings. Without a kind the row is the first that has several cells.
func (r *workbookReader) kindOf(t *tab, rows []numbered) (*entry.Kind, head) {
	title := foldTitle(t.Name)
	for _, k := range r.kinds {
		names := append([]string{k.Title.Zh, k.Title.En, k.Name}, k.Aliases...)
		if title != "" && slices.ContainsFunc(names, func(name string) bool { return title == foldTitle(name) }) {
			if h, ok := r.headOf(k, rows); ok {
				return k, h
			}
			row := widest(rows)
			return k, readHead(k, row.line, row.cells, r.mapping[k.Name])
		}
	}
	var best *entry.Kind
	var bestHead head
	most, tie := 1, false
	for _, k := range r.kinds {
		h, ok := r.headOf(k, rows)
		all, _ := h.found()
		switch {
		case !ok || all < most || all < 2:
		case all == most && best != nil:
			whole, bestWhole := len(h.missing(k)) == 0, len(bestHead.missing(best)) == 0
			if tie = whole == bestWhole; whole && !bestWhole {
				best, bestHead = k, h
			}
		default:
			best, bestHead, most, tie = k, h, all, false
		}
	}
	if best == nil || tie {
		return nil, head{texts: textsOf(widest(rows).cells)}
	}
	return best, bestHead
}

// headOf finds the row that names the most fields of a kind, and at least half of those that it needs.
func (r *workbookReader) headOf(k *entry.Kind, rows []numbered) (head, bool) {
	var best head
	most := 0
	for _, row := range rows {
		h := readHead(k, row.line, row.cells, r.mapping[k.Name])
		if all, needed := h.found(); all > most && needed*2 >= needs(k) {
			best, most = h, all
		}
	}
	return best, most > 0
}

func widest(rows []numbered) numbered {
	best := rows[0]
	for _, row := range rows {
		if filled(row.cells) > filled(best.cells) {
			best = row
		}
	}
	return best
}

func filled(cells []cell) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c.Text) != "" {
			n++
		}
	}
	return n
}

func textsOf(cells []cell) []string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = strings.Join(strings.Fields(c.Text), " ")
	}
	return texts
}

// readTable reads the rows below the headings. Where the sheet is stopped, its columns are looked at and its rows left out.
func (r *workbookReader) readTable(t *tab, table *Table, h *head, stopped bool) error {
	unknown := make([][]string, maxColumns) // samples of the columns that nobody knows
	for i, f := range h.fields {
		if f != nil {
			table.Heads[f.Name] = h.texts[i]
		}
	}
	err := t.Rows(func(line int, cells []cell) error {
		if line <= h.line || isHint(cells) {
			return nil
		}
		if isTotal(cells) {
			r.find(t, Finding{Kind: table.Kind.Name, Key: "sheet.total", Args: map[string]string{"line": strconv.Itoa(line)}})
			return nil
		}
		row, ok := r.row(line, cells, h, unknown)
		if !ok || stopped {
			return nil
		}
		if r.rows++; r.rows > MaxWorkbookRows {
			return link.E(link.TooLarge, "sheet.rows", "file", "max", strconv.Itoa(MaxWorkbookRows))
		}
		table.Rows = append(table.Rows, row)
		return nil
	})
	if err != nil {
		return err
	}
	for i, samples := range unknown {
		if len(samples) == 0 && (i >= len(h.texts) || h.texts[i] == "" || h.fields[i] != nil || h.ignored[i]) {
			continue
		}
		f := Finding{Kind: table.Kind.Name, Key: "sheet.heading.unknown", Samples: samples, Args: map[string]string{"samples": "—"}}
		if len(samples) > 0 {
			f.Args["samples"] = strings.Join(samples, "、")
		}
		if i < len(h.texts) {
			f.Heading = h.texts[i]
		}
		if f.Args["heading"] = f.Heading; f.Heading == "" {
			f.Key, f.Args["column"] = "sheet.heading.none", columnName(i)
		}
		r.find(t, f)
	}
	return nil
}

// row reads the cells of a row. It reports false for a row without any cell of the kind.
func (r *workbookReader) row(line int, cells []cell, h *head, unknown [][]string) (entry.Row, bool) {
	row := entry.Row{Line: line, Cells: make(map[string]string, min(len(cells), len(h.fields)))}
	for i, c := range cells {
		if i >= len(h.fields) || h.fields[i] == nil {
			if sample := firstRunes(strings.TrimSpace(c.Text), 20); sample != "" && (i >= len(h.ignored) || !h.ignored[i]) && len(unknown[i]) < 2 {
				unknown[i] = append(unknown[i], sample)
			}
			continue
		}
		f := h.fields[i]
		text, fault := r.book.value(c, f)
		if fault != "" {
			if row.Faults == nil {
				row.Faults = map[string]string{}
			}
			row.Faults[f.Name] = fault
		}
		if text != "" {
			row.Cells[f.Name] = text
		}
	}
	return row, len(row.Cells) > 0 || len(row.Faults) > 0
}

// hintMark begins the cells of the row of hints that a template has below its headings.
const hintMark = "※"

// firstText returns the first cell that holds something.
func firstText(cells []cell) string {
	for _, c := range cells {
		if text := entry.Clean(c.Text); text != "" {
			return text
		}
	}
	return ""
}

func isHint(cells []cell) bool { return strings.HasPrefix(firstText(cells), hintMark) }

func isTotal(cells []cell) bool {
	return slices.Contains([]string{"合计", "总计", "小计", "共计", "total"}, foldHeading(firstText(cells)))
}

// columnName is how a spreadsheet names a column, counted from 0: A, Z, AA.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// result lists the tables in the order of the kinds, and names the kinds that have none.
func (r *workbookReader) result() Workbook {
	w := Workbook{Findings: r.findings}
	for _, k := range r.kinds {
		if t, ok := r.tables[k.Name]; ok {
			w.Tables = append(w.Tables, *t)
			continue
		}
		w.Findings = append(w.Findings, Finding{Kind: k.Name, Key: "sheet.kind.absent", Args: map[string]string{"kind": k.Title.Zh}})
	}
	return w
}
