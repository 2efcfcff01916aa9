package account_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

var agree = strconv.Itoa(auth.PrivacyVersion)

func household(phone string) auth.Account {
	return auth.Account{Login: "ya-01-001-0007", Name: "王大山", Phone: phone, Role: auth.Household, HouseholdID: 77}
}

// Registering with a household's number gives no account, says the same as ever, and the household's phone and password go on.
func TestHouseholdsNumberIsReserved(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.Account(t, household("13900000007"))
	p := s.Person(t)
	if res := p.Post("/register/code", "contact", "13900000007"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the answer tells of a household: %d", res.StatusCode)
	}
	if text := s.Texts.Last(t, "13900000007", 1); !strings.Contains(text, "PIN") || strings.ContainsAny(text, "0123456789") {
		t.Errorf("the household is told %q", text)
	}
	for _, code := range []string{"000000", ""} {
		if res := p.Post("/register", "name", "林晓", "contact", "13900000007", "password", "bai-e-zi-hua-2026", "code", code, "agree", agree); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("code %q: %d", code, res.StatusCode)
		}
	}
	// Even an account that has the number shuts nobody out.
	s.Account(t, auth.Account{Login: "13900000007", Name: "林晓", Phone: "13900000007", Role: auth.Buyer})
	other := s.Person(t)
	hash, err := passwords(t).Hash(t.Context(), "a PIN of the household")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := s.Store.ByLogin(t.Context(), "ya-01-001-0007")
	if _, _, err := s.Store.SetPassword(t.Context(), auth.Once{}, a.ID, hash, 0); err != nil {
		t.Fatal(err)
	}
	if res := other.Post("/login", "login", "13900000007", "password", "a PIN of the household"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the household is shut out: %d", res.StatusCode)
	}
}

