// Package bankfile reads and writes the files exchanged with the bank that pays households (代发): the payout file it is
// given and the result file it answers with, as CSV or XLSX, in columns that are configuration.
//
// Invariants: written files read back the same, account numbers and household names stay text and never
// become numbers or formulas, and a file that cannot be read is refused as a whole with the line that is wrong.
package bankfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/internal/money"
)

// Field of a payout file's column.
type Field string

const (
	FieldLine   Field = "line"   // 1, 2, 3…
	FieldItem   Field = "item"   // our number of the item, by which the result names it
	FieldHolder Field = "holder" // name of the account's owner
	FieldNumber Field = "number" // account number
	FieldBank   Field = "bank"
	FieldYuan   Field = "yuan" // 1234.50
	FieldFen    Field = "fen"  // 123450
	FieldMemo   Field = "memo"
)

// Column of a payout file.
type Column struct {
	Title string  `json:"title"`
	Field Field   `json:"field"`
	Width float64 `json:"width,omitempty"` // XLSX
}

// Result says how the bank's answer is read: a column is found by any of its titles, a result by any of its words.
type Result struct {
	Item     []string `json:"item"`
	Amount   []string `json:"amount"`
	Status   []string `json:"status"`
	Reason   []string `json:"reason"`
	Date     []string `json:"date"`
	Paid     []string `json:"paid"`
	Returned []string `json:"returned"`
}

// Layout of both files.
type Layout struct {
	Sheet   string   `json:"sheet"`
	Columns []Column `json:"columns"`
	Memo    string   `json:"memo"`
	Result  Result   `json:"result"`
}

// Default is a layout that most banks' 代发 forms can be mapped to.
func Default() Layout {
	return Layout{
		Sheet: "代发明细",
		Columns: []Column{
			{"序号", FieldLine, 8}, {"业务编号", FieldItem, 24}, {"收款人", FieldHolder, 14}, {"收款账号", FieldNumber, 26},
			{"开户行", FieldBank, 28}, {"金额(元)", FieldYuan, 14}, {"附言", FieldMemo, 20},
		},
		Memo: "半亩园农产品货款",
		Result: Result{
			Item: []string{"业务编号", "编号"}, Amount: []string{"金额(元)", "金额", "金额（元）"}, Status: []string{"状态", "结果", "处理结果"},
			Reason: []string{"失败原因", "原因", "备注"}, Date: []string{"入账日期", "日期", "处理日期"},
			Paid: []string{"成功", "已入账", "入账成功"}, Returned: []string{"失败", "退票", "退回"},
		},
	}
}

// Row of a payout file.
type Row struct {
	Item   string
	Holder string
	Number string
	Bank   string
	Fen    int64
}

