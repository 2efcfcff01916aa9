package table

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// maxSpan bounds how many columns, or rows, one cell of a web page takes.
const maxSpan = 64

// spans are the columns that cells of the rows above take, by column: of how many rows from here on.
type spans map[int]int

// skip puts empty cells where cells of the rows above stand.
func (s spans) skip(cells []Cell) []Cell {
	for s[len(cells)] > 0 && len(cells) < MaxColumns {
		s[len(cells)]--
		cells = append(cells, Cell{})
	}
	return cells
}

// end takes the rest of a row off.
func (s spans) end(from int) {
	for column := range s {
		if column >= from && s[column] > 0 {
			s[column]--
		}
	}
}

// openHTML reads the tables of a web page, which many sites send under the name of .xls. It reads tokens, so that depth
// costs nothing, and opens nothing that the page names.
func openHTML(text string) (*Book, error) {
	b := &Book{}
	var rows []Row
	var cells []Cell
	var cell strings.Builder
	line, span, down, depth, in, inRow := 0, 1, 1, 0, false, false
	above := spans{}
	endCell := func() {
		if in && len(cells) < MaxColumns {
			first := len(cells)
			cells = append(cells, Cell{Text: shorten(cell.String())})
			for range min(span, MaxColumns-len(cells)+1) - 1 {
				cells = append(cells, Cell{})
			}
			for column := first; down > 1 && column < len(cells); column++ {
				above[column] = down - 1
			}
			cells = above.skip(cells)
		}
		cell.Reset()
		in = false
	}
	endRow := func() {
		endCell()
		if inRow {
			above.end(len(cells))
			inRow = false
		}
		for _, c := range cells {
			if c.Clean() != "" {
				rows = append(rows, Row{Line: line, Cells: cells})
				break
			}
		}
		cells = nil
	}
	endTable := func() {
		endRow()
		if len(rows) > 0 {
			all := rows
			b.Sheets = append(b.Sheets, Sheet{Name: strconv.Itoa(len(b.Sheets) + 1), Rows: func(yield func(int, []Cell) error) error {
				for _, r := range all {
					if err := yield(r.Line, r.Cells); err != nil {
						return err
					}
				}
				return nil
			}})
		}
		rows, line, above = nil, 0, spans{}
	}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if errors.Is(z.Err(), io.EOF) {
				endTable()
				if len(b.Sheets) == 0 {
					return nil, invalid("sheet.html")
				}
				return b, nil
			}
			return nil, invalid("sheet.html").Because(z.Err())
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.Data {
			case "table":
				endTable()
				if depth++; len(b.Sheets) >= maxSheets {
					return nil, errTooLarge
				}
			case "tr":
				endRow()
				line++
				inRow = true
				cells = above.skip(cells)
			case "td", "th":
				endCell()
				in, span, down = depth > 0, 1, 1
				for _, a := range t.Attr {
					n, err := strconv.Atoi(a.Val)
					switch {
					case err != nil || n < 2:
					case a.Key == "colspan":
						span = min(n, maxSpan)
					case a.Key == "rowspan":
						down = min(n, maxSpan)
					}
				}
			case "br", "p", "div":
				if in && cell.Len() > 0 {
					cell.WriteByte('\n')
				}
			}
		case html.EndTagToken:
			switch t := z.Token(); t.Data {
			case "td", "th":
				endCell()
			case "tr":
				endRow()
			case "table":
				endTable()
				depth = max(depth-1, 0)
			}
		case html.TextToken:
			if in && cell.Len() <= maxText {
				cell.Write(z.Text())
				unescape(&cell)
			}
		}
	}
}

// unescape turns &amp; and the like, which a tokenizer leaves as they are.
func unescape(b *strings.Builder) {
	if text := b.String(); strings.Contains(text, "&") {
		b.Reset()
		b.WriteString(html.UnescapeString(text))
	}
}

// openXML reads an XML spreadsheet of 2003, which is sent under the name of .xls as well.
func openXML(text string) *Book {
	return &Book{Sheets: []Sheet{{Rows: func(yield func(int, []Cell) error) error { return eachXMLRow(text, yield) }}}}
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func eachXMLRow(text string, yield func(int, []Cell) error) error {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var cells []Cell
	var value strings.Builder
	line, column, across, kind, in, sheets := 0, -1, 0, "", false, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid("sheet.unknown").Because(err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return errEntities
		case xml.StartElement:
			switch t.Name.Local {
			case "Worksheet":
				if sheets++; sheets > 1 && line > 0 {
					return invalid("sheet.old_excel") // several sheets: to be saved as XLSX
				}
			case "Row":
				line++
				if n, err := strconv.Atoi(attr(t, "Index")); err == nil && n > line {
					line = n
				}
				cells, column, across = nil, -1, 0
			case "Cell":
				column += 1 + across
				across = 0
				if n, err := strconv.Atoi(attr(t, "Index")); err == nil && n > column {
					column = n - 1
				}
				if n, err := strconv.Atoi(attr(t, "MergeAcross")); err == nil && n > 0 {
					across = min(n, maxSpan)
				}
				value.Reset()
				kind = ""
			case "Data":
				in, kind = true, attr(t, "Type")
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "Data":
				in = false
			case "Cell":
				if column < MaxColumns {
					for len(cells) <= column {
						cells = append(cells, Cell{})
					}
					cells[column] = xmlCell(kind, shorten(value.String()))
				}
			case "Row":
				if anyText(cells) {
					if err := yield(line, cells); err != nil {
						return err
					}
				}
			}
		case xml.CharData:
			if in && value.Len() <= maxText {
				value.Write(t)
			}
		}
	}
}

func xmlCell(kind, text string) Cell {
	switch kind {
	case "Number":
		return Cell{Kind: Number, Text: strings.TrimSpace(text)}
	case "DateTime":
		return Cell{Text: strings.TrimSuffix(strings.TrimSuffix(text, ".000"), "T00:00:00")}
	case "Error":
		return Cell{Kind: Error, Text: text}
	}
	return Cell{Text: text}
}

func anyText(cells []Cell) bool {
	for _, c := range cells {
		if c.Text != "" {
			return true
		}
	}
	return false
}
