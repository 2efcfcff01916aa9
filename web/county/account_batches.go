package county

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

// accountBatchRoutes are the pages of payout accounts that come in a sheet.
func (s *moneyPages) accountBatchRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/payouts/accounts", "county.accountbatches", s.accountBatches, county...)
	s.Guarded("POST", "/county/payouts/accounts", "county.accountbatches.read", s.accountBatchRead, county...)
	s.Guarded("GET", "/county/payouts/accounts/template", "county.accountbatches.template", s.accountBatchTemplate, county...)
	s.Guarded("GET", "/county/payouts/accounts/{id:[0-9]+}", "county.accountbatch", s.accountBatch, county...)
	s.Guarded("POST", "/county/payouts/accounts/{id:[0-9]+}", "county.accountbatch.step", s.accountBatchStep, county...)
	s.Guarded("POST", "/county/payouts/accounts/{id:[0-9]+}/decide", "county.accountbatch.decide", s.accountBatchDecide, auth.Approver)
	s.Guarded("POST", "/county/payouts/accounts/{id:[0-9]+}/rows/{line:[0-9]+}", "county.accountbatch.row", s.accountBatchRow, auth.Approver)
	s.Guarded("GET", "/county/payouts/accounts/{id:[0-9]+}/wrong", "county.accountbatch.wrong", s.accountBatchWrong, county...)
}

type accountBatchesPage struct {
	Batches []payments.AccountBatch
}

func (s *moneyPages) accountBatches(w http.ResponseWriter, r *http.Request) error {
	return s.renderAccountBatches(w, r, s.NewForm(page.LangOf(r)))
}

func (s *moneyPages) renderAccountBatches(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	list, err := s.AccountBatches.AccountBatches(r.Context(), payments.AccountBatchesRequest{})
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/account_batches", accountBatchesPage{Batches: list.Items}, f)
}

// accountBatchTemplate is the empty sheet.
func (s *moneyPages) accountBatchTemplate(w http.ResponseWriter, _ *http.Request) error {
	var b bytes.Buffer
	if err := sheet.WriteTemplate(&b, payments.Kinds()); err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: "收款账户模板.xlsx", Type: sheet.XLSX, Data: b.Bytes()})
	return nil
}

// accountBatchRead reads a sheet into a batch and has it checked.
func (s *moneyPages) accountBatchRead(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id, err := s.takeAccounts(r)
	if err == nil {
		return s.GoTo(w, r, "county.accountbatch", "id", id)
	}
	if !f.Fail(err) {
		return err
	}
	return s.renderAccountBatches(w, r, f)
}

func (s *moneyPages) takeAccounts(r *http.Request) (int64, error) {
	ctx := r.Context()
	name, data, err := page.Uploaded(r)
	if err != nil {
		return 0, err
	}
	book, err := sheet.ReadWorkbook(data, payments.Kinds(), nil)
	if err != nil {
		return 0, err
	}
	for _, found := range book.Findings {
		if found.Stops {
			e := link.E(link.Invalid, found.Key, page.UploadField)
			e.Args = found.Args
			return 0, e
		}
	}
	table, ok := book.Table(payments.KindAccount)
	if !ok || len(table.Rows) == 0 {
		return 0, link.E(link.Invalid, "accounts.empty", page.UploadField)
	}
	batch, err := FillAccountBatch(ctx, s.AccountBatches, name, table.Rows)
	return batch.ID, err
}

// FillAccountBatch fills a batch with rows and asks to check it. A batch that cannot be filled whole is given up.
func FillAccountBatch(ctx context.Context, batches payments.AccountBatches, name string, rows []entry.Row) (payments.AccountBatch, error) {
	b, err := batches.OpenAccountBatch(ctx, payments.OpenAccountBatch{Name: name})
	if err != nil {
		return b, err
	}
	ref := payments.AccountBatchRef{ID: b.ID}
	for first := 0; first < len(rows) && err == nil; first += accountPart {
		_, err = batches.AddAccountRows(ctx, payments.AccountRows{ID: b.ID, Rows: rows[first:min(first+accountPart, len(rows))]})
	}
	if err == nil {
		return batches.CheckAccountBatch(ctx, payments.CheckAccountBatch{ID: b.ID})
	}
	_, dropped := batches.DropAccountBatch(context.WithoutCancel(ctx), ref)
	return b, errors.Join(err, dropped)
}

// accountPart is how many rows one request holds: a request of a module takes 1 MiB.
const accountPart = 500

type accountRowView struct {
	payments.AccountBatchRow
	Reasons []string
}

type accountBatchPage struct {
	Batch              payments.AccountBatch
	Unusual, Wrong     []accountRowView
	Usual              []accountRowView
	Next               map[string]int
	Busy, Mine, Second bool
}

// accountRowsShown is how many rows of each list the page shows.
const accountRowsShown = 200

