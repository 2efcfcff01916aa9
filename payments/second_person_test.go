package payments_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func TestSamePerson(t *testing.T) {
	t.Parallel()
	wang := link.Actor{Account: 7, Login: "wang", Role: "operator"}
	phone := link.Actor{Account: 8, Role: "approver"}
	helper := link.Actor{Account: 9, Login: "li", OnBehalfOf: 17}
	for _, c := range []struct {
		actor   link.Actor
		account int64
		name    string
		want    bool
	}{
		{wang, 7, "", true}, {wang, 8, "", false},
		{wang, 0, "wang", true}, {wang, 0, "zhao", false},
		{wang, 0, "account:7", true}, {wang, 0, "account:8", false}, // a command knows the account alone
		{wang, 8, "wang", true}, // by either
		{wang, 0, "", false},    // nobody is recorded
		{phone, 0, "account:8", true}, {phone, 0, "", false},
		{helper, 0, "li for household:17", true}, {helper, 9, "", true}, {helper, 0, "account:9", true},
		{link.Actor{System: true}, 0, "wang", false}, {link.Actor{System: true}, 0, "", false},
	} {
		if got := payments.SamePerson(c.actor, c.account, c.name); got != c.want {
			t.Errorf("%+v is account %d, %q: %t", c.actor, c.account, c.name, got)
		}
	}
}

func TestRecordedName(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]link.Actor{
		"wang": {Account: 7, Login: "wang"}, "account:7": {Account: 7}, "system": {System: true}, "system:orders": {System: true, Login: "orders"},
		"anonymous": {}, "li for household:17": {Account: 9, Login: "li", OnBehalfOf: 17},
	} {
		if got := payments.RecordedName(a); got != want {
			t.Errorf("%+v is %q, want %q", a, got, want)
		}
	}
}

func TestAboveLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit, fen int64
		want       bool
	}{{100, 99, false}, {100, 100, false}, {100, 101, true}, {0, 1 << 40, false}} {
		if got := payments.AboveLimit(c.limit, c.fen); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
