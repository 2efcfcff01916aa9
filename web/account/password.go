package account

import (
	"context"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// passwordPage asks for a password of one's own: everybody with a one-time password is led here. Others change theirs
// among the settings of the account.
func (s *Pages) passwordPage(w http.ResponseWriter, r *http.Request) error {
	next := page.SafeNext(r.URL.Query().Get("next"))
	if a := auth.FromContext(r.Context()); !a.MustChangePassword() {
		page.Redirect(w, r, s.afterLogin(a, next))
		return nil
	}
	return s.RenderForm(w, r, "account/password", nextPage{Next: next}, s.NewForm(page.LangOf(r)))
}

func (s *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.FromContext(r.Context())
	template, then := "account/account", nextPage{Next: page.SafeNext(f.Text("next"))}
	first := a.MustChangePassword()
	if first {
		template = "account/password"
		if f.Raw("again") != f.Raw("password") {
			f.Add("again", "account.password.repeat")
		}
	}
	f.Need("current")
	if key := s.checkPassword(r.Context(), f.Raw("password"), a.Login); key != "" {
		f.Add("password", key)
	}
	if f.OK() {
		a, err = s.setPassword(r, f.Key(), f.Raw("password"), f.Raw("current"))
		if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
			f.AddError("", e)
		} else if err != nil && !f.Fail(err) {
			return err
		}
	}
	if !f.OK() {
		return s.RenderForm(w, r, template, then, f)
	}
	s.Flash(r, page.Good, "account.password.changed")
	if first {
		page.Redirect(w, r, s.afterLogin(a, then.Next))
		return nil
	}
	return s.GoTo(w, r, "account")
}

// checkPassword is auth.CheckPassword with the names of the installation. Names that cannot be read stop nobody.
func (s *Pages) checkPassword(ctx context.Context, password, login string) string {
	ref, err := s.Reference(ctx)
	if err != nil {
		s.Log.WarnContext(ctx, "password not held against names", "error", err)
	}
	return auth.CheckPassword(password, login, page.PublicNames(ref)...)
}

// setPassword sets the password of the account that is logged in.
func (s *Pages) setPassword(r *http.Request, key, password, current string) (*auth.Account, error) {
	if wrong := s.checkPassword(r.Context(), password, auth.FromContext(r.Context()).Login); wrong != "" {
		return nil, link.E(link.Invalid, wrong, "password")
	}
	return s.changeSecret(r, newSecret{kind: "password", key: key, value: password, field: "password",
		old: current, oldField: "current", needsOld: true})
}
