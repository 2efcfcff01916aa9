package account

import (
	"context"
	"fmt"
	"net/http"

	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) changeLang(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	lang := f.Text("lang")
	if !page.ValidLang(lang) {
		f.Add("lang", "account.lang.invalid")
		return s.RenderForm(w, r, "account/account", nil, f)
	}
	if err := s.Accounts.SetLang(r.Context(), auth.FromContext(r.Context()).ID, lang); err != nil {
		return fmt.Errorf("store language: %w", err)
	}
	s.SetLangCookie(w, page.Lang(lang))
	s.Flash(r.WithContext(context.WithValue(r.Context(), page.LangKey{}, page.Lang(lang))), page.Good, "account.lang.changed")
	to, err := s.URL("account")
	if err != nil {
		return err
	}
	page.Redirect(w, r, to)
	return nil
}
