package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/internal/link/linktest"
	"banmuyuan/web/auth"
	"banmuyuan/web/postgres"
	"banmuyuan/web/report"
	"banmuyuan/web/sheet"
)

// hash has the form of a hash; nobody logs in here.
const hash = "$argon2id$v=19$m=32768,t=3,p=1$c2FsdHNhbHRzYWx0c2Fs$aGFzaA"

func setup(t *testing.T) *postgres.Store {
	t.Helper()
	db, _ := linktest.DB(t, postgres.Schema, postgres.Migrations())
	return postgres.New(db)
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	made, err := s.Create(ctx, auth.Account{Login: "Li Ming", Name: "李明", Role: auth.Helper, HelperID: 4, PasswordHash: hash + "1"})
	if err != nil || made.ID == 0 || made.Login != "liming" || made.Lang != "zh" || made.CreatedAt.IsZero() {
		t.Fatalf("created %+v, %v", made, err)
	}
	if _, err := s.Create(ctx, auth.Account{Login: "LIMING", Role: auth.Buyer, PasswordHash: hash}); !errors.Is(err, auth.ErrLoginTaken) {
		t.Errorf("the same login again: %v", err)
	}
	if got, err := s.ByLogin(ctx, " LiMing "); err != nil || *got != *made {
		t.Errorf("found %+v, %v", got, err)
	}
	if _, err := s.ByID(ctx, made.ID+1); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	changed, _, err := s.SetPassword(ctx, auth.Once{}, made.ID, hash+"2", 0)
	if err != nil || changed.PasswordHash != hash+"2" || !changed.PasswordChangedAt.After(made.PasswordChangedAt) {
		t.Errorf("changed %+v, %v", changed, err)
	}
	if err := s.SetDisabled(ctx, auth.Command, made.ID, true); err != nil {
		t.Fatal(err)
	}
	off, _ := s.ByID(ctx, made.ID)
	if err := s.SetDisabled(ctx, auth.Command, made.ID, true); err != nil {
		t.Fatal(err)
	}
	if again, err := s.ByID(ctx, made.ID); err != nil || !again.Disabled() || !again.DisabledAt.Equal(off.DisabledAt) {
		t.Errorf("switched off twice: %+v, %v", again, err)
	}
	if counts, err := s.CountByRole(ctx); err != nil || counts[auth.Helper] != 0 {
		t.Errorf("a disabled account is counted: %v, %v", counts, err)
	}
	for _, err := range []error{s.SetLang(ctx, 999, "en"), s.SetDisabled(ctx, auth.Command, 999, true)} {
		if !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	}
}

func TestManyAccounts(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	var many []auth.Account
	for i := range 5_001 { // more than one statement takes
		many = append(many, auth.Account{Login: fmt.Sprintf("h%05d", i), Role: auth.Household, HouseholdID: int64(i + 1), PasswordHash: hash})
	}
	if n, err := s.CreateMany(ctx, many); err != nil || n != len(many) {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := s.CreateMany(ctx, append(many[:3:3], auth.Account{Login: "new", Role: auth.Buyer, PasswordHash: hash})); err != nil || n != 1 {
		t.Errorf("again with a new one: %d, %v", n, err)
	}
	// One that the database refuses refuses all.
	if _, err := s.CreateMany(ctx, []auth.Account{{Login: "fine", Role: auth.Buyer, PasswordHash: hash}, {Login: "bad", Role: "king", PasswordHash: hash}}); err == nil {
		t.Error("an unknown role was stored")
	}
	if _, err := s.ByLogin(ctx, "fine"); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("half of a refused list is there: %v", err)
	}
	page, err := s.List(ctx, "H0", "h04998", 2, auth.Household)
	if err != nil || len(page) != 2 || page[0].Login != "h04999" || page[1].Login != "h05000" {
		t.Errorf("page %+v, %v", page, err)
	}
	if page, err := s.List(ctx, "ne", "", 9); err != nil || len(page) != 1 || page[0].Login != "new" {
		t.Errorf("beginning with ne: %+v, %v", page, err)
	}
}

