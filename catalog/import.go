package catalog

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// MaxImportRows is how many rows one ImportHouseholds takes.
const MaxImportRows = 1000

// ParsedRow is an import row as understood. The fields that a row may leave empty are nil then, and keep the
// registered values.
type ParsedRow struct {
	Line              int
	Code, Head        string
	IDNumber          string
	Born              int
	Female            bool
	Persons           int
	Township, Village string
	Phone             *string
	Programmes        *[]string // names or codes
	GardenM2, Geese   *int64
	Helper            string // name, or name（unit）
	NoHelper          bool   // nobody helps it any more
	Needs             *[]string
	Raiser            *string // name of its organisation; "" ends it
	MushroomBags      *int64
}

var (
	rowCode  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{3,31}$`)
	rowPhone = regexp.MustCompile(`^(\d{11}|0\d{2,3}-?\d{7,8})$`)
	mu       = money.Unit{Code: "mu", Zh: "亩", En: "mu", Grams: 1000} // read to a thousandth
)

// Parse checks a row by itself, without the register. now bounds dates of birth.
func (r HouseholdRow) Parse(now time.Time) (p ParsedRow, found []*link.Error) {
	var problems link.Problems
	p = ParsedRow{
		Line: r.Line, Code: strings.ToUpper(entry.Clean(r.Code)), Head: entry.CleanName(r.Head),
		Township: entry.Clean(r.Township), Village: entry.Clean(r.Village), Helper: entry.Clean(r.Helper),
	}
	for _, field := range slices.Sorted(maps.Keys(r.Faults)) { // what a spreadsheet did to a cell is told first
		problems.Add(r.Faults[field], field)
	}
	if p.memberOnly(r) {
		return p, []*link.Error{link.E(link.Invalid, "import.member", "code")}
	}
	defer func() { found = firstOfEach(found) }()
	if !rowCode.MatchString(p.Code) {
		problems.Add("import.code", "code")
	}
	if n := len([]rune(p.Head)); n == 0 || n > 40 || strings.ContainsFunc(p.Head, func(r rune) bool { return r < ' ' }) {
		problems.Add("import.head", "head")
	} else if !entry.PlainName(p.Head) {
		problems.Add("import.head.signs", "head")
	}
	p.IDNumber = strings.ToUpper(strings.ReplaceAll(entry.Clean(r.IDNumber), " ", ""))
	born, female, key := entry.ReadIDNumber(p.IDNumber, now)
	if key != "" {
		problems.Add(key, "id_number")
	}
	p.Born, p.Female = born, female
	persons, err := money.ParseCount(strings.TrimSuffix(entry.Clean(r.Persons), "口"), money.Unit{Zh: "人"})
	if err != nil || persons < 1 || persons > 20 {
		problems.Add("import.persons", "persons")
	}
	p.Persons = int(persons)
	if p.Township == "" {
		problems.Add("import.township", "township")
	}
	if p.Village == "" {
		problems.Add("import.village", "village")
	}
	if phone := entry.PlainPhone(r.Phone); phone != "" && !slices.Contains(noValue, phone) {
		if !rowPhone.MatchString(phone) {
			problems.Add("import.phone", "phone")
		}
		p.Phone = &phone
	}
	if words := entry.SplitList(entry.Clean(r.Programmes)); len(words) > 0 {
		p.Programmes = &words
	}
	if thousandths, err := money.ParseWeight(value(r.GardenMu), mu); err == nil && thousandths <= 1_000_000 {
		m2 := (thousandths*4 + 3) / 6 // 1 mu is 2000/3 m², half up
		p.GardenM2 = &m2
	} else if !errors.Is(err, money.ErrEmpty) {
		problems.Add("import.garden", "garden_mu")
	}
	if geese, err := money.ParseCount(value(r.Geese), money.Head); err == nil && geese <= 100_000 {
		p.Geese = &geese
	} else if !errors.Is(err, money.ErrEmpty) {
		problems.Add("import.geese", "geese")
	}
	return p, problems
}

// memberOnly reports whether a row names a person and no household: lists that merge the cells of a household have one row
// for each of its members.
func (p *ParsedRow) memberOnly(r HouseholdRow) bool {
	return p.Code == "" && entry.Clean(r.Persons) == "" && (p.Head != "" || entry.Clean(r.IDNumber) != "") && len(r.Faults) == 0
}

// noValue are the marks that people write into a cell without a value.
var noValue = []string{"无", "-", "--", "/", "没有"}

// value is a cell of a number, empty where a mark says that there is none.
func value(cell string) string {
	if cell = strings.NewReplacer("—", "-", "－", "-", "／", "/").Replace(entry.Clean(cell)); slices.Contains(noValue, cell) {
		return ""
	}
	return cell
}

// firstOfEach leaves the first problem of each field: a cell that was cut is not also a wrong number.
func firstOfEach(problems []*link.Error) []*link.Error {
	seen := map[string]bool{}
	return slices.DeleteFunc(problems, func(e *link.Error) bool {
		again := seen[e.Field]
		seen[e.Field] = true
		return again
	})
}
