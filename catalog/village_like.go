package catalog

import (
	"slices"
	"strings"

	"banmuyuan/internal/entry"
)

// VillageLike returns the one registered village, township and name, that a township and a name most likely mean: the same name
// but for the township in front of it and a word for village behind it, in that township or else in any. ok is false where none
// is like it, or several are.
func VillageLike(villages [][2]string, township, name string) (like [2]string, ok bool) {
	townships := map[string]bool{}
	for _, v := range villages {
		townships[v[0]] = true
	}
	for t := range townships {
		if rest, cut := cutTownship(name, t); cut {
			township, name = t, rest
			break
		}
	}
	core := villageCore(name)
	if core == "" {
		return like, false
	}
	var inside, all [][2]string
	for _, v := range villages {
		if villageCore(v[1]) != core {
			continue
		}
		all = append(all, v)
		if townshipCore(v[0]) == townshipCore(township) {
			inside = append(inside, v)
		}
	}
	if len(inside) == 0 {
		inside = all
	}
	if len(inside) != 1 {
		return like, false
	}
	return inside[0], true
}

// cutTownship cuts a township, with or without its last character, from the front of a village's name.
func cutTownship(name, township string) (string, bool) {
	for _, front := range []string{township, townshipCore(township)} {
		if rest, cut := strings.CutPrefix(name, front); cut && front != "" && villageCore(rest) != "" {
			return rest, true
		}
	}
	return name, false
}

func townshipCore(name string) string {
	for _, end := range []string{"镇", "乡", "街道"} {
		if core, cut := strings.CutSuffix(name, end); cut && core != "" {
			return core
		}
	}
	return name
}

var villageEnds = []string{"村民委员会", "村委会", "行政村", "村", "屯"}

func villageCore(name string) string {
	name = entry.FoldName(name)
	i := slices.IndexFunc(villageEnds, func(end string) bool { return strings.HasSuffix(name, end) && name != end })
	if i < 0 {
		return name
	}
	return strings.TrimSuffix(name, villageEnds[i])
}
