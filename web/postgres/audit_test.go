package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/postgres"
)

// Writers at once leave one whole chain, and whoever changes it or cuts it is refused, or noticed.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	ctx := audit.WithNetwork(t.Context(), "203.0.113.0/24")
	var writers sync.WaitGroup
	for i := range 20 {
		writers.Go(func() {
			e := audit.Entry{Kind: audit.LoginDone, Account: int64(i + 1), Login: fmt.Sprint("login", i), Detail: "password"}
			if err := store.Append(ctx, e, audit.Entry{Kind: audit.LoginFailed}); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	check := func(want int64, flaws int) {
		t.Helper()
		n, _, found, err := postgres.CheckAudit(t.Context(), db)
		if err != nil || n != want || (len(found) > 0) != (flaws > 0) {
			t.Errorf("%d entries, flaws %v, %v; want %d, and flaws: %d", n, found, err, want, flaws)
		}
	}
	check(40, 0)
	for _, sql := range []string{`UPDATE audit SET account = 0 WHERE id = 3`, `DELETE FROM audit WHERE id = 40`, `TRUNCATE audit`, `DELETE FROM audit_head`,
		`UPDATE audit_head SET id = 39`, `INSERT INTO audit_head (id, hash) VALUES (0, '')`} {
		if _, err := db.Exec(sql); err == nil {
			t.Errorf("%s is not refused", sql)
		}
	}
	check(40, 0)
	entries, err := store.Entries(t.Context(), audit.Filter{Account: 5, Limit: 10})
	if err != nil || len(entries) != 1 || entries[0].Login != "login4" || entries[0].Network != "203.0.113.0/24" {
		t.Errorf("by account: %+v, %v", entries, err)
	}
	if entries, err = store.Entries(t.Context(), audit.Filter{Area: "login", Before: 3, Limit: 10}); err != nil || len(entries) != 2 {
		t.Errorf("by area: %d, %v", len(entries), err)
	}
	if entries, err = store.Entries(t.Context(), audit.Filter{From: time.Now().Add(time.Hour), Limit: 10}); err != nil || len(entries) != 0 {
		t.Errorf("of later: %d, %v", len(entries), err)
	}
	// With the guards of the database gone, as for the person who owns it, verify notices.
	for _, sql := range []string{`DROP TRIGGER audit_stays ON audit`, `GRANT UPDATE, DELETE ON audit TO CURRENT_USER`} {
		if _, err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{`UPDATE audit SET account = 99 WHERE id = 3`, `DELETE FROM audit WHERE id = 3`, `DELETE FROM audit WHERE id IN (39, 40)`} {
		tx := db.MustBegin()
		if _, err := tx.Exec(sql); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		n, _, found, err := postgres.CheckAudit(t.Context(), db)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %d entries, nothing is noticed: %v", sql, n, err)
		}
	}
}

// A trail that lost its end is noticed by its head alone.
func TestAuditTrailThatWasCut(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	if err := store.Append(t.Context(), audit.Entry{Kind: audit.LoginFailed}, audit.Entry{Kind: audit.LoginFailed}); err != nil {
		t.Fatal(err)
	}
	db.MustExec(`DROP TRIGGER audit_stays ON audit`)
	db.MustExec(`GRANT UPDATE, DELETE ON audit TO CURRENT_USER`)
	db.MustExec(`DELETE FROM audit WHERE id = 2`)
	if _, _, found, err := postgres.CheckAudit(t.Context(), db); err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
}

// The module's role has no right to change the trail, apart from the trigger.
func TestAuditTrailByRole(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	db.MustExec(`DROP TRIGGER audit_stays ON audit`)
	for _, sql := range []string{`UPDATE audit SET account = 0`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := db.Exec(sql); !link.IsCode(err, "42501") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// The triggers keep the trail whoever has the rights.
func TestAuditTrailByTriggers(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	if err := store.Append(t.Context(), audit.Entry{Kind: audit.LoginFailed}, audit.Entry{Kind: audit.LoginFailed}); err != nil {
		t.Fatal(err)
	}
	db.MustExec(`GRANT UPDATE, DELETE, TRUNCATE ON audit TO CURRENT_USER`)
	db.MustExec(`GRANT INSERT, DELETE, TRUNCATE ON audit_head TO CURRENT_USER`)
	for sql, constraint := range map[string]string{
		`UPDATE audit SET account = 9`: "audit_stays", `DELETE FROM audit`: "audit_stays", `TRUNCATE audit`: "audit_stays",
		`INSERT INTO audit_head (id, hash) VALUES (0, '')`: "audit_stays", `DELETE FROM audit_head`: "audit_stays", `TRUNCATE audit_head`: "audit_stays",
		`UPDATE audit_head SET id = 3`: "audit_head_follows", `UPDATE audit_head SET id = 1`: "audit_head_follows",
		`INSERT INTO audit SELECT 1, at, kind, account, login, role, about, object, detail, network, event, hash FROM audit LIMIT 1`: "audit_follows",
	} {
		if _, err := db.Exec(sql); link.Constraint(err) != constraint {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// Acts on accounts are in the trail, by any caller of the store.
func TestAccountsAreInTheTrail(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	ctx := t.Context()
	passwords, err := auth.NewPasswords(1)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(ctx, "一句自己记得住的话")
	if err != nil {
		t.Fatal(err)
	}
	buyer, err := store.Create(ctx, auth.Account{Login: "13800138000", Phone: "13800138000", Role: auth.Buyer, Name: "李明", PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	by := auth.Author{Account: 1, Login: "admin"}
	clerk, err := store.Open(ctx, by, auth.Account{Login: "clerk", Name: "王芳", Role: auth.Clerk, OrgID: 5, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	want := *clerk
	want.Role, want.Name, want.Phone = auth.Officer, "王小芳", "13900000001"
	if _, err := store.Change(ctx, by, want, -1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.SetPassword(ctx, auth.Once{}, buyer.ID, hash, 0); err != nil {
		t.Fatal(err)
	}
	if err := store.Enrol(ctx, clerk.ID, []byte("sealed"), 5, [][]byte{make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	if err := store.ResetFactor(ctx, by, clerk.ID); err != nil {
		t.Fatal(err)
	}
	entries, err := store.Entries(ctx, audit.Filter{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range entries {
		said = append(said, fmt.Sprint(e.Kind, " ", e.Account, " ", e.Object, " ", e.Detail))
		for _, personal := range []string{"13800138000", "13900000001", "王", "李"} {
			if got := fmt.Sprintf("%+v", e); contains(got, personal) {
				t.Errorf("%s is in the trail: %s", personal, got)
			}
		}
	}
	id := fmt.Sprint(clerk.ID)
	for i, w := range []string{"account.factor 1 " + id + " ", "factor.on " + id + " " + id + " ", fmt.Sprint("account.password_own ", buyer.ID, " ", buyer.ID, " "),
		"account.role 1 " + id + " clerk → officer", "account.phone 1 " + id + " ", "account.name 1 " + id + " ", "account.opened 1 " + id + " clerk",
		fmt.Sprint("account.registered ", buyer.ID, " ", buyer.ID, " ")} {
		if i >= len(said) || said[i] != w {
			t.Errorf("entry %d is %q, want %q", i, at(said, i), w)
		}
	}
}

func contains(text, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// A code works once, also for two requests at the same moment; so does a recovery code; new ones end the old.
func TestSecondFactorWorksOnce(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	ctx := t.Context()
	a, err := store.Create(ctx, auth.Account{Login: "operator", Role: auth.Operator, Name: "x", PasswordHash: auth.NoSecret()})
	if err != nil {
		t.Fatal(err)
	}
	codes, hashes := auth.NewRecoveryCodes(a.ID)
	if err := store.Enrol(ctx, a.ID, []byte("sealed"), 100, hashes); err != nil {
		t.Fatal(err)
	}
	once := func(use func() (bool, error)) int {
		var mu sync.Mutex
		var users sync.WaitGroup
		n := 0
		for range 8 {
			users.Go(func() {
				ok, err := use()
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if ok {
					n++
				}
			})
		}
		users.Wait()
		return n
	}
	if n := once(func() (bool, error) { return store.UseStep(ctx, a.ID, 101) }); n != 1 {
		t.Errorf("a code worked %d times", n)
	}
	for _, step := range []int64{100, 101} {
		if ok, err := store.UseStep(ctx, a.ID, step); ok || err != nil {
			t.Errorf("a code of step %d works after step 101: %v", step, err)
		}
	}
	if n := once(func() (bool, error) { return store.UseCode(ctx, a.ID, auth.RecoveryHash(a.ID, codes[3])) }); n != 1 {
		t.Errorf("a recovery code worked %d times", n)
	}
	if f, err := store.Factor(ctx, a.ID); err != nil || f.CodesLeft != auth.RecoveryCodes-1 {
		t.Errorf("%+v, %v", f, err)
	}
	_, fresh := auth.NewRecoveryCodes(a.ID)
	if err := store.NewCodes(ctx, a.ID, fresh); err != nil {
		t.Fatal(err)
	}
	if ok, err := store.UseCode(ctx, a.ID, hashes[5]); ok || err != nil {
		t.Errorf("an old recovery code works: %v", err)
	}
}

// A lost second factor of an approver is taken away by two administrators, and its sessions end.
func TestLostFactorNeedsTwo(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	ctx := t.Context()
	var ids []int64
	for _, role := range []auth.Role{auth.Admin, auth.Admin, auth.Approver, auth.Clerk} {
		a, err := store.Create(ctx, auth.Account{Login: fmt.Sprint(role, len(ids)), Role: role, OrgID: 5, Name: "x", PasswordHash: auth.NoSecret()})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
		if err := store.Enrol(ctx, a.ID, []byte("sealed"), 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	first, second := auth.Author{Account: ids[0], Login: "admin0"}, auth.Author{Account: ids[1], Login: "admin1"}
	if err := store.ResetFactor(ctx, first, ids[3]); err != nil {
		t.Errorf("a clerk's: %v", err)
	}
	if err := store.ResetFactor(ctx, first, ids[0]); !errors.Is(err, auth.ErrOwnAccount) {
		t.Errorf("an administrator resets the own second factor: %v", err)
	}
	if err := store.ResetFactor(ctx, first, ids[2]); err == nil {
		t.Error("one administrator resets an approver's second factor")
	}
	r, err := store.AskAccount(ctx, auth.Request{Kind: auth.RequestFactor, Account: auth.Account{ID: ids[2], Login: "approver2", Role: auth.Approver}, Seen: -1, By: first})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.DecideAccount(ctx, r.ID, first, true, "", time.Time{}); err == nil {
		t.Error("the asker decides")
	}
	a, err := store.DecideAccount(ctx, r.ID, second, true, "", time.Time{})
	if err != nil || a.SessionsFrom.IsZero() {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := store.Factor(ctx, ids[2]); err == nil {
		t.Error("the second factor is still there")
	}
}

// A window after one with too many tries is twice as long, and what was quiet for a day begins anew.
func TestTriesGrowSlower(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "web", postgres.Migrations())
	store := postgres.New(db)
	limit := auth.Limit{Tries: 2, Window: time.Hour}
	fill := func() time.Duration {
		t.Helper()
		var wait time.Duration
		for range 3 {
			var err error
			if wait, err = store.Try(t.Context(), "login:x", limit); err != nil {
				t.Fatal(err)
			}
		}
		return wait.Round(time.Minute)
	}
	over := func(ago string) { db.MustExec(`UPDATE login_try SET until = clock_timestamp() - $1::interval`, ago) }
	for i, want := range []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour} {
		if got := fill(); got != want {
			t.Errorf("window %d lasts %s, want %s", i+1, got, want)
		}
		over("1 minute")
	}
	over("25 hours")
	if got := fill(); got != time.Hour {
		t.Errorf("after a quiet day: %s", got)
	}
}
