package county

import (
	"fmt"
	"slices"
	"time"

	"banmuyuan/cmd/banmuyuan/invent"
)

var (
	banks      = []string{"演示农商银行依安支行", "演示邮储银行依安支行", "演示农业银行依安支行"}
	bankShares = []int{60, 25, 15}

	sizeShares = []int{28, 43, 16, 8, 3, 2} // households of one to six

	causes = []string{"因病", "因残", "缺劳力", "缺技术", "缺资金", "因学", "因灾"}
)

func (g *generator) households() {
	r := g.random("households")
	weights := make([]int64, VillageCount)
	for i := range g.Villages {
		weights[i] = r.between(42, 84)
		if g.Villages[i].Poor {
			weights[i] = r.between(95, 140)
		}
	}
	sizes := make([]int64, HouseholdCount)
	for i := range sizes {
		sizes[i] = int64(1 + r.weighted(sizeShares))
	}
	r.steer(sizes, PersonCount, 1, 1, 6)

	g.Households = make([]Household, 0, HouseholdCount)
	for v, count := range apportion(HouseholdCount, weights) {
		for n := range count {
			i := len(g.Households)
			h := Household{
				Code:    fmt.Sprintf("YA-%02d-%03d-%04d", g.Villages[v].Township+1, v+1, n+1),
				Village: v, Members: g.family(r, int(sizes[i])),
				Helper: None, Raiser: None, MushroomCooperative: None, Mark: Mark,
			}
			h.Head = h.Members[0].Name
			g.circumstances(r, &h)
			h.Account = Account{
				Bank:   banks[r.weighted(bankShares)],
				Number: invent.Luhn(fmt.Sprintf("0000%02d%012d", 9, 400_000_000+int64(i)*37+r.Int64N(37))),
				Holder: h.Head,
			}
			g.Households = append(g.Households, h)
		}
	}
	for n := 0; n < ClosedAccountCount; {
		if a := &g.Households[r.IntN(HouseholdCount)].Account; !a.Closed {
			a.Closed = true
			n++
		}
	}
}

// family is a head with the people that live with her or him.
func (g *generator) family(r random, size int) []Member {
	age := int(r.between(38, 72))
	if size <= 2 {
		age = int(r.between(50, 86))
	}
	sex := Male
	if size == 1 && r.chance(42) || size > 1 && r.chance(14) {
		sex = Female
	}
	surname := r.surname()
	head := g.person(r, nil, surname, "户主", sex, age)
	members := []Member{head}
	childSurname := surname
	married := size > 2 && r.chance(88) || size == 2 && r.chance(80)
	if married {
		other := r.surname()
		spouse := g.person(r, members, other, "配偶", opposite(sex), max(20, age+int(r.between(-5, 4))))
		members = append(members, spouse)
		if sex == Female {
			childSurname = other
		}
	}
	childAge := age - int(r.between(22, 32))
	parent := age < 62 && r.chance(30)
	for len(members) < size {
		switch kids := len(members); {
		case parent:
			parent = false
			if r.chance(65) {
				members = append(members, g.person(r, members, r.surname(), "之母", Female, age+int(r.between(19, 27))))
			} else {
				members = append(members, g.person(r, members, surname, "之父", Male, age+int(r.between(20, 29))))
			}
		case kids >= 4 && childAge > 24:
			relation, s := "之孙", Male
			if r.chance(48) {
				relation, s = "之孙女", Female
			}
			members = append(members, g.person(r, members, childSurname, relation, s, max(1, childAge-int(r.between(22, 27)))))
		case kids >= 3 && childAge > 24 && members[kids-1].Relation == "之子" && r.chance(70):
			members = append(members, g.person(r, members, r.surname(), "之儿媳", Female, childAge))
		case kids >= 3 && childAge > 24 && members[kids-1].Relation == "之女" && r.chance(40):
			members = append(members, g.person(r, members, r.surname(), "之女婿", Male, childAge))
		default:
			relation, s := "之子", Male
			if r.chance(45) {
				relation, s = "之女", Female
			}
			members = append(members, g.person(r, members, childSurname, relation, s, max(1, childAge-int(r.between(0, 4)))))
		}
	}
	return members
}