func (s *moneyPages) accountBatchPage(r *http.Request) (accountBatchPage, error) {
	ctx, who := r.Context(), auth.FromContext(r.Context())
	b, err := s.AccountBatches.AccountBatch(ctx, payments.AccountBatchRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return accountBatchPage{}, err
	}
	d := accountBatchPage{Batch: b, Next: map[string]int{}, Busy: b.State == payments.AccountsChecking || b.State == payments.AccountsApplying,
		Mine: who.ID == b.Opener, Second: who.Role == auth.Approver && who.ID != b.Opener && b.State == payments.AccountsWaiting}
	if b.State == payments.AccountsFilling || b.State == payments.AccountsChecking {
		return d, nil
	}
	f := s.QueryForm(r)
	words := s.Words(r)
	for show, rows := range map[string]*[]accountRowView{payments.ShowUnusual: &d.Unusual, payments.ShowWrong: &d.Wrong, payments.ShowUsual: &d.Usual} {
		after := 0
		if f.Text("show") == show {
			after = int(f.Int("after"))
		}
		part, err := s.AccountBatches.AccountBatchRows(ctx, payments.AccountBatchRowsRequest{ID: b.ID, Show: show, After: after, Limit: accountRowsShown})
		if err != nil {
			return d, err
		}
		d.Next[show] = part.Next
		for _, row := range part.Items {
			v := accountRowView{AccountBatchRow: row}
			for _, found := range row.Findings {
				v.Reasons = append(v.Reasons, words.Problem(found.Key, found.Args))
			}
			if row.Skipped != "" {
				v.Reasons = append(v.Reasons, words.Problem(row.Skipped, nil))
			}
			*rows = append(*rows, v)
		}
	}
	return d, nil
}

// accountBatch shows how far a batch has come. While the module works on it, the page asks for itself again.
func (s *moneyPages) accountBatch(w http.ResponseWriter, r *http.Request) error {
	d, err := s.accountBatchPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/account_batch", d, s.NewForm(page.LangOf(r)))
}

func (s *moneyPages) accountBatchDo(w http.ResponseWriter, r *http.Request, do func(f *page.Form, id int64) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	if err = do(f, id); err == nil {
		return s.GoTo(w, r, "county.accountbatch", "id", id)
	}
	if !f.Fail(err) {
		return err
	}
	f.Rename("id", "")
	d, err := s.accountBatchPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/account_batch", d, f)
}

// accountBatchStep takes a step of the batch's opener.
func (s *moneyPages) accountBatchStep(w http.ResponseWriter, r *http.Request) error {
	return s.accountBatchDo(w, r, func(f *page.Form, id int64) error {
		ref := payments.AccountBatchRef{ID: id}
		var err error
		switch f.Text("step") {
		case "check":
			_, err = s.AccountBatches.CheckAccountBatch(r.Context(), payments.CheckAccountBatch{ID: id})
		case "submit":
			_, err = s.AccountBatches.SubmitAccountBatch(r.Context(), ref)
		case "drop":
			_, err = s.AccountBatches.DropAccountBatch(r.Context(), ref)
		}
		return err
	})
}

func (s *moneyPages) accountBatchDecide(w http.ResponseWriter, r *http.Request) error {
	return s.accountBatchDo(w, r, func(f *page.Form, id int64) error {
		_, err := s.AccountBatches.DecideAccountBatch(r.Context(), payments.DecideAccountBatch{ID: id, Approve: f.Text("decision") == "approve", Why: f.Text("why")})
		return err
	})
}

func (s *moneyPages) accountBatchRow(w http.ResponseWriter, r *http.Request) error {
	return s.accountBatchDo(w, r, func(f *page.Form, id int64) error {
		_, err := s.AccountBatches.ExcludeAccountRow(r.Context(), payments.ExcludeAccountRow{ID: id, Line: int(page.PathInt(r, "line")),
			Why: f.Text("why"), Undo: f.Text("undo") != ""})
		return err
	})
}

// accountBatchWrong hands the rows that were left out to their sender, as a workbook to be mended.
func (s *moneyPages) accountBatchWrong(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), page.PathInt(r, "id")
	kind := payments.Kinds()[0]
	t := sheet.Table{Kind: kind, Sheet: kind.Title.Zh, Heads: map[string]string{}}
	for after := 0; ; {
		part, err := s.AccountBatches.AccountBatchWrong(ctx, payments.AccountBatchWrongRequest{ID: id, After: after})
		if err != nil {
			return err
		}
		if len(part.Rows) == 0 {
			break
		}
		t.Rows = append(t.Rows, part.Rows...)
		after = part.Rows[len(part.Rows)-1].Line
	}
	if len(t.Rows) == 0 {
		return link.E(link.NotFound, "accounts.gone", "id")
	}
	for i := range kind.Fields {
		t.Heads[kind.Fields[i].Name] = kind.Fields[i].Head.Zh
	}
	problems, err := s.accountProblems(ctx, id)
	if err != nil {
		return err
	}
	words := s.Glossary.Words(page.ZH) // like the headings
	var out bytes.Buffer
	err = sheet.WriteProblems(&out, []sheet.Table{t}, problems, func(p entry.Problem) string { return words.Problem(p.Key, p.Args) })
	if err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: "有问题的收款账户.xlsx", Type: sheet.XLSX, Data: out.Bytes()})
	return nil
}

func (s *moneyPages) accountProblems(ctx context.Context, id int64) ([]entry.Problem, error) {
	var problems []entry.Problem
	for after := 0; ; {
		part, err := s.AccountBatches.AccountBatchRows(ctx, payments.AccountBatchRowsRequest{ID: id, Show: payments.ShowWrong, After: after, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, row := range part.Items {
			add := func(field, key string, args map[string]string) {
				problems = append(problems, entry.Problem{Kind: payments.KindAccount, Line: row.Line, Field: field, Key: key, Args: args})
			}
			for _, found := range row.Findings {
				add(found.Field, found.Key, found.Args)
			}
			if row.Skipped != "" {
				add("household", row.Skipped, nil)
			}
			if row.Excluded != "" {
				add("household", "accounts.excluded", map[string]string{"why": row.Excluded})
			}
		}
		if after = part.Next; after == 0 {
			return problems, nil
		}
	}
}
