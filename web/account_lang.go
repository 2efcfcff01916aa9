package web

import (
	"context"
	"fmt"
	"net/http"

	"banmuyuan/web/auth"
)

func (s *accountPages) changeLang(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	lang := f.Text("lang")
	if !validLang(lang) {
		f.Add("lang", "account.lang.invalid")
		return s.renderForm(w, r, "account/account", nil, f)
	}
	if err := s.Accounts.SetLang(r.Context(), auth.FromContext(r.Context()).ID, lang); err != nil {
		return fmt.Errorf("store language: %w", err)
	}
	s.setLangCookie(w, Lang(lang))
	s.flash(r.WithContext(context.WithValue(r.Context(), langKey{}, Lang(lang))), good, "account.lang.changed")
	to, err := s.url("account")
	if err != nil {
		return err
	}
	redirect(w, r, to)
	return nil
}
