package account

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) register(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	next := page.SafeNext(f.Text("next"))
	a, err := s.newBuyer(r, f)
	if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
		f.AddError("", e)
	} else if err != nil && !f.Fail(err) {
		return err
	}
	if !f.OK() {
		return s.RenderForm(w, r, "account/contact_code", s.contactData(r, auth.CodeRegister, next), f)
	}
	s.Sessions.Remove(r.Context(), sessionContact)
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.registered", "name", a.Name)
	page.Redirect(w, r, s.afterLogin(a, next))
	return nil
}

// newBuyer creates a private buyer's account from a form, for a phone or address that its code proves.
func (s *Pages) newBuyer(r *http.Request, f *page.Form) (*auth.Account, error) {
	name, password := page.CheckName(f, "name"), f.Raw("password")
	contact, isMail := auth.CleanContact(f.Text("contact"))
	if f.Need("contact") && contact == "" {
		f.Add("contact", "account.contact.invalid")
	}
	if key := s.checkPassword(r.Context(), password, contact); key != "" {
		f.Add("password", key)
	}
	if f.Text("agree") != strconv.Itoa(auth.PrivacyVersion) {
		f.Add("agree", "account.privacy.agree")
	}
	f.Need("code")
	if !f.OK() {
		return nil, nil
	}
	wait, err := s.Throttle.Try(r.Context(), "register:"+s.ClientIP(r), auth.NewAccounts)
	if err != nil {
		return nil, fmt.Errorf("count registration: %w", err)
	}
	if wait > 0 {
		return nil, throttled(wait)
	}
	if err := s.useCode(r, auth.CodeRegister, contact, f.Text("code")); err != nil {
		return nil, err
	}
	hash, err := s.Auth.Passwords.Hash(r.Context(), password)
	if err != nil {
		return nil, err
	}
	buyer := auth.Account{Name: name, Role: auth.Buyer, PasswordHash: hash, Lang: string(page.LangOf(r)), VerifiedAt: s.Now(), PrivacyVersion: auth.PrivacyVersion}
	buyer.Prove(contact, isMail)
	a, err := s.Accounts.Create(r.Context(), buyer)
	if errors.Is(err, auth.ErrLoginTaken) { // registered since the code was sent, by the owner of the number
		f.Add("contact", "account.phone.taken")
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("create account: %w", err)
	}
	return a, nil
}
