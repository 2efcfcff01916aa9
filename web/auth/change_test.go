package auth_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"banmuyuan/web/auth"
)

func TestOneTimePassword(t *testing.T) {
	t.Parallel()
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	// Every byte once: each letter comes 256/31 = 8 times, and what is left over is drawn again.
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	random := bytes.NewReader(all)
	count := map[rune]int{}
	for range 248 / 12 {
		password, err := auth.NewOneTimePassword(random)
		if err != nil {
			t.Fatal(err)
		}
		if len(password) != 14 || password[4] != '-' || password[9] != '-' {
			t.Fatalf("%q", password)
		}
		if wrong := auth.CheckPassword(password, "admin"); wrong != "" {
			t.Errorf("%q is refused: %s", password, wrong)
		}
		for _, r := range strings.ReplaceAll(password, "-", "") {
			if count[r]++; !strings.ContainsRune(letters, r) {
				t.Errorf("%q has %q in it", password, r)
			}
		}
	}
	for _, r := range letters {
		if count[r] < 7 || count[r] > 8 {
			t.Errorf("%q came %d times", r, count[r])
		}
	}
	// 248 bytes are fair, of which 240 are used; the last eight are not.
	if p, err := auth.NewOneTimePassword(bytes.NewReader(append(bytes.Repeat([]byte{255}, 40), make([]byte, 12)...))); err != nil || p != "aaaa-aaaa-aaaa" {
		t.Errorf("unfair bytes: %q, %v", p, err)
	}
	if p, err := auth.NewOneTimePassword(iotest.ErrReader(errors.New("no chance"))); err == nil || p != "" {
		t.Errorf("without chance: %q", p)
	}
}

func TestOneTimePasswordRunsOut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		until      time.Time
		must, over bool
	}{
		"own password":    {time.Time{}, false, false},
		"one-time":        {now.Add(time.Nanosecond), true, false},
		"at its end":      {now, true, true},
		"after its end":   {now.Add(-time.Hour), true, true},
		"just given away": {now.Add(auth.OneTimeLife), true, false},
	} {
		a := &auth.Account{OneTimeUntil: c.until}
		if a.MustChangePassword() != c.must || a.OneTimeOver(now) != c.over {
			t.Errorf("%s: must %t, over %t", name, a.MustChangePassword(), a.OneTimeOver(now))
		}
	}
}

// A one-time password that ran out looks like a wrong one.
func TestLoginAfterTheOneTimePasswordRanOut(t *testing.T) {
	t.Parallel()
	a, b, _ := setup(t)
	b.account.OneTimeUntil = time.Now().Add(time.Hour)
	if got, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1"); err != nil || !got.MustChangePassword() {
		t.Fatalf("in time: %v", err)
	}
	a.Now = func() time.Time { return b.account.OneTimeUntil }
	if got, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1"); !errors.Is(err, auth.ErrWrongLogin) || got != nil {
		t.Errorf("too late: %v, %v", got, err)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	was := auth.Account{ID: 7, Name: "李明", Phone: "13900000001", Role: auth.Officer, OrgID: 5}
	for name, c := range map[string]struct {
		change func(*auth.Account)
		want   []auth.Change
		ends   bool
	}{
		"nothing":  {func(*auth.Account) {}, nil, false},
		"language": {func(a *auth.Account) { a.Lang, a.PasswordHash = "en", "x" }, nil, false},
		"name and phone": {func(a *auth.Account) { a.Name, a.Phone = "李明明", "" },
			[]auth.Change{{What: auth.ChangedName, Before: "李明", After: "李明明"}, {What: auth.ChangedPhone, Before: "13900000001"}}, false},
		"role":         {func(a *auth.Account) { a.Role = auth.Clerk }, []auth.Change{{What: auth.ChangedRole, Before: "officer", After: "clerk"}}, true},
		"organisation": {func(a *auth.Account) { a.OrgID = 6 }, []auth.Change{{What: auth.ChangedOrg, Before: "5", After: "6"}}, true},
		"to a household": {func(a *auth.Account) { a.Role, a.OrgID, a.HouseholdID = auth.Household, 0, 77 },
			[]auth.Change{{What: auth.ChangedRole, Before: "officer", After: "household"}, {What: auth.ChangedOrg, Before: "5"}, {What: auth.ChangedHousehold, After: "77"}}, true},
		"helper": {func(a *auth.Account) { a.HelperID = 4 }, []auth.Change{{What: auth.ChangedHelper, After: "4"}}, true},
		"off":    {func(a *auth.Account) { a.DisabledAt = time.Unix(1, 0) }, []auth.Change{{What: auth.ChangedOff}}, true},
	} {
		is := was
		c.change(&is)
		got := auth.Changes(&was, &is)
		if !slices.Equal(got, c.want) || auth.EndsSessions(got) != c.ends {
			t.Errorf("%s: %+v, ends sessions %t", name, got, auth.EndsSessions(got))
		}
	}
	off, on := was, was
	off.DisabledAt = time.Unix(1, 0)
	if got := auth.Changes(&off, &on); !slices.Equal(got, []auth.Change{{What: auth.ChangedOn}}) || auth.EndsSessions(got) {
		t.Errorf("on again: %+v", got)
	}
}

