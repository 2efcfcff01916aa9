package postgres_test

import (
	"context"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func household(id int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: 100 + id, Login: "h", Role: "household", Household: id})
}

func TestOneNumberForSeveralHouseholdsIsHeld(t *testing.T) {
	b := setup(t)
	first := payments.SetPayoutAccount{Household: 17, Holder: "王建国", Bank: "依安县农村信用社", Number: "6228480000000000017"}
	if a, err := b.svc.SetPayoutAccount(household(17), first); err != nil || a.State != "active" {
		t.Fatalf("its own account: %+v %v", a, err)
	}
	second := payments.SetPayoutAccount{Household: 18, Holder: "王建军", Bank: "依安县农村信用社", Number: "6228 4800 0000 0000 017"}
	for range 2 {
		if a, err := b.svc.SetPayoutAccount(household(18), second); err != nil || a.State != "review" {
			t.Fatalf("the same number at another household: %+v %v", a, err)
		}
	}
	list, err := b.svc.AccountsToReview(operator, payments.None{})
	if err != nil || len(list.Items) != 1 || list.Items[0].Household != 18 || len(list.Items[0].Shared) != 1 || list.Items[0].Shared[0] != 17 {
		t.Fatalf("to review: %+v %v", list, err)
	}
	_, err = b.svc.AccountsToReview(household(18), payments.None{})
	wantCode(t, err, link.Forbidden, "forbidden")
	decide := payments.DecidePayoutAccount{Household: 18, Why: "不是一家人", IdempotencyKey: "one"}
	_, err = b.svc.DecidePayoutAccount(operator, decide)
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.DecidePayoutAccount(approver, payments.DecidePayoutAccount{Household: 18, IdempotencyKey: "one"})
	wantCode(t, err, link.Invalid, "payout.review.why")
	keyless := decide
	keyless.IdempotencyKey = ""
	_, err = b.svc.DecidePayoutAccount(approver, keyless)
	wantCode(t, err, link.Invalid, "payment.key")
	refused, err := b.svc.DecidePayoutAccount(approver, decide)
	if err != nil || refused.State != "superseded" {
		t.Errorf("refused: %+v %v", refused, err)
	}
	next := decide
	next.IdempotencyKey = "two"
	_, err = b.svc.DecidePayoutAccount(approver, next)
	wantCode(t, err, link.Conflict, "payout.nothing_to_approve")
	if h, err := b.svc.HouseholdAccount(household(18), payments.HouseholdRef{ID: 18}); err != nil || h.Account != nil {
		t.Errorf("a refused account is used: %+v %v", h.Account, err)
	}
	// A family with one card: let through, and it says why.
	if _, err = b.svc.SetPayoutAccount(household(18), second); err != nil {
		t.Fatal(err)
	}
	// A repeated refusal is answered with the old decision, which is not one on the new account.
	if a, err := b.svc.DecidePayoutAccount(approver, decide); err != nil || a != refused {
		t.Errorf("the same again: %+v %v, was %+v", a, err, refused)
	}
	for name, change := range map[string]func(*payments.DecidePayoutAccount){
		"another word": func(d *payments.DecidePayoutAccount) { d.Approve = true }, "another reason": func(d *payments.DecidePayoutAccount) { d.Why = "?" },
		"another household": func(d *payments.DecidePayoutAccount) { d.Household = 17 },
	} {
		other := decide
		change(&other)
		if _, err := b.svc.DecidePayoutAccount(approver, other); link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "payment.key_reused" {
			t.Errorf("%s under the same key: %v", name, err)
		}
	}
	if a, err := b.svc.DecidePayoutAccount(approver, payments.DecidePayoutAccount{Household: 18, Approve: true, Why: "父子，同一张卡", IdempotencyKey: "three"}); err != nil || a.State != "active" {
		t.Errorf("let through: %+v %v", a, err)
	}
	history, err := b.svc.AccountHistory(household(18), payments.HouseholdRef{ID: 18})
	if err != nil || len(history.Items) != 2 || history.Items[0].Why != "父子，同一张卡" || history.Items[0].OnBehalf || history.Items[1].Why != "不是一家人" {
		t.Errorf("history: %+v %v", history, err)
	}
	_, err = b.svc.AccountHistory(household(17), payments.HouseholdRef{ID: 18})
	wantCode(t, err, link.NotFound, "not_found")
}
