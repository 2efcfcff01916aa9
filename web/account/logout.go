package account

import (
	"net/http"

	"banmuyuan/web/page"
)

func (s *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.endOwn(r); err != nil {
		return err
	}
	s.Flash(r, page.Quiet, "login.out")
	page.Redirect(w, r, s.Home(nil))
	return nil
}