// Formats.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// Type is the media type of a format.
func Type(format string) string {
	if format == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// ErrFormat says that a format is neither CSV nor XLSX.
var ErrFormat = errors.New("bankfile: unknown format")

// Yuan writes fen as a bank reads it: 1234.50.
func Yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func (l Layout) cells(i int, r Row) []string {
	cells := make([]string, len(l.Columns))
	for j, c := range l.Columns {
		switch c.Field {
		case FieldLine:
			cells[j] = fmt.Sprint(i + 1)
		case FieldItem:
			cells[j] = r.Item
		case FieldHolder:
			cells[j] = r.Holder
		case FieldNumber:
			cells[j] = r.Number
		case FieldBank:
			cells[j] = r.Bank
		case FieldYuan:
			cells[j] = Yuan(r.Fen)
		case FieldFen:
			cells[j] = fmt.Sprint(r.Fen)
		case FieldMemo:
			cells[j] = l.Memo
		}
	}
	return cells
}

// Write makes a payout file. The same rows give the same bytes.
func (l Layout) Write(format string, rows []Row) ([]byte, error) {
	titles := make([]string, len(l.Columns))
	widths := make([]float64, len(l.Columns))
	for i, c := range l.Columns {
		titles[i], widths[i] = c.Title, c.Width
	}
	table := make([][]string, len(rows))
	for i, r := range rows {
		table[i] = l.cells(i, r)
	}
	return write(format, l.Sheet, titles, widths, table)
}

// ResultRow of a bank's answer.
type ResultRow struct {
	Line   int // in the file, the titles being line 1
	Item   string
	Fen    int64
	Paid   bool
	Reason string
	Date   time.Time // zero where the file has none
}

// WriteResult makes the answer a bank would give, for the sandbox bank.
func (l Layout) WriteResult(format string, rows []ResultRow) ([]byte, error) {
	first := func(words []string) string { return words[0] }
	titles := []string{first(l.Result.Item), first(l.Result.Amount), first(l.Result.Status), first(l.Result.Reason), first(l.Result.Date)}
	table := make([][]string, len(rows))
	for i, r := range rows {
		status := first(l.Result.Returned)
		if r.Paid {
			status = first(l.Result.Paid)
		}
		date := ""
		if !r.Date.IsZero() {
			date = r.Date.Format(time.DateOnly)
		}
		table[i] = []string{r.Item, Yuan(r.Fen), status, r.Reason, date}
	}
	return write(format, l.Sheet, titles, []float64{24, 14, 10, 30, 14}, table)
}

func write(format, sheet string, titles []string, widths []float64, table [][]string) ([]byte, error) {
	var buf bytes.Buffer
	switch format {
	case CSV:
		buf.WriteString("\ufeff") // or Excel takes UTF-8 for something else
		w := csv.NewWriter(&buf)
		w.UseCRLF = true
		if err := w.Write(titles); err != nil {
			return nil, fmt.Errorf("write csv: %w", err)
		}
		if err := w.WriteAll(table); err != nil {
			return nil, fmt.Errorf("write csv: %w", err)
		}
		return buf.Bytes(), nil
	case XLSX:
		f := excelize.NewFile()
		defer f.Close()
		if err := f.SetSheetName("Sheet1", sheet); err != nil {
			return nil, fmt.Errorf("write xlsx: %w", err)
		}
		// Files of the same rows must be the same, also tomorrow.
		const made = "2020-01-01T00:00:00Z"
		if err := f.SetDocProps(&excelize.DocProperties{Created: made, Modified: made}); err != nil {
			return nil, fmt.Errorf("write xlsx: %w", err)
		}
		sw, err := f.NewStreamWriter(sheet)
		if err != nil {
			return nil, fmt.Errorf("write xlsx: %w", err)
		}
		for i, width := range widths {
			if width > 0 {
				if err := sw.SetColWidth(i+1, i+1, width); err != nil {
					return nil, fmt.Errorf("write xlsx: %w", err)
				}
			}
		}
		row := func(n int, cells []string) error {
			values := make([]any, len(cells))
			for i, c := range cells {
				values[i] = c // text, whatever it looks like
			}
			return sw.SetRow(fmt.Sprintf("A%d", n), values)
		}
		if err := row(1, titles); err != nil {
			return nil, fmt.Errorf("write xlsx: %w", err)
		}
		for i, cells := range table {
			if err := row(i+2, cells); err != nil {
				return nil, fmt.Errorf("write xlsx: %w", err)
			}
		}
		if err := sw.Flush(); err != nil {
			return nil, fmt.Errorf("write xlsx: %w", err)
		}
		if err := f.Write(&buf); err != nil {
			return nil, fmt.Errorf("write xlsx: %w", err)
		}
		return buf.Bytes(), nil
	}
	return nil, ErrFormat
}

// Problem with a line of a file: Key is a message, Args fill it.
type Problem struct {
	Line int
	Key  string
	Args map[string]string
}

// Limits of a file, far above a county's batch.
const (
	maxRows  = 100_000
	maxUnzip = 128 << 20
)

// ReadResult reads a bank's answer. With problems, rows are incomplete and must not be used.
func (l Layout) ReadResult(data []byte) ([]ResultRow, []Problem) {
	table, err := read(data)
	if err != nil {
		return nil, []Problem{{Line: 1, Key: "payout.result.unreadable"}}
	}
	if len(table) > maxRows {
		return nil, []Problem{{Line: maxRows, Key: "payout.result.too_long", Args: map[string]string{"max": fmt.Sprint(maxRows)}}}
	}
	head := 0
	for head < len(table) && len(table[head].cells) == 0 {
		head++
	}
	if head == len(table) {
		return nil, []Problem{{Line: 1, Key: "payout.result.empty"}}
	}
	column := func(titles []string) int {
		for i, c := range table[head].cells {
			for _, t := range titles {
				if tidy(c) == t {
					return i
				}
			}
		}
		return -1
	}
	item, amount, status := column(l.Result.Item), column(l.Result.Amount), column(l.Result.Status)
	reason, date := column(l.Result.Reason), column(l.Result.Date)
	var problems []Problem
	for _, c := range []struct {
		at     int
		titles []string
	}{{item, l.Result.Item}, {amount, l.Result.Amount}, {status, l.Result.Status}} {
		if c.at < 0 {
			problems = append(problems, Problem{table[head].line, "payout.result.no_column", map[string]string{"column": c.titles[0]}})
		}
	}
	if problems != nil {
		return nil, problems
	}
	var rows []ResultRow
	for _, t := range table[head+1:] {
		cell := func(i int) string {
			if i < 0 || i >= len(t.cells) {
				return ""
			}
			return tidy(t.cells[i])
		}
		if len(t.cells) == 0 {
			continue
		}
		r := ResultRow{Line: t.line, Item: cell(item), Reason: cell(reason)}
		fail := func(key, what string) {
			problems = append(problems, Problem{t.line, key, map[string]string{"item": r.Item, "value": what}})
		}
		if r.Item == "" {
			fail("payout.result.no_item", "")
			continue
		}
		if r.Fen, err = money.ParseYuan(cell(amount)); err != nil {
			fail("payout.result.bad_amount", cell(amount))
			continue
		}
		switch word := cell(status); {
		case contains(l.Result.Paid, word):
			r.Paid = true
		case !contains(l.Result.Returned, word):
			fail("payout.result.bad_status", word)
			continue
		}
		if d := cell(date); d != "" {
			if r.Date, err = parseDate(d); err != nil {
				fail("payout.result.bad_date", d)
				continue
			}
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 && problems == nil {
		problems = []Problem{{Line: table[head].line, Key: "payout.result.empty"}}
	}
	return rows, problems
}

func contains(words []string, w string) bool { return slices.Contains(words, w) }

func parseDate(s string) (time.Time, error) {
	var err error
	for _, layout := range []string{time.DateOnly, "20060102", "2006/1/2", "2006年1月2日"} {
		var t time.Time
		if t, err = time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

// tidy removes the quotes and marks that banks and spreadsheets put around a value.
func tidy(s string) string { return strings.Trim(strings.TrimSpace(s), "\ufeff\t'\u00a0") }

type line struct {
	line  int
	cells []string // none for an empty line
}

func newLine(n int, cells []string) line {
	for _, c := range cells {
		if tidy(c) != "" {
			return line{n, cells}
		}
	}
	return line{line: n}
}

func read(data []byte) ([]line, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip, RawCellValue: true})
		if err != nil {
			return nil, fmt.Errorf("read xlsx: %w", err)
		}
		defer f.Close()
		sheets := f.GetSheetList()
		if len(sheets) == 0 {
			return nil, errors.New("read xlsx: no sheet")
		}
		rows, err := f.Rows(sheets[0])
		if err != nil {
			return nil, fmt.Errorf("read xlsx: %w", err)
		}
		defer rows.Close()
		var lines []line
		for n := 1; rows.Next() && n <= maxRows+1; n++ {
			cells, err := rows.Columns()
			if err != nil {
				return nil, fmt.Errorf("read xlsx: %w", err)
			}
			lines = append(lines, newLine(n, cells))
		}
		return lines, rows.Error()
	}
	// Banks write GB 18030; everybody else writes UTF-8.
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return nil, fmt.Errorf("decode csv: %w", err)
		}
		data = decoded
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	var lines []line
	for len(lines) <= maxRows {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read csv: %w", err)
		}
		n, _ := r.FieldPos(0)
		lines = append(lines, newLine(n, cells))
	}
	return lines, nil
}
