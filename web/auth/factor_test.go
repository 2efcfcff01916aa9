package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

// Codes are those of RFC 6238, appendix B, cut to six digits.
func TestFactorCode(t *testing.T) {
	t.Parallel()
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // 12345678901234567890
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if got, err := auth.FactorCode(secret, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("%d: %s, %v, want %s", at, got, err, want)
		}
	}
	now := time.Unix(1111111109, 0)
	for off, fits := range map[time.Duration]bool{0: true, -30 * time.Second: true, 30 * time.Second: true, -time.Minute: false, time.Minute: false} {
		code, err := auth.FactorCode(secret, now.Add(off))
		if err != nil {
			t.Fatal(err)
		}
		step, err := auth.FactorStep(secret, code, now)
		if err != nil || step != 0 != fits || fits && step != now.Add(off).Unix()/30 {
			t.Errorf("the code of %s: step %d, %v", off, step, err)
		}
	}
}

// With the right password the code is asked for; each code and each recovery code lets in once, and tries are counted.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	a, _, c := setup(t)
	now := time.Unix(1111111109, 0)
	a.Now = func() time.Time { return now }
	secret, address, err := auth.NewFactor("半亩园", "13800138000")
	if err != nil || !strings.HasPrefix(address, "otpauth://totp/") {
		t.Fatalf("%s, %v", address, err)
	}
	codes, hashes := auth.NewRecoveryCodes(7)
	factors := &pocket{secret: secret, code: hashes[0]}
	trail := &diary{}
	a.Factors, a.Trail = factors, trail
	account, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1")
	if !errors.Is(err, auth.ErrNeedsCode) || account == nil {
		t.Fatalf("the password alone: %v", err)
	}
	if len(trail.entries) != 0 {
		t.Errorf("the password alone is a login in the trail: %+v", trail.entries)
	}
	code, err := auth.FactorCode(secret, now)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(typed string) error { return a.SecondFactor(t.Context(), account, typed, "10.0.0.1") }
	if err := enter("000000"); !errors.Is(err, auth.ErrWrongCode) {
		t.Errorf("a wrong code: %v", err)
	}
	if err := enter(" " + code[:3] + " " + code[3:]); err != nil {
		t.Errorf("the code: %v", err)
	}
	if err := enter(code); !errors.Is(err, auth.ErrWrongCode) {
		t.Errorf("the code again within its time: %v", err)
	}
	if err := enter(strings.ToUpper(codes[0])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if err := enter(codes[0]); !errors.Is(err, auth.ErrWrongCode) {
		t.Errorf("a recovery code again: %v", err)
	}
	var said []string
	for _, e := range trail.entries {
		said = append(said, string(e.Kind)+" "+e.Detail)
	}
	if got := strings.Join(said, ", "); got != "login.code_failed , login.done code, login.code_failed , login.done recovery, login.code_failed " {
		t.Errorf("the trail has %s", got)
	}
	for range auth.PerFactor.Tries {
		_ = enter("000000")
	}
	now = now.Add(time.Minute)
	code, err = auth.FactorCode(secret, now)
	if err != nil {
		t.Fatal(err)
	}
	var wait *auth.ThrottledError
	if err := enter(code); !errors.As(err, &wait) {
		t.Errorf("after guessing the right code works: %v", err)
	}
	if c.tries["network:10.0.0.0/24"] == 0 {
		t.Error("wrong codes are not counted for the network")
	}
}

// A login that failed is in the trail with its account, and what was typed for nobody's login is not.
func TestFailuresAreInTheTrail(t *testing.T) {
	t.Parallel()
	a, _, _ := setup(t)
	trail := &diary{}
	a.Trail = trail
	for _, login := range []string{"13800138000", "my password by mistake"} {
		if _, err := a.Login(t.Context(), login, "guessed guessed", "10.0.0.1"); !errors.Is(err, auth.ErrWrongLogin) {
			t.Fatal(err)
		}
	}
	if len(trail.entries) != 2 || trail.entries[0].Account != 7 || trail.entries[0].Kind != audit.LoginFailed || trail.entries[1].Kind != audit.LoginFailed || trail.entries[1].Login+trail.entries[1].Object+trail.entries[1].Detail != "" {
		t.Errorf("%+v", trail.entries)
	}
}

func TestFactorDue(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Unix(0, 0).AddDate(0, 0, n) }
	rules := auth.Security{GraceDays: 30, IdleMinutes: 60, Since: day(100)}
	for _, c := range []struct {
		role    auth.Role
		created int
		factor  bool
		now     int
		must    bool
	}{
		{auth.Operator, 10, false, 129, false}, {auth.Operator, 10, false, 130, true}, {auth.Operator, 120, false, 149, false},
		{auth.OrgApprover, 120, false, 150, true}, {auth.Admin, 120, true, 500, false}, {auth.Buyer, 0, false, 500, false}, {auth.Clerk, 0, false, 500, false},
	} {
		look := auth.Look{Factor: c.factor, Security: rules}
		if got := look.MustEnrol(&auth.Account{Role: c.role, CreatedAt: day(c.created)}, day(c.now)); got != c.must {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestSessionsOfStaffEnd(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	for _, c := range []struct {
		role        auth.Role
		begun, seen time.Duration
		over        bool
	}{
		{auth.Operator, time.Hour, 59 * time.Minute, false}, {auth.Operator, 2 * time.Hour, 61 * time.Minute, true}, {auth.Approver, 25 * time.Hour, time.Minute, true},
		{auth.OrgApprover, 23 * time.Hour, time.Minute, false}, {auth.Admin, 23 * time.Hour, 2 * time.Hour, true}, {auth.Buyer, 300 * time.Hour, 200 * time.Hour, false},
	} {
		look := auth.Look{LoginSession: auth.LoginSession{BegunAt: now.Add(-c.begun), SeenAt: now.Add(-c.seen)}, Security: auth.Security{IdleMinutes: 60}}
		if got := look.Over(&auth.Account{Role: c.role}, now); got != c.over {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestDeviceOf(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]auth.Device{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0":               {Program: "Edge", System: "Windows"},
		"Mozilla/5.0 (Linux; Android 14; HUAWEI) AppleWebKit/537.36 Version/4.0 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0":               {Program: "WeChat", System: "Android"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": {Program: "Safari", System: "iPhone"},
		"": {},
	} {
		if got := auth.DeviceOf(agent, false); got != want {
			t.Errorf("%s: %+v", agent, got)
		}
	}
	if got := auth.DeviceOf("curl/8", true); got.Program != "api" {
		t.Errorf("a program: %+v", got)
	}
}

func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"12345678", "Password1", "qwertyuiop", "woaini1314", "iloveyou1", "banmuyuan123"} {
		if !auth.Common(p) {
			t.Errorf("%s is not known as common", p)
		}
	}
	for _, p := range []string{"一句自己记得住的话", "bai-e-zi-hua", "739164"} {
		if auth.Common(p) {
			t.Errorf("%s counts as common", p)
		}
	}
}
