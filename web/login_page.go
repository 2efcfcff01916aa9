package web

import (
	"net/http"

	"banmuyuan/web/auth"
)

func (s *accountPages) loginPage(w http.ResponseWriter, r *http.Request) error {
	next := safeNext(r.URL.Query().Get("next"))
	if a := auth.FromContext(r.Context()); a != nil {
		redirect(w, r, s.afterLogin(a, next))
		return nil
	}
	return s.render(w, r, http.StatusOK, "account/login", nextPage{Next: next})
}
