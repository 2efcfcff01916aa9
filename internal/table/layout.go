package table

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Layout is a head that a person explained: the titles of its row, and the column of each name. Titles may repeat or be
// empty, so that columns count by their place.
type Layout struct {
	Titles []string
	At     map[string]int
}

// MaxTitle is how many characters of a title count.
const MaxTitle = 100

// Fingerprint identifies the titles of a row, however they are written. It is "" for a row with fewer than two titles.
func Fingerprint(titles []string) string {
	folded := make([]string, len(titles))
	last, filled := 0, 0
	for i, t := range titles {
		if r := []rune(t); len(r) > MaxTitle {
			t = string(r[:MaxTitle])
		}
		if folded[i] = fold(strings.TrimSpace(t)); folded[i] != "" {
			last = i + 1
			filled++
		}
	}
	if filled < 2 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(folded[:last], "\x00")))
	return hex.EncodeToString(sum[:])
}

// Explained finds the one table with the head of a layout. It returns the layout's index, or -1 where no sheet has such a
// head.
func (b *Book) Explained(layouts []Layout, most int) (Table, int, error) {
	known := make(map[string]int, len(layouts))
	for i, l := range layouts {
		if mark := Fingerprint(l.Titles); mark != "" {
			known[mark] = i
		}
	}
	which := -1
	t, _, err := b.find(func(rows []Row) (Head, bool) {
		for n := range rows[:min(len(rows), headRows)] {
			titles := titles(rows[n].Cells)
			if i, ok := known[Fingerprint(titles)]; ok {
				which = i
				return Head{At: layouts[i].At, Titles: titles, Line: rows[n].Line, first: n, last: n}, true
			}
		}
		return Head{}, false
	}, most)
	if err != nil || t == nil {
		return Table{}, -1, err
	}
	return *t, which, nil
}

// Picture is a part of a sheet as a person sees it.
type Picture struct {
	Sheet string
	Rows  []Row
	Head  int // index of the row that is likely the head, or -1
	All   int // rows of the sheet, at most as many as a head is looked for in
}

// Picture returns rows of the visible sheet with the most rows, beginning with line from, or around the likely head where from is 0.
func (b *Book) Picture(columns []Column, from, most int) (Picture, error) {
	var p Picture
	var all []Row
	for i := range b.Sheets {
		s := &b.Sheets[i]
		if s.Hidden {
			continue
		}
		var rows []Row
		err := s.Rows(func(line int, cells []Cell) error {
			if len(rows) >= headRows+most {
				return ErrStop
			}
			rows = append(rows, Row{Line: line, Cells: slices.Clone(cells)})
			return nil
		})
		if err != nil && !errors.Is(err, ErrStop) {
			return p, Fault(err, MaxBytes)
		}
		if len(rows) > len(all) {
			p.Sheet, all = s.Name, rows
		}
	}
	if len(all) == 0 {
		return p, Empty()
	}
	p.All = len(all)
	head := likelyHead(all, columns)
	start := max(0, head-most/2)
	if from > 0 {
		start = slices.IndexFunc(all, func(r Row) bool { return r.Line >= from })
		if start < 0 {
			start = len(all) - 1
		}
	}
	p.Rows = all[start:min(len(all), start+most)]
	if p.Head = head - start; p.Head < 0 || p.Head >= len(p.Rows) {
		p.Head = -1
	}
	return p, nil
}

// likelyHead is the index of the row that names the most columns, or of the first row of several words without a number.
func likelyHead(rows []Row, columns []Column) int {
	if h, _ := FindHead(rows, columns); len(h.At) > 1 {
		return h.last
	}
	best, most := 0, 1
	for n := range rows[:min(len(rows), headRows)] {
		if !titled(rows[n].Cells) {
			continue
		}
		filled := 0
		for _, t := range titles(rows[n].Cells) {
			if t != "" {
				filled++
			}
		}
		if filled > most {
			best, most = n, filled
		}
	}
	return best
}

// Titles returns the titles of a row, by column.
func Titles(r Row) []string { return titles(r.Cells) }
