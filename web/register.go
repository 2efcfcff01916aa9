package web

import "net/http"

func (s *accountPages) register(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	then := nextPage{Next: safeNext(f.Text("next"))}
	a, err := s.newBuyer(r, f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if !f.OK() {
		return s.renderForm(w, r, "account/register", then, f)
	}
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	s.flash(r, good, "account.registered", "name", a.Name)
	redirect(w, r, s.afterLogin(a, then.Next))
	return nil
}
