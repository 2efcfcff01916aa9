package account

import (
	"net/http"

	"banmuyuan/web/page"
)

func (s *Pages) register(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	then := nextPage{Next: page.SafeNext(f.Text("next"))}
	a, err := s.newBuyer(r, f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if !f.OK() {
		return s.RenderForm(w, r, "account/register", then, f)
	}
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.registered", "name", a.Name)
	page.Redirect(w, r, s.afterLogin(a, then.Next))
	return nil
}
