// Package sheet reads the tables that people bring, as CSV or XLSX. It believes nothing: how large a file may be, how
// many rows and how long a cell is bounded, and a file is what its content says, not its name.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/internal/link"
)

// Bounds of a file.
const (
	MaxBytes = 16 << 20
	MaxRows  = 50_000
	maxCell  = 500
	// An XLSX file is compressed: what it unpacks to is bounded as well.
	maxUnpacked = 256 << 20
)

// Row is one row of a table with its number in the file, from 1.
type Row struct {
	Line  int
	Cells []string
}

// Read returns the rows of a CSV or XLSX file that are not empty. CSV may be UTF-8 or, as spreadsheets in China save
// it, GB 18030; its cells are separated by commas, semicolons or tabs. Of an XLSX file the first sheet is read.
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
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return nil, link.E(link.Invalid, "sheet.encoding", "file").Because(err)
		}
		data = decoded
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, link.E(link.Invalid, "sheet.unknown", "file")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separator(data)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	var rows []Row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return enough(rows)
		}
		if err != nil {
			return nil, link.E(link.Invalid, "sheet.unknown", "file").Because(err)
		}
		line, _ := r.FieldPos(0)
		if rows, err = add(rows, line, cells); err != nil {
			return nil, err
		}
	}
}

// separator is what separates most cells of the first line.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '，'} {
		if n := strings.Count(string(first), string(c)); n > most {
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

// Messages are the sentences of this package's errors.
var Messages = map[string][2]string{
	"sheet.empty":     {"文件里没有数据。第一行请写列名，从第二行起写内容。", "There is no data in the file. Put the columns' names into the first row and the data below."},
	"sheet.unknown":   {"读不出这个文件。请另存为 XLSX 或 CSV 后再传。", "The file cannot be read. Save it as XLSX or CSV and send it again."},
	"sheet.old_excel": {"这是旧版 XLS 文件。请另存为 XLSX 或 CSV 后再传。", "This is an old XLS file. Save it as XLSX or CSV and send it again."},
	"sheet.encoding":  {"文件的文字编码无法识别。请另存为 XLSX，或 UTF-8 编码的 CSV。", "The file's text encoding is not known. Save it as XLSX or as CSV in UTF-8."},
	"sheet.rows":      {"行数太多，一次最多 {max} 行。请分成几个文件。", "Too many rows: at most {max} at a time. Split the file."},
	"sheet.columns":   {"缺少这些列：{columns}。请检查第一行的列名。", "These columns are missing: {columns}. Check the names in the first row."},
}
