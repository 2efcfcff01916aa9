package county

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// sentList is a list that is handed over as XLSX.
type sentList struct {
	name   string
	head   []string
	summed []string // heads of columns with a sum
	filter string   // content of the list: days, season, search
	rows   [][]sheet.Value
	cut    int // rows after which the list ends although there are more, or 0
}

// sendSheet hands a list over.
func (l sentList) sendSheet(w http.ResponseWriter, lang page.Lang, now time.Time) error {
	columns := make([]sheet.ListColumn, len(l.head))
	for i, h := range l.head {
		columns[i] = sheet.ListColumn{Head: h, Sum: slices.Contains(l.summed, h)}
	}
	notes := []string{l.filter, lang.Pick("制表时间 ", "made ") + now.In(page.China).Format("2006-01-02 15:04")}
	if l.cut > 0 {
		notes = append(notes, fmt.Sprintf(lang.Pick("只有前 %d 行，其余没有列出，请缩小范围", "the first %d rows only, more are not listed: narrow the days"), l.cut))
	}
	notes = slices.DeleteFunc(notes, func(n string) bool { return n == "" })
	data, err := sheet.Write(sheet.ListHead{Name: l.name, Note: strings.Join(notes, " · "), Total: lang.Pick("合计", "Total")}, columns, l.rows)
	if err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: l.name + ".xlsx", Type: sheet.XLSX, Data: data})
	return nil
}

// daysText says the days of a list.
func daysText(from, to string) string {
	if from == "" && to == "" {
		return ""
	}
	return from + " – " + to
}
