// Package table reads the files with tables that people bring: statements, lists of households, results of payouts. It
// turns bytes into sheets, and sheets into a table with its head found wherever it stands.
//
// A file is what its content says, not its name: CSV in UTF-8, UTF-16 or GB 18030, separated by commas, semicolons, tabs
// or pipes; XLSX; a web page or an XML spreadsheet under the name of .xls. Other files are named for what they are.
//
// What must always hold: size, rows, columns, cells and what an archive unpacks to are bounded, so that time and memory
// are; no part of a file makes the reader open another one; a value is either understood whole or refused, and a number
// that a spreadsheet cut is never taken for the one that was meant. Cells keep the text that the file has.
package table

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// Bounds of a file.
const (
	MaxBytes    = 16 << 20
	MaxRows     = 100_000
	MaxUnpacked = 256 << 20 // an XLSX file is compressed
	maxSheets   = 200
)

// Open finds what a file is, and its sheets, which are read when they are asked for. It returns *link.Error with Invalid or
// TooLarge for a file that a person has to mend; its message says what the file is and what to do.
func Open(data []byte, maxBytes int) (*Book, error) {
	switch {
	case len(data) == 0:
		return nil, invalid("sheet.empty")
	case len(data) > maxBytes:
		return nil, Fault(errTooLarge, maxBytes)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		b, err := openXLSX(data, MaxUnpacked)
		if err != nil {
			return nil, Fault(err, maxBytes)
		}
		if len(b.Sheets) > maxSheets {
			return nil, link.E(link.TooLarge, "sheet.large", "file", "max", strconv.Itoa(maxBytes>>20))
		}
		return b, nil
	}
	if key := kindOf(data); key != "" {
		return nil, invalid(key)
	}
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	switch head := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2048)])); {
	case strings.HasPrefix(head, "<?xml") && strings.Contains(head, "urn:schemas-microsoft-com:office:spreadsheet"):
		return openXML(text), nil
	case strings.HasPrefix(head, "<"):
		return openHTML(text)
	}
	return &Book{plain: true, Sheets: []Sheet{{Rows: func(yield func(int, []Cell) error) error { return eachRecord(text, yield) }}}}, nil
}

// kindOf returns the message for a file that is known and not read, or "".
func kindOf(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		// The name of a stream, in UTF-16.
		if bytes.Contains(data, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
			return "sheet.password"
		}
		return "sheet.old_excel"
	case bytes.HasPrefix(data, []byte{0x09, 0x08}), bytes.HasPrefix(data, []byte{0x09, 0x04}), bytes.HasPrefix(data, []byte{0x09, 0x02}):
		return "sheet.old_excel" // older still, without an archive around it
	case bytes.HasPrefix(data, []byte("%PDF")):
		return "sheet.pdf"
	case bytes.HasPrefix(data, []byte("Rar!")), bytes.HasPrefix(data, []byte{0x1f, 0x8b}), bytes.HasPrefix(data, []byte("7z\xbc\xaf")):
		return "sheet.archive"
	case bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}), bytes.HasPrefix(data, []byte("\x89PNG")):
		return "sheet.picture"
	case bytes.HasPrefix(data, []byte("MIME-Version:")):
		return "sheet.html"
	}
	return ""
}

func invalid(key string) *link.Error { return link.E(link.Invalid, key, "file") }

// Fault returns an error of reading as a message to a person.
func Fault(err error, maxBytes int) error {
	var fault *link.Error
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.Is(err, errTooLarge):
		return link.E(link.TooLarge, "sheet.large", "file", "max", strconv.Itoa(maxBytes>>20))
	case errors.Is(err, errNoWorkbook):
		return invalid("sheet.archive").Because(err)
	}
	return invalid("sheet.unknown").Because(err)
}

// Plain reports whether a file that was opened is lines of text, and not a workbook or a web page.
func (b *Book) Plain() bool { return b != nil && b.plain }

// Row is a row that holds something, with its number in the file, from 1.
type Row struct {
	Line  int
	Cells []Cell
}

