package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// Pages that a phone or an e-mail address opens have two steps: the first sends a code, the second takes it. Their answers do
// not depend on whether an account has the number: it is looked up after the answer, and the message says the rest to the
// number's owner. Codes are not sent through the outbox, which would have to keep them.
func (s *Pages) contactRoutes() {
	s.Open("GET", "/register", "register", s.askContact(auth.CodeRegister))
	s.Open("POST", "/register/code", "register.code", s.sendContactCode(auth.CodeRegister))
	s.Open("GET", "/register/finish", "register.finish", s.askCode(auth.CodeRegister))
	s.Open("POST", "/register", "register.do", s.register)
	s.Open("GET", "/password/forgot", "forgot", s.askContact(auth.CodeReset))
	s.Open("POST", "/password/forgot", "forgot.code", s.sendContactCode(auth.CodeReset))
	s.Open("GET", "/password/reset", "forgot.finish", s.askCode(auth.CodeReset))
	s.Open("POST", "/password/reset", "forgot.do", s.resetForgotten)
	s.Guarded("GET", "/account/contact", "contact", s.askContact(auth.CodeNumber), auth.Roles...)
	s.Guarded("POST", "/account/contact/code", "contact.code", s.sendContactCode(auth.CodeNumber), auth.Roles...)
	s.Guarded("GET", "/account/contact/finish", "contact.finish", s.askCode(auth.CodeNumber), auth.Roles...)
	s.Guarded("POST", "/account/contact", "contact.do", s.changeContact, auth.Roles...)
}

// sessionContact is the phone or address to which the session had a code sent.
const sessionContact = "contact"

// contactData is the content of the two steps.
type contactData struct {
	Purpose auth.CodePurpose
	Contact string
	Next    string
	Version int  // of the privacy notice
	Mail    bool // codes by e-mail are sent
}

func (s *Pages) contactData(r *http.Request, purpose auth.CodePurpose, next string) contactData {
	return contactData{Purpose: purpose, Contact: s.Sessions.GetString(r.Context(), sessionContact), Next: page.SafeNext(next), Version: auth.PrivacyVersion, Mail: s.Mails != nil}
}

// askContact is the first step.
func (s *Pages) askContact(purpose auth.CodePurpose) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		d := s.contactData(r, purpose, r.URL.Query().Get("next"))
		if a := auth.FromContext(r.Context()); a != nil && purpose != auth.CodeNumber {
			page.Redirect(w, r, s.afterLogin(a, d.Next))
			return nil
		}
		return s.RenderForm(w, r, "account/contact", d, s.NewForm(page.LangOf(r)))
	}
}

// sendContactCode sends a code and leads to the second step.
func (s *Pages) sendContactCode(purpose auth.CodePurpose) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := s.PostedForm(r)
		if err != nil {
			return err
		}
		next := page.SafeNext(f.Text("next"))
		f.Need("contact")
		if f.OK() {
			err = s.SendCode(r, purpose, f.Text("contact"))
			if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
				f.AddError("", e)
			} else if err != nil && !f.Fail(err) {
				return err
			}
		}
		if !f.OK() {
			return s.RenderForm(w, r, "account/contact", s.contactData(r, purpose, next), f)
		}
		contact, _ := auth.CleanContact(f.Text("contact"))
		s.Sessions.Put(r.Context(), sessionContact, contact)
		return s.GoTo(w, r, map[auth.CodePurpose]string{auth.CodeRegister: "register.finish", auth.CodeReset: "forgot.finish",
			auth.CodeNumber: "contact.finish"}[purpose], "next", next)
	}
}

// askCode is the second step.
func (s *Pages) askCode(purpose auth.CodePurpose) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.RenderForm(w, r, "account/contact_code", s.contactData(r, purpose, r.URL.Query().Get("next")), s.NewForm(page.LangOf(r)))
	}
}

// SendCode has a code of a purpose sent to a phone or an e-mail address, and says nothing of whether an account has it.
func (s *Pages) SendCode(r *http.Request, purpose auth.CodePurpose, typed string) error {
	contact, isMail := auth.CleanContact(typed)
	if contact == "" {
		return link.E(link.Invalid, "account.contact.invalid", "contact")
	}
	if isMail && s.Mails == nil {
		return link.E(link.Invalid, "account.contact.mail_off", "contact")
	}
	if purpose == auth.CodeNumber {
		if err := mayChangeContact(auth.FromContext(r.Context()), isMail); err != nil {
			return err
		}
	}
	wait, err := auth.CountCode(r.Context(), s.Throttle, contact, s.ClientIP(r))
	if err != nil {
		return err
	}
	if wait > 0 {
		return throttled(wait)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 30*time.Second)
	lang := page.LangOf(r)
	go func() { // an answer that waited for it would tell the result by its time
		defer cancel()
		if err := s.tellContact(ctx, lang, purpose, contact, isMail); err != nil {
			s.Log.WarnContext(ctx, "code not sent", "purpose", purpose, "error", err)
		}
	}()
	return nil
}

