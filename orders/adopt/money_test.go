package adopt_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
)

func TestDue(t *testing.T) {
	t.Parallel()
	a := adopt.Account{DepositFen: 300, PaidFen: 500, RefundFen: 100}
	if a.Kept() != 400 {
		t.Errorf("kept %d", a.Kept())
	}
	for _, s := range adopt.States {
		want := map[adopt.State]int64{adopt.Placed: 300, adopt.Reserved: 600}[s]
		if a.State = s; a.Due(1000) != want {
			t.Errorf("%s: due %d, want %d", s, a.Due(1000), want)
		}
	}
	a.State = adopt.Reserved
	if a.Due(399) != 0 || a.Due(400) != 0 || a.Due(401) != 1 {
		t.Error("more than the rest of the worth is due")
	}
}

func TestCancelCost(t *testing.T) {
	t.Parallel()
	now := at("2026-05-02 12:00:00")
	reserved := now.Add(-24 * time.Hour)
	for _, test := range []struct {
		name   string
		change func(*adopt.Account)
		want   int64
	}{
		{"after the free hours", func(*adopt.Account) {}, 1500},
		{"not paid", func(a *adopt.Account) { a.ReservedAt = nil }, 0},
		{"the last free moment", func(a *adopt.Account) { r := reserved.Add(1); a.ReservedAt = &r }, 0},
		{"no free hours", func(a *adopt.Account) { a.FreeHours, a.ReservedAt = 0, &now }, 1500},
		{"paid less than the forfeit", func(a *adopt.Account) { a.PaidFen = 1400 }, 1400},
		{"sent back", func(a *adopt.Account) { a.RefundFen = 2000 }, 1000},
		{"all of the deposit", func(a *adopt.Account) { a.ForfeitBP = 10000 }, 3000},
		{"nothing", func(a *adopt.Account) { a.ForfeitBP = 0 }, 0},
	} {
		a := adopt.Account{DepositFen: 3000, PaidFen: 3000, ForfeitBP: 5000, FreeHours: 24, ReservedAt: &reserved}
		test.change(&a)
		if got, err := a.CancelCost(now); got != test.want || err != nil {
			t.Errorf("%s: %d, %v", test.name, got, err)
		}
	}
	a := adopt.Account{DepositFen: math.MaxInt64, ForfeitBP: math.MaxInt64, ReservedAt: &reserved}
	if _, err := a.CancelCost(now); err == nil {
		t.Error("a forfeit without bounds is taken")
	}
}

func TestLapsed(t *testing.T) {
	t.Parallel()
	by := at("2026-05-02 20:00:00")
	for _, s := range adopt.States {
		a := adopt.Account{State: s, BalanceBy: by}
		if a.Lapsed(by.Add(-1)) || a.Lapsed(by) != (s == adopt.Reserved) {
			t.Errorf("%s", s)
		}
	}
}

func TestBook(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		a          adopt.Account
		late       bool
		paid, back int64
		lateFen    int64
	}{
		{"in time", adopt.Account{State: adopt.Placed, PaidFen: 100}, false, 400, 0, 0},
		{"late", adopt.Account{State: adopt.Growing, PaidFen: 100, RefundFen: 10, LateFen: 5}, true, 400, 310, 305},
		{"late after the end", adopt.Account{State: adopt.Cancelled, PaidFen: 100, RefundFen: 90, ForfeitFen: 10}, true, 400, 390, 300},
		{"on its way when it was cancelled", adopt.Account{State: adopt.Cancelled, PaidFen: 100, RefundFen: 90, ForfeitFen: 10}, false, 400, 390, 0},
	} {
		test.a.Book(300, 0, test.late)
		if test.a.PaidFen != test.paid || test.a.RefundFen != test.back || test.a.LateFen != test.lateFen {
			t.Errorf("%s: %+v", test.name, test.a)
		}
	}
	a := adopt.Account{State: adopt.Placed}
	if a.Book(301, 1, false); a.PaidFen != 301 || a.RefundFen != 1 || a.LateFen != 1 || a.Kept() != 300 {
		t.Errorf("1 too much: %+v", a)
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	a := adopt.Account{PaidFen: 300}
	if a.End(100); a.ForfeitFen != 100 || a.RefundFen != 200 {
		t.Errorf("%+v", a)
	}
	a = adopt.Account{}
	if a.End(100); a != (adopt.Account{}) {
		t.Errorf("%+v", a)
	}
	a = adopt.Account{PaidFen: 1}
	if a.End(0); a.RefundFen != 1 {
		t.Errorf("%+v", a)
	}
}

