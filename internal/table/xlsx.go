package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

// Bounds of the parts of an XLSX file.
const (
	MaxColumns = 256      // cells further right are not read
	maxText    = 8_000    // bytes of a cell
	maxStrings = 64 << 20 // bytes of the table of shared strings
	maxPart    = 8 << 20  // bytes of a part that is read at once
)

var (
	errTooLarge = errors.New("table: the file unpacks to too much")
	// errEntities says that a part declares entities or names an outside document, which no spreadsheet does.
	errEntities   = errors.New("table: a part declares entities")
	errNoWorkbook = errors.New("table: the archive holds no workbook")
)

// Kind is the type of a cell's value.
type Kind int

const (
	Text    Kind = iota
	Number       // text holds its digits
	Bool         // TRUE or FALSE
	Error        // #REF!
	Formula      // without a result
)

// Format is the way a number is shown, where that changes its meaning.
type Format int

const (
	FormatPlain Format = iota
	FormatPercent
	FormatDate
)

type Cell struct {
	Kind   Kind
	Format Format
	Text   string // as the file holds it
}

// ErrStop ends the reading of a sheet early.
var ErrStop = errors.New("table: stop")

// Sheet is one sheet of a file. Rows calls yield for each row that has a cell; lines count from 1. A cell's place is its
// column.
type Sheet struct {
	Name   string
	Hidden bool
	Rows   func(yield func(line int, cells []Cell) error) error
}

// Book is a file as its sheets.
type Book struct {
	Sheets    []Sheet
	Since1904 bool // days are counted from 1904
	plain     bool // it is text
}

// xlsxFile reads the parts of an XLSX file. Excel's numbers keep 17 digits and their type, which excelize's rows do not
// tell, so that it reads sheets itself, as a stream: a large sheet is never in memory as a whole.
type xlsxFile struct {
	parts   map[string]*zip.File
	left    int64 // bytes that may still be unpacked
	strings []string
	formats []Format
}

