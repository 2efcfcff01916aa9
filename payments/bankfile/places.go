package bankfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"banmuyuan/internal/table"
)

// Places are the columns of a file of text without titles, in their order. Fixed columns take their width in bytes of the file's
// encoding; others are separated.
type Places struct {
	Columns  []Place `json:"columns"`
	Fixed    bool    `json:"fixed,omitempty"`
	Encoding string  `json:"encoding,omitempty"` // of fixed columns: utf-8 or gb18030
	Head     int     `json:"head,omitempty"`     // lines before the rows
	Foot     int     `json:"foot,omitempty"`     // lines behind them
}

// Place is a column of Places.
type Place struct {
	Field string `json:"field"` // item, amount, fen, status, reason, date, or "" for one that is not read
	Width int    `json:"width,omitempty"`
}

var placeFields = []string{"item", "amount", "fen", "status", "reason", "date", ""}

const (
	maxPlaces     = 100
	maxPlaceWidth = 1000
	maxAround     = 20 // lines before or behind the rows
)

func (p Places) check() error {
	if len(p.Columns) == 0 {
		return nil
	}
	var errs []error
	seen := map[string]bool{}
	for i, c := range p.Columns {
		switch {
		case !slices.Contains(placeFields, c.Field):
			errs = append(errs, fmt.Errorf("result.places column %d holds %q; it can hold %q", i+1, c.Field, placeFields))
		case c.Field != "" && seen[c.Field]:
			errs = append(errs, fmt.Errorf("two columns of result.places hold %q", c.Field))
		case p.Fixed && (c.Width < 1 || c.Width > maxPlaceWidth):
			errs = append(errs, fmt.Errorf("result.places column %d has no width of 1 to %d bytes", i+1, maxPlaceWidth))
		}
		seen[c.Field] = true
	}
	if !seen["item"] || !seen["status"] || seen["amount"] == seen["fen"] {
		errs = append(errs, errors.New(`result.places needs "item", "status" and one of "amount" and "fen"`))
	}
	if p.Encoding != "" && p.Encoding != "utf-8" && p.Encoding != "gb18030" {
		errs = append(errs, fmt.Errorf("result.places.encoding is %q; it can be utf-8 or gb18030", p.Encoding))
	}
	if len(p.Columns) > maxPlaces || p.Head < 0 || p.Head > maxAround || p.Foot < 0 || p.Foot > maxAround {
		errs = append(errs, fmt.Errorf("result.places has at most %d columns, and %d lines before or behind the rows", maxPlaces, maxAround))
	}
	return errors.Join(errs...)
}

// table reads the rows of a file by the places of its columns.
func (p Places) table(data []byte, book *table.Book) (table.Table, *Problem) {
	t := table.Table{Head: table.Head{At: map[string]int{}}}
	for i, c := range p.Columns {
		switch c.Field {
		case "":
		case "fen":
			t.Head.At["amount"] = i
		default:
			t.Head.At[c.Field] = i
		}
	}
	rows, problem := p.rows(data, book)
	if problem != nil {
		return t, problem
	}
	if len(rows) <= p.Head+p.Foot {
		return t, &Problem{Line: 1, Key: "payout.result.empty"}
	}
	t.Rows = rows[p.Head : len(rows)-p.Foot]
	for i, c := range p.Columns {
		if c.Field != "fen" {
			continue
		}
		for _, r := range t.Rows {
			if i < len(r.Cells) {
				r.Cells[i].Text = yuanOfFen(r.Cells[i].Clean())
			}
		}
	}
	return t, nil
}

// yuanOfFen writes whole fen in yuan. Another text stays, with a mark that no sum has.
func yuanOfFen(text string) string {
	fen, err := strconv.ParseInt(text, 10, 64)
	switch {
	case text == "":
		return ""
	case err != nil || fen < 0 || fen > maxPlaceFen:
		return text + " ?"
	}
	return Yuan(fen)
}

const maxPlaceFen = 1e15

func (p Places) rows(data []byte, book *table.Book) ([]table.Row, *Problem) {
	if p.Fixed {
		return p.fixedRows(data)
	}
	rows, err := book.Sheets[0].All(maxRows + 2*maxAround)
	if err != nil {
		problem := problemOf(table.Fault(err, table.MaxBytes), "payout.result.")
		return nil, &problem
	}
	return rows, nil
}

// fixedRows cuts lines into columns. Columns of blanks at a line's end may be missing, and so may columns of a line before or
// behind the rows.
func (p Places) fixedRows(data []byte) ([]table.Row, *Problem) {
	var rows []table.Row
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		number++
		line = bytes.TrimRight(line, "\r\n\x1a")
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if len(rows) >= maxRows+2*maxAround {
			return nil, &Problem{Line: number, Key: "sheet.rows", Args: map[string]string{"max": strconv.Itoa(maxRows)}}
		}
		rows = append(rows, table.Row{Line: number, Cells: p.cut(line)})
	}
	for i, r := range rows {
		if r.Cells == nil && i >= p.Head && i < len(rows)-p.Foot {
			return nil, &Problem{Line: r.Line, Key: "payout.result.bad_width", Args: map[string]string{"value": shown(data, r.Line)}}
		}
	}
	return rows, nil
}

// cut returns the columns of a line, or nil where a character is cut in two, a needed column is missing or something follows the last.
func (p Places) cut(line []byte) []table.Cell {
	cells := make([]table.Cell, len(p.Columns))
	for i, c := range p.Columns {
		part := line[:min(c.Width, len(line))]
		line = line[len(part):]
		text, ok := p.decode(part)
		if !ok || c.Field != "" && c.Field != "reason" && c.Field != "date" && len(part) == 0 {
			return nil
		}
		cells[i].Text = strings.TrimSpace(text)
	}
	if len(bytes.TrimSpace(line)) > 0 {
		return nil
	}
	return cells
}

func (p Places) decode(part []byte) (string, bool) {
	if p.Encoding == "gb18030" {
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(part)
		return string(text), err == nil && !bytes.ContainsRune(text, utf8.RuneError)
	}
	return string(part), utf8.Valid(part)
}

// shown is a line as a message has it.
func shown(data []byte, number int) string {
	n := 0
	for line := range bytes.Lines(data) {
		if n++; n == number {
			return Trimmed(strings.ToValidUTF8(string(line), "�"), 60)
		}
	}
	return ""
}
