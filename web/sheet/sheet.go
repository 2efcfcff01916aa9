// Package sheet reads the tables that people bring, as CSV or XLSX. It believes nothing: how large a file may be, how
// many rows and how long a cell is bounded, and a file is what its content says, not its name.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"banmuyuan/internal/link"
)

// Bounds of a file.
const (
	MaxBytes = 16 << 20
	MaxRows  = 50_000
	maxCell  = 500

	headLines      = 20 // a table's headings are among so many rows
	maxLinesOfCell = 40
	// An XLSX file is compressed: what it unpacks to is bounded as well.
	maxUnpacked = 256 << 20
)

// Row is one row of a table with its number in the file, from 1.
type Row struct {
	Line  int
	Cells []string
}

// Read returns the rows of a CSV or XLSX file that are not empty. CSV may be UTF-8, UTF-16 or, as spreadsheets in China
// save it, GB 18030; its cells are separated by commas, semicolons or tabs. Of an XLSX file the first sheet is read.
//
// It returns *link.Error with Invalid or TooLarge for a file that a person has to mend.
func Read(data []byte) ([]Row, error) {
	switch {
	case len(data) == 0:
		return nil, link.E(link.Invalid, "sheet.empty", "file")
	case len(data) > MaxBytes:
		return nil, link.E(link.TooLarge, "too_large", "file")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data)
	case bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return nil, link.E(link.Invalid, "sheet.old_excel", "file")
	}
	return readCSV(data)
}

func readCSV(data []byte) ([]Row, error) {
	var rows []Row
	err := eachRecord(data, func(line int, cells []string) (err error) {
		rows, err = add(rows, line, cells)
		return err
	})
	if err != nil {
		return nil, err
	}
	return enough(rows)
}

// eachRecord calls yield for each line of a CSV file that is not empty.
func eachRecord(data []byte, yield func(line int, cells []string) error) error {
	text, err := decode(data)
	if err != nil {
		return err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return link.E(link.Invalid, "sheet.unknown", "file").Because(err)
		}
		line, _ := r.FieldPos(0)
		for _, c := range cells {
			// A quotation mark that is not closed takes in the lines below it.
			if strings.Count(c, "\n") > maxLinesOfCell {
				return link.E(link.Invalid, "sheet.quotes", "file", "line", strconv.Itoa(line))
			}
		}
		if err := yield(line, cells); err != nil {
			return err
		}
	}
}

// decode returns the text of a CSV file: UTF-8, UTF-16 with its mark, or GB 18030, as spreadsheets in China save it.
func decode(data []byte) (string, error) {
	var coding encoding.Encoding = simplifiedchinese.GB18030
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		coding = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case utf8.Valid(data):
		coding = unicode.UTF8
	}
	text, err := coding.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) && !bytes.Contains(data, []byte("\ufffd")) {
		return "", link.E(link.Invalid, "sheet.encoding", "file").Because(err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, 0) >= 0 {
		return "", link.E(link.Invalid, "sheet.unknown", "file")
	}
	if head := strings.ToLower(strings.TrimSpace(string(text[:min(len(text), 512)]))); strings.HasPrefix(head, "<") {
		return "", link.E(link.Invalid, "sheet.html", "file")
	}
	return string(text), nil
}

// separator is what separates most cells of the first lines.
func separator(text string) rune {
	at := 0
	for range headLines {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			at = len(text)
			break
		}
		at += n + 1
	}
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '，', '|'} {
		if n := strings.Count(text[:at], string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

func readXLSX(data []byte) ([]Row, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: 64 << 20})
	if err != nil {
		return nil, link.E(link.Invalid, "sheet.unknown", "file").Because(err)
	}
	defer f.Close()
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return nil, link.E(link.Invalid, "sheet.empty", "file")
	}
	it, err := f.Rows(sheets[0])
	if err != nil {
		return nil, link.E(link.Invalid, "sheet.unknown", "file").Because(err)
	}
	defer it.Close()
	var rows []Row
	for line := 1; it.Next(); line++ {
		cells, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, link.E(link.Invalid, "sheet.unknown", "file").Because(err)
		}
		if rows, err = add(rows, line, cells); err != nil {
			return nil, err
		}
	}
	if err := it.Error(); err != nil {
		return nil, link.E(link.Invalid, "sheet.unknown", "file").Because(fmt.Errorf("read rows: %w", err))
	}
	return enough(rows)
}

func add(rows []Row, line int, cells []string) ([]Row, error) {
	filled := false
	for i, c := range cells {
		c = strings.TrimSpace(c)
		if len(c) > maxCell {
			c = strings.ToValidUTF8(c[:maxCell], "")
		}
		cells[i] = c
		filled = filled || c != ""
	}
	if !filled {
		return rows, nil
	}
	if len(rows) > MaxRows {
		return nil, link.E(link.TooLarge, "sheet.rows", "file", "max", fmt.Sprint(MaxRows))
	}
	return append(rows, Row{Line: line, Cells: cells}), nil
}

func enough(rows []Row) ([]Row, error) {
	if len(rows) < 2 {
		return nil, link.E(link.Invalid, "sheet.empty", "file")
	}
	return rows, nil
}

// Column says how a column may be headed. Need is false where a table may lack it.
type Column struct {
	Name  string
	Heads []string
	Need  bool
}

// Columns finds where the columns of a table are, by its first row. What is needed and missing is named.
func Columns(head Row, columns []Column) (map[string]int, error) {
	at := map[string]int{}
	for i, text := range head.Cells {
		text = strings.ToLower(strings.NewReplacer(" ", "", "　", "", "*", "", "_", "", "：", "").Replace(text))
		for _, c := range columns {
			for _, h := range c.Heads {
				if _, known := at[c.Name]; !known && text == strings.ToLower(strings.ReplaceAll(h, "_", "")) {
					at[c.Name] = i
				}
			}
		}
	}
	var missing []string
	for _, c := range columns {
		if _, ok := at[c.Name]; c.Need && !ok {
			missing = append(missing, c.Heads[0])
		}
	}
	if len(missing) > 0 {
		return nil, link.E(link.Invalid, "sheet.columns", "file", "columns", strings.Join(missing, "、"))
	}
	return at, nil
}

// Cell is the text of a column in a row, "" where there is none.
func (r Row) Cell(at map[string]int, name string) string {
	if i, ok := at[name]; ok && i < len(r.Cells) {
		return r.Cells[i]
	}
	return ""
}
