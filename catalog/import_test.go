package catalog

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
)

func keysOf(problems []*link.Error) (keys []string) {
	for _, e := range problems {
		keys = append(keys, e.Field+" "+e.Key)
	}
	return keys
}

func TestParseRow(t *testing.T) {
	t.Parallel()
	full := HouseholdRow{Line: 9, Code: " ab-01", Head: " 王秀英 ", IDNumber: "11010519491231002x ", Persons: "3", Township: " 东乡 ", Village: " 一村", Phone: " 138 0000 0000",
		Programmes: "百只鹅、半亩园；geese solar", GardenMu: "1.5", Geese: "80", Helper: " 李 "}
	p, problems := full.Parse(now)
	if len(problems) != 0 || p.Line != 9 || p.Code != "AB-01" || p.Head != "王秀英" || p.IDNumber != "11010519491231002X" || p.Born != 1949 || !p.Female || p.Persons != 3 ||
		p.Township != "东乡" || p.Village != "一村" || p.Helper != "李" {
		t.Errorf("%+v, %v", p, keysOf(problems))
	}
	if p.Phone == nil || *p.Phone != "13800000000" || p.GardenM2 == nil || *p.GardenM2 != 1000 || p.Geese == nil || *p.Geese != 80 ||
		p.Programmes == nil || !slices.Equal(*p.Programmes, []string{"百只鹅", "半亩园", "geese", "solar"}) {
		t.Errorf("%v %v %v %v", p.Phone, p.GardenM2, p.Geese, p.Programmes)
	}
	empty := full
	empty.Phone, empty.Programmes, empty.GardenMu, empty.Geese = " ", " 、", "", ""
	if p, problems := empty.Parse(now); len(problems) != 0 || p.Phone != nil || p.Programmes != nil || p.GardenM2 != nil || p.Geese != nil {
		t.Errorf("empty fields are %+v, %v", p, keysOf(problems))
	}
	for want, changes := range map[string][]func(*HouseholdRow){
		"": {func(r *HouseholdRow) { r.Head = strings.Repeat("王", 40) }, func(r *HouseholdRow) { r.Head = "Li Wei" },
			func(r *HouseholdRow) { r.Persons = "1" }, func(r *HouseholdRow) { r.Persons = "20" },
			func(r *HouseholdRow) { r.GardenMu = "1000" }, func(r *HouseholdRow) { r.Geese = "100000" }},
		"code import.code":                 {func(r *HouseholdRow) { r.Code = "A" }},
		"head import.head":                 {func(r *HouseholdRow) { r.Head = " " }, func(r *HouseholdRow) { r.Head = strings.Repeat("王", 41) }},
		"id_number import.id_number.check": {func(r *HouseholdRow) { r.IDNumber = "110105194912310021" }},
		"persons import.persons": {func(r *HouseholdRow) { r.Persons = "0" }, func(r *HouseholdRow) { r.Persons = "21" }, func(r *HouseholdRow) { r.Persons = "" },
			func(r *HouseholdRow) { r.Persons = "99999999999999999999" }, func(r *HouseholdRow) { r.Persons = "三" }},
		"township import.township": {func(r *HouseholdRow) { r.Township = " " }},
		"village import.village":   {func(r *HouseholdRow) { r.Village = "" }},
		"phone import.phone":       {func(r *HouseholdRow) { r.Phone = "1380000" }},
		"garden_mu import.garden":  {func(r *HouseholdRow) { r.GardenMu = "1000.001" }, func(r *HouseholdRow) { r.GardenMu = "many" }, func(r *HouseholdRow) { r.GardenMu = "-1" }},
		"geese import.geese":       {func(r *HouseholdRow) { r.Geese = "100001" }, func(r *HouseholdRow) { r.Geese = "some" }},
	} {
		for i, change := range changes {
			r := full
			change(&r)
			if _, problems := r.Parse(now); strings.Join(keysOf(problems), ", ") != want {
				t.Errorf("%q, change %d: %q", want, i, keysOf(problems))
			}
		}
	}
	for mu, m2 := range map[string]int64{"0.001": 1, "0.002": 1, "0.003": 2, "3": 2000, "0": 0} { // 2/3, 4/3, 2 m²
		r := full
		r.GardenMu = mu
		if p, _ := r.Parse(now); p.GardenM2 == nil || *p.GardenM2 != m2 {
			t.Errorf("%s mu are %v m²", mu, p.GardenM2)
		}
	}
}

// Rows without a code or an id number repeat nobody's.
func TestParseRowsWithoutCode(t *testing.T) {
	t.Parallel()
	a, b := importRow(2, ""), importRow(3, " ")
	a.IDNumber, b.IDNumber = "", " "
	_, wrong := ParseRows([]HouseholdRow{a, b}, now)
	for _, p := range wrong {
		if strings.HasSuffix(p.Key, ".twice") {
			t.Errorf("%+v", p)
		}
	}
	if len(wrong) != 4 {
		t.Errorf("wrong are %+v", wrong)
	}
}

func TestResolveTakesOverFields(t *testing.T) {
	t.Parallel()
	phone, programmes, m2, geese := "13900000001", []string{"geese"}, int64(5), int64(6)
	row := ParsedRow{Code: "AB-01", Head: "王", Persons: 4, Township: "东乡", Village: "一村", Phone: &phone, Programmes: &programmes, GardenM2: &m2, Geese: &geese}
	got := register().Resolve(row, "x")
	if a := got.After; len(got.Problems) != 0 || a.Phone != phone || !slices.Equal(a.Programmes, programmes) || a.GardenM2 != 5 || a.Geese != 6 || a.Persons != 4 {
		t.Errorf("%+v", got)
	}
}
