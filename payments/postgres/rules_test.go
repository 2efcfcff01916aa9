package postgres_test

import (
	"slices"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
)

// A longer cooling time holds at once, in every process; a shorter one waits for an approver who did not ask for it.
func TestCoolingIsTheCountys(t *testing.T) {
	b := setup(t)
	svc, other := b.cooling(72*time.Hour), b.cooling(72*time.Hour)
	set := func(hours int64) cooling.Overview {
		t.Helper()
		r, err := svc.SetCooling(operator, cooling.Set{Hours: hours})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	inForce := func(want int64) {
		t.Helper()
		r, err := other.CoolingRules(operator, payments.None{})
		if err != nil || r.Hours != want {
			t.Errorf("%+v, %v; want %d hours in force", r, err, want)
		}
	}
	inForce(72)
	if r := set(72); len(r.History) != 0 {
		t.Errorf("the same time is a change: %+v", r)
	}
	if r := set(96); r.Waiting != nil || r.Hours != 96 {
		t.Errorf("longer: %+v", r)
	}
	inForce(96)
	r := set(24)
	if r.Waiting == nil || r.Waiting.Hours != 24 || r.Hours != 96 {
		t.Fatalf("shorter: %+v", r)
	}
	inForce(96)
	id := r.Waiting.ID
	_, err := svc.DecideCooling(operator, cooling.Decide{ID: id, Approve: true})
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = svc.DecideCooling(as("approver", 11), cooling.Decide{ID: id, Approve: true}) // the same person in another role
	wantCode(t, err, link.Forbidden, "payout.second_person")
	_, err = svc.DecideCooling(approver, cooling.Decide{ID: id})
	wantCode(t, err, link.Invalid, "rules.cooling.why")
	for range 2 { // a double click decides once
		if r, err = svc.DecideCooling(approver, cooling.Decide{ID: id, Approve: true}); err != nil || r.Hours != 24 || r.Waiting != nil {
			t.Fatalf("approved: %+v, %v", r, err)
		}
	}
	inForce(24)
	_, err = svc.DecideCooling(approver, cooling.Decide{ID: id, Why: "太短"})
	wantCode(t, err, link.Conflict, "rules.cooling.decided")

	// An approver's own wish waits for another approver; the time in force withdraws it.
	mine, err := svc.SetCooling(approver, cooling.Set{Hours: 0})
	if err != nil || mine.Waiting == nil {
		t.Fatalf("%+v, %v", mine, err)
	}
	if r = set(0); r.Waiting == nil || r.Waiting.By != mine.Waiting.By {
		t.Errorf("asking once more takes it over: %+v", r)
	}
	_, err = svc.DecideCooling(approver, cooling.Decide{ID: mine.Waiting.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "payout.second_person")
	if r = set(24); r.Waiting != nil || r.Hours != 24 {
		t.Errorf("withdrawn: %+v", r)
	}

	// An account that is approved now cools for the county's time.
	b.loadAccounts(17)
	if _, err := svc.SetPayoutAccount(operator, payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "依安县农村信用社", Number: "6228480000000000999"}); err != nil {
		t.Fatal(err)
	}
	a, err := other.ApprovePayoutAccount(approver, payments.HouseholdRef{ID: 17})
	if err != nil || a.PayFrom == nil || !a.PayFrom.Equal(b.clock.now().Add(24*time.Hour)) {
		t.Errorf("approved: %+v, %v", a, err)
	}
	var acts []string
	err = b.db.Select(&acts, `SELECT data->>'kind' || ' ' || (data->>'detail') FROM outbox WHERE subject = $1 AND data->>'kind' ~ 'cooling' ORDER BY seq`, payments.EvtAct)
	want := []string{"rules.cooling 72 96", "rules.cooling_asked 96 24", "decision.cooling approve", "rules.cooling_asked 24 0", "rules.cooling 24 24"}
	if err != nil || !slices.Equal(acts, want) {
		t.Errorf("acts %q, %v", acts, err)
	}
}

// The database keeps the author of a time from deciding it, one time in force, and the request.
func TestDatabaseKeepsCoolingRules(t *testing.T) {
	b := setup(t)
	svc := b.cooling(72 * time.Hour)
	for _, hours := range []int64{96, 24} {
		if _, err := svc.SetCooling(operator, cooling.Set{Hours: hours}); err != nil {
			t.Fatal(err)
		}
	}
	for change, constraint := range map[string]string{
		`UPDATE cooling_rule SET decider = creator WHERE state = 'waiting'`:  "cooling_rule_second_person",
		`UPDATE cooling_rule SET state = 'in_force' WHERE state = 'waiting'`: "cooling_rule_in_force",
		`UPDATE cooling_rule SET state = 'waiting' WHERE state = 'in_force'`: "cooling_rule_waiting",
		`UPDATE cooling_rule SET hours = 1`:                                  "cooling_rule_stays",
		`DELETE FROM cooling_rule`:                                           "cooling_rule_stays",
	} {
		if _, err := b.db.Exec(change); link.Constraint(err) != constraint {
			t.Errorf("%s: %v", change, err)
		}
	}
}