// openXLSX opens a file that may unpack to most bytes.
func openXLSX(data []byte, most int64) (*Book, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	f := &xlsxFile{parts: make(map[string]*zip.File, len(z.File)), left: most}
	for _, part := range z.File {
		f.parts[strings.TrimPrefix(strings.ReplaceAll(part.Name, `\`, "/"), "/")] = part
	}
	main, err := f.mainPart()
	if err != nil {
		return nil, err
	}
	var workbook struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			ID    string `xml:"id,attr"` // of the relation, in whichever namespace
		} `xml:"sheets>sheet"`
	}
	if err := f.decode(main, &workbook); err != nil {
		return nil, err
	}
	targets, err := f.relations(main)
	if err != nil {
		return nil, err
	}
	for _, to := range targets {
		switch path.Base(to.kind) {
		case "sharedStrings":
			err = f.readStrings(to.part)
		case "styles":
			err = f.readFormats(to.part)
		}
		if err != nil {
			return nil, err
		}
	}
	b := &Book{Since1904: workbook.Properties.Date1904 == "1" || workbook.Properties.Date1904 == "true"}
	for _, s := range workbook.Sheets {
		to, ok := targets[s.ID]
		if !ok || path.Base(to.kind) != "worksheet" {
			continue // a chart
		}
		b.Sheets = append(b.Sheets, Sheet{Name: s.Name, Hidden: s.State == "hidden" || s.State == "veryHidden",
			Rows: func(yield func(int, []Cell) error) error { return f.readRows(to.part, yield) }})
	}
	return b, nil
}

type relation struct{ kind, part string }

// mainPart finds the workbook's part.
func (f *xlsxFile) mainPart() (string, error) {
	root, err := f.relations("")
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoWorkbook, err)
	}
	for _, to := range root {
		if path.Base(to.kind) == "officeDocument" {
			return to.part, nil
		}
	}
	return "", errNoWorkbook
}

// relations reads what a part refers to, by id.
func (f *xlsxFile) relations(part string) (map[string]relation, error) {
	dir, name := path.Split(part)
	var list struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := f.decode(dir+"_rels/"+name+".rels", &list); err != nil {
		return nil, err
	}
	targets := make(map[string]relation, len(list.All))
	for _, r := range list.All {
		to := r.Target
		if !strings.HasPrefix(to, "/") {
			to = dir + to
		}
		targets[r.ID] = relation{kind: r.Type, part: strings.TrimPrefix(path.Clean(to), "/")}
	}
	return targets, nil
}

// open returns a part whose bytes count against what the file may unpack to.
func (f *xlsxFile) open(part string) (io.ReadCloser, error) {
	z, ok := f.parts[part]
	if !ok {
		return nil, fmt.Errorf("table: part %s is missing", part)
	}
	r, err := z.Open()
	if err != nil {
		return nil, fmt.Errorf("open part %s: %w", part, err)
	}
	return &metered{ReadCloser: r, left: &f.left}, nil
}

type metered struct {
	io.ReadCloser
	left *int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if *m.left -= int64(n); *m.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

func (f *xlsxFile) decode(part string, to any) error {
	r, err := f.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxPart+1))
	if err != nil {
		return fmt.Errorf("read part %s: %w", part, err)
	}
	if len(data) > maxPart {
		return errTooLarge
	}
	if bytes.Contains(data, []byte("<!DOCTYPE")) || bytes.Contains(data, []byte("<!ENTITY")) {
		return errEntities
	}
	if err := xml.Unmarshal(data, to); err != nil {
		return fmt.Errorf("decode part %s: %w", part, err)
	}
	return nil
}

// readStrings reads the texts that cells share. Pronunciations inside them are no text.
func (f *xlsxFile) readStrings(part string) error {
	r, err := f.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	var text strings.Builder
	size, inText, spoken := 0, false, false
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read strings: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "t":
				inText = true
			case "rPh":
				spoken = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				s := shorten(text.String())
				if size += len(s); size > maxStrings {
					return errTooLarge
				}
				f.strings = append(f.strings, s)
			case "t":
				inText = false
			case "rPh":
				spoken = false
			}
		case xml.Directive:
			return errEntities
		case xml.CharData:
			if inText && !spoken && text.Len() <= maxText {
				text.Write(t)
			}
		}
	}
}

func shorten(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return strings.Clone(s)
}

// readFormats reads how the styles of cells show numbers.
func (f *xlsxFile) readFormats(part string) error {
	var styles struct {
		Custom []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := f.decode(part, &styles); err != nil {
		return err
	}
	custom := make(map[int]Format, len(styles.Custom))
	for _, c := range styles.Custom {
		custom[c.ID] = formatOf(c.Code)
	}
	f.formats = make([]Format, len(styles.Cells))
	for i, c := range styles.Cells {
		switch id := c.Format; {
		case id == 9 || id == 10:
			f.formats[i] = FormatPercent
		case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
			f.formats[i] = FormatDate
		default:
			f.formats[i] = custom[id]
		}
	}
	return nil
}

// formatOf reads a number format such as yyyy"年"m"月"d"日" or 0.0%.
func formatOf(code string) Format {
	quoted, bracket, escaped := false, false, false
	format := FormatPlain
	for _, r := range strings.ToLower(code) {
		switch {
		case escaped:
			escaped = false
		case r == '\\' || r == '_' || r == '*':
			escaped = true
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		case bracket:
		case r == '%':
			return FormatPercent
		case strings.ContainsRune("ymdhs", r):
			format = FormatDate
		}
	}
	return format
}

// rowReader is the state of reading the rows of one sheet.
type rowReader struct {
	file    *xlsxFile
	line    int
	cells   []Cell
	filled  bool
	column  int // of the current cell, from 0
	typ     string
	style   int
	formula bool
	valued  bool // the cell has a value, if an empty one
	in      string
	spoken  bool
	text    strings.Builder
}

func (f *xlsxFile) readRows(part string, yield func(line int, cells []Cell) error) error {
	r, err := f.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	s := rowReader{file: f}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			s.start(t)
		case xml.EndElement:
			switch t.Name.Local {
			case "c":
				s.endCell()
			case "row":
				if s.filled {
					if err := yield(s.line, s.cells); err != nil {
						return err
					}
				}
			case "sheetData":
				return nil
			case "v", "t":
				s.in = ""
			case "rPh":
				s.spoken = false
			}
		case xml.Directive:
			return errEntities
		case xml.CharData:
			if s.in != "" && !s.spoken && s.text.Len() <= maxText {
				s.text.Write(t)
			}
		}
	}
}

func (s *rowReader) start(t xml.StartElement) {
	switch t.Name.Local {
	case "row":
		s.line++
		for _, a := range t.Attr {
			if n, err := strconv.Atoi(a.Value); a.Name.Local == "r" && err == nil && n >= s.line {
				s.line = n
			}
		}
		s.cells, s.filled, s.column = nil, false, -1
	case "c":
		s.column++
		s.typ, s.style, s.formula, s.valued = "", 0, false, false
		s.text.Reset()
		for _, a := range t.Attr {
			switch a.Name.Local {
			case "r":
				if n := columnOf(a.Value); n >= 0 {
					s.column = n
				}
			case "t":
				s.typ = a.Value
			case "s":
				s.style, _ = strconv.Atoi(a.Value)
			}
		}
	case "f":
		s.formula = true
	case "v":
		s.in, s.valued = "v", true
	case "t":
		s.in, s.valued = "t", true
	case "rPh":
		s.spoken = true
	}
}

// columnOf reads the column of a cell's name, from 0: 2 of C7. It returns -1 for no name.
func columnOf(name string) int {
	n := 0
	for _, r := range name {
		if r < 'A' || r > 'Z' || n > 16_384 {
			break
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}

func (s *rowReader) endCell() {
	if s.column >= MaxColumns || s.column < 0 {
		return
	}
	c := Cell{Text: shorten(s.text.String())}
	switch s.typ {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(c.Text))
		if c.Text = ""; err == nil && i >= 0 && i < len(s.file.strings) {
			c.Text = s.file.strings[i]
		}
	case "inlineStr", "str":
	case "d": // 2024-03-01T00:00:00
		c.Text = strings.TrimSuffix(c.Text, "T00:00:00")
	case "e":
		c.Kind = Error
	case "b":
		c.Kind = Bool
		if c.Text = "FALSE"; strings.TrimSpace(s.text.String()) == "1" {
			c.Text = "TRUE"
		}
	default:
		c.Text = strings.TrimSpace(c.Text)
		if c.Kind = Number; c.Text == "" {
			c.Kind = Text
		} else if s.style >= 0 && s.style < len(s.file.formats) {
			c.Format = s.file.formats[s.style]
		}
	}
	if s.formula && !s.valued {
		c.Kind = Formula
	}
	if c.Text == "" && c.Kind != Formula {
		return
	}
	for len(s.cells) <= s.column {
		s.cells = append(s.cells, Cell{})
	}
	s.cells[s.column] = c
	s.filled = true
}

// DayOf turns a spreadsheet's number of days into a day. Both systems of counting exist; the older one believes that there
// was a 29 February in 1900.
func DayOf(serial float64, since1904 bool) (time.Time, bool) {
	if serial < 0 || serial >= 2_958_466 { // the year 10000
		return time.Time{}, false
	}
	days := int(serial)
	switch {
	case since1904:
		return time.Date(1904, 1, 1+days, 0, 0, 0, 0, time.UTC), true
	case days < 1 || days == 60:
		return time.Time{}, false
	case days < 60:
		return time.Date(1899, 12, 31+days, 0, 0, 0, 0, time.UTC), true
	}
	return time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC), true
}