func opposite(s Sex) Sex {
	if s == Male {
		return Female
	}
	return Male
}

// person draws a member with a name that nobody of the others has.
func (g *generator) person(r random, others []Member, surname, relation string, sex Sex, age int) Member {
	born := time.Date(g.Season-age, time.January, 1, 0, 0, 0, 0, China).AddDate(0, 0, r.IntN(365))
	name := surname + r.given(sex, born.Year())
	for slices.ContainsFunc(others, func(m Member) bool { return m.Name == name }) {
		name = surname + r.given(sex, born.Year())
	}
	return Member{Name: name, Relation: relation, BirthYear: born.Year(), Sex: sex, IDNumber: g.ids.Next(born, sex == Female)}
}

// phone is one of a range no operator has.
func (g *generator) phone() string {
	g.phones++
	return fmt.Sprintf("000%08d", 21_000_000+g.phones*7)
}

// circumstances sets the reasons for which a household is registered, and their consequences.
func (g *generator) circumstances(r random, h *Household) {
	age := g.Season - h.Members[0].BirthYear
	h.Elderly = age >= 60
	h.LivesAlone = len(h.Members) == 1
	weights := []int{42, 14, 14, 13, 8, 6, 3}
	if age >= 70 {
		weights = []int{50, 14, 30, 3, 2, 0, 1}
	}
	cause := r.weighted(weights)
	h.Cause = causes[cause]
	h.Ill = cause == 0 || r.chance(8)
	h.Disabled = cause == 1 || r.chance(4)
	h.Kind = "一般户"
	switch {
	case h.LivesAlone && h.Elderly && r.chance(30):
		h.Kind = "特困户"
	case (h.Ill || h.Disabled || h.Elderly) && r.chance(42):
		h.Kind = "低保户"
	}
	without := 18
	switch {
	case age >= 75:
		without = 62
	case age >= 65:
		without = 42
	case h.Disabled:
		without = 40
	}
	if !r.chance(without) {
		h.Phone = g.phone()
	}
	if h.Consent = h.Phone == "" || r.chance(68); h.Consent {
		h.Consented = time.Date(g.Season-1, time.Month(r.between(1, 6)), int(r.between(1, 28)), 0, 0, 0, 0, China)
	}
}

// frailty is how hard work is for a household; more is harder.
func frailty(h *Household) int {
	n := 0
	if h.Elderly {
		n += 20
	}
	if h.LivesAlone {
		n += 20
	}
	if h.Ill {
		n += 15
	}
	if h.Disabled {
		n += 30
	}
	return n
}

// helpers gives each village its share of the helpers, about ten households each.
func (g *generator) helpers() {
	r := g.random("helpers")
	perVillage := make([]int64, VillageCount)
	for i := range g.Households {
		perVillage[g.Households[i].Village]++
	}
	counts := apportion(HelperCount, perVillage)
	taken := map[[2]string]bool{}
	first := 0
	for v, count := range counts {
		start := len(g.Helpers)
		for range count {
			unit := g.Villages[v].Unit
			switch {
			case r.chance(22):
				unit = g.Townships[g.Villages[v].Township].Name + "人民政府"
			case r.chance(12):
				unit = g.Townships[g.Villages[v].Township].Name + "中心学校"
			}
			name := r.worker(g.Season)
			for taken[[2]string{name, unit}] { // a unit tells namesakes apart
				name = r.worker(g.Season)
			}
			taken[[2]string{name, unit}] = true
			g.Helpers = append(g.Helpers, Helper{
				Code: fmt.Sprintf("BF-%04d", len(g.Helpers)+1), Name: name, Unit: unit, Phone: g.phone(), Mark: Mark,
			})
		}
		n := int(perVillage[v])
		for i := range n {
			g.Households[first+i].Helper = start + i*int(count)/n
		}
		first += n
	}
}
