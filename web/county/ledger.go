package county

import (
	"net/http"
	"strings"

	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type journalPage struct {
	Words    page.Words
	Page     payments.JournalPage
	Filter   payments.JournalFilter
	Order    string
	Filtered bool
	Kinds    []page.Option
}

// kindsOfPosting are all kinds that have a word, for a choice.
func kindsOfPosting(w page.Words) []page.Option {
	options := []page.Option{{Label: w.Lang.Pick("全部", "All")}}
	const prefix = "ledger.txn."
	for _, key := range w.Keys(prefix) {
		if kind := strings.TrimPrefix(key, prefix); kind != "payment" { // of both kinds of payment
			options = append(options, page.Option{Value: kind, Label: w.Say("ledger.txn", kind)})
		}
	}
	return options
}

func accountsOf(posted ...payments.JournalTxn) (codes []string) {
	for _, txn := range posted {
		for _, l := range txn.Lines {
			codes = append(codes, l.Account)
		}
	}
	return codes
}

// journal lists postings, newest first. An order is looked up by its number.
func (s *bookPages) journal(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := journalPage{Words: s.Words(r), Order: f.Text("order"), Kinds: kindsOfPosting(s.Words(r)), Filter: payments.JournalFilter{Ref: f.Text("ref"),
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
		if d.Page, err = s.Payments.Journal(r.Context(), d.Filter); err != nil && !f.Fail(err) {
			return err
		}
		if d.Words, err = page.NameParties(r.Context(), s.Site, d.Words, accountsOf(d.Page.Items...)); err != nil {
			return err
		}
	}
	return s.RenderForm(w, r, "county/journal", d, f)
}
