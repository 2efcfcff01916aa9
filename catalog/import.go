package catalog

import (
	"errors"
	"regexp"
	"strings"
	"time"

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
	Programmes        *[]string
	GardenM2, Geese   *int64
	Helper            string // name, or name（unit）
}

var (
	rowCode  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{3,31}$`)
	rowPhone = regexp.MustCompile(`^(\d{11}|0\d{2,3}-?\d{7,8})$`)
	mu       = money.Unit{Code: "mu", Zh: "亩", En: "mu", Grams: 1000} // read to a thousandth
)

// programmeNames are the words of import files.
var programmeNames = map[string]string{
	"garden": ProgrammeGarden, "半亩园": ProgrammeGarden,
	"geese": ProgrammeGeese, "百只鹅": ProgrammeGeese,
	"seedpotato": ProgrammeSeedPotato, "一亩种薯": ProgrammeSeedPotato, "种薯": ProgrammeSeedPotato,
	"mushroom": ProgrammeMushroom, "千袋菌": ProgrammeMushroom,
	"solar": ProgrammeSolar, "光伏": ProgrammeSolar,
}

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
	born, female, key := ReadIDNumber(p.IDNumber, now)
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
		var known []string
		has := map[string]bool{}
		for _, w := range words {
			name, ok := programmeNames[strings.ToLower(w)]
			if !ok {
				problems.Add("import.programme", "programmes", "name", w)
				continue
			}
			has[name] = true
		}
		for _, name := range Programmes() { // one order for all files
			if has[name] {
				known = append(known, name)
			}
		}
		p.Programmes = &known
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

// ReadIDNumber checks an 18-digit identity number (GB 11643) and reads year of birth and sex from it. key is the message
// of its fault, or "". Regions are not checked: 999999 is the demo's.
func ReadIDNumber(number string, now time.Time) (born int, female bool, key string) {
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
