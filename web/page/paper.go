package page

import "strconv"

// SheetsAtMost is the largest number of sheets of a print job, within what a printer, and a browser, can take at once. Longer
// lists are printed in parts.
const SheetsAtMost = 200

// Part is one part of a list that is printed in parts.
type Part struct {
	No    int // from 1
	Of    int // at least 1
	Skip  int // rows before it
	Total int // rows of the list
}

// PartOf is the part of a list that a form asks for, or the nearest that there is.
func PartOf(asked int64, total int) Part {
	p := Part{Of: max(1, (total+SheetsAtMost-1)/SheetsAtMost), Total: total}
	p.No = int(min(max(asked, 1), int64(p.Of)))
	p.Skip = (p.No - 1) * SheetsAtMost
	return p
}

// End is the number of rows up to the end of the part.
func (p Part) End() int { return min(p.Skip+SheetsAtMost, p.Total) }

// All lists the numbers of the parts.
func (p Part) All() []int {
	all := make([]int, p.Of)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// Sheet is the number of the part's nth sheet, from 0, among all: 401 / 1250.
func (p Part) Sheet(n int) string {
	return strconv.Itoa(p.Skip+n+1) + " / " + strconv.Itoa(p.Total)
}
