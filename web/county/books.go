package county

import (
	"context"
	"net/http"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/sheet"
)

func (s *bookPages) booksRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/ledger", "county.ledger", s.ledger, county...)
	s.Guarded("GET", "/county/ledger/journal", "county.journal", s.journal, county...)
	s.Guarded("GET", "/county/ledger/file", "county.ledger.file", s.ledgerFile, county...)
	s.Guarded("GET", "/county/ledger/account", "county.account", s.account, county...)
	s.Guarded("GET", "/county/ledger/account/file", "county.account.file", s.accountFile, county...)
	s.Guarded("GET", "/county/ledger/journal/file", "county.journal.file", s.journalFile, county...)
	s.Guarded("GET", "/county/ledger/periods", "county.periods", s.periods, county...)
	s.Guarded("POST", "/county/ledger/periods", "county.periods.ask", s.periodsAsk, county...)
	s.Guarded("POST", "/county/ledger/periods/{id:[0-9]+}", "county.periods.decide", s.periodsDecide, county...)
}

// mostLines is what a table of the journal holds; more is asked for month by month.
const mostLines = 200_000

type ledgerPage struct {
	Words     page.Words
	Trial     payments.Trial
	From, To  string
	Today     string
	Presets   []preset
	Opening   int64
	Debit     int64
	Credit    int64
	Closed    string // last day that is closed
	Unbounded bool
}

// preset is a window that people ask for.
type preset struct {
	Text, From, To string
	Current        bool
}

// presets are today, this month, the last one and this year.
func presets(l page.Lang, now time.Time, from, to string) []preset {
	now = now.In(page.China)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, page.China)
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	list := []preset{
		{Text: l.Pick("截至今天", "Up to today")},
		{Text: l.Pick("本月", "This month"), From: day(first), To: day(now)},
		{Text: l.Pick("上月", "Last month"), From: day(first.AddDate(0, -1, 0)), To: day(first.AddDate(0, 0, -1))},
		{Text: l.Pick("今年", "This year"), From: day(time.Date(now.Year(), 1, 1, 0, 0, 0, 0, page.China)), To: day(now)},
		{Text: l.Pick("去年", "Last year"), From: day(time.Date(now.Year()-1, 1, 1, 0, 0, 0, 0, page.China)), To: day(time.Date(now.Year()-1, 12, 31, 0, 0, 0, 0, page.China))},
	}
	for i := range list {
		list[i].Current = list[i].From == from && list[i].To == to
	}
	return list
}

// ledger is the trial balance, up to a day or between two.
func (s *bookPages) ledger(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := ledgerPage{Words: s.Words(r), From: f.Text("from"), To: f.Text("to"), Today: s.Now().In(page.China).Format(time.DateOnly)}
	d.Presets = presets(page.LangOf(r), s.Now(), d.From, d.To)
	var err error
	if d.Trial, err = s.Books.Trial(ctx, payments.TrialRequest{From: d.From, To: d.To}); err != nil && !f.Fail(err) {
		return err
	}
	for _, row := range d.Trial.Rows {
		d.Opening += row.OpeningFen
		d.Debit += row.DebitFen
		d.Credit += row.CreditFen
	}
	d.Unbounded = d.From == ""
	periods, err := s.Books.Periods(ctx, payments.None{})
	if err != nil {
		return err
	}
	d.Closed = periods.ClosedThrough
	return s.RenderForm(w, r, "county/ledger", d, f)
}

// OK reports whether the books balance.
func (d ledgerPage) OK() bool { return d.Trial.SumFen == 0 && d.Debit == d.Credit }

// One reports whether a kind is a single account, which can be opened.
func (ledgerPage) One(kind string) bool {
	switch kind {
	case "bank", "suspense", "cash:site":
		return true
	}
	return strings.HasPrefix(kind, "clearing:") || strings.HasPrefix(kind, "exp:")
}

