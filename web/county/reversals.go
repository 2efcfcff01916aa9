package county

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *bookPages) reversalRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/ledger/journal/{id:[0-9]+}", "county.posting", s.posting, county...)
	s.Guarded("POST", "/county/ledger/journal/{id:[0-9]+}/reversal", "county.posting.reverse", s.postingReverse, county...)
	s.Guarded("GET", "/county/ledger/reversals", "county.reversals", s.reversals, county...)
	s.Guarded("POST", "/county/ledger/reversals/{id:[0-9]+}", "county.reversals.decide", s.reversalsDecide, county...)
}

type postingPage struct {
	Words     page.Words
	Txn       payments.JournalTxn
	Reversals []payments.Reversal // of this posting, newest first
	MayAsk    bool                // and there is something to ask for
	MayDecide bool
	Login     string
}

// ByHand reports whether somebody typed this in, so that somebody may have it reversed.
func (d postingPage) ByHand() bool { return payments.MayReverse(d.Txn.Kind) }

// Mine reports whether the reader had to do with it and so cannot be the second person.
func (d postingPage) Mine(r payments.Reversal) bool {
	return r.AskedBy == d.Login || r.Txn.Actor == d.Login
}

func (s *bookPages) postingPage(r *http.Request) (postingPage, error) {
	d := postingPage{Words: s.Words(r)}
	id := page.PathInt(r, "id")
	found, err := s.Payments.Journal(r.Context(), payments.JournalFilter{ID: id, Limit: 1})
	if err != nil {
		return d, err
	}
	if id == 0 || len(found.Items) == 0 {
		return d, link.E(link.NotFound, "reversal.unknown_txn", "")
	}
	d.Txn = found.Items[0]
	if d.Words, err = page.NameParties(r.Context(), s.Site, d.Words, accountsOf(d.Txn)); err != nil {
		return d, err
	}
	list, err := s.Reversals.Reversals(r.Context(), payments.ReversalFilter{Txn: d.Txn.ID, Limit: 50})
	if err != nil {
		return d, err
	}
	d.Reversals = list.Items
	a := auth.FromContext(r.Context())
	d.Login = a.Login
	open := d.Txn.ReversedBy == 0 && d.Txn.Reverses == 0
	for _, v := range d.Reversals {
		open = open && v.State != payments.ReversalAsked
	}
	d.MayAsk = open && d.ByHand() && a.Role == auth.Operator
	d.MayDecide = a.Role == auth.Approver
	return d, nil
}

// posting is one posting with all its lines and its reversals.
func (s *bookPages) posting(w http.ResponseWriter, r *http.Request) error {
	d, err := s.postingPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/posting", d, s.NewForm(page.LangOf(r)))
}

// postingReverse asks the second person to reverse it.
func (s *bookPages) postingReverse(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if f.Need("reason") {
		_, err := s.Reversals.AskReversal(r.Context(), payments.AskReversal{TxnID: page.PathInt(r, "id"), Reason: f.Text("reason")})
		if err != nil && !f.Fail(err) {
			return err
		}
	}
	if f.OK() {
		s.Flash(r, page.Good, "reversals.asked_done")
		return s.GoTo(w, r, "county.posting", "id", page.PathInt(r, "id"))
	}
	d, err := s.postingPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/posting", d, f)
}

type reversalsPage struct {
	postingPage
	Page   payments.ReversalPage
	State  payments.ReversalState
	States []payments.ReversalState
}

func (s *bookPages) reversalsPage(r *http.Request, f *page.Form) (reversalsPage, error) {
	a := auth.FromContext(r.Context())
	d := reversalsPage{States: []payments.ReversalState{payments.ReversalAsked, payments.ReversalPosted, payments.ReversalRefused, "all"}}
	d.Words, d.Login, d.MayDecide = s.Words(r), a.Login, a.Role == auth.Approver
	if d.State = payments.ReversalState(f.Text("state")); d.State == "" {
		d.State = payments.ReversalAsked
	}
	filter := payments.ReversalFilter{State: d.State, Cursor: f.Text("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	d.Page, err = s.Reversals.Reversals(r.Context(), filter)
	return d, err
}

// reversals lists reversals that wait for a second person, and decided ones.
func (s *bookPages) reversals(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.reversalsPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/reversals", d, f)
}

func (s *bookPages) reversalsDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	approve := f.Text("decision") == "approve"
	if approve || f.Need("why") {
		_, err := s.Reversals.DecideReversal(r.Context(), payments.DecideReversal{ID: page.PathInt(r, "id"), Approve: approve, Why: f.Text("why")})
		if err != nil && !f.Fail(err) {
			return err
		}
	}
	if f.OK() {
		done := "reversals.posted_done"
		if !approve {
			done = "reversals.refused_done"
		}
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.reversals")
	}
	d, err := s.reversalsPage(r, s.QueryForm(r))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/reversals", d, f)
}
