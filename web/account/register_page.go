package account

import (
	"net/http"

	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) registerPage(w http.ResponseWriter, r *http.Request) error {
	next := page.SafeNext(r.URL.Query().Get("next"))
	if a := auth.FromContext(r.Context()); a != nil {
		page.Redirect(w, r, s.afterLogin(a, next))
		return nil
	}
	return s.Render(w, r, http.StatusOK, "account/register", nextPage{Next: next})
}
