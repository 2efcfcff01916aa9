package catalog

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/link"
)

func problemOf(line int, e *link.Error) RowProblem {
	return RowProblem{Line: line, Field: e.Field, Key: e.Key, Args: e.Args}
}

// ParseRows parses the rows of a file. Rows that are wrong by themselves, or repeat the code or the id number of an
// earlier row, are listed and left out.
func ParseRows(rows []HouseholdRow, now time.Time) (good []ParsedRow, wrong []RowProblem) {
	codes, numbers := map[string]int{}, map[string]int{} // line of the first row with each
	for _, r := range rows {
		row, problems := r.Parse(now)
		if line := codes[row.Code]; line != 0 && row.Code != "" {
			problems = append(problems, link.E(link.Invalid, "import.code.twice", "code", "line", strconv.Itoa(line)))
		} else {
			codes[row.Code] = r.Line
		}
		if line := numbers[row.IDNumber]; line != 0 && row.IDNumber != "" {
			problems = append(problems, link.E(link.Invalid, "import.id_number.twice", "id_number", "line", strconv.Itoa(line)))
		} else {
			numbers[row.IDNumber] = r.Line
		}
		for _, e := range problems {
			wrong = append(wrong, problemOf(r.Line, e))
		}
		if len(problems) == 0 {
			good = append(good, row)
		}
	}
	return good, wrong
}

// Registered is the part of a household that an import compares and changes.
type Registered struct {
	ID         int64
	Head       string
	Persons    int
	Village    int64
	Helper     int64
	Phone      string
	Programmes []string
	GardenM2   int64
	Geese      int64
	IDIndex    string // blind index of the head's id number
}

// Same reports whether two records are equal; the order of programmes does not count.
func (r Registered) Same(o Registered) bool {
	return r.Head == o.Head && r.Persons == o.Persons && r.Village == o.Village && r.Helper == o.Helper && r.Phone == o.Phone &&
		sameSet(r.Programmes, o.Programmes) && r.GardenM2 == o.GardenM2 && r.Geese == o.Geese && r.IDIndex == o.IDIndex
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Produces returns a household with the fields that Product.Supply reads.
func (r Registered) Produces() Household {
	return Household{Programmes: r.Programmes, GardenM2: r.GardenM2, Geese: r.Geese}
}

// IDHolder is the person with an id number: position 1 is the head of a household.
type IDHolder struct {
	Code     string
	Position int
}

// HouseholdRegister is the part of the stored register that the rows of an import name.
type HouseholdRegister struct {
	Townships  map[string]bool
	Villages   map[[2]string]int64 // by township and name
	Households map[string]*Registered
	IDs        map[string]IDHolder // by blind index

	helpers map[string][]int64 // by name and by name（unit）
}

// NewHouseholdRegister returns an empty register.
func NewHouseholdRegister() *HouseholdRegister {
	return &HouseholdRegister{Townships: map[string]bool{}, Villages: map[[2]string]int64{}, Households: map[string]*Registered{},
		IDs: map[string]IDHolder{}, helpers: map[string][]int64{}}
}

// AddHelper makes a helper known by name and by name（unit）.
func (g *HouseholdRegister) AddHelper(id int64, name, unit string) {
	for _, by := range []string{name, name + "（" + unit + "）"} {
		g.helpers[by] = append(g.helpers[by], id)
	}
}

// RowResult is the outcome of a row.
type RowResult struct {
	Before   *Registered // nil: the household is new
	After    Registered
	Problems []RowProblem // the row is left out unless there are none
	TakenBy  string       // code of another household with the row's id number
}

// Resolve looks up the names of a row and returns the household as it will be. Fields that the row leaves empty keep
// the registered values. idIndex is the blind index of the row's id number.
func (g *HouseholdRegister) Resolve(row ParsedRow, idIndex string) RowResult {
	res := RowResult{Before: g.Households[row.Code]}
	if res.Before != nil {
		res.After = *res.Before
	}
	w := &res.After
	w.Head, w.Persons, w.IDIndex = row.Head, row.Persons, idIndex
	refuse := func(key, field string, args ...string) {
		res.Problems = append(res.Problems, problemOf(row.Line, link.E(link.Invalid, key, field, args...)))
	}
	village, known := g.Villages[[2]string{row.Township, row.Village}]
	switch {
	case !g.Townships[row.Township]:
		refuse("import.township", "township")
	case !known:
		refuse("import.village", "village")
	}
	w.Village = village
	if holder, taken := g.IDs[idIndex]; taken && holder != (IDHolder{row.Code, 1}) {
		refuse("import.id_number.taken", "id_number", "code", holder.Code)
		res.TakenBy = holder.Code
	}
	if row.Helper != "" {
		helpers := g.helpers[strings.NewReplacer("(", "（", ")", "）").Replace(row.Helper)]
		switch {
		case len(helpers) == 0:
			refuse("import.helper", "helper", "name", row.Helper)
		case len(helpers) == 1:
			w.Helper = helpers[0]
		case !slices.Contains(helpers, w.Helper): // the present helper may stay
			refuse("import.helper.several", "helper", "name", row.Helper)
		}
	}
	set(&w.Phone, row.Phone)
	set(&w.Programmes, row.Programmes)
	set(&w.GardenM2, row.GardenM2)
	set(&w.Geese, row.Geese)
	return res
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}