func TestFollows(t *testing.T) {
	t.Parallel()
	for _, s := range adopt.States {
		for _, lost := range []bool{false, true} {
			a := adopt.Account{State: s, HoldLost: lost}
			deposit, balance := adopt.FollowNothing, adopt.FollowNothing
			switch {
			case (s == adopt.Placed || s == adopt.Expiring) && lost:
				deposit, balance = adopt.FollowLost, adopt.FollowLost
			case s == adopt.Placed || s == adopt.Expiring:
				deposit, balance = adopt.FollowReserve, adopt.FollowReserve
			case s == adopt.Reserved:
				balance = adopt.FollowSettle
			}
			if got := a.Follows(orders.PurposeDeposit, false); got != deposit {
				t.Errorf("deposit, %s, lost %v: %q", s, lost, got)
			}
			if got := a.Follows(orders.PurposeBalance, false); got != balance {
				t.Errorf("balance, %s, lost %v: %q", s, lost, got)
			}
			if a.Follows(orders.PurposeBalance, true) != adopt.FollowReturn || a.Follows(orders.PurposeDeposit, true) != adopt.FollowReturn {
				t.Errorf("a late payment, %s", s)
			}
		}
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	reserved := at("2026-05-01 00:00:00")
	box := func(s adopt.BoxState) adopt.Part { return adopt.Part{State: s, AmountFen: 100} }
	for _, test := range []struct {
		name     string
		state    adopt.State
		paid     int64
		boxes    []adopt.BoxState
		want     adopt.Settlement
		unlocked bool // the deposit is not paid
	}{
		{"balance to come", adopt.Reserved, 100, []adopt.BoxState{adopt.BoxPlanned, adopt.BoxPlanned}, adopt.Settlement{}, false},
		{"paid up", adopt.Reserved, 200, []adopt.BoxState{adopt.BoxPlanned, adopt.BoxPlanned}, adopt.Settlement{Step: adopt.StepPaidUp}, false},
		{"paid up by a failure", adopt.Reserved, 150, []adopt.BoxState{adopt.BoxPlanned, adopt.BoxFailed}, adopt.Settlement{RefundFen: 50, Step: adopt.StepPaidUp}, false},
		{"growing, one failed", adopt.Growing, 200, []adopt.BoxState{adopt.BoxPlanned, adopt.BoxFailed}, adopt.Settlement{RefundFen: 100}, false},
		{"growing, one sought", adopt.Growing, 200, []adopt.BoxState{adopt.BoxPlanned, adopt.BoxSeeking}, adopt.Settlement{}, false},
		{"growing, one disputed", adopt.Growing, 200, []adopt.BoxState{adopt.BoxSettled, adopt.BoxDisputed}, adopt.Settlement{}, false},
		{"complete", adopt.Growing, 200, []adopt.BoxState{adopt.BoxSettled, adopt.BoxSettled}, adopt.Settlement{Step: adopt.StepComplete}, false},
		{"nothing came", adopt.Reserved, 100, []adopt.BoxState{adopt.BoxFailed, adopt.BoxFailed}, adopt.Settlement{RefundFen: 100, Step: adopt.StepComplete}, false},
		{"cancelled", adopt.Cancelled, 200, []adopt.BoxState{adopt.BoxVoid, adopt.BoxVoid}, adopt.Settlement{}, false},
		{"not reserved", adopt.Growing, 200, []adopt.BoxState{adopt.BoxPlanned, adopt.BoxFailed}, adopt.Settlement{}, true},
	} {
		a := adopt.Account{State: test.state, PaidFen: test.paid, ReservedAt: &reserved}
		if test.unlocked {
			a.ReservedAt = nil
		}
		var boxes []adopt.Part
		for _, s := range test.boxes {
			boxes = append(boxes, box(s))
		}
		if got := a.Settle(boxes); got != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestSettledMoneyNeverExceedsTheBoxes(t *testing.T) {
	t.Parallel()
	reserved := at("2026-05-01 00:00:00")
	rapid.Check(t, func(t *rapid.T) {
		a := adopt.Account{State: rapid.SampledFrom([]adopt.State{adopt.Reserved, adopt.Growing}).Draw(t, "state"), ReservedAt: &reserved,
			PaidFen: rapid.Int64Range(0, 1000).Draw(t, "paid")}
		a.RefundFen = rapid.Int64Range(0, a.PaidFen).Draw(t, "refunded")
		n := rapid.IntRange(1, 6).Draw(t, "boxes")
		boxes := make([]adopt.Part, n)
		for i := range boxes {
			boxes[i] = adopt.Part{State: rapid.SampledFrom(adopt.BoxMachine.States()).Draw(t, "box"), AmountFen: rapid.Int64Range(0, 300).Draw(t, "fen")}
		}
		s := a.Settle(boxes)
		if s.RefundFen < 0 || a.Kept()-s.RefundFen > adopt.Worth(boxes) || s.RefundFen > 0 && a.Kept()-s.RefundFen != adopt.Worth(boxes) {
			t.Fatalf("%d kept of boxes worth %d, %d go back", a.Kept(), adopt.Worth(boxes), s.RefundFen)
		}
		if s.Step != "" && !a.State.Can(s.Step) {
			t.Fatalf("%s cannot %s", a.State, s.Step)
		}
	})
}

func TestPayable(t *testing.T) {
	t.Parallel()
	now := at("2026-05-02 12:00:00")
	for _, test := range []struct {
		name   string
		change func(*adopt.Account)
		want   adopt.Payment
		key    string
	}{
		{"deposit", func(*adopt.Account) {}, adopt.Payment{Purpose: orders.PurposeDeposit, AmountFen: 300, ExpiresAt: now.Add(1)}, ""},
		{"deposit too late", func(a *adopt.Account) { a.ExpiresAt = now }, adopt.Payment{}, "adoption.pay.expired"},
		{"stock gone", func(a *adopt.Account) { a.HoldLost = true }, adopt.Payment{}, "adoption.pay.expired"},
		{"expiring", func(a *adopt.Account) { a.State = adopt.Expiring }, adopt.Payment{}, "adoption.pay.expired"},
		{"expired", func(a *adopt.Account) { a.State = adopt.Expired }, adopt.Payment{}, "adoption.pay.expired"},
		{"balance", func(a *adopt.Account) { a.State, a.PaidFen = adopt.Reserved, 300 }, adopt.Payment{Purpose: orders.PurposeBalance, AmountFen: 700, ExpiresAt: now.Add(2)}, ""},
		{"balance too late", func(a *adopt.Account) { a.State, a.PaidFen, a.BalanceBy = adopt.Reserved, 300, now }, adopt.Payment{}, "adoption.pay.expired"},
		{"no balance", func(a *adopt.Account) { a.State, a.PaidFen = adopt.Reserved, 1000 }, adopt.Payment{}, "order.pay.nothing"},
		{"growing", func(a *adopt.Account) { a.State = adopt.Growing }, adopt.Payment{}, "order.pay.nothing"},
		{"cancelled", func(a *adopt.Account) { a.State = adopt.Cancelled }, adopt.Payment{}, "order.pay.nothing"},
	} {
		a := adopt.Account{State: adopt.Placed, DepositFen: 300, ExpiresAt: now.Add(1), BalanceBy: now.Add(2)}
		test.change(&a)
		got, err := a.Payable(1000, now)
		if got != test.want || keyOf(err) != test.key {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
}

func TestCanCancel(t *testing.T) {
	t.Parallel()
	now := at("2026-05-02 12:00:00")
	reserved := now.Add(-time.Hour)
	planned, delivered := []adopt.Part{{State: adopt.BoxPlanned}}, []adopt.Part{{State: adopt.BoxPlanned}, {State: adopt.BoxDelivered}}
	for _, s := range adopt.States {
		a := adopt.Account{State: s, DepositFen: 100, PaidFen: 100, ForfeitBP: 5000, ReservedAt: &reserved}
		can, cost := a.CanCancel(planned, now)
		if want := s == adopt.Placed || s == adopt.Reserved || s == adopt.Growing; can != want || want && cost != 50 || !want && cost != 0 {
			t.Errorf("%s: %v, %d", s, can, cost)
		}
		if can, cost := a.CanCancel(delivered, now); can || cost != 0 {
			t.Errorf("%s: cancelled after a box", s)
		}
	}
	a := adopt.Account{State: adopt.Growing, DepositFen: math.MaxInt64, ForfeitBP: math.MaxInt64, PaidFen: 1, ReservedAt: &reserved}
	if can, cost := a.CanCancel(planned, now); !can || cost != 0 {
		t.Errorf("%v, %d", can, cost)
	}
}
