package county

import (
	"net/http"
	"strings"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type outgoingPage struct {
	Page   payments.OutgoingPage
	State  string
	States []string
}

// As is the explanation of a line: a key of the glossary and its value.
func (outgoingPage) As(explained string) [2]string {
	kind, what, _ := strings.Cut(explained, ":")
	return [2]string{"explained." + kind, what}
}

func (s *moneyPages) outgoingPage(r *http.Request, f *page.Form) (outgoingPage, error) {
	d := outgoingPage{State: r.URL.Query().Get("state"), States: []string{"open", "explained", "all"}}
	if d.State == "" {
		d.State = "open"
	}
	filter := payments.StatementFilter{State: d.State, Query: strings.TrimSpace(r.URL.Query().Get("q")), Cursor: r.URL.Query().Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Treasury.Outgoing(r.Context(), filter); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// outgoing lists the outgoing lines of the bank's statement.
func (s *moneyPages) outgoing(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.outgoingPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/outgoing", d, f)
}

func (s *moneyPages) outgoingExplain(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	_, err = s.Treasury.ExplainOutgoing(r.Context(), payments.ExplainOutgoing{LineID: page.PathInt(r, "id"), Note: f.Text("note")})
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, "treasury.explained")
		return s.GoTo(w, r, "county.outgoing")
	}
	d, err := s.outgoingPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/outgoing", d, f)
}
