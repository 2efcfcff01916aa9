package main

import (
	"context"
	"slices"
	"time"

	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/cmd/banmuyuan/demodata"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// payCooperatives pays the cooperative of the demo's officer half of its fees of the seasons before, as two people of the
// county would have, and has a payment to the one that earned most wait for the second person.
func payCooperatives(ctx context.Context, svc payments.OrgPayouts, c *county.County) error {
	operator, approver := link.System(ctx, "demo:operator"), link.System(ctx, "demo:approver")
	before, err := svc.OrgPayouts(operator, payments.OrgPayoutFilter{State: payments.OrgPayoutPaid, Limit: 1})
	if err != nil || before.Total > 0 {
		return err // an earlier run did
	}
	owed, err := svc.OrgAccounts(operator, payments.OrgAccountFilter{Account: payments.OrgCoop})
	if err != nil {
		return err
	}
	mine := demodata.ID(c.Logins[slices.IndexFunc(c.Logins, func(l county.Login) bool { return l.Login == "coop" })].Organisation)
	var first, other payments.OrgAccount
	for _, a := range owed.Items {
		switch {
		case a.Org == mine:
			first = a
		case a.EarnedFen > other.EarnedFen:
			other = a
		}
	}
	half := func(a payments.OrgAccount) int64 { return (a.PayableFen + a.OpenFen) / 20_000 * 10_000 } // the same in a run that completes one
	propose := func(key string, a payments.OrgAccount) (payments.OrgPayout, error) {
		return svc.ProposeOrgPayout(operator, payments.ProposeOrgPayout{IdempotencyKey: key, Org: a.Org, Account: payments.OrgCoop, AmountFen: half(a), Note: "往年服务费"})
	}
	if half(first) == 0 || half(other) == 0 {
		return nil
	}
	if _, err := propose("demo-org-1", other); err != nil {
		return err
	}
	paid, err := propose("demo-org-2", first)
	if err == nil {
		_, err = svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: paid.ID, Approve: true})
	}
	if err != nil {
		return err
	}
	_, err = svc.RecordOrgPayout(operator, payments.RecordOrgPayout{ID: paid.ID, BankRef: "DEMO-DG-0001", PaidOn: time.Now()})
	return err
}
