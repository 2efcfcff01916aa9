package directory

import (
	"bytes"
	"context"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// problemsShown is how many problems the page of a batch lists.
const problemsShown = 200

type batchKindRow struct {
	catalog.BatchKind
	Title string
}

type problemRow struct {
	Title, Column, Value, Text string
	Line                       int
}

type batchPage struct {
	Batch    catalog.Batch
	By       string
	Kinds    []batchKindRow
	Problems []problemRow
	Total    int64 // problems
	Changes  int64 // rows that loading adds or changes
	Busy     bool
	Counted  bool // the counts of the last run are there
	Mine     bool // the reader may download wrong rows
}

func (s *pages) batchPage(r *http.Request) (batchPage, error) {
	ctx, l := r.Context(), page.LangOf(r)
	b, err := s.Directory.Batch(ctx, catalog.BatchRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return batchPage{}, err
	}
	d := batchPage{Batch: b, Changes: b.Changes(), Busy: b.State == catalog.BatchChecking || b.State == catalog.BatchLoading,
		Counted: b.State == catalog.BatchChecked || b.State == catalog.BatchLoaded, Mine: auth.FromContext(ctx).ID == b.Opener}
	d.By = openedBy(l, b)
	for _, k := range b.Kinds {
		row := batchKindRow{BatchKind: k, Title: k.Kind}
		if kind, ok := catalog.KindByName(k.Kind); ok {
			row.Title = titleOf(l, kind.Title)
		}
		d.Kinds = append(d.Kinds, row)
	}
	if !d.Counted || b.Problems == 0 {
		return d, nil
	}
	found, err := s.Directory.BatchProblems(ctx, catalog.BatchProblemsRequest{ID: b.ID, Limit: problemsShown})
	if err != nil {
		return d, err
	}
	d.Total = found.Total
	for _, p := range found.Items {
		d.Problems = append(d.Problems, s.problemRow(r, p))
	}
	return d, nil
}

// openedBy names the person who sent a workbook.
func openedBy(l page.Lang, b catalog.Batch) string {
	if b.Opener == 0 {
		return byCommand(l)
	}
	return b.By
}

func (s *pages) problemRow(r *http.Request, p entry.Problem) problemRow {
	l := page.LangOf(r)
	row := problemRow{Title: p.Kind, Column: p.Field, Value: p.Value, Text: s.Words(r).Problem(p.Key, p.Args), Line: p.Line}
	if k, ok := catalog.KindByName(p.Kind); ok {
		row.Title = titleOf(l, k.Title)
		if f, ok := k.Field(p.Field); ok {
			row.Column = titleOf(l, f.Head)
		}
	}
	return row
}

// batch shows how far a workbook has come. While the module works on it, the page asks for itself again.
func (s *pages) batch(w http.ResponseWriter, r *http.Request) error {
	d, err := s.batchPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/batch", d, s.NewForm(page.LangOf(r)))
}

// batchStep takes a batch a step further and shows it again.
func (s *pages) batchStep(w http.ResponseWriter, r *http.Request, step func(context.Context, int64) (catalog.Batch, error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	if _, err = step(r.Context(), id); err == nil {
		return s.GoTo(w, r, "county.batch", "id", id)
	}
	if !f.Fail(err) {
		return err
	}
	f.Rename("id", "")
	d, err := s.batchPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/batch", d, f)
}

func (s *pages) batchCheck(w http.ResponseWriter, r *http.Request) error {
	return s.batchStep(w, r, func(ctx context.Context, id int64) (catalog.Batch, error) {
		return s.Directory.RunBatch(ctx, catalog.RunBatch{ID: id})
	})
}

func (s *pages) batchLoad(w http.ResponseWriter, r *http.Request) error {
	return s.batchStep(w, r, func(ctx context.Context, id int64) (catalog.Batch, error) {
		return s.Directory.RunBatch(ctx, catalog.RunBatch{ID: id, Load: true})
	})
}

func (s *pages) batchDrop(w http.ResponseWriter, r *http.Request) error {
	return s.batchStep(w, r, func(ctx context.Context, id int64) (catalog.Batch, error) {
		return s.Directory.DropBatch(ctx, catalog.BatchRef{ID: id})
	})
}

// batchWrong hands the wrong rows over as a workbook that can be mended and sent again.
func (s *pages) batchWrong(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := s.Directory.Batch(ctx, catalog.BatchRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	tables, err := s.wrongTables(ctx, b)
	if err != nil {
		return err
	}
	problems, err := s.allProblems(ctx, b.ID)
	if err != nil {
		return err
	}
	words := s.Glossary.Words(page.ZH) // like the headings
	var out bytes.Buffer
	err = sheet.WriteProblems(&out, tables, problems, func(p entry.Problem) string { return words.Problem(p.Key, p.Args) })
	if err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: "有问题的行.xlsx", Type: sheet.XLSX, Data: out.Bytes()})
	return nil
}

// wrongTables reads the wrong rows of a batch back.
func (s *pages) wrongTables(ctx context.Context, b catalog.Batch) ([]sheet.Table, error) {
	var tables []sheet.Table
	for _, n := range b.Kinds {
		k, ok := catalog.KindByName(n.Kind)
		if !ok || n.Wrong == 0 {
			continue
		}
		t := sheet.Table{Kind: k, Sheet: k.Title.Zh, Heads: map[string]string{}}
		var after int64
		for {
			part, err := s.Directory.BatchWrong(ctx, catalog.BatchWrongRequest{ID: b.ID, Kind: k.Name, After: after})
			if err != nil {
				return nil, err
			}
			if len(part.Rows) == 0 {
				break
			}
			after = int64(part.Rows[len(part.Rows)-1].Line)
			t.Rows = append(t.Rows, part.Rows...)
		}
		for _, row := range t.Rows {
			for name := range row.Cells {
				if f, ok := k.Field(name); ok {
					t.Heads[name] = f.Head.Zh
				}
			}
		}
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 {
		return nil, link.E(link.NotFound, "setup.wrong.gone", "id")
	}
	return tables, nil
}

func (s *pages) allProblems(ctx context.Context, id int64) ([]entry.Problem, error) {
	var all []entry.Problem
	for {
		part, err := s.Directory.BatchProblems(ctx, catalog.BatchProblemsRequest{ID: id, After: int64(len(all)), Limit: 1000})
		if err != nil {
			return nil, err
		}
		all = append(all, part.Items...)
		if len(part.Items) == 0 || int64(len(all)) >= part.Total {
			return all, nil
		}
	}
}
