package county

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type disputesPage struct {
	Words  page.Words
	Page   payments.DisputePage
	State  string
	States []string
}

// disputes lists the payments that buyers take back through their banks.
func (s *moneyPages) disputes(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d := disputesPage{Words: s.Words(r), State: r.URL.Query().Get("state"), States: []string{"all", "open", "inquiry", "won", "lost", "closed"}}
	if d.State == "" {
		d.State = "all"
	}
	filter := payments.DisputeFilter{State: payments.DisputeState(d.State), Cursor: r.URL.Query().Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Treasury.Disputes(r.Context(), filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/disputes", d, f)
}
