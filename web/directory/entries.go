package directory

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// entryRoutes are the pages of the entries of each kind.
func (s *pages) entryRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/directory/{kind:[a-z]+}", "county.directory", s.entries, county...)
	s.Guarded("GET", "/county/directory/{kind:[a-z]+}/new", "county.entry.new", s.entryNew, county...)
	s.Guarded("POST", "/county/directory/{kind:[a-z]+}/new", "county.entry.add", s.entrySave, county...)
	s.Guarded("GET", "/county/directory/{kind:[a-z]+}/{id:[0-9]+}", "county.entry", s.entry, county...)
	s.Guarded("POST", "/county/directory/{kind:[a-z]+}/{id:[0-9]+}", "county.entry.save", s.entrySave, county...)
	s.Guarded("POST", "/county/directory/helper/{id:[0-9]+}/replace", "county.helper.replace", s.helperReplace, county...)
	s.Guarded("POST", "/county/directory/{kind:[a-z]+}/{id:[0-9]+}/retire", "county.entry.retire", s.entryRetire, county...)
}

// kindOf finds the kind in the path. NotFound.
func kindOf(r *http.Request) (*entry.Kind, error) {
	k, ok := catalog.KindByName(mux.Vars(r)["kind"])
	if !ok {
		return nil, link.E(link.NotFound, "directory.kind", "kind")
	}
	return k, nil
}

// kindView is a kind in the reader's language.
type kindView struct {
	Name, Title, Hint string
	One, Stays        bool
}

func viewOf(l page.Lang, k *entry.Kind) kindView {
	return kindView{Name: k.Name, Title: titleOf(l, k.Title), Hint: titleOf(l, k.Hint), One: k.One, Stays: k.Stays}
}

type entryColumn struct {
	Head   string
	Figure bool
	field  *entry.Field
}

type entryRow struct {
	ID    int64
	Cells []string
}

type entriesPage struct {
	Kind     kindView
	Columns  []entryColumn
	Rows     []entryRow
	Total    int64
	Next     int64
	Retired  bool
	Filtered bool
}

// listedFields is how many fields of an entry a list shows.
const listedFields = 6

// columnsOf are the fields that a list shows: the first ones, without long texts and those that only maps, banks and
// translators read.
func columnsOf(l page.Lang, k *entry.Kind) []entryColumn {
	var columns []entryColumn
	for i := range k.Fields {
		f := &k.Fields[i]
		switch {
		case len(columns) == listedFields:
			return columns
		case f.Type == entry.Long, f.Type == entry.IDNumber, f.Type == entry.Account, f.Type == entry.Degrees, strings.HasSuffix(f.Name, "_en"):
			continue
		}
		columns = append(columns, entryColumn{Head: titleOf(l, f.Head), Figure: isFigure(f.Type), field: f})
	}
	return columns
}

// isFigure reports whether a field's values are figures that people compare.
func isFigure(t entry.Type) bool {
	return slices.Contains([]entry.Type{entry.Count, entry.Mu, entry.Square, entry.Grams, entry.Money, entry.Percent}, t)
}

// wordOf is a cell in the reader's language: the words of choices and flags are the kind's, all else is the county's.
func wordOf(l page.Lang, f *entry.Field, cell string) string {
	switch f.Type {
	case entry.Flag:
		switch cell {
		case yes:
			return l.Pick(yes, "yes")
		case no:
			return l.Pick(no, "no")
		}
	case entry.Choice:
		return choiceWord(l, f, cell)
	case entry.Choices:
		var words []string
		for _, one := range splitCell(cell) {
			words = append(words, choiceWord(l, f, one))
		}
		return strings.Join(words, l.Pick("、", ", "))
	}
	return cell
}

// The cells of a flag.
const (
	yes = "是"
	no  = "否"
)

func choiceWord(l page.Lang, f *entry.Field, cell string) string {
	for _, v := range f.Values {
		if cell == v.Name.Zh || cell == v.Code {
			return titleOf(l, v.Name)
		}
	}
	return cell
}

// splitCell divides a cell that lists several things.
func splitCell(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == '、' })
}

// entries lists the entries of a kind. The county itself has one, which is shown at once.
func (s *pages) entries(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	l, f := page.LangOf(r), s.QueryForm(r)
	filter := catalog.EntryFilter{Kind: k.Name, Query: f.Text("q"), Retired: f.Text("retired") != "" && !k.Stays, Limit: 50}
	filter.After, _ = strconv.ParseInt(f.Text("cursor"), 10, 64) // another text begins the list
	d := entriesPage{Kind: viewOf(l, k), Columns: columnsOf(l, k), Retired: filter.Retired, Filtered: filter.Query != ""}
	list, err := s.Directory.Entries(r.Context(), filter)
	if err != nil && !f.Fail(err) {
		return err
	}
	if k.One && err == nil {
		if len(list.Items) == 0 {
			return s.GoTo(w, r, "county.entry.new", "kind", k.Name)
		}
		return s.GoTo(w, r, "county.entry", "kind", k.Name, "id", list.Items[0].ID)
	}
	d.Total, d.Next = list.Total, list.Next
	for _, e := range list.Items {
		row := entryRow{ID: e.ID}
		for _, c := range d.Columns {
			row.Cells = append(row.Cells, wordOf(l, c.field, e.Cells[c.field.Name]))
		}
		d.Rows = append(d.Rows, row)
	}
	return s.RenderForm(w, r, "directory/entries", d, f)
}
