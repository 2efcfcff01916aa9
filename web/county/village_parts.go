package county

import (
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// villageNames finds villages as people write them, and writes them so that they are found again.
type villageNames struct {
	byName map[string][]int64 // also with the township before it, and by code
	name   map[int64]string
}

func newVillageNames(ref catalog.Reference) villageNames {
	n := villageNames{byName: map[string][]int64{}, name: map[int64]string{}}
	townships := map[int64]string{}
	for _, t := range ref.Townships {
		townships[t.ID] = t.Name
	}
	for _, v := range ref.Villages {
		for _, name := range []string{v.Name, townships[v.TownshipID] + v.Name, v.Code} {
			if name != "" {
				n.byName[name] = append(n.byName[name], v.ID)
			}
		}
	}
	for _, v := range ref.Villages {
		n.name[v.ID] = v.Name
		if len(n.byName[v.Name]) > 1 {
			n.name[v.ID] = townships[v.TownshipID] + v.Name
		}
	}
	return n
}

// villageParts reads the parts that village collectives keep: a village and an amount in yuan, or a percentage, on each line.
func villageParts(f *page.Form, field string, names villageNames) []payments.VillagePart {
	parts := []payments.VillagePart{}
	for i, line := range strings.Split(f.Text(field), "\n") {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r，:：　", r) })
		if len(words) == 0 {
			continue
		}
		number := words[len(words)-1]
		bare := strings.TrimRight(number, "%％")
		hundredths, err := money.ParseYuan(bare)
		if err != nil || len(words) < 2 {
			f.Add(field, "pool.village_line", "line", strconv.Itoa(i+1))
			return nil
		}
		name := strings.Join(words[:len(words)-1], "")
		found := names.byName[name]
		switch len(found) {
		case 0:
			f.Add(field, "pool.village_unknown", "name", name)
			return nil
		case 1:
		default:
			f.Add(field, "pool.village_same", "name", name)
			return nil
		}
		p := payments.VillagePart{Village: found[0], AmountFen: hundredths}
		if bare != number {
			p.AmountFen, p.BP = 0, hundredths
		}
		parts = append(parts, p)
	}
	return parts
}

// villageLines writes parts as they are read.
func villageLines(parts []payments.VillagePart, names villageNames) string {
	var lines []string
	for _, p := range parts {
		number := page.Hundredths(p.AmountFen)
		if p.BP != 0 {
			number = page.Hundredths(p.BP) + "%"
		}
		lines = append(lines, names.name[p.Village]+" "+number)
	}
	return strings.Join(lines, "\n")
}
