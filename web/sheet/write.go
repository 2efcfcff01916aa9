package sheet

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// XLSX is the media type of what Write makes.
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Value is a cell of a table that is written. Text stays text, whatever it begins with; amounts are numbers with two
// decimals, exact to the fen.
type Value struct {
	text  string
	fen   bool
	count bool
	n     int64
}

func Text(s string) Value { return Value{text: s} }
func Fen(n int64) Value   { return Value{fen: true, n: n} }
func Count(n int64) Value { return Value{count: true, n: n} }

// Write makes an XLSX file of one sheet: a head in bold that stays in view, and the rows.
func Write(name string, head []string, rows [][]Value) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	name = sheetName(name)
	if err := f.SetSheetName(f.GetSheetName(0), name); err != nil {
		return nil, fmt.Errorf("name sheet: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, fmt.Errorf("style head: %w", err)
	}
	yuan := "#,##0.00"
	amount, err := f.NewStyle(&excelize.Style{CustomNumFmt: &yuan})
	if err != nil {
		return nil, fmt.Errorf("style amounts: %w", err)
	}
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, fmt.Errorf("open sheet: %w", err)
	}
	if err := w.SetColWidth(1, max(len(head), 1), 16); err != nil {
		return nil, fmt.Errorf("set widths: %w", err)
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, fmt.Errorf("freeze head: %w", err)
	}
	cells := make([]any, len(head))
	for i, h := range head {
		cells[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	if err := w.SetRow("A1", cells); err != nil {
		return nil, fmt.Errorf("write head: %w", err)
	}
	for n, row := range rows {
		cells := make([]any, len(row))
		for i, v := range row {
			switch {
			case v.fen:
				cells[i] = excelize.Cell{StyleID: amount, Value: yuanNumber(v.n)}
			case v.count:
				cells[i] = v.n
			default:
				cells[i] = v.text
			}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", n+2), cells); err != nil {
			return nil, fmt.Errorf("write row %d: %w", n+2, err)
		}
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("write sheet: %w", err)
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write file: %w", err)
	}
	return b.Bytes(), nil
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
