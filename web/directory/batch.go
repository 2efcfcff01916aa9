package directory

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
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
	Counted  bool           // the counts of the last run are there
	Mine     bool           // the reader may download wrong rows
	Accounts []paymentBatch // that came in the same workbook
	Waits    bool           // a module works on the rows
}

// paymentBatch are the rows of a workbook that the payment module takes: accounts, or income of earlier years.
type paymentBatch struct {
	payments.AccountBatch
	Title string
}

// AccountChanges counts the rows that are submitted once the workbook is loaded.
func (p batchPage) AccountChanges() (n int64) {
	for _, b := range p.Accounts {
		if b.State == payments.AccountsChecked && b.Same == 0 {
			n += b.Changes()
		}
	}
	return n
}

// paymentBatches are the newest batch of each kind that came in a workbook.
func (s *pages) paymentBatches(ctx context.Context, workbook int64) ([]payments.AccountBatch, error) {
	list, err := s.Accounts.AccountBatches(ctx, payments.AccountBatchesRequest{Workbook: workbook})
	var latest []payments.AccountBatch
	for _, b := range list.Items {
		if !slices.ContainsFunc(latest, func(o payments.AccountBatch) bool { return o.Kind == b.Kind }) {
			latest = append(latest, b)
		}
	}
	return latest, err
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
		if kind, ok := KindByName(k.Kind); ok {
			row.Title = titleOf(l, kind.Title)
		}
		d.Kinds = append(d.Kinds, row)
	}
	batches, err := s.paymentBatches(ctx, b.ID)
	if err != nil {
		return d, err
	}
	d.Waits = d.Busy
	for _, a := range batches {
		part := paymentBatch{AccountBatch: a, Title: a.Kind}
		if k, ok := payments.KindByName(a.Kind); ok {
			part.Title = titleOf(l, k.Title)
		}
		d.Accounts, d.Waits = append(d.Accounts, part), d.Waits || accountsBusy(a.State)
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

// batch shows how far a workbook has come. While a module works on it, the page asks for itself again.
func (s *pages) batch(w http.ResponseWriter, r *http.Request) error {
	return s.renderBatch(w, r, s.NewForm(page.LangOf(r)))
}

func (s *pages) renderBatch(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	d, err := s.batchPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/batch", d, f)
}

// stepped takes the batch of a page a step further and shows the page again.
func (s *pages) stepped(w http.ResponseWriter, r *http.Request, route string, again func(http.ResponseWriter, *http.Request, *page.Form) error,
	step func(f *page.Form, id int64) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	if err = step(f, id); err == nil {
		return s.GoTo(w, r, route, "id", id)
	}
	if !f.Fail(err) {
		return err
	}
	f.Rename("id", "")
	return again(w, r, f)
}

// batchStep takes a step of a workbook: directory's rows by one call, and those of the payment module by another.
func (s *pages) batchStep(w http.ResponseWriter, r *http.Request, rows func(context.Context, int64) (catalog.Batch, error),
	accounts func(context.Context, int64) (payments.AccountBatch, error)) error {
	return s.stepped(w, r, "county.batch", s.renderBatch, func(_ *page.Form, id int64) error {
		ctx := r.Context()
		if _, err := rows(ctx, id); err != nil {
			return err
		}
		batches, err := s.paymentBatches(ctx, id)
		for _, b := range batches {
			if b.Opener != auth.FromContext(ctx).ID {
				continue // their opener takes them further
			}
			if _, err := accounts(ctx, b.ID); err != nil && link.CodeOf(err) != link.Conflict { // some went their own way
				return err
			}
		}
		return err
	})
}

func (s *pages) batchCheck(w http.ResponseWriter, r *http.Request) error {
	return s.batchStep(w, r, func(ctx context.Context, id int64) (catalog.Batch, error) {
		return s.Directory.RunBatch(ctx, catalog.RunBatch{ID: id})
	}, func(ctx context.Context, id int64) (payments.AccountBatch, error) {
		return s.Accounts.CheckAccountBatch(ctx, payments.CheckAccountBatch{ID: id})
	})
}

func (s *pages) batchLoad(w http.ResponseWriter, r *http.Request) error {
	return s.batchStep(w, r, func(ctx context.Context, id int64) (catalog.Batch, error) {
		return s.Directory.RunBatch(ctx, catalog.RunBatch{ID: id, Load: true})
	}, func(ctx context.Context, id int64) (payments.AccountBatch, error) {
		return s.Accounts.CheckAccountBatch(ctx, payments.CheckAccountBatch{ID: id, Submit: true})
	})
}

func (s *pages) batchDrop(w http.ResponseWriter, r *http.Request) error {
	return s.batchStep(w, r, func(ctx context.Context, id int64) (catalog.Batch, error) {
		return s.Directory.DropBatch(ctx, catalog.BatchRef{ID: id})
	}, func(ctx context.Context, id int64) (payments.AccountBatch, error) {
		return s.Accounts.DropAccountBatch(ctx, payments.AccountBatchRef{ID: id})
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
	return s.sendWrong(ctx, w, "有问题的行.xlsx", tables, problems)
}

// sendWrong sends wrong rows with their reasons.
func (s *pages) sendWrong(ctx context.Context, w http.ResponseWriter, name string, tables []sheet.Table, problems []entry.Problem) error {
	words := s.Glossary.Words(page.ZH) // like the headings
	var out bytes.Buffer
	err := sheet.WriteProblems(&out, tables, problems, func(p entry.Problem) string { return words.Problem(p.Key, p.Args) })
	if err != nil {
		return err
	}
	if err := auth.NoteExport(ctx, s.Trail, audit.Exported, name); err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: name, Type: sheet.XLSX, Data: out.Bytes()})
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
