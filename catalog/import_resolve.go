package catalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/entry"
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
		if line := codes[row.Code]; line != 0 && row.Code != "" && entry.Clean(r.Persons) == "" {
			problems = []*link.Error{link.E(link.Invalid, "import.member", "code")} // the code stands beside each member
		} else if line != 0 && row.Code != "" {
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
	Needs      []string
	RaiserOrg  int64
	RaiserName string // of its organisation
	RaiserBP   int64
	Bags       int64 // of mushrooms
	Holdings   map[int64]int64
	Retired    bool
}

// Same reports whether two records are equal; the order of programmes does not count.
func (r Registered) Same(o Registered) bool {
	return r.Head == o.Head && r.Persons == o.Persons && r.Village == o.Village && r.Helper == o.Helper && r.Phone == o.Phone &&
		sameSet(r.Programmes, o.Programmes) && r.GardenM2 == o.GardenM2 && r.Geese == o.Geese && r.IDIndex == o.IDIndex &&
		sameSet(r.Needs, o.Needs) && r.RaiserOrg == o.RaiserOrg && r.Bags == o.Bags
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Produces returns a household with the fields that Product.Supply reads.
func (r Registered) Produces() Household {
	return Household{Programmes: r.Programmes, GardenM2: r.GardenM2, Geese: r.Geese, RaiserOrg: r.RaiserOrg, RaiserBP: r.RaiserBP, Holdings: r.Holdings}
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

	helpers    map[string][]int64 // by name and by name（unit）
	programmes []Programme
	codes      map[string]int          // places in programmes, by folded code and names
	raisers    map[string]Organisation // by name
}

// NewHouseholdRegister returns an empty register.
func NewHouseholdRegister() *HouseholdRegister {
	return &HouseholdRegister{Townships: map[string]bool{}, Villages: map[[2]string]int64{}, Households: map[string]*Registered{},
		IDs: map[string]IDHolder{}, helpers: map[string][]int64{}, codes: map[string]int{}, raisers: map[string]Organisation{}}
}

var brackets = strings.NewReplacer("(", "（", ")", "）")

// AddHelper makes a helper known by name and by name（unit）.
func (g *HouseholdRegister) AddHelper(id int64, name, unit string) {
	for _, by := range []string{name, name + "（" + unit + "）"} {
		g.helpers[by] = append(g.helpers[by], id)
	}
}

// AddProgramme makes a programme known by its code and its names.
func (g *HouseholdRegister) AddProgramme(p Programme) {
	for _, name := range []string{p.Code, p.Name.Zh, p.Name.En} {
		if _, known := g.codes[entry.FoldName(name)]; !known {
			g.codes[entry.FoldName(name)] = len(g.programmes)
		}
	}
	g.programmes = append(g.programmes, p)
}

// AddRaiser makes a raiser known by its name.
func (g *HouseholdRegister) AddRaiser(o Organisation) { g.raisers[entry.FoldName(o.Name)] = o }

// programmeCodes returns the codes of programmes in the order of the register, and the first word that names none.
func (g *HouseholdRegister) programmeCodes(words []string) (codes []string, unknown string) {
	has := map[string]bool{}
	for _, word := range words {
		i, known := g.codes[entry.FoldName(word)]
		if !known {
			return nil, word
		}
		has[g.programmes[i].Code] = true
	}
	codes = []string{}
	for _, p := range g.programmes {
		if has[p.Code] {
			codes = append(codes, p.Code)
		}
	}
	return codes, ""
}

func (g *HouseholdRegister) programmeNames() string {
	names := make([]string, len(g.programmes))
	for i, p := range g.programmes {
		names[i] = p.Name.Zh
	}
	return strings.Join(names, "、")
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
	if row.Head != "" {
		w.Head = row.Head
	}
	if row.Persons != 0 {
		w.Persons = row.Persons
	}
	if idIndex != "" {
		w.IDIndex = idIndex
	}
	refuse := func(key, field string, args ...string) {
		res.Problems = append(res.Problems, problemOf(row.Line, link.E(link.Invalid, key, field, args...)))
	}
	if row.Township != "" || row.Village != "" || res.Before == nil {
		village, known := g.Villages[[2]string{row.Township, row.Village}]
		if !known {
			like, ok := VillageLike(slices.Collect(maps.Keys(g.Villages)), row.Township, row.Village)
			switch {
			case ok && (g.Townships[row.Township] || townshipCore(like[0]) == townshipCore(row.Township)):
				refuse("import.village.like", "village", "township", like[0], "village", like[1])
			case !g.Townships[row.Township]:
				refuse("import.township", "township")
			default:
				refuse("import.village", "village")
			}
		}
		w.Village = village
	}
	if w.Retired {
		refuse("household.retired", "code")
	}
	if holder, taken := g.IDs[idIndex]; taken && idIndex != "" && holder != (IDHolder{row.Code, 1}) {
		refuse("import.id_number.taken", "id_number", "code", holder.Code)
		res.TakenBy = holder.Code
	}
	if row.NoHelper {
		w.Helper = 0
	}
	if row.Helper != "" {
		helpers := g.helpers[brackets.Replace(row.Helper)]
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
	if row.Programmes != nil {
		codes, unknown := g.programmeCodes(*row.Programmes)
		if unknown != "" {
			refuse("import.programme", "programmes", "name", unknown, "known", g.programmeNames())
		}
		w.Programmes = codes
	}
	if row.Raiser != nil {
		raiser, known := g.raisers[entry.FoldName(*row.Raiser)]
		if *row.Raiser != "" && !known {
			refuse("import.raiser", "raiser", "name", *row.Raiser)
		}
		w.RaiserOrg, w.RaiserName, w.RaiserBP = raiser.ID, raiser.Name, raiser.RaiserBP
	}
	set(&w.Needs, row.Needs)
	set(&w.Bags, row.MushroomBags)
	set(&w.GardenM2, row.GardenM2)
	set(&w.Geese, row.Geese)
	return res
}

func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

// HouseholdOf returns the row of a household from the directory's values. Fields without a value keep the registered ones.
func HouseholdOf(line int, v entry.Values, now time.Time) ParsedRow {
	row := ParsedRow{Line: line, Code: v.Text("code"), Head: v.Text("head"), IDNumber: v.Text("id_number"), Persons: int(v.Int("persons")),
		Township: v.Text("township"), Village: v.Text("village"), Helper: v.Text("helper")}
	if row.IDNumber != "" {
		row.Born, row.Female, _ = entry.ReadIDNumber(row.IDNumber, now)
	}
	if helper, set := v["helper"].(string); set {
		row.NoHelper = helper == ""
	}
	row.Phone, row.Raiser = given[string](v, "phone"), given[string](v, "raiser")
	row.Programmes, row.Needs = given[[]string](v, "programmes"), given[[]string](v, "needs")
	row.GardenM2, row.Geese, row.MushroomBags = given[int64](v, "garden_m2"), given[int64](v, "geese"), given[int64](v, "mushroom_bags")
	return row
}

// given returns a pointer to a value, nil where there is none.
func given[T any](v entry.Values, name string) *T {
	value, ok := v[name].(T)
	if !ok {
		return nil
	}
	return &value
}