func (s *bookPages) ledgerFile(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	words := s.Words(r)
	trial, err := s.Books.Trial(r.Context(), payments.TrialRequest{From: f.Text("from"), To: f.Text("to")})
	if err != nil {
		return err
	}
	pick := page.LangOf(r).Pick
	head := []string{pick("类别", "Class"), pick("科目", "Account"), pick("代码", "Code"), pick("户头数", "Accounts"), pick("期初余额", "Opening"), pick("借方", "Debit"),
		pick("贷方", "Credit"), pick("期末余额", "Closing")}
	rows := make([][]sheet.Value, 0, len(trial.Rows))
	for _, row := range trial.Rows {
		rows = append(rows, []sheet.Value{sheet.Text(words.Say("ledger", row.Class)), sheet.Text(words.Say("ledger.kind", row.Kind)), sheet.Text(row.Kind), sheet.Count(row.Accounts),
			sheet.Fen(row.OpeningFen), sheet.Fen(row.DebitFen), sheet.Fen(row.CreditFen), sheet.Fen(row.ClosingFen)})
	}
	return sendSheet(w, pick("试算平衡表", "Trial balance")+" "+trial.To, head, rows)
}

type accountPage struct {
	Words     page.Words
	Statement payments.AccountStatement
	Request   payments.AccountRequest
	Presets   []preset
}

func accountRequest(f *page.Form) payments.AccountRequest {
	return payments.AccountRequest{Account: f.Text("code"), From: f.Text("from"), To: f.Text("to"), Cursor: f.Text("cursor"), Limit: 100}
}

// account is the statement of one account, with the balance after every line.
func (s *bookPages) account(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := accountPage{Words: s.Words(r), Request: accountRequest(f)}
	d.Presets = presets(page.LangOf(r), s.Now(), d.Request.From, d.Request.To)
	if d.Request.Account == "" {
		return link.E(link.NotFound, "books.unknown_account", "account")
	}
	var err error
	if d.Statement, err = s.Books.AccountStatement(r.Context(), d.Request); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/account", d, f)
}

func (s *bookPages) accountFile(w http.ResponseWriter, r *http.Request) error {
	request := accountRequest(s.QueryForm(r))
	request.Cursor, request.Limit = "", 2000
	pick := page.LangOf(r).Pick
	head := []string{pick("记账日", "Booked on"), pick("业务", "Business"), pick("业务编号", "Key"), pick("经手", "By"), pick("借方", "Debit"), pick("贷方", "Credit"), pick("余额", "Balance")}
	var rows [][]sheet.Value
	for len(rows) < mostLines {
		list, err := s.Books.AccountStatement(r.Context(), request)
		if err != nil {
			return err
		}
		if request.Cursor == "" {
			rows = append(rows, []sheet.Value{sheet.Text(""), sheet.Text(pick("期初余额", "Opening balance")), sheet.Text(list.Account), sheet.Text(""), sheet.Text(""), sheet.Text(""), sheet.Fen(list.OpeningFen)})
		}
		for _, e := range list.Items {
			rows = append(rows, append([]sheet.Value{sheet.Text(e.BookedOn), sheet.Text(e.Kind), sheet.Text(e.BusinessKey), sheet.Text(e.Actor)}, append(sides(e.AmountFen), sheet.Fen(e.BalanceFen))...))
		}
		if request.Cursor = list.Cursor; request.Cursor == "" {
			break
		}
	}
	return sendSheet(w, strings.ReplaceAll(request.Account, ":", " "), head, rows)
}

// sides are an amount's debit and credit columns.
func sides(fen int64) []sheet.Value {
	if fen < 0 {
		return []sheet.Value{sheet.Text(""), sheet.Fen(-fen)}
	}
	return []sheet.Value{sheet.Fen(fen), sheet.Text("")}
}

