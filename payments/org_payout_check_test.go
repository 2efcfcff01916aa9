package payments_test

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/payments"
)

func TestProposeOrgPayoutCheck(t *testing.T) {
	t.Parallel()
	good := payments.ProposeOrgPayout{IdempotencyKey: strings.Repeat("k", 200), Org: 1, Account: payments.OrgRaiser, AmountFen: payments.MaxFen,
		Note: " " + strings.Repeat("字", 200) + "\n"}
	got, err := good.Check()
	if err != nil || got.Note != strings.Repeat("字", 200) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		key    string
		change func(*payments.ProposeOrgPayout)
	}{
		{"payment.key", func(r *payments.ProposeOrgPayout) { r.IdempotencyKey = "" }},
		{"payment.key", func(r *payments.ProposeOrgPayout) { r.IdempotencyKey += "k" }},
		{"orgpay.org", func(r *payments.ProposeOrgPayout) { r.Org = 0 }},
		{"orgpay.account", func(r *payments.ProposeOrgPayout) { r.Account = "" }},
		{"orgpay.account", func(r *payments.ProposeOrgPayout) { r.Account = "household" }},
		{"payment.amount", func(r *payments.ProposeOrgPayout) { r.AmountFen = 0 }},
		{"payment.amount", func(r *payments.ProposeOrgPayout) { r.AmountFen = payments.MaxFen + 1 }},
		{"orgpay.note", func(r *payments.ProposeOrgPayout) { r.Note = strings.Repeat("字", 201) }},
	} {
		r := good
		c.change(&r)
		_, err := r.Check()
		wantKey(t, err, c.key)
	}
}

func TestProposeOrgPayoutAsks(t *testing.T) {
	t.Parallel()
	r := payments.ProposeOrgPayout{Org: 9, Account: payments.OrgCoop, AmountFen: 100, Note: "九月"}
	p := payments.OrgPayout{Org: 9, Account: payments.OrgCoop, AmountFen: 100, Note: "九月", State: payments.OrgPayoutPaid}
	if !r.Asks(p) {
		t.Error("the same proposal is another one")
	}
	for what, change := range map[string]func(*payments.OrgPayout){
		"organisation": func(p *payments.OrgPayout) { p.Org++ },
		"account":      func(p *payments.OrgPayout) { p.Account = payments.OrgRaiser },
		"amount":       func(p *payments.OrgPayout) { p.AmountFen++ },
		"note":         func(p *payments.OrgPayout) { p.Note = "" },
	} {
		other := p
		change(&other)
		if r.Asks(other) {
			t.Errorf("a proposal with another %s counts as the same", what)
		}
	}
}

// The next day in China begins twelve hours after noon.
func TestRecordOrgPayoutCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ref  string
		paid time.Time
		key  string
	}{
		{" W1 ", noon, ""}, {strings.Repeat("字", 100), noon.Add(12*time.Hour - 1), ""},
		{" ", noon, "orgpay.bank_ref"}, {strings.Repeat("字", 101), noon, "orgpay.bank_ref"},
		{"W1", time.Time{}, "orgpay.paid_on"}, {"W1", noon.Add(12 * time.Hour), "orgpay.paid_on"},
	} {
		got, err := payments.RecordOrgPayout{BankRef: c.ref, PaidOn: c.paid}.Check(noon)
		wantKey(t, err, c.key)
		if got.BankRef != strings.TrimSpace(c.ref) {
			t.Errorf("the reference is %q", got.BankRef)
		}
	}
}

func TestFailOrgPayoutCheck(t *testing.T) {
	t.Parallel()
	for why, key := range map[string]string{" 账号错误 ": "", "错": "", strings.Repeat("字", 200): "",
		"  ": "orgpay.why", strings.Repeat("字", 201): "orgpay.why"} {
		failed, err := payments.FailOrgPayout{Why: why}.Check()
		wantKey(t, err, key)
		returned, err := payments.ReturnOrgPayout{Why: why, ReturnedOn: noon}.Check(noon)
		wantKey(t, err, key)
		if want := strings.TrimSpace(why); failed.Why != want || returned.Why != want {
			t.Errorf("the reason is %q and %q", failed.Why, returned.Why)
		}
	}
	for _, c := range []struct {
		on  time.Time
		key string
	}{{noon.AddDate(-1, 0, 0), ""}, {noon.Add(12*time.Hour - 1), ""}, {time.Time{}, "orgpay.returned_on"}, {noon.Add(12 * time.Hour), "orgpay.returned_on"}} {
		_, err := payments.ReturnOrgPayout{Why: "退票", ReturnedOn: c.on}.Check(noon)
		wantKey(t, err, c.key)
	}
}

func TestOrgFilters(t *testing.T) {
	t.Parallel()
	for account, key := range map[payments.OrgAccountKind]string{"": "", payments.OrgCoop: "", payments.OrgRaiser: "", "other": "orgpay.account"} {
		wantKey(t, payments.OrgAccountFilter{Account: account}.Check(), key)
		wantKey(t, payments.OrgPayoutFilter{Account: account}.Check(), key)
	}
	for state, key := range map[payments.OrgPayoutState]string{"": "", payments.OrgPayoutProposed: "", payments.OrgPayoutReturned: "", "lost": "orgpay.state"} {
		wantKey(t, payments.OrgPayoutFilter{State: state}.Check(), key)
	}
}
