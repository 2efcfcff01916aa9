package account

import (
	"errors"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) resetForgotten(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	f.Need("contact")
	f.Need("code")
	if f.OK() {
		err = s.ResetForgotten(r, f.Text("contact"), f.Text("code"), f.Raw("password"))
		if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
			f.AddError("", e)
		} else if err != nil && !f.Fail(err) {
			return err
		}
	}
	if !f.OK() {
		return s.RenderForm(w, r, "account/contact_code", s.contactData(r, auth.CodeReset, ""), f)
	}
	s.Sessions.Remove(r.Context(), sessionContact)
	s.Flash(r, page.Good, "account.forgot.done")
	return s.GoTo(w, r, "login")
}

// ResetForgotten sets the password of a private buyer by a code that proves the phone or address, and ends all sessions. A second
// factor stays, and is asked for at the next login. Accounts of the county and of organisations are reset by administrators,
// households have their card.
func (s *Pages) ResetForgotten(r *http.Request, typed, code, password string) error {
	contact, _ := auth.CleanContact(typed)
	if contact == "" {
		return link.E(link.Invalid, "account.contact.invalid", "contact")
	}
	if wrong := s.checkPassword(r.Context(), password, contact); wrong != "" {
		return link.E(link.Invalid, wrong, "password")
	}
	if err := s.useCode(r, auth.CodeReset, contact, code); err != nil {
		return err
	}
	a, err := s.Accounts.ByLogin(r.Context(), contact)
	if errors.Is(err, auth.ErrNotFound) || err == nil && (a.Role != auth.Buyer || a.Disabled()) {
		return link.E(link.Invalid, "account.code.wrong", "code")
	}
	if err != nil {
		return err
	}
	hash, err := s.Auth.Passwords.Hash(r.Context(), password)
	if err != nil {
		return err
	}
	_, _, err = s.Accounts.SetPassword(r.Context(), auth.Once{}, a.ID, hash, 0)
	return err
}
