package catalog

import (
	"errors"
	"regexp"
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
func (r HouseholdRow) Parse(now time.Time) (ParsedRow, []*link.Error) {
	var problems link.Problems
	p := ParsedRow{
		Line: r.Line, Code: strings.ToUpper(strings.TrimSpace(r.Code)), Head: strings.TrimSpace(r.Head),
		Township: strings.TrimSpace(r.Township), Village: strings.TrimSpace(r.Village), Helper: strings.TrimSpace(r.Helper),
	}
	if !rowCode.MatchString(p.Code) {
		problems.Add("import.code", "code")
	}
	if n := len([]rune(p.Head)); n == 0 || n > 40 || strings.ContainsFunc(p.Head, func(r rune) bool { return r < ' ' }) {
		problems.Add("import.head", "head")
	}
	p.IDNumber = strings.ToUpper(strings.TrimSpace(r.IDNumber))
	born, female, key := entry.ReadIDNumber(p.IDNumber, now)
	if key != "" {
		problems.Add(key, "id_number")
	}
	p.Born, p.Female = born, female
	persons, err := money.ParseCount(r.Persons, money.Unit{Zh: "人"})
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
	if phone := strings.ReplaceAll(strings.TrimSpace(r.Phone), " ", ""); phone != "" {
		if !rowPhone.MatchString(phone) {
			problems.Add("import.phone", "phone")
		}
		p.Phone = &phone
	}
	if words := strings.FieldsFunc(r.Programmes, func(r rune) bool { return strings.ContainsRune("、,，;； ", r) }); len(words) > 0 {
		p.Programmes = &words
	}
	if thousandths, err := money.ParseWeight(r.GardenMu, mu); err == nil && thousandths <= 1_000_000 {
		m2 := (thousandths*4 + 3) / 6 // 1 mu is 2000/3 m², half up
		p.GardenM2 = &m2
	} else if !errors.Is(err, money.ErrEmpty) {
		problems.Add("import.garden", "garden_mu")
	}
	if geese, err := money.ParseCount(r.Geese, money.Head); err == nil && geese <= 100_000 {
		p.Geese = &geese
	} else if !errors.Is(err, money.ErrEmpty) {
		problems.Add("import.geese", "geese")
	}
	return p, problems
}
