package household

import (
	"context"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type accountPage struct {
	page.HouseholdPage
	Account payments.HouseholdAccount
	Reads   bool // the session began by card or PIN
	Sure    bool // the entered account is shown, to be confirmed
}

func (s *pages) accountPage(r *http.Request) (context.Context, accountPage, error) {
	ctx, who, err := s.Acting(r)
	d := accountPage{HouseholdPage: who, Reads: link.ActorFrom(ctx).Begun != ""}
	if err != nil {
		return ctx, d, err
	}
	d.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: who.Household.ID})
	return ctx, d, err
}

func (s *pages) account(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.accountPage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/account", d)
}

func (s *pages) accountChange(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.accountPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/account_change", d, s.NewForm(page.LangOf(r)))
}

// accountSave enters a payout account, which waits until the county approves it. The household is told by the event of it.
func (s *pages) accountSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.accountPage(r)
	if err != nil {
		return err
	}
	if f.Need("holder", "bank", "number") {
		entered := payments.SetPayoutAccount{Household: d.Household.ID,
			Holder: f.Text("holder"), Bank: f.Text("bank"), Number: f.Text("number"), Why: f.Text("why"), Document: f.Text("document")}
		if f.Text("sure") == "" && !d.Reads {
			if _, err := entered.Check(); err != nil && !f.Fail(err) {
				return err
			}
			d.Sure = f.OK()
			return s.RenderForm(w, r, "household/account_change", d, f)
		}
		_, err := s.Payments.SetPayoutAccount(ctx, entered)
		if err == nil {
			s.Flash(r, page.Good, "household.account.review")
			return s.GoTo(w, r, "household.account", "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/account_change", d, f)
}