// All returns the rows of a sheet, at most most of them, or TooLarge.
func (s *Sheet) All(most int) ([]Row, error) {
	var rows []Row
	err := s.Rows(func(line int, cells []Cell) error {
		if len(rows) >= most {
			return link.E(link.TooLarge, "sheet.rows", "file", "max", strconv.Itoa(most))
		}
		rows = append(rows, Row{Line: line, Cells: slices.Clone(cells)})
		return nil
	})
	return rows, err
}

// Table is a table within a file.
type Table struct {
	Sheet     string
	Before    []Row // above the head: owner, account, period
	Head      Head
	Rows      []Row // below the head
	Since1904 bool
}

// Read finds the one table of a file that has the columns, on whichever visible sheet.
func Read(data []byte, columns []Column, most int) (Table, error) {
	b, err := Open(data, MaxBytes)
	if err != nil {
		return Table{}, err
	}
	return b.Table(columns, most)
}

// Table finds the one table that has the columns that are needed. Two sheets with such a table are refused: nobody knows
// which is meant. Sheets that are hidden are not looked at.
func (b *Book) Table(columns []Column, most int) (Table, error) {
	t, near, err := b.find(func(rows []Row) (Head, bool) { return FindHead(rows, columns) }, most)
	if err == nil && t == nil {
		err = link.E(link.Invalid, "sheet.columns", "file", "columns", strings.Join(missing(near, columns), "、"))
	}
	if err != nil {
		return Table{}, err
	}
	return *t, nil
}

// find returns the one table with a known head, or nil with the head that comes nearest.
func (b *Book) find(head func([]Row) (Head, bool), most int) (found *Table, near Head, err error) {
	filled, hidden := 0, ""
	for i := range b.Sheets {
		s := &b.Sheets[i]
		rows, err := s.All(most + headRows)
		if err != nil {
			return nil, near, Fault(err, MaxBytes)
		}
		switch {
		case len(rows) == 0:
			continue
		case s.Hidden:
			hidden = s.Name
			continue
		}
		filled += len(rows)
		h, whole := head(rows)
		if !whole {
			if len(h.At) > len(near.At) || near.At == nil {
				near = h
			}
			continue
		}
		t := Table{Sheet: s.Name, Before: rows[:h.first], Head: h, Rows: rows[h.last+1:], Since1904: b.Since1904}
		if len(t.Rows) == 0 && found != nil {
			continue
		}
		if found != nil && len(found.Rows) > 0 {
			return nil, near, link.E(link.Invalid, "sheet.two_tables", "file", "sheet", found.Sheet, "other", s.Name)
		}
		if len(t.Rows) > most {
			return nil, near, link.E(link.TooLarge, "sheet.rows", "file", "max", strconv.Itoa(most))
		}
		found = &t
	}
	switch {
	case found != nil:
	case filled == 0 && hidden != "":
		err = link.E(link.Invalid, "sheet.all_hidden", "file", "sheet", hidden)
	case filled < 2 && near.At == nil, filled == 0:
		err = invalid("sheet.empty")
	}
	return found, near, err
}

// Cell returns the cell of a column in a row.
func (t *Table) Cell(r Row, column string) Cell {
	if i, ok := t.Head.At[column]; ok && i < len(r.Cells) {
		return r.Cells[i]
	}
	return Cell{}
}

// Text is the cleaned text of a column in a row.
func (t *Table) Text(r Row, column string) string { return t.Cell(r, column).Clean() }

// totals are the words by which a row says that it sums others, or that a page ends.
var totals = []string{"合计", "总计", "小计", "共计", "累计", "本页合计", "本月合计", "本日合计", "本期合计", "总和", "total", "subtotal", "grandtotal",
	"承前页", "过次页", "以下空白", "以下无正文", "结束"}

// IsTotal reports whether a text names a sum, as 合计, 总 计, 合计(2笔) or 本页小计：.
func IsTotal(text string) bool {
	folded := fold(brackets.ReplaceAllString(entry.Clean(text), ""))
	if slices.Contains(totals, folded) {
		return true
	}
	for _, word := range []string{"合计", "总计", "小计", "共计", "累计"} {
		before, after, ok := strings.Cut(folded, word)
		if ok && len([]rune(before)) <= 6 && strings.Trim(after, "0123456789.,笔数金额条户人元共¥￥") == "" {
			return true
		}
	}
	return false
}

// Empty is the error of a file without rows.
func Empty() error { return invalid("sheet.empty") }
