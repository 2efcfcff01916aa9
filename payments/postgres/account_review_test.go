package postgres_test

import (
	"context"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func household(id int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: 100 + id, Login: "h", Role: "household", Household: id})
}

func TestOneNumberForSeveralHouseholdsIsHeld(t *testing.T) {
	b := setup(t)
	first := payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "依安县农村信用社", Number: "6228480000000000017"}
	if _, err := b.svc.SetPayoutAccount(household(17), first); err != nil {
		t.Fatal(err)
	}
	if a, err := b.svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17}); err != nil || a.State != "active" {
		t.Fatalf("its own account: %+v %v", a, err)
	}
	second := payments.SetPayoutAccount{Household: 18, Holder: "户主18", Bank: "依安县农村信用社", Number: "6228 4800 0000 0000 017"}
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

// One person of the staff issues a household's card, or a helper holds its PIN: a session that began so enters no account.
func TestACardEntersNoAccount(t *testing.T) {
	b := setup(t)
	set := payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "依安县农村信用社", Number: "6228480000000000017"}
	for _, begun := range []string{link.BegunByCard, link.BegunByPIN} {
		ctx := link.WithActor(context.Background(), link.Actor{Account: 117, Login: "h", Role: "household", Household: 17, Begun: begun})
		_, err := b.svc.SetPayoutAccount(ctx, set)
		wantCode(t, err, link.Forbidden, "payout.session")
		if _, err := b.svc.HouseholdAccount(ctx, payments.HouseholdRef{ID: 17}); err != nil {
			t.Errorf("it reads: %v", err)
		}
	}
}

// The holder is the head, or a reason and a document say why not; the second person sees both.
func TestAnAccountOfSomebodyElseIsExplained(t *testing.T) {
	b := setup(t)
	set := payments.SetPayoutAccount{Household: 17, Holder: "另一个人", Bank: "依安县农村信用社", Number: "6228480000000000017"}
	for _, who := range []context.Context{household(17), operator, link.WithActor(context.Background(), link.Actor{Account: 41, Login: "helper41", Role: "helper", OnBehalfOf: 17})} {
		_, err := b.svc.SetPayoutAccount(who, set)
		if link.CodeOf(err) != link.Invalid || len(link.AsError(err).Details) != 2 {
			t.Errorf("unexplained: %v", err)
		}
	}
	set.Why, set.Document = "户主住院，委托女儿代收", "委托书 2026-014"
	if _, err := b.svc.SetPayoutAccount(operator, set); err != nil {
		t.Fatal(err)
	}
	list, err := b.svc.AccountsToReview(approver, payments.None{})
	if err != nil || len(list.Items) != 1 || list.Items[0].HolderWhy != set.Why || list.Items[0].HolderDocument != set.Document {
		t.Errorf("to review: %+v %v", list.Items, err)
	}
	b.people.down = true // nobody is the head where nobody can say so
	set.Number = "6228480000000000099"
	_, err = b.svc.SetPayoutAccount(operator, set)
	if link.CodeOf(err) != link.Unavailable {
		t.Errorf("without the register: %v", err)
	}
}

// The database holds that two people stand behind an account in use, whoever writes.
func TestDatabaseKeepsTheSecondPerson(t *testing.T) {
	b := setup(t)
	set := payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "依安县农村信用社", Number: "6228480000000000017"}
	if _, err := b.svc.SetPayoutAccount(operator, set); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{`state = 'active'`, `state = 'active', approver = creator`} {
		if _, err := b.db.Exec(`UPDATE payout_account SET ` + change); link.Constraint(err) != "payout_account_second_person" {
			t.Errorf("%s: %v", change, err)
		}
	}
}

// Nothing is paid to an account before its time, and the household is told of each step.
func TestAnApprovedAccountCools(t *testing.T) {
	b := setup(t)
	svc := b.cooling(72 * time.Hour)
	b.loadAccounts(17)
	set := payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "依安县农村信用社", Number: "6228480000000000999"}
	if _, err := svc.SetPayoutAccount(operator, set); err != nil {
		t.Fatal(err)
	}
	a, err := svc.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17})
	if err != nil || a.PayFrom == nil || !a.PayFrom.Equal(b.clock.now().Add(72*time.Hour)) {
		t.Fatalf("approved: %+v, %v", a, err)
	}
	b.owe(1, map[int64]int64{17: 50000})
	if sum, err := svc.PayoutSummary(operator, payments.None{}); err != nil || sum.Blocked != 1 {
		t.Errorf("summary: %+v, %v", sum, err)
	}
	_, err = svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "early"})
	wantCode(t, err, link.Conflict, "payout.nothing")
	b.clock.forward(72 * time.Hour)
	if batch, err := svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "in time"}); err != nil || batch.Items != 1 {
		t.Errorf("in time: %+v, %v", batch, err)
	}
	var told []string
	err = b.db.Select(&told, `SELECT data->>'step' || ' ' || (data->>'tail') || ' ' || coalesce(data->>'in_use', '') FROM outbox WHERE subject = $1 ORDER BY seq`, payments.EvtPayoutAccount)
	if err != nil || len(told) != 2 || told[0] != "enter 0999 0017" || told[1] != "approve 0999 0017" {
		t.Errorf("told %q, %v", told, err)
	}
}
