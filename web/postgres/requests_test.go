package postgres_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/web/auth"
	"banmuyuan/web/postgres"
)

// One administrator makes no approver: a second one agrees, once.
func TestTwoAdministratorsGiveRights(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, postgres.Schema, postgres.Migrations())
	s := postgres.New(db)
	ctx := t.Context()
	first, err := s.Open(ctx, auth.Command, auth.Account{Login: "admin1", Name: "一", Role: auth.Admin, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	one := auth.AuthorOf(first)
	until := time.Now().Add(time.Hour)
	// Alone it may; an administrator who never chose a password of its own is nobody yet.
	second, err := s.Open(ctx, one, auth.Account{Login: "admin2", Name: "二", Role: auth.Admin, PasswordHash: hash, OneTimeUntil: until})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(ctx, one, auth.Account{Login: "approver1", Name: "复核", Role: auth.Approver, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	if second, _, err = s.SetPassword(ctx, auth.Once{}, second.ID, hash+"2", 0); err != nil {
		t.Fatal(err)
	}
	two := auth.AuthorOf(second)
	clerk, err := s.Open(ctx, one, auth.Account{Login: "clerk", Name: "司磅", Role: auth.Clerk, OrgID: 5, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	approver, _ := s.ByLogin(ctx, "approver1")
	promoted := *clerk
	promoted.Role, promoted.OrgID = auth.Approver, 0
	for name, alone := range map[string]func() error{
		"open": func() error {
			_, err := s.Open(ctx, one, auth.Account{Login: "mine", Name: "我", Role: auth.Approver, PasswordHash: hash})
			return err
		},
		"reset": func() error { _, err := s.ResetPassword(ctx, one, approver.ID, hash, until); return err },
		"role":  func() error { _, err := s.Change(ctx, one, promoted, -1); return err },
	} {
		if err := alone(); !errors.Is(err, auth.ErrNeedsTwo) {
			t.Errorf("%s alone: %v", name, err)
		}
	}
	if err := s.SetDisabled(ctx, one, approver.ID, true); err != nil {
		t.Errorf("off alone: %v", err)
	}
	if err := s.SetDisabled(ctx, one, approver.ID, false); !errors.Is(err, auth.ErrNeedsTwo) {
		t.Errorf("on alone: %v", err)
	}
	asked, err := s.AskAccount(ctx, auth.Request{Kind: auth.RequestOpen, By: one, Account: auth.Account{Login: "approver2", Name: "新复核", Role: auth.Approver}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DecideAccount(ctx, asked.ID, one, true, hash, until); !errors.Is(err, auth.ErrSecondPerson) {
		t.Errorf("by the asker: %v", err)
	}
	if _, err := db.Exec(`UPDATE account_request SET decider = asker`); link.Constraint(err) != "account_request_second_person" {
		t.Errorf("by the asker, in the database: %v", err)
	}
	var wg sync.WaitGroup
	var done atomic.Int64
	for range 4 {
		wg.Go(func() {
			switch _, err := s.DecideAccount(ctx, asked.ID, two, true, hash, until); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, auth.ErrDecided):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	opened, err := s.ByLogin(ctx, "approver2")
	if err != nil || done.Load() != 1 || opened.Role != auth.Approver || !opened.MustChangePassword() {
		t.Fatalf("opened %+v by %d, %v", opened, done.Load(), err)
	}
	if h, err := s.History(ctx, opened.ID, 5); err != nil || len(h) != 1 || h[0].By.Login != "admin1 + admin2" {
		t.Errorf("history %+v, %v", h, err)
	}
	for kind, a := range map[auth.RequestKind]auth.Account{auth.RequestChange: promoted, auth.RequestReset: *opened, auth.RequestOn: *approver} {
		r, err := s.AskAccount(ctx, auth.Request{Kind: kind, By: two, Account: a, Seen: -1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.DecideAccount(ctx, r.ID, auth.Author{Account: a.ID, Login: a.Login}, true, hash, until); !errors.Is(err, auth.ErrSecondPerson) {
			t.Errorf("%s by the account itself: %v", kind, err)
		}
		if _, err := s.DecideAccount(ctx, r.ID, one, true, hash, until); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if a, _ := s.ByID(ctx, clerk.ID); a.Role != auth.Approver {
		t.Errorf("promoted: %+v", a)
	}
	if a, _ := s.ByID(ctx, approver.ID); a.Disabled() {
		t.Errorf("switched on: %+v", a)
	}
	refused, err := s.AskAccount(ctx, auth.Request{Kind: auth.RequestOpen, By: one, Account: auth.Account{Login: "never", Name: "不", Role: auth.Operator}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DecideAccount(ctx, refused.ID, two, false, "", time.Time{}); err != nil {
		t.Error(err)
	}
	if left, err := s.AccountRequests(ctx); err != nil || len(left) != 0 {
		t.Errorf("left %+v, %v", left, err)
	}
	if _, err := s.ByLogin(ctx, "never"); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("refused and opened: %v", err)
	}
}
