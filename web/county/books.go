package county

import (
	"net/http"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/audit"
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
	list := sentList{name: pick("试算平衡表", "Trial balance") + " " + trial.To, head: head, rows: rows, filter: []string{daysText(page.LangOf(r), trial.From, trial.To)},
		summed: head[5:7]}
	if err := auth.NoteExport(r.Context(), s.Trail, audit.Exported, list.name); err != nil {
		return err
	}
	return list.sendSheet(w, page.LangOf(r), s.Now())
}
