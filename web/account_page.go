package web

import "net/http"

func (s *accountPages) accountPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "account/account", nil)
}
