package shop

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

// adoptionPhoto serves a picture to the readers of its update; to others it does not exist.
func (s *adopting) adoptionPhoto(w http.ResponseWriter, r *http.Request) error {
	f, err := s.Adoptions.Photo(r.Context(), adopt.PhotoRef{AdoptionNo: mux.Vars(r)["no"], ID: page.PathInt(r, "photo")})
	if err != nil {
		return err
	}
	page.ServePhoto(w, r, f.JPEG)
	return nil
}
