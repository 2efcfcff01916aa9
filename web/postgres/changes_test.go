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

func TestOneTimePasswordIsStoredAndEnds(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	until := time.Now().Add(time.Hour).Truncate(time.Microsecond)
	a, err := s.Open(ctx, auth.Command, auth.Account{Login: "admin", Name: "王", Role: auth.Admin, PasswordHash: hash, OneTimeUntil: until})
	if err != nil || !a.OneTimeUntil.Equal(until) {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, _, err = s.SetPassword(ctx, auth.Once{}, a.ID, hash+"1", 0); err != nil || a.MustChangePassword() {
		t.Errorf("a password of one's own: %+v, %v", a, err)
	}
	was := a.PasswordChangedAt
	by := auth.Author{Account: 9, Login: "other"}
	if a, err = s.ResetPassword(ctx, by, a.ID, hash+"2", until); err != nil || !a.OneTimeUntil.Equal(until) || !a.PasswordChangedAt.After(was) || a.PasswordHash != hash+"2" {
		t.Errorf("reset: %+v, %v", a, err)
	}
	if _, err := s.ResetPassword(ctx, by, 999, hash, until); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	h, err := s.History(ctx, a.ID, 10)
	if err != nil || len(h) != 2 || h[0].What != auth.ChangedPassword || h[0].By != by || h[1].What != auth.ChangedOpened || h[1].By != auth.Command || h[1].After != "admin" {
		t.Errorf("history %+v, %v", h, err)
	}
}

func TestAccountIsChangedWithItsHistory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	by := auth.Author{Account: 9, Login: "admin"}
	a, err := s.Open(ctx, by, auth.Account{Login: "liming", Name: "李明", Phone: "13900000001", Role: auth.Officer, OrgID: 5, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	h, _ := s.History(ctx, a.ID, 10)
	want := *a
	want.Name = "李明明"
	want.Login, want.Lang, want.PasswordHash = "other", "en", hash+"9" // not changed by this
	changes, err := s.Change(ctx, by, want, h[0].ID)
	if err != nil || len(changes) != 1 {
		t.Fatalf("%+v, %v", changes, err)
	}
	now, _ := s.ByID(ctx, a.ID)
	if now.Name != "李明明" || now.Login != a.Login || now.Lang != a.Lang || now.PasswordHash != a.PasswordHash || !now.SessionsFrom.IsZero() {
		t.Errorf("after the name: %+v", now)
	}
	if _, err := s.Change(ctx, by, want, h[0].ID); !errors.Is(err, auth.ErrChangedMeanwhile) {
		t.Errorf("by somebody who saw less: %v", err)
	}
	if changes, err := s.Change(ctx, by, want, -1); err != nil || len(changes) != 0 {
		t.Errorf("the same again: %+v, %v", changes, err)
	}
	want.Role, want.OrgID = auth.Operator, 0
	if _, err := s.Change(ctx, by, want, -1); err != nil {
		t.Fatal(err)
	}
	if now, _ = s.ByID(ctx, a.ID); now.Role != auth.Operator || now.OrgID != 0 || now.SessionsFrom.Before(now.CreatedAt) {
		t.Errorf("after the role: %+v", now)
	}
	if h, err = s.History(ctx, a.ID, 2); err != nil || len(h) != 2 || h[0].What != auth.ChangedOrg || h[0].Before != "5" || h[0].After != "" || h[1].What != auth.ChangedRole || h[1].By != by || h[1].At.IsZero() {
		t.Errorf("history %+v, %v", h, err)
	}
	want.ID = 999
	if _, err := s.Change(ctx, by, want, -1); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

// The history of accounts is neither changed nor emptied, whoever writes.
func TestAccountHistoryStays(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, postgres.Schema, postgres.Migrations())
	s := postgres.New(db)
	if _, err := s.Open(t.Context(), auth.Command, auth.Account{Login: "admin", Role: auth.Admin, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`UPDATE account_change SET by_login = 'nobody'`, `DELETE FROM account_change`, `TRUNCATE account_change CASCADE`} {
		if _, err := db.Exec(q); link.Constraint(err) != "account_change_stays" {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// Administrators who switch off or demote each other at the same moment: one of them stays.
func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	var admins []*auth.Account
	for _, login := range []string{"admin1", "admin2", "admin3"} {
		a, err := s.Open(ctx, auth.Command, auth.Account{Login: login, Name: login, Role: auth.Admin, PasswordHash: hash})
		if err != nil {
			t.Fatal(err)
		}
		admins = append(admins, a)
	}
	var wg sync.WaitGroup
	var refused atomic.Int64
	for i, a := range admins {
		other := *admins[(i+1)%len(admins)]
		wg.Go(func() {
			err := s.SetDisabled(ctx, auth.AuthorOf(a), other.ID, true)
			if errors.Is(err, auth.ErrLastAdmin) {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if counts, err := s.CountByRole(ctx); err != nil || counts[auth.Admin] != 1 || refused.Load() != 1 {
		t.Errorf("%d administrators work, %d were refused, %v", counts[auth.Admin], refused.Load(), err)
	}
}

func TestSetupLink(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	now := time.Now()
	until := now.Add(auth.SetupLife)
	_, first := auth.NewSetupToken()
	_, second := auth.NewSetupToken()
	for _, h := range [][]byte{first, second} {
		if made, err := s.NewSetupLink(ctx, h, until); err != nil || !made {
			t.Fatal(made, err)
		}
	}
	admin := auth.Account{Login: "admin", Name: "王", PasswordHash: hash}
	for name, c := range map[string]struct {
		hash []byte
		at   time.Time
	}{"followed by another": {first, now}, "expired": {second, until}, "never made": {auth.SetupHash("x"), now}} {
		if err := s.CheckSetupLink(ctx, c.hash, c.at); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.UseSetupLink(ctx, c.hash, c.at, admin); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("%s, used: %v", name, err)
		}
	}
	if err := s.CheckSetupLink(ctx, second, now); err != nil {
		t.Errorf("the newest: %v", err)
	}
	// What is refused leaves the link as it was.
	if _, err := s.Create(ctx, auth.Account{Login: "taken", Role: auth.Buyer, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UseSetupLink(ctx, second, now, auth.Account{Login: "taken", PasswordHash: hash}); !errors.Is(err, auth.ErrLoginTaken) {
		t.Errorf("a login that is taken: %v", err)
	}
	if err := s.CheckSetupLink(ctx, second, now); err != nil {
		t.Errorf("after a login that was taken: %v", err)
	}
	// Of many requests at once one makes an administrator.
	var wg sync.WaitGroup
	var made atomic.Int64
	for _, login := range []string{"a-1", "a-2", "a-3", "a-4", "a-5", "a-6"} {
		wg.Go(func() {
			a, err := s.UseSetupLink(ctx, second, now, auth.Account{Login: login, Name: login, Role: auth.Buyer, PasswordHash: hash})
			switch {
			case err == nil && a.Role == auth.Admin:
				made.Add(1)
			case !errors.Is(err, auth.ErrNotFound):
				t.Errorf("%s: %+v, %v", login, a, err)
			}
		})
	}
	wg.Wait()
	if counts, err := s.CountByRole(ctx); err != nil || made.Load() != 1 || counts[auth.Admin] != 1 {
		t.Errorf("%d were made, there are %v, %v", made.Load(), counts, err)
	}
	_, third := auth.NewSetupToken()
	if made, err := s.NewSetupLink(ctx, third, until); err != nil || made {
		t.Errorf("a link beside an administrator: %t, %v", made, err)
	}
}

// A link that was open ends with an administrator who came another way, also one that was switched off since.
func TestSetupLinkEndsWithAnAdministrator(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	now := time.Now()
	_, h := auth.NewSetupToken()
	if made, err := s.NewSetupLink(ctx, h, now.Add(time.Hour)); err != nil || !made {
		t.Fatal(made, err)
	}
	if _, err := s.Open(ctx, auth.Command, auth.Account{Login: "admin", Role: auth.Admin, PasswordHash: hash}); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSetupLink(ctx, h, now); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("looked at: %v", err)
	}
	if _, err := s.UseSetupLink(ctx, h, now, auth.Account{Login: "second", PasswordHash: hash}); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("used: %v", err)
	}
}

// The database holds one link that is open, whoever writes.
func TestOneSetupLinkIsOpen(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, postgres.Schema, postgres.Migrations())
	const insert = `INSERT INTO setup_link (hash, expires_at) VALUES ($1, now())`
	if _, err := db.Exec(insert, auth.SetupHash("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(insert, auth.SetupHash("2")); link.Constraint(err) != "setup_link_one" {
		t.Errorf("a second one: %v", err)
	}
}

// Processes that start at the same moment leave one link that works.
func TestSetupLinksMadeAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	hashes := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range hashes {
		_, hashes[i] = auth.NewSetupToken()
		wg.Go(func() {
			if made, err := s.NewSetupLink(ctx, hashes[i], time.Now().Add(time.Hour)); err != nil || !made {
				t.Error(made, err)
			}
		})
	}
	wg.Wait()
	works := 0
	for _, h := range hashes {
		if s.CheckSetupLink(ctx, h, time.Now()) == nil {
			works++
		}
	}
	if works != 1 {
		t.Errorf("%d links work", works)
	}
}
