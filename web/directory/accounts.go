package directory

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

// accountRoutes are the pages of payout accounts that come in a sheet.
func (s *pages) accountRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/payouts/accounts", "county.accountbatches", s.accountList, county...)
	s.Guarded("POST", "/county/payouts/accounts", "county.accountbatches.read", s.accountRead, county...)
	s.Guarded("GET", "/county/payouts/accounts/template", "county.accountbatches.template", s.accountTemplate, county...)
	s.Guarded("GET", "/county/payouts/accounts/{id:[0-9]+}", "county.accountbatch", s.accountBatch, county...)
	s.Guarded("POST", "/county/payouts/accounts/{id:[0-9]+}", "county.accountbatch.step", s.accountBatchStep, county...)
	s.Guarded("POST", "/county/payouts/accounts/{id:[0-9]+}/decide", "county.accountbatch.decide", s.accountBatchDecide, auth.Approver)
	s.Guarded("POST", "/county/payouts/accounts/{id:[0-9]+}/rows/{line:[0-9]+}", "county.accountbatch.row", s.accountBatchRow, auth.Approver)
	s.Guarded("GET", "/county/payouts/accounts/{id:[0-9]+}/wrong", "county.accountbatch.wrong", s.accountBatchWrong, county...)
}

type accountListPage struct {
	Batches []payments.AccountBatch
	MB      int
}

func (s *pages) accountList(w http.ResponseWriter, r *http.Request) error {
	return s.renderAccountList(w, r, s.NewForm(page.LangOf(r)))
}

func (s *pages) renderAccountList(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	list, err := s.Accounts.AccountBatches(r.Context(), payments.AccountBatchesRequest{})
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/account_list", accountListPage{Batches: list.Items, MB: sheet.MaxWorkbookBytes >> 20}, f)
}

// accountTemplate is the empty sheet.
func (s *pages) accountTemplate(w http.ResponseWriter, _ *http.Request) error {
	var b bytes.Buffer
	if err := sheet.WriteTemplate(&b, payments.Kinds()); err != nil {
		return err
	}
	page.SendFile(w, payments.File{Name: "收款账户和历年收入模板.xlsx", Type: sheet.XLSX, Data: b.Bytes()})
	return nil
}

// accountRead reads a sheet of accounts, or of income of earlier years.
func (s *pages) accountRead(w http.ResponseWriter, r *http.Request) error {
	return s.readAt(w, r, door{Kinds: payments.Kinds(), Page: "county.accountbatches", Read: "county.accountbatches.read", again: s.renderAccountList})
}

// fillAccounts fills a batch with rows and asks to check it. A batch that cannot be filled whole is given up.
func (s *pages) fillAccounts(ctx context.Context, open payments.OpenAccountBatch, rows []entry.Row) (payments.AccountBatch, error) {
	b, err := s.Accounts.OpenAccountBatch(ctx, open)
	if err != nil {
		return b, err
	}
	if err = FillAccounts(ctx, s.Accounts, b.ID, rows); err == nil {
		return s.Accounts.CheckAccountBatch(ctx, payments.CheckAccountBatch{ID: b.ID})
	}
	_, dropped := s.Accounts.DropAccountBatch(context.WithoutCancel(ctx), payments.AccountBatchRef{ID: b.ID})
	return b, errors.Join(err, dropped)
}

// FillAccounts adds rows to a batch in parts that one request takes.
func FillAccounts(ctx context.Context, batches payments.AccountBatches, id int64, rows []entry.Row) error {
	for part, err := range batchParts(rows) {
		if err != nil {
			return err
		}
		if _, err := batches.AddAccountRows(ctx, payments.AccountRows{ID: id, Rows: part}); err != nil {
			return err
		}
	}
	return nil
}

type accountRowView struct {
	payments.AccountBatchRow
	Reasons []string
}

type accountBatchPage struct {
	Batch              payments.AccountBatch
	Unusual, Wrong     []accountRowView
	Usual              []accountRowView
	Next               map[string]int
	Title              string // of its kind
	Busy, Mine, Second bool
}

// accountsBusy reports whether the module works on a batch.
func accountsBusy(state payments.AccountBatchState) bool {
	return state == payments.AccountsChecking || state == payments.AccountsApplying
}

// accountRowsShown is how many rows of each list the page shows.
const accountRowsShown = 200

