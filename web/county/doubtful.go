package county

import (
	"net/http"
	"strings"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type doubtfulPage struct {
	Words  page.Words
	Page   payments.DoubtfulPage
	State  string
	States []string
}

func (s *moneyPages) doubtfulPage(r *http.Request, f *page.Form) (doubtfulPage, error) {
	query := r.URL.Query()
	d := doubtfulPage{Words: s.Words(r), State: query.Get("state"), States: []string{"open", "booked", "skipped", "all"}}
	if d.State == "" {
		d.State = "open"
	}
	filter := payments.StatementFilter{State: d.State, Query: strings.TrimSpace(query.Get("q")), Cursor: query.Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Treasury.Doubtful(r.Context(), filter); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// doubtful lists lines of statements that are not booked until a person decides.
func (s *moneyPages) doubtful(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.doubtfulPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/doubtful", d, f)
}

// doubtfulDecide books a line, or leaves it out.
func (s *moneyPages) doubtfulDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	_, err = s.Treasury.DecideDoubtful(r.Context(), payments.DecideDoubtful{LineID: page.PathInt(r, "id"), As: f.Text("as")})
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		done := "receipt.decided"
		if f.Text("as") == payments.DecideSkip {
			done = "receipt.skipped"
		}
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.doubtful")
	}
	d, err := s.doubtfulPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/doubtful", d, f)
}
