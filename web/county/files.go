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

// rowsOfSheet is the size of a sheet, below the bound of spreadsheets; a longer list goes on in the next sheet.
const rowsOfSheet = 500_000

// sentList is a list that is handed over as XLSX, with all of its rows.
type sentList struct {
	name   string
	head   []string
	summed []string // heads of columns with a sum
	filter []string // content of the list: days, season, search
	rows   [][]sheet.Value
	each   func(add func(row []sheet.Value) error) error // adds the rows of a list that is read in parts
	most   int                                           // rows of a sheet, rowsOfSheet where it is 0
}

// sendSheet hands a list over.
func (l sentList) sendSheet(w http.ResponseWriter, lang page.Lang, now time.Time) error {
	data, _, err := l.book(lang, now)
	if err != nil {
		return err
	}
	l.send(w, data)
	return nil
}

func (l sentList) send(w http.ResponseWriter, data []byte) {
	page.SendFile(w, payments.File{Name: l.name + ".xlsx", Type: sheet.XLSX, Data: data})
}

// book makes the workbook, and counts its rows.
func (l sentList) book(lang page.Lang, now time.Time) (data []byte, rows int, err error) {
	columns := make([]sheet.ListColumn, len(l.head))
	for i, h := range l.head {
		columns[i] = sheet.ListColumn{Head: h, Sum: slices.Contains(l.summed, h)}
	}
	notes := append(slices.Clone(l.filter), lang.Pick("制表时间 ", "made ")+now.In(page.China).Format("2006-01-02 15:04"))
	head := sheet.ListHead{Name: l.name, Note: strings.Join(slices.DeleteFunc(notes, func(n string) bool { return n == "" }), " · "), Total: lang.Pick("合计", "Total")}
	if l.most == 0 {
		l.most = rowsOfSheet
	}
	if l.each == nil {
		l.each = func(add func([]sheet.Value) error) error {
			for _, row := range l.rows {
				if err := add(row); err != nil {
					return err
				}
			}
			return nil
		}
	}
	f, err := sheet.NewLists()
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	list, err := f.Begin(head, columns)
	if err != nil {
		return nil, 0, err
	}
	err = l.each(func(row []sheet.Value) error {
		if rows > 0 && rows%l.most == 0 {
			if err := list.End(); err != nil {
				return err
			}
			next := head
			next.Name = fmt.Sprintf("%s %d", l.name, rows/l.most+1)
			if list, err = f.Begin(next, columns); err != nil {
				return err
			}
		}
		rows++
		return list.Add(row...)
	})
	if err == nil {
		err = list.End()
	}
	if err != nil {
		return nil, rows, err
	}
	data, err = f.Bytes()
	return data, rows, err
}

// daysText says the days of a list.
func daysText(lang page.Lang, from, to string) string {
	switch {
	case from == "" && to == "":
		return ""
	case from == "":
		return lang.Pick("截至 ", "until ") + to
	case to == "":
		return lang.Pick("自 ", "since ") + from
	}
	return from + " – " + to
}
