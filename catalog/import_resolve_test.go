package catalog

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func importRow(line int, code string) HouseholdRow {
	return HouseholdRow{Line: line, Code: code, Head: "王", IDNumber: "11010519491231002X", Persons: "3", Township: "东乡", Village: "一村"}
}

func TestParseRows(t *testing.T) {
	t.Parallel()
	other := importRow(4, "AB-02")
	other.IDNumber = "110105194912310039" // not valid, and therefore no repetition either
	wrongPhone := importRow(5, "AB-03")
	wrongPhone.Phone, wrongPhone.IDNumber = "12", ""
	good, wrong := ParseRows([]HouseholdRow{importRow(2, "AB-01"), importRow(3, "ab-01 "), other, wrongPhone}, now)
	if len(good) != 1 || good[0].Line != 2 {
		t.Errorf("good rows %+v", good)
	}
	var got []string
	for _, p := range wrong {
		got = append(got, p.Key)
		if p.Key == "import.code.twice" && (p.Line != 3 || p.Args["line"] != "2") {
			t.Errorf("the repetition is %+v", p)
		}
	}
	if !slices.Equal(got, []string{"import.code.twice", "import.id_number.twice", "import.id_number.check", "import.id_number", "import.phone"}) {
		t.Errorf("wrong: %v", got)
	}
}

func register() *HouseholdRegister {
	g := NewHouseholdRegister()
	g.Townships["东乡"], g.Townships["西乡"] = true, true
	g.Villages[[2]string{"东乡", "一村"}], g.Villages[[2]string{"西乡", "二村"}] = 1, 2
	for _, code := range []string{"garden", "geese"} {
		g.AddProgramme(Programme{Code: code, Name: Text{Zh: "项目" + code, En: "the " + code}})
	}
	g.AddRaiser(Organisation{ID: 5, Name: "大河（养鹅）场", RaiserBP: 8_000})
	g.AddHelper(7, "李", "县医院")
	g.AddHelper(8, "张", "县医院")
	g.AddHelper(9, "张", "县一中")
	g.Households["AB-01"] = &Registered{ID: 1, Head: "王", Persons: 3, Village: 1, Helper: 8, Phone: "13800000000", Programmes: []string{"geese", "garden"}, GardenM2: 300, Geese: 80, IDIndex: "x"}
	g.IDs["x"], g.IDs["wife"] = IDHolder{"AB-01", 1}, IDHolder{"AB-01", 2}
	return g
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*ParsedRow)
		index  string
		key    string
		helper int64
	}{
		"as registered":          {func(*ParsedRow) {}, "x", "", 8},
		"helper by name":         {func(r *ParsedRow) { r.Helper = "李" }, "x", "", 7},
		"helper by unit":         {func(r *ParsedRow) { r.Helper = "张(县一中)" }, "x", "", 9},
		"helper of that name":    {func(r *ParsedRow) { r.Helper = "张" }, "x", "", 8},
		"two helpers":            {func(r *ParsedRow) { r.Code, r.Helper = "AB-02", "张" }, "y", "import.helper.several", 0},
		"no helper":              {func(r *ParsedRow) { r.Helper = "赵" }, "x", "import.helper", 8},
		"no township":            {func(r *ParsedRow) { r.Township = "南乡" }, "x", "import.township", 8},
		"village of another one": {func(r *ParsedRow) { r.Village = "二村" }, "x", "import.village.like", 8},
		"a shortened township":   {func(r *ParsedRow) { r.Township = "东" }, "x", "import.village.like", 8},
		"village of none":        {func(r *ParsedRow) { r.Village = "三村" }, "x", "import.village", 8},
		"programme by name":      {func(r *ParsedRow) { r.Programmes = &[]string{"项目 geese", "GARDEN"} }, "x", "", 8},
		"no programme":           {func(r *ParsedRow) { r.Programmes = &[]string{"geese", "挖矿"} }, "x", "import.programme", 8},
		"raiser":                 {func(r *ParsedRow) { name := "大河(养鹅)场"; r.Raiser = &name }, "x", "", 8},
		"no raiser":              {func(r *ParsedRow) { name := "大河"; r.Raiser = &name }, "x", "import.raiser", 8},
		"another head":           {func(*ParsedRow) {}, "y", "", 8},
		"head becomes the wife":  {func(*ParsedRow) {}, "wife", "import.id_number.taken", 8},
		"another household's id": {func(r *ParsedRow) { r.Code = "AB-02" }, "x", "import.id_number.taken", 0},
	} {
		row := ParsedRow{Line: 2, Code: "AB-01", Head: "王", Persons: 3, Township: "东乡", Village: "一村"}
		test.change(&row)
		res := register().Resolve(row, test.index)
		got := ""
		for _, p := range res.Problems {
			got += p.Key
			if p.Line != 2 {
				t.Errorf("%s: a problem of line %d", name, p.Line)
			}
		}
		if got != test.key || res.After.Helper != test.helper || (res.TakenBy != "") != (test.key == "import.id_number.taken") {
			t.Errorf("%s: %q, %+v", name, got, res)
		}
		if res.Before != nil && res.Before.Same(res.After) != (name == "as registered" || name == "programme by name" || name == "no raiser" || name == "helper of that name" || name == "no helper") {
			t.Errorf("%s: %+v became %+v", name, *res.Before, res.After)
		}
	}
}

