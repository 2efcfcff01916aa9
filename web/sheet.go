package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/internal/link"
)

// What a file that somebody uploads may hold at most.
const (
	sheetMostBytes = 4 << 20
	sheetMostRows  = 20_000
	sheetMostCell  = 200
)

// sheetRow is one row of a table under its titles; Line is where people find it in the file.
type sheetRow struct {
	Line  int
	Cells map[string]string
}

// uploaded reads the file of a form field. The form must have been read before.
func uploaded(r *http.Request, name string) (string, []byte, error) {
	if r.MultipartForm == nil {
		return "", nil, link.E(link.Invalid, "sheet.missing", name)
	}
	file, header, err := r.FormFile(name)
	if err != nil {
		return "", nil, link.E(link.Invalid, "sheet.missing", name).Because(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if header.Size > sheetMostBytes {
		return "", nil, link.E(link.TooLarge, "sheet.too_large", name, "mb", num64(sheetMostBytes>>20))
	}
	data, err := io.ReadAll(io.LimitReader(file, sheetMostBytes+1))
	if err != nil {
		return "", nil, fmt.Errorf("read upload: %w", err)
	}
	if len(data) == 0 {
		return "", nil, link.E(link.Invalid, "sheet.missing", name)
	}
	return header.Filename, data, nil
}

// readSheet reads the first sheet of an XLSX file, or a CSV file in UTF-8 or GB 18030. titles maps what a column may
// be called to the name it gets; needed names must be there.
func readSheet(field string, data []byte, titles map[string]string, needed ...string) ([]sheetRow, error) {
	table, err := sheetTable(data)
	if err != nil {
		return nil, link.E(link.Invalid, "sheet.unreadable", field).Because(err)
	}
	head, columns := -1, map[int]string{}
	for i := range table[:min(len(table), 10)] { // a title line or two may stand above the heads of the columns
		found := map[int]string{}
		for c, cell := range table[i] {
			if name, ok := titles[tidyTitle(cell)]; ok {
				found[c] = name
			}
		}
		if len(found) > len(columns) {
			head, columns = i, found
		}
	}
	var missing []string
	for _, name := range needed {
		if !hasValue(columns, name) {
			missing = append(missing, titleOf(titles, name))
		}
	}
	if head < 0 || len(missing) > 0 {
		return nil, link.E(link.Invalid, "sheet.columns", field, "columns", strings.Join(missing, "、"))
	}
	var rows []sheetRow
	for i := head + 1; i < len(table); i++ {
		row := sheetRow{Line: i + 1, Cells: map[string]string{}}
		empty := true
		for c, name := range columns {
			if c < len(table[i]) {
				cell := tidyCell(table[i][c])
				row.Cells[name] = cell
				empty = empty && cell == ""
			}
		}
		if empty {
			continue
		}
		if len(rows) == sheetMostRows {
			return nil, link.E(link.TooLarge, "sheet.rows", field, "max", num64(sheetMostRows))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, link.E(link.Invalid, "sheet.empty", field)
	}
	return rows, nil
}

func hasValue(columns map[int]string, name string) bool {
	for _, n := range columns {
		if n == name {
			return true
		}
	}
	return false
}

// titleOf is the shortest Chinese title of a column, for the sentence that asks for it.
func titleOf(titles map[string]string, name string) string {
	best := ""
	for title, n := range titles {
		if n == name && title[0] >= 0x80 && (best == "" || len(title) < len(best) || len(title) == len(best) && title < best) {
			best = title
		}
	}
	return best
}

func tidyTitle(s string) string {
	s, _, _ = strings.Cut(strings.NewReplacer("（", "(", " ", "", "\u3000", "", "*", "").Replace(tidyCell(s)), "(")
	return strings.ToLower(s)
}

// A cell that begins with an apostrophe or a tab was marked as text, so that a program keeps its leading zeros.
func tidyCell(s string) string {
	s = strings.TrimSpace(strings.TrimLeft(strings.TrimPrefix(s, "\ufeff"), "'\t"))
	if utf8.RuneCountInString(s) > sheetMostCell {
		s = string([]rune(s)[:sheetMostCell])
	}
	return s
}

func sheetTable(data []byte) ([][]string, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: 64 << 20, UnzipXMLSizeLimit: 16 << 20})
		if err != nil {
			return nil, err
		}
		defer func() { _ = book.Close() }() // it was only read
		sheets := book.GetSheetList()
		if len(sheets) == 0 {
			return nil, errors.New("no sheet")
		}
		return book.GetRows(sheets[0], excelize.Options{RawCellValue: true})
	}
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return nil, err
		}
		data = decoded
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("not text")
	}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	reader.FieldsPerRecord, reader.LazyQuotes = -1, true
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.Count(first, []byte("\t")) > bytes.Count(first, []byte(",")) {
		reader.Comma = '\t'
	}
	var table [][]string
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return table, nil
		}
		if err != nil {
			return nil, err
		}
		// Lines that the reader skips keep their number.
		line, _ := reader.FieldPos(0)
		for len(table) < line-1 {
			table = append(table, nil)
		}
		table = append(table, record)
	}
}
