package county

import (
	"net/http"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// receiptRoutes are the pages of incoming money.
func (s *moneyPages) receiptRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/receipts", "county.receipts", s.receipts, county...)
	s.Guarded("POST", "/county/receipts", "county.receipts.record", s.receiptsRecord, county...)
	s.Guarded("POST", "/county/receipts/import", "county.receipts.import", s.receiptsImport, county...)
	s.Guarded("POST", "/county/receipts/columns", "county.receipts.columns", s.statementColumns, county...)
	s.Guarded("POST", "/county/receipts/columns/{id:[0-9]+}/forget", "county.receipts.forget", s.statementForget, county...)
	s.Guarded("GET", "/county/receipts/doubtful", "county.doubtful", s.doubtful, county...)
	s.Guarded("POST", "/county/receipts/doubtful/{id:[0-9]+}", "county.doubtful.decide", s.doubtfulDecide, county...)
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/match", "county.receipts.match", s.receiptsMatch, county...)
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/split", "county.receipts.split", s.receiptsSplit, county...)
	s.Guarded("POST", "/county/receipts/refunds/{id:[0-9]+}/use", "county.receipts.use", s.receiptsUse, county...)
	s.Guarded("POST", "/county/receipts/cash", "county.receipts.cash", s.receiptsCash, county...)
	s.Guarded("POST", "/county/receipts/refunds/{id:[0-9]+}", "county.receipts.refund", s.receiptsRefund, county...)
	for _, path := range []string{"/county/receipts/import", "/county/receipts/columns"} {
		s.AllowBody(path, 2*page.UploadMostBytes) // a file may come back in a form, which writes it longer
	}
}

var receiptStates = []string{"suspense", "matched", "returned", "split"}

type receiptsPage struct {
	Words     page.Words
	Statement payments.StatementPage
	State     string
	States    []string
	Waiting   payments.PaymentPage                   // bank transfers that have not come
	Cash      payments.PaymentPage                   // cash to be taken
	Refunds   payments.RefundPage                    // the county has to transfer these itself
	Match     []page.Option                          // codes to choose from; others are typed
	Suggested map[int64]*payments.TransferSuggestion // by line
	Rows      []int                                  // of the form that divides a line
	Booked    []page.Option                          // postings that were booked before the statement showed them
	Result    *payments.TransferResult
	Doubtful  int // lines of statements that wait for a decision
	Problems  []rowProblem
	Columns   []rememberedColumns
	Today     string
}

// rowProblem is an error in a line of an uploaded file.
type rowProblem struct {
	Line int
	Text string
}

func (s *moneyPages) receiptsPage(r *http.Request, f *page.Form) (receiptsPage, error) {
	ctx := r.Context()
	query := r.URL.Query()
	d := receiptsPage{Words: s.Words(r), States: receiptStates, State: query.Get("state"), Today: s.Now().In(page.China).Format(time.DateOnly)}
	if d.State == "" {
		d.State = "suspense"
	}
	filter := payments.StatementFilter{State: d.State, Query: strings.TrimSpace(query.Get("line")), Cursor: query.Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Statement, err = s.Payments.Statement(ctx, filter); err != nil && !f.Fail(err) {
		return d, err
	}
	open := payments.SuggestTransfers{}
	for _, l := range d.Statement.Items {
		if l.State == string(payments.LineSuspense) {
			open.LineIDs = append(open.LineIDs, l.ID)
		}
	}
	if len(open.LineIDs) > 0 {
		suggested, err := s.Treasury.SuggestTransfers(ctx, open)
		if err != nil {
			return d, err
		}
		d.Suggested = make(map[int64]*payments.TransferSuggestion, len(suggested.Items))
		for i := range suggested.Items {
			one := &suggested.Items[i]
			d.Suggested[one.LineID] = one
		}
	}
	d.Rows = []int{1, 2, 3, 4, 5, 6}
	if d.Waiting, err = s.Payments.Payments(ctx, payments.PaymentFilter{Method: payments.BankTransfer, State: payments.PaymentOpen,
		Query: strings.TrimSpace(query.Get("q")), Cursor: query.Get("wait"), Limit: 50}); err != nil && !f.Fail(err) {
		return d, err
	}
	if d.Cash, err = s.Payments.Payments(ctx, payments.PaymentFilter{Method: payments.Cash, State: payments.PaymentOpen,
		Query: strings.TrimSpace(query.Get("cash")), Cursor: query.Get("cashwait"), Limit: 50}); err != nil && !f.Fail(err) {
		return d, err
	}
	booked, err := s.Treasury.Booked(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	doubtful, err := s.Treasury.Doubtful(ctx, payments.StatementFilter{State: string(payments.DoubtOpen), Limit: 1})
	if err != nil {
		return d, err
	}
	d.Doubtful = doubtful.Total
	if d.Columns, err = s.remembered(r, d.Words); err != nil {
		return d, err
	}
	if d.Refunds, err = s.Payments.Refunds(ctx, payments.RefundFilter{State: payments.RefundByBank,
		Query: strings.TrimSpace(query.Get("back")), Cursor: query.Get("refunds"), Limit: 50}); err != nil && !f.Fail(err) {
		return d, err
	}
	figures := page.Format{Lang: page.LangOf(r)}
	for _, p := range d.Waiting.Items {
		d.Match = append(d.Match, page.Option{Value: p.TransferCode, Label: figures.Money(p.LackFen())})
	}
	for _, b := range booked.Items {
		d.Booked = append(d.Booked, page.Option{Value: b.Kind + ":" + b.ID, Label: d.Words.Say("booked", b.Kind) + "　" + b.Name + "　" + figures.Money(b.AmountFen)})
	}
	return d, nil
}

func (s *moneyPages) receipts(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.receiptsPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/receipts", d, f)
}

// receiptsDone goes back to the list, or shows it with the errors.
func (s *moneyPages) receiptsDone(w http.ResponseWriter, r *http.Request, f *page.Form, err error, done string) error {
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.receipts")
	}
	d, err := s.receiptsPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/receipts", d, f)
}

// receiptsRecord takes one line of the bank's statement.
func (s *moneyPages) receiptsRecord(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	line := payments.Transfer{BankRef: f.Text("bank_ref"), AmountFen: f.Fen("amount"), Payer: f.Text("payer"), Memo: f.Text("memo"), PaidOn: f.When("paid_on", time.DateOnly)}
	if !f.Need("bank_ref", "amount", "paid_on") || !f.OK() {
		return s.receiptsDone(w, r, f, nil, "")
	}
	return s.recordTransfers(w, r, f, []payments.Transfer{line})
}
