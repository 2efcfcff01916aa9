// Package bankfile reads and writes the files exchanged with the bank that pays households (代发): the payout file it is
// given and the result file it answers with, as CSV or XLSX, in columns that are configuration.
//
// Invariants: written files read back the same, account numbers and household names stay text and never
// become numbers or formulas, and a file that cannot be read is refused as a whole with the line that is wrong.
package bankfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"banmuyuan/internal/table"
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

	// Places are the columns of an answer of text without titles. Answers with titles are read by them all the same.
	Places Places `json:"places,omitzero"`
}

// Layout of both files.
type Layout struct {
	Sheet   string   `json:"sheet"`
	Columns []Column `json:"columns"`
	Memo    string   `json:"memo"`
	Text    Text     `json:"text,omitzero"`
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
			Item:   []string{"业务编号", "编号", "客户业务编号", "企业流水号", "业务参考号"},
			Amount: []string{"金额(元)", "金额", "金额（元）", "交易金额", "实发金额", "代发金额"},
			Status: []string{"状态", "结果", "处理结果", "处理状态", "交易状态", "交易结果"},
			Reason: []string{"失败原因", "原因", "备注", "返回信息", "处理信息", "错误信息"},
			Date:   []string{"入账日期", "日期", "处理日期", "处理时间", "交易日期", "入账时间", "交易时间"},
			Paid: []string{"成功", "已入账", "入账成功", "处理成功", "交易成功", "付款成功", "代发成功", "支付成功", "转账成功", "已成功", "成功入账", "入账", "S", "success",
				"successful", "succeeded", "SUCC"},
			Returned: []string{"失败", "退票", "退回", "处理失败", "交易失败", "付款失败", "代发失败", "支付失败", "入账失败", "转账失败", "已退票", "已退回", "已失败", "退汇", "不成功", "未成功", "F", "fail",
				"failed", "failure"},
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
	return write(format, l.Sheet, l.Text, sumsOf(rows), titles, widths, table)
}

// sumsOf fills the number and the sum of rows into the lines before and after them.
func sumsOf(rows []Row) *strings.Replacer {
	var fen int64
	for _, r := range rows {
		fen += r.Fen
	}
	return strings.NewReplacer("{count}", fmt.Sprint(len(rows)), "{yuan}", Yuan(fen), "{fen}", fmt.Sprint(fen))
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
	return write(format, l.Sheet, Text{}, strings.NewReplacer(), titles, []float64{24, 14, 10, 30, 14}, table)
}

func write(format, sheet string, text Text, sums *strings.Replacer, titles []string, widths []float64, table [][]string) ([]byte, error) {
	var buf bytes.Buffer
	switch format {
	case CSV:
		return text.write(titles, widths, table, sums)
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

// ReadResult reads a bank's answer. With problems, rows are incomplete and must not be used; what keeps the whole file from
// being read comes alone.
func (l Layout) ReadResult(data []byte) ([]ResultRow, []Problem) {
	t, problem := l.resultTable(data)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	var rows []ResultRow
	var problems []Problem
	for _, row := range t.Rows {
		if t.Head.Again(row.Cells) || l.isTotal(&t, row) {
			continue
		}
		r, problem := l.result(&t, row)
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 && problems == nil {
		problems = []Problem{{Line: t.Head.Line, Key: "payout.result.empty"}}
	}
	return rows, problems
}

// resultTable finds the answer's table by its titles, or by the places of its columns.
func (l Layout) resultTable(data []byte) (table.Table, *Problem) {
	book, err := table.Open(data, table.MaxBytes)
	var t table.Table
	if err == nil {
		t, err = book.Table([]table.Column{
			{Name: "item", Heads: l.Result.Item, Need: true}, {Name: "amount", Heads: l.Result.Amount, Need: true},
			{Name: "status", Heads: l.Result.Status, Need: true}, {Name: "reason", Heads: l.Result.Reason}, {Name: "date", Heads: l.Result.Date},
		}, maxRows)
	}
	if err == nil {
		return t, nil
	}
	if len(l.Result.Places.Columns) > 0 && book.Plain() {
		return l.Result.Places.table(data, book)
	}
	p := problemOf(err, "payout.result.")
	if p.Key == "payout.result.no_columns" {
		p.Key, p.Args = "payout.result.no_column", map[string]string{"column": p.Args["columns"]}
	}
	return t, &p
}

// isTotal reports whether a row sums others: it names no item, and a cell says so or only the amount is filled.
func (l Layout) isTotal(t *table.Table, row table.Row) bool {
	item := t.Text(row, "item")
	if table.IsTotal(item) {
		return true
	}
	if item != "" {
		return false
	}
	for _, c := range row.Cells {
		if table.IsTotal(c.Clean()) {
			return true
		}
	}
	return t.Text(row, "status") == ""
}

func (l Layout) result(t *table.Table, row table.Row) (ResultRow, *Problem) {
	item, cut := t.Cell(row, "item").Identity()
	r := ResultRow{Line: row.Line, Item: item, Reason: t.Text(row, "reason")}
	fail := func(key, value string) (ResultRow, *Problem) {
		return r, &Problem{row.Line, key, map[string]string{"item": r.Item, "value": value}}
	}
	if item == "" {
		return fail("payout.result.no_item", "")
	}
	if cut {
		return fail("payout.result.cut_item", item)
	}
	amount, ok := t.Cell(row, "amount").Money()
	if !ok || amount.Blank || amount.Currency != "" || amount.Fen < 0 {
		return fail("payout.result.bad_amount", t.Text(row, "amount"))
	}
	r.Fen = amount.Fen
	word := t.Text(row, "status")
	if r.Paid = isWord(l.Result.Paid, word); !r.Paid {
		result, reason, _ := strings.Cut(strings.Replace(word, "：", ":", 1), ":") // 失败：户名不符
		if !isWord(l.Result.Returned, result) {
			return fail("payout.result.bad_status", word)
		}
		if r.Reason == "" {
			r.Reason = strings.TrimSpace(reason)
		}
	}
	if text := t.Text(row, "date"); text != "" {
		day, ok := t.Cell(row, "date").Day(t.Since1904)
		if !ok {
			return fail("payout.result.bad_date", text)
		}
		r.Date = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	}
	return r, nil
}

// guarded is a text that no spreadsheet takes for a formula. The mark before it is removed where the file is read.
func guarded(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

var noErrorCode = regexp.MustCompile(`[(（\[【]0+[)）\]】]$`)

// isWord reports whether a status is one of the words, with or without the code for no error behind it: 成功(0000).
func isWord(words []string, status string) bool {
	folded := foldWord(noErrorCode.ReplaceAllString(strings.TrimSpace(status), ""))
	return slices.ContainsFunc(words, func(w string) bool { return foldWord(w) == folded })
}

// maxRows bounds a file, far above a county's batch.
const maxRows = 100_000