// Fields that a row leaves empty keep the registered values, and the same row twice changes nothing.
func TestResolveKeepsEmptyFields(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(name string) *int64 {
			if !rapid.Bool().Draw(t, "has "+name) {
				return nil
			}
			n := rapid.Int64Range(0, 99).Draw(t, name)
			return &n
		}
		row := ParsedRow{Line: 2, Code: "AB-01", Head: "王", Persons: rapid.IntRange(1, 20).Draw(t, "persons"), Township: "东乡", Village: "一村",
			GardenM2: maybe("garden"), Geese: maybe("geese")}
		if rapid.Bool().Draw(t, "has programmes") {
			row.Programmes = &[]string{"garden", "geese"}
		}
		g := register()
		before := *g.Households["AB-01"]
		after := g.Resolve(row, "x").After
		for _, f := range []struct {
			set      *int64
			was, now int64
		}{{row.GardenM2, before.GardenM2, after.GardenM2}, {row.Geese, before.Geese, after.Geese}} {
			if want := f.was; f.set == nil && f.now != want || f.set != nil && f.now != *f.set {
				t.Fatalf("%d became %d", f.was, f.now)
			}
		}
		if after.Phone != before.Phone || after.Helper != before.Helper || !before.Same(*g.Households["AB-01"]) {
			t.Fatalf("%+v became %+v", before, after)
		}
		g.Households["AB-01"] = &after
		if again := g.Resolve(row, "x"); !again.Before.Same(again.After) {
			t.Fatalf("the same row again: %+v", again)
		}
		if p := after.Produces(); (Product{YieldOf: YieldGeese, Yield: 1}).Supply(p) != after.Geese {
			t.Fatalf("%+v produces %+v", after, p)
		}
	})
}

func TestSameComparesEachField(t *testing.T) {
	t.Parallel()
	one := func() Registered { return *register().Households["AB-01"] }
	turned := one()
	turned.Programmes = []string{"garden", "geese"}
	if !one().Same(turned) {
		t.Error("the order of programmes counts")
	}
	for i, change := range []func(*Registered){
		func(r *Registered) { r.Head = "赵" }, func(r *Registered) { r.Persons++ }, func(r *Registered) { r.Village++ }, func(r *Registered) { r.Helper++ },
		func(r *Registered) { r.Phone = "" }, func(r *Registered) { r.Programmes = nil }, func(r *Registered) { r.GardenM2++ }, func(r *Registered) { r.Geese++ },
		func(r *Registered) { r.IDIndex = "y" }, func(r *Registered) { r.Needs = []string{"elderly"} }, func(r *Registered) { r.RaiserOrg = 5 },
		func(r *Registered) { r.Bags++ },
	} {
		other := one()
		if change(&other); one().Same(other) {
			t.Errorf("change %d is not seen", i)
		}
	}
}
