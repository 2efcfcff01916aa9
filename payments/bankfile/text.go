package bankfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Text says how a payout file of text is written, where a bank wants it otherwise than a spreadsheet: in GB 18030, with pipes,
// in columns of a fixed width, with a line of sums before or after the rows.
type Text struct {
	Encoding  string   `json:"encoding,omitempty"`  // utf-8 or gb18030
	Separator string   `json:"separator,omitempty"` // , | ; or a tab
	Fixed     bool     `json:"fixed,omitempty"`     // columns take their width in bytes, filled up with blanks
	NoTitles  bool     `json:"no_titles,omitempty"`
	Head      []string `json:"head,omitempty"` // lines before the titles; {count}, {yuan} and {fen} are the sums of the rows
	Foot      []string `json:"foot,omitempty"` // lines behind the rows
}

var errTextWide = errors.New("bankfile: a text is wider than its column")

func (t Text) check(columns []Column) error {
	var errs []error
	if t.Encoding != "" && t.Encoding != "utf-8" && t.Encoding != "gb18030" {
		errs = append(errs, fmt.Errorf("text.encoding is %q; it can be utf-8 or gb18030", t.Encoding))
	}
	if t.Separator != "" && !slices.Contains([]string{",", "|", ";", "\t"}, t.Separator) {
		errs = append(errs, fmt.Errorf("text.separator is %q; it can be a comma, a pipe, a semicolon or a tab", t.Separator))
	}
	for _, c := range columns {
		if t.Fixed && c.Width < 1 {
			errs = append(errs, fmt.Errorf("column %s has no width, which fixed columns need", c.Title))
		}
	}
	return errors.Join(errs...)
}

// write makes a file of text. sums are what {count}, {yuan} and {fen} stand for.
func (t Text) write(titles []string, widths []float64, table [][]string, sums *strings.Replacer) ([]byte, error) {
	var b bytes.Buffer
	for _, line := range t.Head {
		b.WriteString(sums.Replace(line) + "\r\n")
	}
	rows := table
	if !t.NoTitles {
		rows = append([][]string{titles}, table...)
	}
	var err error
	switch {
	case t.Fixed:
		err = t.fixed(&b, widths, rows)
	case t.Separator == "" || t.Separator == ",":
		err = commas(&b, rows)
	default:
		for _, row := range rows {
			cells := make([]string, len(row))
			for i, c := range row {
				cells[i] = strings.NewReplacer(t.Separator, " ", "\r", " ", "\n", " ").Replace(c) // nothing quotes them
			}
			b.WriteString(strings.Join(cells, t.Separator) + "\r\n")
		}
	}
	if err != nil {
		return nil, err
	}
	for _, line := range t.Foot {
		b.WriteString(sums.Replace(line) + "\r\n")
	}
	return t.encode(b.Bytes())
}

func commas(b *bytes.Buffer, rows [][]string) error {
	w := csv.NewWriter(b)
	w.UseCRLF = true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = guarded(c)
		}
		if err := w.Write(cells); err != nil {
			return fmt.Errorf("write csv: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// fixed writes columns of as many bytes as they are wide, in the file's encoding.
func (t Text) fixed(b *bytes.Buffer, widths []float64, rows [][]string) error {
	for _, row := range rows {
		for i, c := range row {
			coded, err := t.encodeText(c)
			if err != nil {
				return err
			}
			room := int(widths[i]) - len(coded)
			if room < 0 {
				return fmt.Errorf("%w: %q in %d", errTextWide, c, int(widths[i]))
			}
			b.WriteString(c + strings.Repeat(" ", room))
		}
		b.WriteString("\r\n")
	}
	return nil
}

func (t Text) encodeText(s string) ([]byte, error) {
	if t.Encoding != "gb18030" {
		return []byte(s), nil
	}
	coded, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("encode %q: %w", s, err)
	}
	return coded, nil
}

// encode writes the file's encoding. Spreadsheets need a mark to take UTF-8 for what it is; a bank's own programs do not.
func (t Text) encode(data []byte) ([]byte, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("bankfile: a text is no UTF-8")
	}
	if t.Encoding == "gb18030" {
		return t.encodeText(string(data))
	}
	if !t.Fixed && (t.Separator == "" || t.Separator == ",") {
		return append([]byte("\ufeff"), data...), nil
	}
	return data, nil
}