func (s *bookPages) journalFile(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	request := payments.EntriesRequest{From: f.Text("from"), To: f.Text("to"), Limit: 2000}
	if request.From == "" { // all there ever was is more than a table holds
		request.From = s.Now().In(page.China).Format("2006-01") + "-01"
	}
	pick := page.LangOf(r).Pick
	head := []string{pick("记账日", "Booked on"), pick("发生时间", "Happened"), pick("凭证号", "Transaction"), pick("行", "Line"), pick("业务", "Business"), pick("业务编号", "Key"),
		pick("户头", "Account"), pick("借方", "Debit"), pick("贷方", "Credit"), pick("经手", "By")}
	var rows [][]sheet.Value
	for len(rows) < mostLines {
		list, err := s.Books.LedgerEntries(r.Context(), request)
		if err != nil {
			return err
		}
		for _, e := range list.Items {
			row := []sheet.Value{sheet.Text(e.BookedOn), sheet.Text(e.OccurredAt.In(page.China).Format("2006-01-02 15:04")), sheet.Count(e.TxnID), sheet.Count(int64(e.Line)), sheet.Text(e.Kind),
				sheet.Text(e.BusinessKey), sheet.Text(e.Account)}
			rows = append(rows, append(append(row, sides(e.AmountFen)...), sheet.Text(e.Actor)))
		}
		if request.Cursor = list.Cursor; request.Cursor == "" {
			break
		}
	}
	return sendSheet(w, pick("分录", "Journal")+" "+request.From, head, rows)
}

type periodsPage struct {
	Words     page.Words
	Periods   payments.Periods
	Asked     *payments.Closing
	Mine      bool
	MayAsk    bool
	MayDecide bool
	Months    []page.Option // that can be closed
}

func (s *bookPages) periodsPage(r *http.Request) (periodsPage, error) {
	d := periodsPage{Words: s.Words(r)}
	var err error
	if d.Periods, err = s.Books.Periods(r.Context(), payments.None{}); err != nil {
		return d, err
	}
	a := auth.FromContext(r.Context())
	for i, c := range d.Periods.Closings {
		if c.State == payments.ClosingAsked {
			d.Asked, d.Mine = &d.Periods.Closings[i], c.AskedBy == a.Login
		}
	}
	d.MayAsk = a.Role.In(auth.Operator, auth.Admin)
	d.MayDecide = a.Role.In(auth.Approver, auth.Admin) && !d.Mine
	running := s.Now().In(page.China).Format("2006-01")
	for _, p := range d.Periods.Items {
		if !p.Closed && p.Month < running {
			d.Months = append(d.Months, page.Option{Value: p.Month, Label: p.Month})
		}
	}
	return d, nil
}

func (s *bookPages) periods(w http.ResponseWriter, r *http.Request) error {
	d, err := s.periodsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/periods", d, s.NewForm(page.LangOf(r)))
}

func (s *bookPages) onPeriods(w http.ResponseWriter, r *http.Request, command func(context.Context, *page.Form) (done string, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	done, err := command(r.Context(), f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.periods")
	}
	d, err := s.periodsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/periods", d, f)
}

func (s *bookPages) periodsAsk(w http.ResponseWriter, r *http.Request) error {
	return s.onPeriods(w, r, func(ctx context.Context, f *page.Form) (string, error) {
		if !f.Need("month") {
			return "", nil
		}
		_, err := s.Books.AskClosing(ctx, payments.AskClosing{Month: f.Text("month")})
		return "books.asked_done", err
	})
}

func (s *bookPages) periodsDecide(w http.ResponseWriter, r *http.Request) error {
	return s.onPeriods(w, r, func(ctx context.Context, f *page.Form) (string, error) {
		approve := f.Text("decision") == "approve"
		if !approve && !f.Need("reason") {
			return "", nil
		}
		_, err := s.Books.DecideClosing(ctx, payments.DecideClosing{ID: page.PathInt(r, "id"), Approve: approve, Reason: f.Text("reason")})
		if !approve {
			return "books.refused_done", err
		}
		return "books.closed_done", err
	})
}
