package payments_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/payments"
)

func TestCheckCounterReceipt(t *testing.T) {
	t.Parallel()
	if got, err := payments.CheckCounterReceipt(" 收1 ", 3, 100); err != nil || got != "收1" {
		t.Errorf("%q, %v", got, err)
	}
	for _, c := range []struct {
		receipt  string
		org, fen int64
	}{{" ", 3, 100}, {strings.Repeat("收", 61), 3, 100}, {"1", 0, 100}, {"1", 3, 0}, {"1", 3, -5}, {"1", 3, payments.MaxFen + 1}} {
		if _, err := payments.CheckCounterReceipt(c.receipt, c.org, c.fen); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func TestCounterPurpose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		receivable int64
		closed     bool
		want       string
	}{{0, false, payments.PurposeDeposit}, {1, false, payments.PurposeBalance}, {0, true, payments.PurposeBalance}} {
		if got := payments.CounterPurpose(c.receivable, c.closed); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestTakeBack(t *testing.T) {
	t.Parallel()
	if !payments.MayTakeBack(40, 60, 100) || payments.MayTakeBack(41, 60, 100) {
		t.Error("all that was billed may come back, and no more")
	}
	rapid.Check(t, func(t *rapid.T) {
		fen, left := rapid.Int64Range(1, 100).Draw(t, "fen"), rapid.Int64Range(-10, 100).Draw(t, "left")
		cash, rest := payments.CashBack(fen, left)
		if cash < 0 || rest < 0 || cash+rest != fen || cash > max(left, 0) || rest > 0 && cash < max(left, 0) {
			t.Fatalf("%d of %d: %d in cash, %d otherwise", fen, left, cash, rest)
		}
	})
}

func TestBankCashCheck(t *testing.T) {
	t.Parallel()
	good := payments.BankCash{Slip: " JK1 ", AmountFen: 100, PaidOn: noon}
	if got, err := good.Check(noon); err != nil || got.Slip != "JK1" {
		t.Errorf("%+v, %v", got, err)
	}
	for key, change := range map[string]func(*payments.BankCash){
		"cash.slip":      func(r *payments.BankCash) { r.Slip = " " },
		"payment.amount": func(r *payments.BankCash) { r.AmountFen = 0 },
		"cash.banked_on": func(r *payments.BankCash) { r.PaidOn = noon.Add(24*time.Hour + 1) },
	} {
		r := good
		change(&r)
		_, err := r.Check(noon)
		wantKey(t, err, key)
	}
}

func TestOldestInBox(t *testing.T) {
	t.Parallel()
	receipts := []payments.CashReceipt{{AmountFen: 30, At: noon}, {AmountFen: 50, At: noon.Add(-time.Hour)}, {AmountFen: 20, At: noon.Add(-2 * time.Hour)}}
	for onHand, want := range map[int64]time.Duration{1: 0, 30: 0, 31: -time.Hour, 80: -time.Hour, 81: -2 * time.Hour, 500: -2 * time.Hour} {
		if got := payments.OldestInBox(onHand, receipts); got == nil || got.Sub(noon) != want {
			t.Errorf("%d fen: %v, want %s", onHand, got, want)
		}
	}
	if payments.OldestInBox(0, receipts) != nil || payments.OldestInBox(5, nil) != nil {
		t.Error("an empty box has no oldest receipt")
	}
}
