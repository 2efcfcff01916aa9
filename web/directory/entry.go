package directory

import (
	"net/http"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/web/page"
)

type changeLine struct{ Head, From, To string }

type changeRow struct {
	At               time.Time
	What, By, Reason string
	Lines            []changeLine

	Households, Other string // of a handover: the number, and the other helper
}

type entryPage struct {
	Kind    kindView
	ID      int64 // 0: a new one
	Title   string
	Fields  []entryField
	Lists   []entryList
	Retired *time.Time
	History []changeRow
	Key     string   // code of a household, by which its other entries are found
	Picture string   // of a product
	Others  []string // helpers to whom a helper's households can be given
}

// entryName is how people call an entry.
func entryName(l page.Lang, k *entry.Kind, cells map[string]string) string {
	for _, name := range []string{"head", "name"} {
		if cells[name] != "" {
			return cells[name]
		}
	}
	var parts []string
	for _, name := range k.Key {
		if cells[name] != "" {
			parts = append(parts, cells[name])
		}
	}
	if len(parts) == 0 {
		return titleOf(l, k.Title)
	}
	return strings.Join(parts, " · ")
}

// entryPage is the page of an entry with the form f.
func (s *pages) entryPage(r *http.Request, k *entry.Kind, e catalog.Entry, f *page.Form) (entryPage, error) {
	l := page.LangOf(r)
	d := entryPage{Kind: viewOf(l, k), ID: e.ID, Retired: e.Retired, Title: entryName(l, k, e.Cells)}
	if e.ID == 0 {
		d.Title = l.Pick("新增：", "New: ") + titleOf(l, k.Title)
	}
	if k.Name == catalog.KindHousehold {
		d.Key = e.Cells["code"]
	}
	if k.Name == catalog.KindProduct && e.ID != 0 {
		picture, _ := k.Field("picture")
		d.Picture = codeOf(picture, e.Cells["picture"])
	}
	var err error
	if d.Lists, err = s.entryLists(r.Context(), k); err != nil {
		return d, err
	}
	if k.Name == catalog.KindHelper && e.ID != 0 {
		if d.Others, err = s.names(r.Context(), k.Name); err != nil {
			return d, err
		}
	}
	if d.Fields, err = entryFields(l, k, e, d.Lists, f); err != nil {
		return d, err
	}
	for _, ch := range e.History {
		d.History = append(d.History, changeRowOf(l, k, ch))
	}
	return d, nil
}

func changeRowOf(l page.Lang, k *entry.Kind, ch catalog.EntryChange) changeRow {
	row := changeRow{At: ch.At, What: ch.What, By: ch.By, Reason: ch.Reason}
	if ch.Command {
		row.By = byCommand(l)
	}
	if ch.What == catalog.HandedOver || ch.What == catalog.TakenOver {
		row.Households, row.Other = ch.To[catalog.HandedHouseholds], ch.To[catalog.HandedHelper]
		return row
	}
	for i := range k.Fields {
		f := &k.Fields[i]
		from, was := ch.From[f.Name]
		to, is := ch.To[f.Name]
		if was || is {
			row.Lines = append(row.Lines, changeLine{Head: titleOf(l, f.Head), From: wordOf(l, f, from), To: wordOf(l, f, to)})
		}
	}
	return row
}

// byCommand is the author of a change that a command on the server made.
func byCommand(l page.Lang) string { return l.Pick("命令行", "by command") }

func (s *pages) entryNew(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	d, err := s.entryPage(r, k, catalog.Entry{Kind: k.Name, Cells: firstCells(k, r)}, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/entry", d, f)
}

// firstCells are the cells of a new entry: its defaults, and those that the address names.
func firstCells(k *entry.Kind, r *http.Request) map[string]string {
	cells := map[string]string{}
	query := r.URL.Query()
	for i := range k.Fields {
		f := &k.Fields[i]
		if f.Default != nil {
			cells[f.Name] = f.Show(f.Default)
		}
		if given := query.Get(f.Name); given != "" && !f.Personal {
			cells[f.Name] = given
		}
	}
	return cells
}

func (s *pages) entry(w http.ResponseWriter, r *http.Request) error {
	return s.entryWith(w, r, s.NewForm(page.LangOf(r)))
}

// entryWith shows an entry with a form that was not taken.
func (s *pages) entryWith(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	e := catalog.Entry{Kind: k.Name, Cells: map[string]string{}}
	if id := page.PathInt(r, "id"); id != 0 {
		if e, err = s.Directory.Entry(r.Context(), catalog.EntryRef{Kind: k.Name, ID: id}); err != nil {
			return err
		}
	}
	d, err := s.entryPage(r, k, e, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/entry", d, f)
}

// entrySave adds an entry or changes one.
func (s *pages) entrySave(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	saved, err := s.Directory.SaveEntry(r.Context(), catalog.SaveEntry{Kind: k.Name, ID: id, Cells: cellsOf(k, id, f), Reason: f.Text("reason")})
	switch {
	case err == nil:
		s.Flash(r, page.Good, "directory.saved")
		return s.GoTo(w, r, "county.entry", "kind", k.Name, "id", saved.ID)
	case !f.Fail(err):
		return err
	}
	return s.entryWith(w, r, f)
}

// entryRetire takes an entry out of use, or back into it.
func (s *pages) entryRetire(w http.ResponseWriter, r *http.Request) error {
	k, err := kindOf(r)
	if err != nil {
		return err
	}
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id, undo := page.PathInt(r, "id"), f.Text("undo") != ""
	_, err = s.Directory.RetireEntry(r.Context(), catalog.RetireEntry{Kind: k.Name, ID: id, Undo: undo, Reason: f.Text("why")})
	if err == nil {
		said := "directory.retired"
		if undo {
			said = "directory.restored"
		}
		s.Flash(r, page.Good, said)
		return s.GoTo(w, r, "county.entry", "kind", k.Name, "id", id)
	}
	if !f.Fail(err) {
		return err
	}
	f.Rename("reason", "why") // the form of changes has a reason of its own
	f.Rename("id", "")
	return s.entryWith(w, r, f)
}