func passwords(t *testing.T) *auth.Passwords {
	t.Helper()
	p, err := auth.NewPasswords(1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Codes are stored hashed, work once, for their purpose and number, and end after a few tries; a later code ends the earlier.
func TestCodesOfContacts(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	codes := auth.Codes{Store: s.Store, Digests: keyed("key")}
	use := func(purpose auth.CodePurpose, contact, code string) bool {
		t.Helper()
		ok, err := codes.Use(t.Context(), purpose, contact, code)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	draw := func() string {
		t.Helper()
		code, err := codes.Make(t.Context(), auth.CodeRegister, "13900000001")
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code := draw()
	if rows := s.Dump(t, "contact_code"); strings.Contains(rows, code) || strings.Contains(rows, "13900000001") {
		t.Errorf("stored in the clear: %s", rows)
	}
	if use(auth.CodeReset, "13900000001", code) || use(auth.CodeRegister, "13900000002", code) {
		t.Error("a code works for another purpose or number")
	}
	if !use(auth.CodeRegister, "13900000001", " "+code[:3]+" "+code[3:]) || use(auth.CodeRegister, "13900000001", code) {
		t.Error("a code works not at all, or twice")
	}
	first, second := draw(), draw()
	if first != second && use(auth.CodeRegister, "13900000001", first) || !use(auth.CodeRegister, "13900000001", second) {
		t.Error("not the last code counts")
	}
	code = draw()
	for range auth.CodeTries {
		if use(auth.CodeRegister, "13900000001", "no code") {
			t.Fatal("nonsense works")
		}
	}
	if use(auth.CodeRegister, "13900000001", code) {
		t.Error("tries are not bounded")
	}
	if err := s.Store.PutContactCode(t.Context(), codes.Digests.Indexes("contact register 13900000009")[0], []byte("x"), -time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.TryContactCode(t.Context(), codes.Digests.Indexes("contact register 13900000009")[0], 5); err == nil {
		t.Error("a code does not run out")
	}
}

type keyed string

func (k keyed) Indexes(text string) [][]byte {
	sum := sha256.Sum256([]byte(string(k) + text))
	return [][]byte{sum[:]}
}

// How many codes a number and a network get is bounded, and a number without an account is answered alike.
func TestCodesAreBoundedAndTellNothing(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.Account(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	var answers []string
	for _, contact := range []string{"13900000001", "13900000002", "lin@example.com"} {
		p := s.Person(t)
		res := p.Post("/password/forgot", "contact", contact)
		answers = append(answers, fmt.Sprint(res.StatusCode, res.Header.Get("Location")))
	}
	if answers[0] != answers[1] || answers[0] != answers[2] {
		t.Errorf("answers differ: %q", answers)
	}
	s.Texts.Code(t, "13900000001", 1)
	if n := s.Texts.Count("13900000002"); n != 0 {
		t.Errorf("%d messages to a number without an account", n)
	}
	p := s.Person(t)
	for range auth.CodesPerContact.Tries {
		p.Post("/register/code", "contact", "13900000003")
	}
	if res := p.Post("/register/code", "contact", "13900000003"); res.StatusCode != http.StatusTooManyRequests || !strings.Contains(res.Body, "分钟") {
		t.Errorf("one code too many: %d\n%s", res.StatusCode, res.Body)
	}
	// A network, whatever the numbers.
	var wait time.Duration
	for i := range auth.CodesPerNetwork.Tries + 1 {
		var err error
		if wait, err = auth.CountCode(t.Context(), s.Store, fmt.Sprint("1380000", 1000+i), "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	if wait == 0 {
		t.Error("a network has codes sent without bound")
	}
}

// A buyer with a forgotten password proves the number; all sessions end. Accounts of staff are not reset so.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	in := s.Login(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	s.Account(t, auth.Account{Login: "13900000002", Name: "县经办", Phone: "13900000002", Role: auth.Operator})
	p := s.Person(t)
	p.Post("/password/forgot", "contact", "13900000001")
	code := s.Texts.Code(t, "13900000001", 1)
	if res := p.Post("/password/reset", "contact", "13900000001", "code", "no code", "password", "a-new-one-2026"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without the code: %d", res.StatusCode)
	}
	for _, weak := range []string{"short", "banmuyuan2026"} {
		if res := p.Post("/password/reset", "contact", "13900000001", "code", code, "password", weak); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("the weak password %s: %d", weak, res.StatusCode)
		}
	}
	if res := p.Post("/password/reset", "contact", "13900000001", "code", code, "password", "a-new-one-2026"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("reset: %d\n%s", res.StatusCode, res.Body)
	}
	if res := in.Get("/account"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the old session goes on: %d", res.StatusCode)
	}
	if res := p.Post("/login", "login", "13900000001", "password", "a-new-one-2026"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the new password: %d", res.StatusCode)
	}
	q := s.Person(t)
	q.Post("/password/forgot", "contact", "13900000002")
	q.Post("/password/forgot", "contact", "13900000001")
	s.Texts.Last(t, "13900000001", 2)
	if n := s.Texts.Count("13900000002"); n != 0 {
		t.Error("an operator's account can be reset by a phone")
	}
	// A code that was sent before its account got rights resets nothing.
	clerk := s.Account(t, auth.Account{Login: "13900000003", Name: "后来的司磅员", Phone: "13900000003", Role: auth.Buyer})
	q.Post("/password/forgot", "contact", "13900000003")
	code = s.Texts.Code(t, "13900000003", 1)
	clerk.Role, clerk.OrgID = auth.Clerk, 5
	if _, err := s.Store.Change(t.Context(), auth.Command, *clerk, -1); err != nil {
		t.Fatal(err)
	}
	if res := q.Post("/password/reset", "contact", "13900000003", "code", code, "password", "a-new-one-2026"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a clerk resets the password by a phone: %d", res.StatusCode)
	}
}

// A number that takes the place of another is proved first, the old one is told, and a number that others have is refused to
// its owner alone.
func TestChangeOfNumber(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	p := s.Login(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	s.Account(t, auth.Account{Login: "13900000002", Name: "别人", Phone: "13900000002", Role: auth.Buyer})
	if res := p.Post("/account/contact/code", "contact", "13900000002"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("somebody else's number: %d", res.StatusCode)
	}
	if text := s.Texts.Last(t, "13900000002", 1); !strings.Contains(text, "已经注册过") {
		t.Errorf("its owner is told %q", text)
	}
	p.Post("/account/contact/code", "contact", "13900000003")
	code := s.Texts.Code(t, "13900000003", 1)
	for _, password := range []string{"", "not the password"} {
		if res := p.Post("/account/contact", "contact", "13900000003", "code", code, "password", password); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `id="f-password-error"`) && !strings.Contains(res.Body, "密码") {
			t.Errorf("password %q: %d", password, res.StatusCode)
		}
	}
	if res := p.Post("/account/contact", "contact", "13900000004", "code", code, "password", webtest.Password); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the code of another number: %d", res.StatusCode)
	}
	if res := p.Post("/account/contact", "contact", "13900000003", "code", code, "password", webtest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("change: %d\n%s", res.StatusCode, res.Body)
	}
	if text := s.Texts.Last(t, "13900000001", 1); !strings.Contains(text, "尾号 0003") {
		t.Errorf("the old number is told %q", text)
	}
	a, err := s.Store.ByLogin(t.Context(), "13900000003")
	if err != nil || a.Phone != "13900000003" || a.Person() == "" {
		t.Errorf("stored: %+v, %v", a, err)
	}
}

// Somebody without a mainland phone registers by an e-mail address.
func TestRegisterByMail(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	p := s.Person(t)
	p.Post("/register/code", "contact", "Lin@Example.com")
	code := s.Texts.Code(t, "lin@example.com", 1)
	fields := []string{"name", "Lin", "contact", "lin@example.com", "password", "bai-e-zi-hua-2026", "code", code}
	if res := p.Post("/register", fields...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "同意后勾选") {
		t.Errorf("without consent: %d", res.StatusCode)
	}
	if res := p.Post("/register", append(fields, "agree", agree)...); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("register: %d\n%s", res.StatusCode, res.Body)
	}
	a, err := s.Store.ByLogin(t.Context(), "lin@example.com")
	if err != nil || a.Email != "lin@example.com" || a.Phone != "" || a.Person() == "" || a.PrivacyVersion != auth.PrivacyVersion {
		t.Errorf("stored: %+v, %v", a, err)
	}
}

// Without a mail server addresses are refused with a sentence, and the page does not ask for one.
func TestCodesByMailAreOff(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, func(_ *web.Config, deps *web.Deps) { deps.Mailer = nil })
	p := s.Person(t)
	if res := p.Get("/register"); strings.Contains(res.Body, "邮箱") {
		t.Error("the page asks for an address")
	}
	if res := p.Post("/register/code", "contact", "lin@example.com"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "还不能用邮箱") {
		t.Errorf("an address: %d", res.StatusCode)
	}
	if res := p.Post("/register/code", "contact", "13900000001"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a phone: %d", res.StatusCode)
	}
}