func TestCheckChange(t *testing.T) {
	t.Parallel()
	admin := auth.Account{ID: 1, Login: "admin", Name: "王", Role: auth.Admin}
	disabled := admin
	disabled.DisabledAt = time.Unix(1, 0)
	demoted, renamed := admin, admin
	demoted.Role, renamed.Name = auth.Operator, "王小明"
	other := auth.Author{Account: 2, Login: "other"}
	self := auth.AuthorOf(&admin)
	for name, c := range map[string]struct {
		by            auth.Author
		before, after auth.Account
		admins        int
		want          error
	}{
		"one of two is switched off":         {other, admin, disabled, 2, nil},
		"one of two is demoted":              {other, admin, demoted, 2, auth.ErrAdminStays},
		"the last is switched off":           {other, admin, disabled, 1, auth.ErrLastAdmin},
		"the last is demoted":                {other, admin, demoted, 1, auth.ErrAdminStays},
		"the last by the command line":       {auth.Command, admin, disabled, 1, auth.ErrLastAdmin},
		"the last gets another name":         {self, admin, renamed, 1, nil},
		"oneself off":                        {self, admin, disabled, 2, auth.ErrOwnAccount},
		"oneself demoted":                    {self, admin, demoted, 2, auth.ErrOwnAccount},
		"one that is off already is demoted": {other, disabled, func() auth.Account { a := disabled; a.Role = auth.Operator; return a }(), 1, auth.ErrAdminStays},
		"switched on again":                  {other, disabled, admin, 1, nil},
	} {
		if got := auth.CheckChange(c.by, &c.before, &c.after, c.admins); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestCheckLogin(t *testing.T) {
	t.Parallel()
	for login, ok := range map[string]bool{
		"admin": true, "li.ming-2": true, "123": true, "": false, "ab": false, "Admin": false, "-ab": false, ".ab": false, "管理员": false,
		"a b": false, strings.Repeat("a", 40): true, strings.Repeat("a", 41): false, "admin\n": false,
	} {
		if got := auth.CheckLogin(login) == ""; got != ok {
			t.Errorf("%q: %t", login, got)
		}
	}
}

func TestSetupToken(t *testing.T) {
	t.Parallel()
	token, hash := auth.NewSetupToken()
	other, _ := auth.NewSetupToken()
	if len(token) != 43 || token == other || len(hash) != 32 || !bytes.Equal(hash, auth.SetupHash(token)) || bytes.Equal(hash, auth.SecretHash(token)) {
		t.Errorf("token %q, other %q, hash %x", token, other, hash)
	}
}
