package table

import (
	"regexp"
	"slices"
	"strings"

	"banmuyuan/internal/entry"
)

// headRows is how far down a table's head may begin: files begin with owner, account and notes.
const headRows = 200

// Column is a column that a reader looks for, by any of its titles; the first title that the table has counts.
type Column struct {
	Name  string
	Heads []string
	Need  bool
}

// Head is where a table's columns are. Of a head of two rows a title is the upper one, which may stand over several
// columns, with the lower one.
type Head struct {
	At     map[string]int
	Titles []string // as the file has them, by column
	Line   int      // of its last row

	first, last int // indices of its rows
	folded      []string
}

var (
	brackets = regexp.MustCompile(`[（(【\[〔][^（(【\[〔）)】\]〕]*[）)】\]〕]`)
	signs    = strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "", "*", "", "＊", "", "：", "", ":", "", "_", "", "-", "", "/", "", "／", "", "、", "",
		".", "", "※", "", "【", "", "】", "", "（", "(", "）", ")", "[", "(", "]", ")", "〔", "(", "〕", ")", "★", "", "●", "", "▲", "", "△", "", "↑", "", "↓", "")
)

// changing are the measures in brackets behind a title that make its column another one: 金额(万元) is not 金额.
var changing = []string{"万元", "千元", "百元", "亿元", "角", "分", "美元", "usd", "港币", "欧元", "外币", "平方米", "平米", "㎡", "m²", "m2", "公顷", "垧", "平方",
	"克", "g", "两", "吨", "t", "‰", "百只", "千只", "万只", "万人", "百户", "万户", "斤", "市斤"}

// fold returns a title without the ways in which it may be written; brackets stay.
func fold(title string) string { return strings.ToLower(signs.Replace(entry.Clean(title))) }

// bare returns a folded title without its brackets, where they do not change the meaning.
func bare(folded string) string {
	out := brackets.ReplaceAllStringFunc(folded, func(part string) string {
		inner := strings.TrimPrefix(strings.Trim(part, "（()）【】[]〔〕"), "单位")
		if slices.Contains(changing, inner) {
			return part
		}
		return ""
	})
	return strings.TrimSuffix(out, "元")
}

// FindHead finds the row, or the two rows, among the first 200 that name the most columns. It reports whether all columns that
// are needed are among them.
func FindHead(rows []Row, columns []Column) (Head, bool) {
	var best Head
	most, whole := 0, false
	for n := range rows[:min(len(rows), headRows)] {
		for _, h := range headsAt(rows, n) {
			h.find(columns)
			complete := len(missing(h, columns)) == 0
			more := len(h.At) > most || len(h.At) == most && h.first == h.last && best.first != best.last // one row before two
			if len(h.At) == 0 || whole && !complete || complete == whole && !more {
				continue
			}
			best, most, whole = h, len(h.At), complete
		}
	}
	return best, whole
}

// headsAt returns the heads that may begin at a row: with the row below it, if that holds titles as well, or alone.
func headsAt(rows []Row, n int) []Head {
	one := Head{first: n, last: n, Line: rows[n].Line, Titles: titles(rows[n].Cells)}
	for _, t := range one.Titles {
		one.folded = append(one.folded, fold(t))
	}
	if n+1 >= len(rows) || !titled(rows[n+1].Cells) || rows[n+1].Line > rows[n].Line+1 {
		return []Head{one}
	}
	return []Head{one, joined(one, rows[n+1], n+1)} // of two with the same columns the first counts
}

// joined puts the row below a head to it.
func joined(upper Head, below Row, at int) Head {
	h := Head{first: upper.first, last: at, Line: below.Line}
	lower := titles(below.Cells)
	over := ""
	for i := range max(len(upper.Titles), len(lower)) {
		up, low := "", ""
		if i < len(upper.Titles) {
			up = upper.Titles[i]
		}
		if i < len(lower) {
			low = lower[i]
		}
		switch {
		case up != "":
			over = up
		case low != "":
			up = over
		}
		title, folded := up, fold(up)
		if low != "" {
			title = strings.TrimSpace(up + " " + low)
			folded = fold(low) + "\n" + fold(up) + fold(low) + "\n" + fold(low) + fold(up)
		}
		h.Titles = append(h.Titles, title)
		h.folded = append(h.folded, folded)
	}
	return h
}

// titled reports whether a row can be the lower row of a head: it holds words, and no number and no day.
func titled(cells []Cell) bool {
	words := 0
	for _, c := range cells {
		text := c.Clean()
		if text == "" {
			continue
		}
		if c.Kind != Text || strings.ContainsAny(text, "0123456789") || len([]rune(text)) > 20 {
			return false
		}
		words++
	}
	return words > 0
}

func titles(cells []Cell) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		if c.Kind == Text {
			out[i] = strings.Join(strings.Fields(c.Clean()), " ")
		}
	}
	return out
}

// find looks for the columns among the titles: first as they are, then without brackets.
func (h *Head) find(columns []Column) {
	h.At = map[string]int{}
	taken := map[int]bool{}
	for _, way := range []func(string) string{func(s string) string { return s }, bare} {
		for _, c := range columns {
			if _, has := h.At[c.Name]; has {
				continue
			}
			if i := h.column(c, way, taken); i >= 0 {
				h.At[c.Name] = i
				taken[i] = true
			}
		}
	}
}

func (h *Head) column(c Column, way func(string) string, taken map[int]bool) int {
	for _, title := range c.Heads {
		want := fold(title)
		for i, forms := range h.folded {
			if taken[i] || forms == "" {
				continue
			}
			for form := range strings.SplitSeq(forms, "\n") {
				if form != "" && way(form) == want {
					return i
				}
			}
		}
	}
	return -1
}

// missing lists the first titles of columns that are needed and not there.
func missing(h Head, columns []Column) []string {
	var names []string
	for _, c := range columns {
		if _, ok := h.At[c.Name]; c.Need && !ok {
			names = append(names, c.Heads[0])
		}
	}
	return names
}

// Again reports whether a row repeats the head, as on each page of a printed list.
func (h *Head) Again(cells []Cell) bool {
	same, filled := 0, 0
	for i, t := range titles(cells) {
		if t == "" {
			continue
		}
		filled++
		if i < len(h.Titles) && (t == h.Titles[i] || strings.HasPrefix(h.Titles[i], t+" ") || strings.HasSuffix(h.Titles[i], " "+t)) {
			same++
		}
	}
	return filled > 1 && same == filled
}

// SameTitle reports whether a title is a known one, however it is written.
func SameTitle(title, known string) bool {
	folded := fold(title)
	return folded != "" && (folded == fold(known) || bare(folded) == fold(known))
}
