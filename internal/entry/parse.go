package entry

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"banmuyuan/internal/money"
)

// Bounds of values where a field names none.
const (
	maxLine  = 60
	maxLong  = 2_000
	maxCount = 10_000_000
	maxMoney = 10_000_000_000_00
)

var (
	codePattern    = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,31}$`)
	phonePattern   = regexp.MustCompile(`^(1\d{10}|0\d{2,3}-?\d{7,8}|400\d{7}|\d{11})$`)
	oldIDPattern   = regexp.MustCompile(`^\d{15}$`)
	mobilePattern  = regexp.MustCompile(`^1\d{10}$`)
	accountPattern = regexp.MustCompile(`^\d{8,30}$`)

	// Characters that people type for a hyphen, and for the point inside a name.
	hyphens    = strings.NewReplacer("－", "-", "—", "-", "–", "-", "‐", "-", "−", "-")
	names      = strings.NewReplacer("(", "（", ")", "）", " ", "", "\t", "", "\n", "")
	separators = strings.NewReplacer(" ", "", "-", "")
	points     = strings.NewReplacer("•", "·", "・", "·", "‧", "·", "．", "·")

	muUnit = money.Unit{Code: "mu", Zh: "亩", En: "mu", Grams: 1000} // read to a thousandth
)

// Parse reads the cells of a row. Cells that are empty are left out; whole says that they are meant: a form sends all
// fields, and an empty one clears the value. now bounds dates of birth.
func (k *Kind) Parse(row Row, whole bool, now time.Time) (Values, []Fault) {
	v := Values{}
	var faults []Fault
	for i := range k.Fields {
		f := &k.Fields[i]
		if key := row.Faults[f.Name]; key != "" {
			faults = append(faults, Fault{Field: f.Name, Key: key})
			continue
		}
		cell, sent := row.Cells[f.Name]
		cell = Clean(cell)
		if cell == "" {
			if whole && sent {
				v[f.Name] = f.zero()
			}
			continue
		}
		value, fault := f.parse(cell, now)
		if fault != nil {
			fault.Field = f.Name
			faults = append(faults, *fault)
			continue
		}
		v[f.Name] = value
	}
	return v, faults
}

// Missing lists the faults of an entry as it would be stored: fields that it needs and has not, and what the kind's own
// check reports. An entry without its key is reported by the first missing key field alone.
func (k *Kind) Missing(v Values) []Fault {
	var faults []Fault
	for i := range k.Fields {
		f := &k.Fields[i]
		if !f.Need {
			continue
		}
		value := v[f.Name]
		if value != nil && value != "" {
			continue
		}
		missing := Fault{Field: f.Name, Key: "entry.missing"}
		if slices.Contains(k.Key, f.Name) {
			return []Fault{missing}
		}
		faults = append(faults, missing)
	}
	if k.Check != nil && len(faults) == 0 {
		faults = k.Check(v)
	}
	return faults
}

// Defaults returns the values of a new entry before its row.
func (k *Kind) Defaults() Values {
	v := Values{}
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Default != nil {
			v[f.Name] = f.Default
		} else if !f.Need {
			v[f.Name] = f.zero()
		}
	}
	return v
}

func (f *Field) zero() any {
	switch f.Type {
	case Count, Year, Mu, Square, Grams, Money, Percent:
		return int64(0)
	case Degrees:
		return 0.0
	case Flag:
		return false
	case Choices, Refs:
		return []string{}
	}
	return ""
}

// Clean removes what spreadsheets and other programs leave in a cell that nobody sees: spaces around it, characters
// without width and control characters. Full-width letters and digits become ordinary ones.
func Clean(cell string) string {
	cell = norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case r >= ' ' && r <= '~', r >= '一' && r <= '龥': // nearly every cell: no table is asked
			return r
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		case r >= '０' && r <= '９', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ':
			return r - '０' + '0'
		}
		return r
	}, cell))
	return strings.TrimSpace(cell)
}

// FoldName folds the ways in which one name is written: brackets, spaces and the case of letters do not count.
func FoldName(name string) string {
	return norm.NFC.String(strings.ToLower(names.Replace(Clean(name))))
}

func (f *Field) limit(otherwise int64) int64 {
	if f.Max > 0 {
		return f.Max
	}
	return otherwise
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (f *Field) parse(cell string, now time.Time) (any, *Fault) {
	switch f.Type {
	case Line, Long, Ref:
		return f.parseText(cell)
	case Code:
		code := strings.ToUpper(hyphens.Replace(cell))
		if !codePattern.MatchString(code) {
			return nil, &Fault{Key: "entry.code"}
		}
		return code, nil
	case Count, Year:
		n, err := money.ParseCount(strings.TrimRight(cell, f.measures()), money.Unit{Zh: "千瓦", En: "kW"})
		return f.bounded(n, err, maxCount, "entry.count")
	case Mu, Square:
		n, err := money.ParseWeight(cell, muUnit)
		if f.Type == Square && err == nil {
			n = (min(n, maxMoney)*4 + 3) / 6 // a mu is 2000/3 m², half up
		}
		return f.bounded(n, err, maxCount, "entry.mu")
	case Grams:
		n, err := money.ParseWeight(strings.TrimSuffix(cell, "千克"), money.Kilo)
		return f.bounded(n, err, maxCount, "entry.weight")
	case Money:
		n, err := money.ParseYuan(cell)
		if n < 0 {
			err = money.ErrNegative
		}
		return f.bounded(n, err, maxMoney, "entry.money")
	case Percent:
		n, err := money.ParseYuan(strings.TrimRight(cell, "%％")) // hundredths of a percent
		if strings.ContainsAny(cell, "元¥￥") {
			err = money.ErrSyntax
		}
		if n < 0 {
			err = money.ErrNegative
		}
		return f.bounded(n, err, 10_000, "entry.percent")
	case Degrees:
		x, err := strconv.ParseFloat(strings.TrimSuffix(cell, "°"), 64)
		if err != nil || !(x >= -180 && x <= 180) { // neither is NaN
			return nil, &Fault{Key: "entry.degrees"}
		}
		return x, nil
	case Flag:
		return parseFlag(cell)
	case Choice:
		code, ok := f.choice(cell)
		if !ok {
			return nil, &Fault{Key: "entry.choice", Args: map[string]string{"value": cell, "choices": f.choiceNames()}}
		}
		return code, nil
	case Choices:
		return f.parseChoices(cell)
	case Refs:
		return parseList(cell), nil
	case Phone:
		phone := PlainPhone(cell)
		if !phonePattern.MatchString(phone) {
			return nil, &Fault{Key: "entry.phone"}
		}
		return phone, nil
	case IDNumber:
		id := strings.ToUpper(strings.ReplaceAll(cell, " ", ""))
		if _, _, key := ReadIDNumber(id, now); key != "" {
			return nil, &Fault{Key: key}
		}
		return id, nil
	case Account:
		digits := separators.Replace(cell)
		if !accountPattern.MatchString(digits) {
			return nil, &Fault{Key: "entry.account"}
		}
		return digits, nil
	case Day:
		return parseDay(cell)
	}
	return nil, &Fault{Key: "entry.missing"}
}

func (f *Field) parseText(cell string) (any, *Fault) {
	limit := f.limit(maxLine)
	if f.Type == Long {
		limit = f.limit(maxLong)
	} else if strings.ContainsAny(cell, "\n\t") {
		cell = strings.Join(strings.Fields(cell), " ")
	}
	if f.Type == Line && f.Personal {
		if cell = cleanName(cell); !PlainName(cell) {
			return nil, &Fault{Key: "entry.name_signs"}
		}
	}
	if int64(len([]rune(cell))) > limit {
		return nil, &Fault{Key: "entry.long", Args: map[string]string{"max": number(limit)}}
	}
	return cell, nil
}

// PlainPhone returns a telephone number without the ways in which it may be written: +86 138 1234-5678.
func PlainPhone(cell string) string {
	phone := strings.ReplaceAll(hyphens.Replace(Clean(cell)), " ", "")
	phone = strings.TrimPrefix(strings.TrimPrefix(phone, "+86"), "-")
	if mobile := strings.ReplaceAll(phone, "-", ""); mobilePattern.MatchString(mobile) {
		return mobile
	}
	return phone
}

// PlainName reports whether a name has no sign that no name has: one that begins a formula, or a part of a page.
func PlainName(name string) bool {
	return name == "" || !strings.ContainsRune("=+-@", rune(name[0])) && !strings.ContainsAny(name, "<>=")
}

// CleanName is Clean for a person's name: 王　五 is 王五, and the point in a name is always the same sign.
func CleanName(name string) string { return cleanName(strings.Join(strings.Fields(Clean(name)), " ")) }

// cleanName removes what a name has not at the bank: spaces that fill it up to three characters, other points.
func cleanName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r < unicode.MaxASCII && r != ' ' }) {
		return name
	}
	return points.Replace(strings.ReplaceAll(name, " ", ""))
}

// measures are the words after a count that do not change it.
func (f *Field) measures() string {
	if f.Type == Year {
		return "年度"
	}
	return "人口户只头枚袋包个股株套条匹羽"
}

func (f *Field) bounded(n int64, err error, most int64, key string) (any, *Fault) {
	most = f.limit(most)
	switch {
	case errors.Is(err, money.ErrNegative), errors.Is(err, money.ErrOverflow), err == nil && (n < f.Min || n > most):
		return nil, &Fault{Key: key + ".range", Args: map[string]string{"min": f.write(f.Min), "max": f.write(most)}}
	case err != nil:
		return nil, &Fault{Key: key}
	}
	return n, nil
}

// write returns a bound in the unit that people write.
func (f *Field) write(n int64) string {
	switch f.Type {
	case Mu, Grams:
		return money.FormatWeight(n, money.Kilo)
	case Square:
		return money.FormatWeight(n*6/4, money.Kilo)
	case Money, Percent:
		return strings.TrimSuffix(strings.TrimPrefix(money.FormatYuan(n), "¥"), ".00")
	}
	return number(n)
}

var flags = map[string]bool{
	"是": true, "有": true, "√": true, "y": true, "yes": true, "true": true, "1": true, "对": true, "✓": true,
	"否": false, "无": false, "没有": false, "不是": false, "n": false, "no": false, "false": false, "0": false, "×": false, "x": false,
}

func parseFlag(cell string) (any, *Fault) {
	yes, known := flags[strings.ToLower(cell)]
	if !known {
		return nil, &Fault{Key: "entry.flag"}
	}
	return yes, nil
}

func (f *Field) choice(word string) (string, bool) {
	word = FoldName(word)
	for _, v := range f.Values {
		if word == FoldName(v.Code) || word == FoldName(v.Name.Zh) || word == FoldName(v.Name.En) ||
			slices.ContainsFunc(v.Aliases, func(a string) bool { return word == FoldName(a) }) {
			return v.Code, true
		}
	}
	return "", false
}

func (f *Field) choiceNames() string {
	names := make([]string, len(f.Values))
	for i, v := range f.Values {
		names[i] = v.Name.Zh
	}
	return strings.Join(names, Between)
}

func (f *Field) parseChoices(cell string) (any, *Fault) {
	has := map[string]bool{}
	for _, word := range parseList(cell) {
		code, ok := f.choice(word)
		if !ok {
			return nil, &Fault{Key: "entry.choice", Args: map[string]string{"value": word, "choices": f.choiceNames()}}
		}
		has[code] = true
	}
	codes := []string{}
	for _, v := range f.Values { // one order for all files
		if has[v.Code] {
			codes = append(codes, v.Code)
		}
	}
	return codes, nil
}

// SplitList returns the words of a list, however they are separated, each once.
func SplitList(cell string) []string { return parseList(cell) }

func parseList(cell string) []string {
	list := []string{}
	for _, word := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("、,，;；/／+＋|｜\n\t ", r) }) {
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

var dayLayouts = []string{"2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"}

func parseDay(cell string) (any, *Fault) {
	cell = strings.TrimSuffix(strings.TrimSuffix(strings.Replace(cell, "T", " ", 1), ":00"), " 00:00") // a spreadsheet's midnight
	for _, layout := range dayLayouts {
		if day, err := time.Parse(layout, cell); err == nil && day.Year() >= 1900 && day.Year() < 2200 {
			return day.Format(time.DateOnly), nil
		}
	}
	return nil, &Fault{Key: "entry.day"}
}

// ReadIDNumber checks an 18-digit identity number (GB 11643) and reads year of birth and sex from it. key is the message
// of its fault, or "". Regions are not checked: 999999 is the demo's.
func ReadIDNumber(number string, now time.Time) (born int, female bool, key string) {
	if oldIDPattern.MatchString(number) {
		return 0, false, "entry.id_number.old"
	}
	if len(number) != 18 {
		return 0, false, "import.id_number"
	}
	weight, sum := 1, 0 // 2^(17-i) mod 11, from the right
	for i := 17; i >= 0; i-- {
		d := int(number[i] - '0')
		if i == 17 && number[i] == 'X' {
			d = 10
		} else if number[i] < '0' || number[i] > '9' {
			return 0, false, "import.id_number"
		}
		sum += d * weight
		weight = weight * 2 % 11
	}
	day, err := time.Parse("20060102", number[6:14])
	if err != nil || day.Year() < 1900 || day.After(now) {
		return 0, false, "import.id_number.date"
	}
	if sum%11 != 1 {
		return 0, false, "import.id_number.check"
	}
	return day.Year(), (number[16]-'0')%2 == 0, ""
}

// Write returns a value as text that Parse reads back, for keys and the history; numbers stay in their smallest unit.
func Write(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return number(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "是"
		}
		return "否"
	case []string:
		return strings.Join(v, Between)
	}
	return ""
}

// Between separates the values of a cell with several.
const Between = "、"

// Show returns a value as a cell that Parse reads back to the same value.
func (f *Field) Show(value any) string {
	switch v := value.(type) {
	case int64:
		switch f.Type {
		case Mu, Grams:
			return plain(money.FormatWeight(v, money.Kilo))
		case Square: // thousandths of a mu
			return plain(money.FormatWeight((v*6+2)/4, money.Kilo))
		case Money, Percent:
			return plain(strings.TrimSuffix(strings.TrimPrefix(money.FormatYuan(v), "¥"), ".00"))
		}
	case string:
		if f.Type == Choice {
			return f.nameOf(v)
		}
	case []string:
		if f.Type == Choices {
			names := make([]string, len(v))
			for i, code := range v {
				names[i] = f.nameOf(code)
			}
			return strings.Join(names, Between)
		}
	}
	return Write(value)
}

func (f *Field) nameOf(code string) string {
	i := slices.IndexFunc(f.Values, func(v Value) bool { return v.Code == code })
	if i < 0 {
		return code
	}
	return f.Values[i].Name.Zh
}

func plain(n string) string { return strings.ReplaceAll(n, ",", "") }

// Mask hides all but the ends of a personal value.
func Mask(value string) string {
	runes := []rune(value)
	if len(runes) <= 2 {
		return strings.Repeat("*", len(runes))
	}
	keep := min(4, len(runes)/3)
	for i := keep; i < len(runes)-keep; i++ {
		runes[i] = '*'
	}
	return string(runes)
}
