package account

import "net/http"

func (s *Pages) accountPage(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, "account/account", nil)
}