func (s *pages) accountBatchPage(r *http.Request) (accountBatchPage, error) {
	ctx, who := r.Context(), auth.FromContext(r.Context())
	b, err := s.Accounts.AccountBatch(ctx, payments.AccountBatchRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return accountBatchPage{}, err
	}
	d := accountBatchPage{Batch: b, Next: map[string]int{}, Busy: accountsBusy(b.State),
		Mine: who.ID == b.Opener, Second: who.Role == auth.Approver && who.ID != b.Opener && b.State == payments.AccountsWaiting}
	if k, ok := payments.KindByName(b.Kind); ok {
		d.Title = titleOf(page.LangOf(r), k.Title)
	}
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
		part, err := s.Accounts.AccountBatchRows(ctx, payments.AccountBatchRowsRequest{ID: b.ID, Show: show, After: after, Limit: accountRowsShown})
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
func (s *pages) accountBatch(w http.ResponseWriter, r *http.Request) error {
	return s.renderAccounts(w, r, s.NewForm(page.LangOf(r)))
}

func (s *pages) renderAccounts(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	d, err := s.accountBatchPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "directory/accounts", d, f)
}

func (s *pages) accountBatchDo(w http.ResponseWriter, r *http.Request, do func(f *page.Form, id int64) error) error {
	return s.stepped(w, r, "county.accountbatch", s.renderAccounts, do)
}

// accountBatchStep takes a step of the batch's opener.
func (s *pages) accountBatchStep(w http.ResponseWriter, r *http.Request) error {
	return s.accountBatchDo(w, r, func(f *page.Form, id int64) error {
		ref := payments.AccountBatchRef{ID: id}
		var err error
		switch f.Text("step") {
		case "check":
			_, err = s.Accounts.CheckAccountBatch(r.Context(), payments.CheckAccountBatch{ID: id})
		case "submit":
			_, err = s.Accounts.SubmitAccountBatch(r.Context(), ref)
		case "drop":
			_, err = s.Accounts.DropAccountBatch(r.Context(), ref)
		}
		return err
	})
}

func (s *pages) accountBatchDecide(w http.ResponseWriter, r *http.Request) error {
	return s.accountBatchDo(w, r, func(f *page.Form, id int64) error {
		_, err := s.Accounts.DecideAccountBatch(r.Context(), payments.DecideAccountBatch{ID: id, Approve: f.Text("decision") == "approve", Why: f.Text("why")})
		return err
	})
}

func (s *pages) accountBatchRow(w http.ResponseWriter, r *http.Request) error {
	return s.accountBatchDo(w, r, func(f *page.Form, id int64) error {
		_, err := s.Accounts.ExcludeAccountRow(r.Context(), payments.ExcludeAccountRow{ID: id, Line: int(page.PathInt(r, "line")),
			Why: f.Text("why"), Undo: f.Text("undo") != ""})
		return err
	})
}

// accountBatchWrong hands the rows that were left out to their sender, as a workbook to be mended.
func (s *pages) accountBatchWrong(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), page.PathInt(r, "id")
	b, err := s.Accounts.AccountBatch(ctx, payments.AccountBatchRef{ID: id})
	if err != nil {
		return err
	}
	kind, _ := payments.KindByName(b.Kind)
	t := sheet.Table{Kind: kind, Sheet: kind.Title.Zh, Heads: map[string]string{}}
	for after := 0; ; {
		part, err := s.Accounts.AccountBatchWrong(ctx, payments.AccountBatchWrongRequest{ID: id, After: after})
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
	problems, err := AccountProblems(ctx, s.Accounts, b)
	if err != nil {
		return err
	}
	return s.sendWrong(ctx, w, "有问题的"+kind.Title.Zh+".xlsx", []sheet.Table{t}, problems)
}

// AccountProblems lists what is wrong with the rows of a batch that are not taken.
func AccountProblems(ctx context.Context, batches payments.AccountBatches, b payments.AccountBatch) ([]entry.Problem, error) {
	var problems []entry.Problem
	for after := 0; ; {
		part, err := batches.AccountBatchRows(ctx, payments.AccountBatchRowsRequest{ID: b.ID, Show: payments.ShowWrong, After: after, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, row := range part.Items {
			add := func(field, key string, args map[string]string) {
				problems = append(problems, entry.Problem{Kind: b.Kind, Line: row.Line, Field: field, Key: key, Args: args})
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
