package auth_test

import (
	"errors"
	"testing"
	"time"

	"banmuyuan/web/auth"
)

func TestRequestMachine(t *testing.T) {
	t.Parallel()
	if err := auth.RequestMachine.Check(); err != nil {
		t.Error(err)
	}
}

func TestNeedsTwo(t *testing.T) {
	t.Parallel()
	admin := auth.Author{Account: 1, Login: "admin"}
	account := func(role auth.Role, change ...func(*auth.Account)) *auth.Account {
		a := &auth.Account{ID: 7, Role: role, Name: "李明", OrgID: 5}
		for _, f := range change {
			f(a)
		}
		return a
	}
	off := func(a *auth.Account) { a.DisabledAt = time.Unix(1, 0) }
	renamed := func(a *auth.Account) { a.Name = "李小明" }
	moved := func(a *auth.Account) { a.OrgID = 6 }
	for name, c := range map[string]struct {
		by            auth.Author
		before, after *auth.Account
		admins        int
		want          bool
	}{
		"an approver is opened":              {admin, nil, account(auth.Approver), 2, true},
		"an operator is opened":              {admin, nil, account(auth.Operator), 2, true},
		"an administrator is opened":         {admin, nil, account(auth.Admin), 2, true},
		"an organisation's approver":         {admin, nil, account(auth.OrgApprover), 2, true},
		"a clerk is opened":                  {admin, nil, account(auth.Clerk), 2, false},
		"by the first of a new installation": {admin, nil, account(auth.Approver), 1, false},
		"by the command line":                {auth.Command, nil, account(auth.Approver), 2, false},
		"an approver is reset":               {admin, account(auth.Approver), nil, 2, true},
		"a household is reset":               {admin, account(auth.Household), nil, 2, false},
		"a clerk becomes an approver":        {admin, account(auth.Clerk), account(auth.Approver), 2, true},
		"an operator becomes a clerk":        {admin, account(auth.Operator), account(auth.Clerk), 2, true},
		"an approver for another one":        {admin, account(auth.OrgApprover), account(auth.OrgApprover, moved), 2, true},
		"an approver gets another name":      {admin, account(auth.Approver), account(auth.Approver, renamed), 2, false},
		"an approver is switched off":        {admin, account(auth.Approver), account(auth.Approver, off), 2, false},
		"an approver is switched on":         {admin, account(auth.Approver, off), account(auth.Approver), 2, true},
		"a clerk is switched on":             {admin, account(auth.Clerk, off), account(auth.Clerk), 2, false},
	} {
		if got := auth.NeedsTwo(c.by, c.before, c.after, c.admins); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestCheckDecider(t *testing.T) {
	t.Parallel()
	r := auth.Request{By: auth.Author{Account: 1, Login: "admin"}, Account: auth.Account{ID: 7}}
	for account, ok := range map[int64]bool{0: false, 1: false, 2: true, 7: false} {
		if err := auth.CheckDecider(auth.Author{Account: account}, r); (err == nil) != ok || err != nil && !errors.Is(err, auth.ErrSecondPerson) {
			t.Errorf("account %d: %v", account, err)
		}
	}
}

func TestCheckWordAuthor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by, issuer int64
		ok         bool
	}{{7, 8, true}, {7, 7, false}, {7, 0, false}, {0, 8, false}} {
		if err := auth.CheckWordAuthor(auth.Author{Account: c.by}, auth.Card{Issuer: c.issuer}); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestNoSecretMatchesNothing(t *testing.T) {
	t.Parallel()
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		t.Fatal(err)
	}
	hash := auth.NoSecret()
	for _, typed := range []string{"", "739164", hash} {
		if ok, err := passwords.Matches(t.Context(), typed, hash); ok || err != nil {
			t.Errorf("%q: %t, %v", typed, ok, err)
		}
	}
	if hash == auth.NoSecret() {
		t.Error("it is always the same")
	}
}
