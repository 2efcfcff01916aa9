package web

import (
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/payments"
)

type countyJournalPage struct {
	Words    words
	Page     payments.JournalPage
	Filter   payments.JournalFilter
	Order    string
	Filtered bool
}

// countyJournal lists postings, newest first. An order is looked up by its number.
func (s *Server) countyJournal(w http.ResponseWriter, r *http.Request) error {
	f := s.queryForm(r)
	d := countyJournalPage{Words: s.words(r), Order: f.Text("order"), Filter: payments.JournalFilter{Ref: f.Text("ref"),
		Account: f.Text("account"), Kind: f.Text("kind"), Cursor: f.Text("cursor"), Limit: 50}}
	d.Filtered = d.Order != "" || d.Filter.Ref != "" || d.Filter.Account != "" || d.Filter.Kind != ""
	if d.Order != "" {
		id, ok := orders.ParseNumber(d.Order)
		if !ok {
			f.Add("order", "journal.order")
		}
		d.Filter.Ref = orders.PaymentRef(id)
	}
	if f.OK() {
		var err error
		if d.Page, err = s.deps.Payments.Journal(r.Context(), d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "county/journal", d, f)
}
