package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"banmuyuan/internal/link"
)

// maxLinesOfCell bounds a quoted cell: a quotation mark that is not closed takes in the lines below it.
const maxLinesOfCell = 40

// eachRecord calls yield for each line of a CSV file that is not empty.
func eachRecord(text string, yield func(line int, cells []Cell) error) error {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	for {
		texts, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid("sheet.unknown").Because(err)
		}
		line, _ := r.FieldPos(0)
		cells := make([]Cell, min(len(texts), MaxColumns))
		filled := false
		for i := range cells {
			if strings.Count(texts[i], "\n") > maxLinesOfCell {
				return link.E(link.Invalid, "sheet.quotes", "file", "line", strconv.Itoa(line))
			}
			cells[i].Text = shorten(texts[i])
			filled = filled || Cell{Text: cells[i].Text}.Clean() != ""
		}
		if !filled {
			continue
		}
		if err := yield(line, cells); err != nil {
			return err
		}
	}
}

// decode returns the text of a file: UTF-8, UTF-16, or GB 18030, as banks and spreadsheets in China write it.
func decode(data []byte) (string, error) {
	var coding encoding.Encoding = simplifiedchinese.GB18030
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		coding = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case wide(data, 1):
		coding = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case wide(data, 0):
		coding = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case utf8.Valid(data):
		coding = unicode.UTF8
	}
	text, err := coding.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) && !bytes.Contains(data, []byte("\ufffd")) {
		return "", invalid("sheet.encoding").Because(err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, 0) >= 0 {
		return "", invalid("sheet.unknown")
	}
	return string(text), nil
}

// wide reports whether a file without a mark is UTF-16: most lines end and most cells part with a byte of zero at odd or
// even places, and none is at the others.
func wide(data []byte, at int) bool {
	if len(data) < 4 || len(data)%2 != 0 {
		return false
	}
	head := data[:min(len(data), 4096)&^1]
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i%2]++
		}
	}
	return zero[1-at] == 0 && zero[at]*8 > len(head)/2
}

// separatorRows is the number of lines by which the separator is recognised.
const separatorRows = 200

// separator is the character that separates most cells of most lines: the one with which the most lines have the same number
// of cells. Characters in quotation marks do not count.
func separator(text string) rune {
	counts := map[rune]map[int]int{}
	candidates := []rune{'\t', '|', ';', ',', '，'}
	for _, c := range candidates {
		counts[c] = map[int]int{}
	}
	lines := 0
	for line := range strings.Lines(text) {
		if lines++; lines > separatorRows {
			break
		}
		n := map[rune]int{}
		quoted := false
		for _, r := range line {
			if r == '"' {
				quoted = !quoted
			}
			if _, known := counts[r]; known && !quoted {
				n[r]++
			}
		}
		for c, k := range n {
			counts[c][k]++
		}
	}
	best, most := ',', 0
	for _, c := range candidates {
		for k, of := range counts[c] {
			if k*of > most {
				best, most = c, k*of
			}
		}
	}
	return best
}
