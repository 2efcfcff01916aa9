package county

import (
	"net/http"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type cashPage struct {
	Box   payments.Cashbox
	Today string
}

func (s *moneyPages) cashPage(r *http.Request, f *page.Form) (cashPage, error) {
	query := r.URL.Query()
	d := cashPage{Today: s.Now().In(page.China).Format(time.DateOnly)}
	var err error
	if d.Box, err = s.Treasury.Cashbox(r.Context(), payments.CashboxRequest{Query: strings.TrimSpace(query.Get("q")),
		ReceiptsCursor: query.Get("receipts"), BankingsCursor: query.Get("bankings"), Limit: 50}); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// cash is the cash taken and brought to the bank.
func (s *moneyPages) cash(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.cashPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/cash", d, f)
}

func (s *moneyPages) cashBank(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	banking := payments.BankCash{Slip: f.Text("slip"), AmountFen: f.Fen("amount_fen"), PaidOn: f.When("paid_on", time.DateOnly)}
	if f.Need("slip", "amount_fen", "paid_on") && f.OK() {
		if _, err := s.Treasury.BankCash(r.Context(), banking); err != nil && !f.Fail(err) {
			return err
		}
	}
	if f.OK() {
		s.Flash(r, page.Good, "treasury.banked")
		return s.GoTo(w, r, "county.cash")
	}
	d, err := s.cashPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/cash", d, f)
}
