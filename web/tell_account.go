package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// TellPayoutAccount tells a household that its payout account was entered or decided, by whatever route, at the contacts
// that were known before: its phone in the register and those of its logins. A person who changed one of them is heard of
// at the other.
func (s *Server) TellPayoutAccount(ctx context.Context, e payments.PayoutAccountEvent) error {
	h, err := s.deps.Catalog.Household(link.System(ctx, "web"), catalog.HouseholdRef{ID: e.Household})
	if link.CodeOf(err) == link.NotFound {
		return nil // no household is known under it: nobody can be told
	}
	if err != nil {
		return fmt.Errorf("read household of account: %w", err)
	}
	phones, err := s.deps.Accounts.HouseholdPhones(ctx, e.Household)
	if err != nil {
		return err
	}
	if h.Phone != "" && !slices.Contains(phones, h.Phone) {
		phones = append(phones, h.Phone)
	}
	number := e.Tail
	if e.InUse != "" && e.InUse != e.Tail {
		number = e.InUse + " → " + e.Tail
	}
	from := "从现在起"
	if e.PayFrom != 0 {
		from = time.Unix(e.PayFrom, 0).In(payments.China).Format("1月2日 15:04") + " 起"
	}
	kind := "account." + string(e.Step)
	text, ok := s.Glossary.Say(page.ZH, "sms."+kind, page.Values(map[string]string{"head": h.Head, "number": number, "from": from}))
	if !ok {
		return link.E(link.Invalid, "malformed", "step").Because(errors.New("no words for step " + strconv.Quote(string(e.Step))))
	}
	sent, failed := 0, error(nil)
	for _, phone := range phones {
		err := s.deps.Notifier.Notify(ctx, notify.Message{Phone: phone, Text: text, Kind: kind})
		if err != nil {
			s.Log.WarnContext(ctx, "text message not sent", "kind", kind, "error", err)
			failed = err
			continue
		}
		sent++
	}
	if sent > 0 { // to send it again would tell the others twice
		return nil
	}
	return failed
}
