package payments_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// wantKey checks that an error is, or lists, the message key; "" is no error.
func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	if key == "" && err == nil {
		return
	}
	if e, ok := errors.AsType[*link.Error](err); ok {
		for _, d := range append([]*link.Error{e}, e.Details...) {
			if d.Key == key {
				return
			}
		}
	}
	t.Errorf("%v, want %q", err, key)
}

func TestRefusalNeedsReason(t *testing.T) {
	t.Parallel()
	for key, check := range map[string]func(approve bool, why string) (string, error){
		"reversal.why": func(approve bool, why string) (string, error) {
			r, err := payments.DecideReversal{Approve: approve, Why: why}.Check()
			return r.Why, err
		},
		"orgpay.why": func(approve bool, why string) (string, error) {
			r, err := payments.DecideOrgPayout{Approve: approve, Why: why}.Check()
			return r.Why, err
		},
		"pool.reason": func(approve bool, why string) (string, error) {
			r, err := payments.DecidePool{Approve: approve, Reason: why}.Check()
			return r.Reason, err
		},
	} {
		_, err := check(false, " ")
		wantKey(t, err, key)
		_, err = check(true, " ")
		wantKey(t, err, "")
		if why, err := check(false, " 金额不对 "); err != nil || why != "金额不对" {
			t.Errorf("%s: %q, %v", key, why, err)
		}
	}
	if r, _ := (payments.DecideOrgPayout{Approve: true, Why: "好"}).Check(); r.Why != "" {
		t.Error("an approval says why it failed")
	}
}

func TestReasonLength(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 501)
	_, err := payments.DecideReversal{Approve: true, Why: long[:201*3]}.Check()
	wantKey(t, err, "reversal.why")
	_, err = payments.DecidePool{Approve: true, Reason: long}.Check()
	wantKey(t, err, "payout.reason")
	_, err = payments.DecideBatch{Reason: long}.Check()
	wantKey(t, err, "payout.reason")
	_, err = payments.DecideClosing{Reason: long}.Check()
	wantKey(t, err, "payout.reason")
	if r, err := (payments.DecideBatch{}).Check(); err != nil || r.Reason != "" {
		t.Error("a batch is rejected without a reason: everything is released again")
	}
	for why, key := range map[string]string{"": "payout.review.why", "  ": "payout.review.why", "a\x00b": "payout.review.why", "\xff": "payout.review.why",
		long[:201*3]: "payout.review.why", " 电话核对 ": ""} {
		_, err := payments.DecidePayoutAccount{Why: why}.Check()
		wantKey(t, err, key)
	}
	for why, key := range map[string]string{"录错": "reversal.reason", " 录错了 ": "reversal.reason", "金额录错": "", long[:201*3]: "reversal.reason"} { //nolint:gocritic // the blanks are the point
		_, err := payments.AskReversal{Reason: why}.Check()
		wantKey(t, err, key)
	}
}

func TestCheckReversible(t *testing.T) {
	t.Parallel()
	wantKey(t, payments.CheckReversible("refund", 0, 0), "")
	wantKey(t, payments.CheckReversible("refund", 5, 0), "reversal.mirror")
	wantKey(t, payments.CheckReversible("refund", 0, 5), "reversal.reversed")
	wantKey(t, payments.CheckReversible("delivery", 0, 0), "reversal.kind")
}

func TestClosingMonth(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 10, 1, 0, 0, 0, 0, payments.China)
	for _, c := range []struct {
		month, want, key string
		now              time.Time
	}{
		{"2026-09", "2026-09-30", "", end}, {"2026-09", "", "books.month_runs", end.Add(-1)},
		{"2024-02", "2024-02-29", "", end}, {"2026-12", "", "books.month_runs", end},
		{"2026-13", "", "books.month", end}, {"", "", "books.month", end},
	} {
		got, err := payments.AskClosing{Month: c.month}.Through(c.now)
		wantKey(t, err, c.key)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.month, got, c.want)
		}
	}
}

func TestMovementDifference(t *testing.T) {
	t.Parallel()
	before, after := noon.Add(-1), noon
	for _, c := range []struct {
		here, there, answered bool
		at                    time.Time
		kind                  string
		name                  bool
	}{
		{true, true, true, before, "clearing.amount", true}, {true, true, true, after, "clearing.amount", false},
		{false, true, true, before, "clearing.unbooked", true},
		{true, false, true, before, "clearing.missing", true}, {true, false, false, before, "clearing.missing", false},
	} {
		if kind, name := payments.MovementDifference(c.here, c.there, c.at, noon, c.answered); kind != c.kind || name != c.name {
			t.Errorf("%+v: %s %t", c, kind, name)
		}
	}
}
