package web

import "net/http"

func (s *accountPages) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.endSession(r); err != nil {
		return err
	}
	s.flash(r, quiet, "login.out")
	redirect(w, r, s.home(nil))
	return nil
}