// tellContact sends the code, or says why the number gets none.
func (s *Pages) tellContact(ctx context.Context, lang page.Lang, purpose auth.CodePurpose, contact string, isMail bool) error {
	words, err := s.answerTo(ctx, purpose, contact)
	if err != nil || words == "" {
		return err
	}
	values := map[string]string{}
	kind := notify.Code
	if words == "code."+string(purpose) {
		code, err := s.Codes.Make(ctx, purpose, contact)
		if err != nil {
			return err
		}
		values["code"], values["minutes"] = code, fmt.Sprint(int(auth.CodeLife.Minutes()))
	}
	text, ok := s.Glossary.Say(lang, words, page.Values(values))
	if !ok {
		return fmt.Errorf("no words for %s", words)
	}
	if isMail {
		return s.Mails.Notify(ctx, notify.Message{Email: contact, Text: text, Kind: kind, Key: link.NewRequestID()})
	}
	return s.Texts.Notify(ctx, notify.Message{Phone: contact, Text: text, Kind: kind, Key: link.NewRequestID()})
}

// answerTo returns the key of the message to a number: its code, the reason why it gets none, or "" for silence.
func (s *Pages) answerTo(ctx context.Context, purpose auth.CodePurpose, contact string) (string, error) {
	a, err := s.Accounts.ByLogin(ctx, contact)
	if err != nil && !errors.Is(err, auth.ErrNotFound) {
		return "", err
	}
	if purpose == auth.CodeReset {
		if a == nil || a.Role != auth.Buyer || a.Disabled() {
			return "", nil
		}
		return "code.reset", nil
	}
	household, err := s.Accounts.IsHouseholdPhone(ctx, contact)
	household = household || s.registered(ctx, contact)
	self := auth.FromContext(ctx)
	switch {
	case err != nil:
		return "", err
	case a != nil && (self == nil || self.ID != a.ID):
		return "code.taken", nil
	case household && (self == nil || self.Role != auth.Household):
		return "code.household", nil
	}
	return "code." + string(purpose), nil
}

// registered reports whether the register has a number, of a household that has no login yet. A register that does not answer
// stops nobody: the household's PIN works all the same, see auth.Authenticator.
func (s *Pages) registered(ctx context.Context, contact string) bool {
	found, err := s.Catalog.Households(link.System(ctx, "web"), catalog.HouseholdFilter{Query: contact, Limit: 10})
	if err != nil {
		s.Log.WarnContext(ctx, "register not asked for a number", "error", err)
		return false
	}
	return slices.ContainsFunc(found.Items, func(h catalog.Household) bool { return h.Phone == contact })
}

// useCode uses the code up that a person typed. Invalid.
func (s *Pages) useCode(r *http.Request, purpose auth.CodePurpose, contact, code string) error {
	wait, err := auth.TryFrom(r.Context(), s.Throttle, s.ClientIP(r))
	if err != nil {
		return fmt.Errorf("count code: %w", err)
	}
	if wait > 0 {
		return throttled(wait)
	}
	ok, err := s.Codes.Use(r.Context(), purpose, contact, code)
	if err != nil {
		return err
	}
	if !ok {
		return link.E(link.Invalid, "account.code.wrong", "code")
	}
	return auth.Succeeded(r.Context(), s.Throttle, s.ClientIP(r))
}

// mayChangeContact refuses sessions that change no account, and accounts that log in with something else than a phone.
func mayChangeContact(a *auth.Account, isMail bool) error {
	switch {
	case a == nil:
		return link.E(link.Unauthenticated, "unauthenticated", "")
	case a.Begun != "" || a.MustChangePassword():
		return link.E(link.Forbidden, "account.contact.session", "")
	case isMail && a.Role != auth.Buyer:
		return link.E(link.Invalid, "account.contact.phone_only", "contact")
	}
	return nil
}

func (s *Pages) changeContact(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	f.Need("contact", "code", "password")
	if f.OK() {
		err = s.ChangeContact(r, f.Text("contact"), f.Text("code"), f.Raw("password"))
		if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
			f.AddError("", e)
		} else if err != nil && !f.Fail(err) {
			return err
		}
	}
	if !f.OK() {
		return s.RenderForm(w, r, "account/contact_code", s.contactData(r, auth.CodeNumber, ""), f)
	}
	s.Flash(r, page.Good, "account.contact.changed")
	return s.GoTo(w, r, "account")
}

// ChangeContact makes a phone or address, proved by its code, the account's, and tells the one before. It asks for the
// password: a buyer who owns the phone can reset the password by it, so that an unlocked screen would give the account away.
func (s *Pages) ChangeContact(r *http.Request, typed, code, password string) error {
	a := auth.FromContext(r.Context())
	contact, isMail := auth.CleanContact(typed)
	if contact == "" {
		return link.E(link.Invalid, "account.contact.invalid", "contact")
	}
	if err := mayChangeContact(a, isMail); err != nil {
		return err
	}
	if password == "" {
		return link.E(link.Invalid, "form.required", "password")
	}
	if err := s.checkOld(r, a, newSecret{kind: "contact", old: password, oldField: "password"}); err != nil {
		return err
	}
	if err := s.useCode(r, auth.CodeNumber, contact, code); err != nil {
		return err
	}
	err := s.Accounts.ProveContact(r.Context(), a.ID, contact, isMail)
	if errors.Is(err, auth.ErrLoginTaken) {
		return link.E(link.Invalid, "account.code.wrong", "code")
	}
	if err != nil {
		return err
	}
	if old := a.Phone; old != "" && old != contact && !isMail {
		text, _ := s.Glossary.Say(page.LangOf(r), "code.changed", page.Values(map[string]string{"tail": contact[len(contact)-4:]}))
		if err := s.Texts.Notify(r.Context(), notify.Message{Phone: old, Text: text, Kind: "number"}); err != nil {
			s.Log.WarnContext(r.Context(), "old number not told", "error", err)
		}
	}
	return nil
}