// Of many tries at once exactly as many are allowed as the limit says.
func TestThrottleCountsTriesAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	limit := auth.Limit{Tries: 5, Window: time.Hour}
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			wait, err := s.Try(t.Context(), "login:x", limit)
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				allowed.Add(1)
			} else if wait < time.Second || wait > limit.Window {
				t.Errorf("to wait for %s", wait)
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 5 {
		t.Errorf("%d tries were allowed, want 5", allowed.Load())
	}
	if wait, err := s.Try(t.Context(), "login:y", limit); err != nil || wait != 0 {
		t.Errorf("another key waits for %s, %v", wait, err)
	}
	if err := s.Forget(t.Context(), "login:x"); err != nil {
		t.Fatal(err)
	}
	if wait, err := s.Try(t.Context(), "login:x", limit); err != nil || wait != 0 {
		t.Errorf("forgotten, it waits for %s, %v", wait, err)
	}
	// A window that has passed starts anew.
	short := auth.Limit{Tries: 1, Window: time.Microsecond}
	for range 3 {
		if wait, err := s.Try(t.Context(), "login:z", short); err != nil || wait != 0 {
			t.Errorf("after its window it waits for %s, %v", wait, err)
		}
	}
}

// Of several processes each report is made by one; whoever does not come back is replaced.
func TestReportsAreClaimedOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	reports := s.Reports()
	ctx := t.Context()
	a, err := s.Create(ctx, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	const asked = 12
	for season := range asked {
		for range 2 {
			if _, err := reports.Ask(ctx, report.Job{Kind: report.Incomes, Season: 2000 + season, Lang: "zh", AccountID: a.ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var mu sync.Mutex
	claimed := map[int64]int{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				j, err := reports.Claim(ctx, time.Hour)
				if errors.Is(err, report.ErrNotFound) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				claimed[j.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(claimed) != asked {
		t.Errorf("%d reports were claimed, want %d", len(claimed), asked)
	}
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("report %d was claimed %d times", id, n)
		}
		if err := reports.Progress(ctx, id, 7, 10, -time.Hour); err != nil { // the process has gone
			t.Fatal(err)
		}
	}
	again, err := reports.Claim(ctx, time.Hour)
	if err != nil || again.Attempts != 2 || again.Rows != 0 || again.AskedBy != "县经办" {
		t.Fatalf("claimed again: %+v, %v", again, err)
	}
	if err := reports.Finish(ctx, again.ID, "表.xlsx", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := reports.Fail(ctx, again.ID, "internal"); !errors.Is(err, report.ErrNotFound) {
		t.Errorf("what is done failed afterwards: %v", err)
	}
	if name, data, err := reports.File(ctx, again.ID); err != nil || name != "表.xlsx" || string(data) != "x" {
		t.Errorf("file %q %q, %v", name, data, err)
	}
	if err := reports.Forget(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := reports.File(ctx, again.ID); !errors.Is(err, report.ErrNotFound) {
		t.Errorf("a forgotten file: %v", err)
	}
	if jobs, err := reports.Jobs(ctx, 100); err != nil || len(jobs) != asked-1 {
		t.Errorf("%d reports are left, %v: what is under way stays", len(jobs), err)
	}
}

func TestHeadings(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	named := []sheet.Heading{{Kind: "village", Heading: "带头人", Field: "secretary"}, {Kind: "village", Heading: "备注", Field: ""}, {Kind: "household", Heading: "带头人", Field: "head"}}
	if err := s.RememberHeadings(ctx, "operator", named); err != nil {
		t.Fatal(err)
	}
	if err := s.RememberHeadings(ctx, "approver", []sheet.Heading{{Kind: "village", Heading: "带头人", Field: ""}, {Kind: "village", Heading: "带头人", Field: "name"}}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Headings(ctx)
	if err != nil || len(got) != 3 || got[0].Kind != "household" || got[0].Field != "head" || got[0].By != "operator" || got[0].At.IsZero() {
		t.Fatalf("headings %+v, %v", got, err)
	}
	if m := sheet.MappingOf(got); m["village"]["带头人"] != "name" || m["household"]["带头人"] != "head" || len(m["village"]) != 2 {
		t.Errorf("mapping %v", m)
	}
	if err := s.ForgetHeading(ctx, "village", "带头人"); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Headings(ctx); err != nil || len(got) != 2 {
		t.Errorf("left %+v, %v", got, err)
	}
}
