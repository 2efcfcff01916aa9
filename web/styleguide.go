package web

import "net/http"

func (s *Server) styleguide(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "desk/styleguide", nil)
}
