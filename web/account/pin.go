package account

import (
	"net/http"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type pinPage struct {
	NeedsOld bool
	OneTime  bool // the password so far is a one-time password
	Next     string
}

// pinNeedsOld tells whether the old PIN has to be given: not right after a login with a card, which is how a household
// that never had one, or forgot it, gets one.
func (s *Pages) pinNeedsOld(r *http.Request) bool {
	in := s.Sessions.GetInt64(r.Context(), page.SessionCardIn)
	return in == 0 || s.Now().Sub(time.Unix(in, 0)) > newPINAfterCard
}

func (s *Pages) pinPage(r *http.Request, next string) pinPage {
	return pinPage{NeedsOld: s.pinNeedsOld(r), OneTime: auth.FromContext(r.Context()).MustChangePassword(), Next: page.SafeNext(next)}
}

func (s *Pages) householdPIN(w http.ResponseWriter, r *http.Request) error {
	return s.RenderForm(w, r, "account/pin", s.pinPage(r, r.URL.Query().Get("next")), s.NewForm(page.LangOf(r)))
}

// householdPINSave sets the PIN that a household logs in with, next to its phone number.
func (s *Pages) householdPINSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d := s.pinPage(r, f.Text("next"))
	if f.Text("pin") != f.Text("again") {
		f.Add("again", "account.pin.repeat")
	}
	if f.OK() {
		_, err := s.changePIN(r, f.Key(), f.Text("pin"), f.Raw("old"))
		if err == nil {
			s.Flash(r, page.Good, "account.pin.saved")
			if d.Next != "" {
				page.Redirect(w, r, d.Next)
				return nil
			}
			return s.GoTo(w, r, "household.home")
		}
		if e := link.AsError(err); e.RetryAfter > 0 {
			f.AddError("", e)
		} else if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "account/pin", d, f)
}

// changePIN sets the PIN of the household that is logged in. The old one is not asked for right after a login with the card.
func (s *Pages) changePIN(r *http.Request, key, pin, old string) (*auth.Account, error) {
	if wrong := auth.CheckPIN(pin); wrong != "" {
		return nil, link.E(link.Invalid, wrong, "pin")
	}
	return s.changeSecret(r, newSecret{kind: "PIN", key: key, value: pin, field: "pin", old: old, oldField: "old", needsOld: s.pinNeedsOld(r)})
}
