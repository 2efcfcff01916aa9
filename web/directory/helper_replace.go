package directory

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/web/page"
)

// helperReplace gives all households of a helper to another one.
func (s *pages) helperReplace(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	done, err := s.Directory.ReplaceHelper(r.Context(), catalog.ReplaceHelper{ID: id, By: f.Text("by"), Reason: f.Text("because")})
	if err == nil {
		s.Flash(r, page.Good, "directory.helper.replaced", "n", page.Num64(int64(done.Households)))
		return s.GoTo(w, r, "county.entry", "kind", catalog.KindHelper, "id", id)
	}
	if !f.Fail(err) {
		return err
	}
	f.Rename("reason", "because") // the form of changes has a reason of its own
	return s.entryWith(w, mux.SetURLVars(r, map[string]string{"kind": catalog.KindHelper, "id": mux.Vars(r)["id"]}), f)
}
