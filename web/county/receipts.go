package county

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// receiptRoutes are the pages of what comes in.
func (s *moneyPages) receiptRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/receipts", "county.receipts", s.receipts, county...)
	s.Guarded("POST", "/county/receipts", "county.receipts.record", s.receiptsRecord, county...)
	s.Guarded("POST", "/county/receipts/import", "county.receipts.import", s.receiptsImport, county...)
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/match", "county.receipts.match", s.receiptsMatch, county...)
	s.Guarded("POST", "/county/receipts/cash", "county.receipts.cash", s.receiptsCash, county...)
	s.Guarded("POST", "/county/receipts/refunds/{id:[0-9]+}", "county.receipts.refund", s.receiptsRefund, county...)
	s.AllowBody("/county/receipts/import", 2*uploadMostBytes) // a file may come back in a form, which writes it longer
}

var receiptStates = []string{"suspense", "matched", "returned", "duplicate"}

type receiptsPage struct {
	Words     page.Words
	Statement payments.StatementPage
	State     string
	States    []string
	Waiting   payments.PaymentPage // bank transfers that have not come
	Cash      payments.PaymentPage // cash to be taken
	Refunds   payments.RefundPage  // the county has to transfer these itself
	Match     []page.Option        // payments that a line can be put to
	Booked    []page.Option        // what was booked before the statement showed it
	Result    *payments.TransferResult
	Problems  []rowProblem
	Today     string
}

// rowProblem is what is wrong in a line of an uploaded file.
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
	filter := payments.StatementFilter{State: d.State, Cursor: query.Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Statement, err = s.Payments.Statement(ctx, filter); err != nil && !f.Fail(err) {
		return d, err
	}
	if d.Waiting, err = s.Payments.Payments(ctx, payments.PaymentFilter{Method: payments.BankTransfer, State: payments.PaymentOpen,
		Query: strings.TrimSpace(query.Get("q")), Limit: 50}); err != nil && !f.Fail(err) {
		return d, err
	}
	if d.Cash, err = s.Payments.Payments(ctx, payments.PaymentFilter{Method: payments.Cash, State: payments.PaymentOpen, Limit: 50}); err != nil {
		return d, err
	}
	booked, err := s.Treasury.Booked(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	if d.Refunds, err = s.Payments.Refunds(ctx, payments.RefundFilter{State: payments.RefundByBank, Limit: 50}); err != nil {
		return d, err
	}
	figures := page.Format{Lang: page.LangOf(r)}
	d.Match = []page.Option{{Value: "", Label: page.LangOf(r).Pick("请选择付款", "Choose a payment")}}
	for _, p := range d.Waiting.Items {
		d.Match = append(d.Match, page.Option{Value: page.Num64(p.ID), Label: p.TransferCode + "　" + figures.Money(p.AmountFen)})
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

// receiptsDone goes back to the list, or shows it with what is wrong.
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

// receiptsImport takes the statement as the bank's site gives it. One wrong line refuses the whole file.
func (s *moneyPages) receiptsImport(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	name, data, err := uploaded(r, "file")
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	got, err := s.Treasury.ImportStatement(r.Context(), payments.ImportStatement{Name: name, Data: data})
	if err != nil {
		return s.receiptsDone(w, r, f, err, "")
	}
	if len(got.Problems) > 0 {
		f.Add("file", "upload.lines", "count", strconv.Itoa(len(got.Problems)))
		d, err := s.receiptsPage(r, f)
		if err != nil {
			return err
		}
		for _, p := range got.Problems {
			d.Problems = append(d.Problems, rowProblem{p.Line, d.Words.Problem(p.Key, p.Args)})
		}
		return s.RenderForm(w, r, "county/receipts", d, f)
	}
	t := page.Good
	if got.Suspense > 0 || got.Out > got.Explained {
		t = page.Care
	}
	s.Flash(r, t, "receipt.imported", "in", got.In, "out", got.Out, "matched", got.Matched+got.Booked, "suspense", got.Suspense, "duplicate", got.Duplicate)
	return s.GoTo(w, r, "county.receipts")
}

func (s *moneyPages) recordTransfers(w http.ResponseWriter, r *http.Request, f *page.Form, lines []payments.Transfer) error {
	var sum payments.TransferResult
	for part := range slices.Chunk(lines, 500) {
		one, err := s.Payments.RecordTransfers(r.Context(), payments.RecordTransfers{Lines: part})
		if err != nil {
			// What was taken before stays taken: the same file again only adds the rest.
			return s.receiptsDone(w, r, f, err, "")
		}
		sum.Matched += one.Matched
		sum.Suspense += one.Suspense
		sum.Duplicate += one.Duplicate
	}
	t := page.Good
	if sum.Suspense > 0 {
		t = page.Care
	}
	s.Flash(r, t, "receipt.recorded", "matched", sum.Matched, "suspense", sum.Suspense, "duplicate", sum.Duplicate)
	return s.GoTo(w, r, "county.receipts")
}

func (s *moneyPages) receiptsMatch(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.matched", func(ctx context.Context, f *page.Form) error {
		if !f.Need("payment_id") {
			return nil
		}
		_, err := s.Payments.MatchTransfer(ctx, payments.MatchTransfer{LineID: page.PathInt(r, "id"), PaymentID: f.Int("payment_id")})
		return err
	})
}

// receiptsExplain puts a line to what was booked before the statement showed it.
func (s *moneyPages) receiptsExplain(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.matched", func(ctx context.Context, f *page.Form) error {
		if !f.Need("booked") {
			return nil
		}
		kind, id, _ := strings.Cut(f.Text("booked"), ":")
		_, err := s.Treasury.ExplainTransfer(ctx, payments.ExplainTransfer{LineID: page.PathInt(r, "id"), Kind: kind, ID: id})
		return err
	})
}

// receiptsReturn says that a line which belongs to nobody here was transferred back.
func (s *moneyPages) receiptsReturn(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.returned", func(ctx context.Context, f *page.Form) error {
		on := f.When("return_on", time.DateOnly)
		if !f.Need("return_ref", "return_on") || !f.OK() {
			return nil
		}
		_, err := s.Treasury.ReturnTransfer(ctx, payments.ReturnTransfer{LineID: page.PathInt(r, "id"), BankRef: f.Text("return_ref"), PaidOn: on})
		return err
	})
}

func (s *moneyPages) receiptsCash(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.cash", func(ctx context.Context, f *page.Form) error {
		amount := f.Fen("amount_fen")
		if !f.Need("payment_id", "receipt", "amount_fen") || !f.OK() {
			return nil
		}
		_, err := s.Payments.RecordCash(ctx, payments.RecordCash{PaymentID: f.Int("payment_id"), Receipt: f.Text("receipt"), AmountFen: amount})
		return err
	})
}

// receiptsRefund says that a refund which no provider can make was transferred.
func (s *moneyPages) receiptsRefund(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.refunded", func(ctx context.Context, f *page.Form) error {
		on := f.When("refund_paid_on", time.DateOnly)
		if !f.Need("refund_bank_ref", "refund_paid_on") || !f.OK() {
			return nil
		}
		_, err := s.Payments.RecordRefund(ctx, payments.RecordRefund{RefundID: page.PathInt(r, "id"), BankRef: f.Text("refund_bank_ref"), PaidOn: on})
		return err
	})
}

func (s *moneyPages) onReceipt(w http.ResponseWriter, r *http.Request, done string, command func(context.Context, *page.Form) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	return s.receiptsDone(w, r, f, command(r.Context(), f), done)
}
