package sheet

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/table"
)

// Columns that this package writes itself, and that lists of people begin with. They hold nothing of an entry.
var ownHeadings = []string{"行号", "问题", "序号", "line", "problem", "no"}

var (
	brackets = regexp.MustCompile(`[（(【\[〔][^（(【\[〔）)】\]〕]*[）)】\]〕]`)
	letters  = strings.NewReplacer(" ", "", "\n", "", "\t", "", "*", "", "＊", "", "：", "", ":", "", "_", "", "-", "", "/", "", "、", "", ".", "")

	sheetNumber = regexp.MustCompile(`^([0-9]+|[一二三四五六七八九十]+)[.、．_\-]+`)
	sheetEnd    = regexp.MustCompile(`(信息表|登记表|花名册|明细表|名单|台账|信息|清单|表)$`)
)

// foldHeading returns a heading without the ways in which it may be written.
func foldHeading(text string) string {
	return strings.ToLower(letters.Replace(entry.Clean(brackets.ReplaceAllString(entry.Clean(text), ""))))
}

// foldTitle returns the title of a sheet without number and words such as 表.
func foldTitle(text string) string {
	folded := foldHeading(sheetNumber.ReplaceAllString(entry.Clean(text), ""))
	if short := sheetEnd.ReplaceAllString(folded, ""); short != "" {
		return short
	}
	return folded
}

// units are the measures that a heading may name in brackets.
var units = map[string][]entry.Type{
	"亩": {entry.Mu, entry.Square}, "mu": {entry.Mu, entry.Square},
	"元": {entry.Money}, "yuan": {entry.Money},
	"公斤": {entry.Grams}, "千克": {entry.Grams}, "kg": {entry.Grams},
	"%": {entry.Percent}, "％": {entry.Percent}, "百分比": {entry.Percent},
	"千瓦": {entry.Count}, "kw": {entry.Count},
	"人": {entry.Count}, "只": {entry.Count}, "户": {entry.Count}, "头": {entry.Count}, "袋": {entry.Count}, "股": {entry.Count}, "个": {entry.Count},
	"年":   {entry.Year},
	"平方米": nil, "平米": nil, "㎡": nil, "m²": nil, "m2": nil, "公顷": nil, "垧": nil, "分地": nil, "平方": nil,
	"万元": nil, "角": nil, "千元": nil, "百元": nil, "亿元": nil,
	"斤": nil, "市斤": nil, "克": nil, "g": nil, "两": nil, "吨": nil,
	"‰": nil, "成": nil, "兆瓦": nil, "mw": nil, "瓦": nil, "w": nil,
	"万人": nil, "百只": nil, "千只": nil, "万只": nil, "千袋": nil, "万袋": nil, "百袋": nil, "万股": nil, "万户": nil,
}

// fits reports whether a heading names no measure in brackets, or that of the field. A column of another measure is not
// the field's: 0.5 and 333 would be the same garden.
func fits(heading string, f *entry.Field) bool {
	for _, part := range brackets.FindAllString(entry.Clean(heading), -1) {
		inner := strings.ToLower(strings.TrimPrefix(strings.Trim(part, "（()）【】[]〔〕 "), "单位："))
		inner = strings.TrimPrefix(inner, "单位:")
		types, known := units[inner]
		if known && !slices.Contains(types, f.Type) {
			return false
		}
	}
	return true
}

// head is the row of a table's headings as fields.
type head struct {
	line     int
	texts    []string // as they stand there, by column
	fields   []*entry.Field
	ignored  []bool // columns that nobody needs to explain
	findings []Finding
}

// Ways in which a heading names a field, the surest first.
const (
	byMapping = iota
	byName
	byAlias
)

// readHead finds the fields that a row names. mapping holds folded headings that a person explained: a field, or "" for
// a column that is left out.
func readHead(k *entry.Kind, line int, cells []cell, mapping map[string]string) head {
	h := head{line: line, texts: make([]string, len(cells)), fields: make([]*entry.Field, len(cells)), ignored: make([]bool, len(cells))}
	folded := make([]string, len(cells))
	for i, c := range cells {
		if c.Kind == table.Text {
			h.texts[i] = strings.Join(strings.Fields(entry.Clean(c.Text)), " ")
		} else {
			h.texts[i] = c.Text
		}
		folded[i] = foldHeading(h.texts[i])
		field, mapped := mapping[folded[i]]
		h.ignored[i] = slices.Contains(ownHeadings, folded[i]) || mapped && field == ""
	}
	taken := map[*entry.Field]int{}
	for way := byMapping; way <= byAlias; way++ {
		this := map[*entry.Field]int{}
		for i := range folded {
			f := fieldOf(k, way, h.texts[i], folded[i], mapping)
			if f == nil || h.fields[i] != nil || h.ignored[i] {
				continue
			}
			if other, twice := this[f]; twice {
				h.findings = append(h.findings, Finding{Kind: k.Name, Key: "sheet.heading.twice", Stops: true,
					Args: map[string]string{"heading": h.texts[other], "other": h.texts[i], "column": f.Head.Zh}})
				h.ignored[i] = true
				continue
			}
			if _, had := taken[f]; had {
				continue // a surer heading has it
			}
			this[f], h.fields[i] = i, f
		}
		maps.Copy(taken, this)
	}
	return h
}

func fieldOf(k *entry.Kind, way int, text, folded string, mapping map[string]string) *entry.Field {
	if folded == "" {
		return nil
	}
	if way == byMapping {
		f, _ := k.Field(mapping[folded])
		return f
	}
	for i := range k.Fields {
		f := &k.Fields[i]
		if !fits(text, f) {
			continue
		}
		names := f.Aliases
		if way == byName {
			names = []string{f.Head.Zh, f.Head.En, f.Name}
		}
		if slices.ContainsFunc(names, func(name string) bool { return folded == foldHeading(name) }) {
			return f
		}
	}
	return nil
}

// found counts the fields that a row names, all of them and those that the kind needs.
func (h *head) found() (all, needed int) {
	for _, f := range h.fields {
		if f != nil {
			all++
			if f.Need {
				needed++
			}
		}
	}
	return all, needed
}

// missing lists the headings of needed fields that the row does not name.
func (h *head) missing(k *entry.Kind) []string {
	var names []string
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Need && !slices.Contains(h.fields, f) {
			names = append(names, f.Head.Zh)
		}
	}
	return names
}

// named lists the headings that the row has.
func (h *head) named() string {
	var names []string
	for _, text := range h.texts {
		if text != "" && len(names) < 20 {
			names = append(names, firstRunes(text, 20))
		}
	}
	if len(names) == 0 {
		return "—"
	}
	return strings.Join(names, "、")
}

func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

func needs(k *entry.Kind) int {
	n := 0
	for i := range k.Fields {
		if k.Fields[i].Need {
			n++
		}
	}
	return n
}
