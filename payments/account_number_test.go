package payments_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/payments"
)

func TestPayoutAccountCheck(t *testing.T) {
	t.Parallel()
	good := payments.SetPayoutAccount{Household: 17, Holder: " 演示户 ", Bank: "农村信用社", Number: "６２１７ 0000-0000 0000 001"}
	got, err := good.Check()
	if err != nil || got.Holder != "演示户" || got.Number != "6217000000000000001" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		key    string
		change func(*payments.SetPayoutAccount)
	}{
		{"payout.household", func(a *payments.SetPayoutAccount) { a.Household = 0 }},
		{"payout.holder", func(a *payments.SetPayoutAccount) { a.Holder = "王" }},
		{"payout.holder", func(a *payments.SetPayoutAccount) { a.Holder = "=cmd()" }}, // a formula in the bank's sheet
		{"payout.holder", func(a *payments.SetPayoutAccount) { a.Holder = "王\x00五" }},
		{"payout.holder", func(a *payments.SetPayoutAccount) { a.Holder = strings.Repeat("王", 41) }},
		{"payout.bank", func(a *payments.SetPayoutAccount) { a.Bank = "" }},
		{"payout.number", func(a *payments.SetPayoutAccount) { a.Number = "621700000" }},
		{"payout.number", func(a *payments.SetPayoutAccount) { a.Number = "62170000000000000x1" }},
		{"payout.number", func(a *payments.SetPayoutAccount) { a.Number = strings.Repeat("6", 26) }},
	} {
		a := good
		c.change(&a)
		_, err := a.Check()
		wantKey(t, err, c.key)
	}
}

func TestCleanNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9０-９ \-－　]{0,30}`).Draw(t, "number")
		once := payments.CleanNumber(s)
		if payments.CleanNumber(once) != once || strings.Trim(once, "0123456789") != "" {
			t.Fatalf("%q became %q", s, once)
		}
	})
	if payments.NumberTail("6217000000000001234") != "1234" || payments.NumberTail("12") != "12" || strings.Contains(payments.MaskNumber("1234"), "6217") {
		t.Error("only the last four digits are shown")
	}
}
