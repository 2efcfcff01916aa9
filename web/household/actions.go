package household

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// doneFor is one line of the slip: an action, its actor, and whether it was done in the household's name.
type doneFor struct {
	At       time.Time
	What     string
	By, Role string
	OnBehalf bool
}

type actionsPage struct {
	page.HouseholdPage
	Consents []catalog.ConsentEntry
	Done     []doneFor
	Printed  time.Time
}

// actions is the slip: everything that was done for the household, and by whom.
func (s *pages) actions(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := actionsPage{HouseholdPage: who, Printed: s.Now()}
	log, err := s.Care.HouseholdLog(ctx, catalog.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return err
	}
	d.Consents = log.Consents
	l := page.LangOf(r)
	for _, a := range log.Actions {
		d.Done = append(d.Done, doneFor{At: a.At, What: s.action(l, a), By: whoDid(l, a.Actor), Role: a.Role, OnBehalf: a.OnBehalf})
	}
	accounts, err := s.AccountReviews.AccountHistory(ctx, payments.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return err
	}
	for _, a := range accounts.Items {
		text, _ := s.Glossary.Say(l, "action.account", map[string]any{"bank": a.Bank, "number": a.Number, "state": d.Words.Say("status.account", a.State)})
		if a.Batch != 0 {
			batch, _ := s.Glossary.Say(l, "action.account.batch", map[string]any{"batch": a.Batch, "sheet": a.Sheet, "by": a.ApprovedBy})
			text += batch
		}
		d.Done = append(d.Done, doneFor{At: a.At, What: text, By: whoDid(l, a.EnteredBy), OnBehalf: a.OnBehalf})
	}
	slices.SortStableFunc(d.Done, func(a, b doneFor) int { return cmp.Compare(b.At.Unix(), a.At.Unix()) })
	return s.Render(w, r, http.StatusOK, "household/actions", d)
}

// whoDid names the actor of an action; an action of the system has no person's name.
func whoDid(l page.Lang, actor string) string {
	if strings.HasPrefix(actor, "system:") {
		return l.Pick("系统登记", "recorded by the system")
	}
	return actor
}

// action writes an action as a sentence.
func (s *pages) action(l page.Lang, a catalog.Action) string {
	if text, ok := s.Glossary.Say(l, "action."+a.What, page.Values(a.Args)); ok {
		return text
	}
	return a.What
}

// tellHousehold sends the household a text about an action in its name. A text that cannot be sent undoes nothing:
// the slip says the same.
func (s *pages) tellHousehold(ctx context.Context, d page.HouseholdPage, kind string, args map[string]string) {
	a := auth.FromContext(ctx)
	if !d.Helping() || d.Household.Phone == "" || a == nil {
		return
	}
	args["helper"], args["head"] = a.Name, d.Household.Head
	text, ok := s.Glossary.Say(page.ZH, "sms."+kind, page.Values(args))
	if !ok {
		s.Log.ErrorContext(ctx, "no words for a text message", "kind", kind)
		return
	}
	if err := s.Notifier.Notify(ctx, notify.Message{Phone: d.Household.Phone, Text: text, Kind: kind}); err != nil {
		s.Log.WarnContext(ctx, "text message not sent", "kind", kind, "error", err)
	}
}
