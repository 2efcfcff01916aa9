package postgres_test

import (
	"strings"
	"sync"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	paymentspg "banmuyuan/payments/postgres"
)

// withKeys starts a process that seals with the product's own keys.
func (b *bundle) withKeys(text string) *postgres.Catalog {
	b.t.Helper()
	keys, err := paymentspg.ParseKeys(text)
	if err != nil {
		b.t.Fatal(err)
	}
	cfg := b.config()
	cfg.Cipher, cfg.Unmask = keys, 1000
	c, _ := b.processWith(cfg)
	return c
}

func TestUnmaskingAnIDIsWrittenDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	ask := catalog.UnmaskID{HouseholdID: 3, Reason: "核对农产品收购发票"}
	_, err := c.UnmaskID(household(3), ask)
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = c.UnmaskID(helper(1), ask)
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = c.UnmaskID(clerk(1), ask)
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = c.UnmaskID(t.Context(), ask)
	wantCode(t, err, link.Unauthenticated, "unauthenticated", "")
	for _, reason := range []string{"", "   看   ", strings.Repeat("查", 201)} {
		_, err = c.UnmaskID(county(t.Context()), catalog.UnmaskID{HouseholdID: 3, Reason: reason})
		wantCode(t, err, link.Invalid, "unmask.reason", "reason")
	}
	_, err = c.UnmaskID(county(t.Context()), catalog.UnmaskID{HouseholdID: 99, Reason: ask.Reason})
	wantCode(t, err, link.NotFound, "unmask.nothing", "")
	_, err = c.UnmaskID(county(t.Context()), catalog.UnmaskID{HouseholdID: 3, Position: 7, Reason: ask.Reason})
	wantCode(t, err, link.NotFound, "unmask.nothing", "")
	if n := b.count(`SELECT count(*) FROM unmasking`); n != 0 {
		t.Errorf("%d lines in the log for what nobody saw", n)
	}

	got, err := c.UnmaskID(county(t.Context()), ask)
	if err != nil || got.IDNumber != idNumber(3) || got.Name != "户主3" {
		t.Fatalf("unmasked %+v, %v", got, err)
	}
	list, err := c.IDUnmaskings(as("approver", func(a *link.Actor) { a.Account = 5 }), catalog.None{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("log: %+v, %v", list, err)
	}
	u := list.Items[0]
	if u.Actor != "operator" || u.Code != "YA-003" || u.HouseholdID != 3 || u.Name != "户主3" || u.Reason != ask.Reason || !u.At.Equal(b.clock.Now()) {
		t.Errorf("the log says %+v", u)
	}
	_, err = c.IDUnmaskings(household(3), catalog.None{})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	// The log stays for every actor.
	for _, sql := range []string{`UPDATE unmasking SET reason = ''`, `DELETE FROM unmasking`, `TRUNCATE unmasking`} {
		if _, err := b.db.Exec(sql); err == nil {
			t.Errorf("%s: was let through", sql)
		}
	}
}

// Nobody can be shown a number that is not in the log: where it cannot be written, nothing is shown.
func TestNoLogNoNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	if _, err := b.db.Exec(`ALTER TABLE unmasking ADD CONSTRAINT broken CHECK (reason = 'never')`); err != nil {
		t.Fatal(err)
	}
	if got, err := c.UnmaskID(county(t.Context()), catalog.UnmaskID{HouseholdID: 3, Reason: "日志坏了"}); err == nil || got.IDNumber != "" {
		t.Errorf("shown %+v, %v", got, err)
	}
}

func TestIDsAreSealedAnewBesideThoseWhoRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old, fresh := paymentspg.NewKey(), paymentspg.NewKey()
	before := b.withKeys(old)
	b.load(before, smallCounty())
	persons := int(b.count(`SELECT count(*) FROM person WHERE id_sealed IS NOT NULL`))
	if persons == 0 {
		t.Fatal("nobody has an id number")
	}
	both := b.withKeys(fresh + "," + old)
	ask := catalog.UnmaskID{HouseholdID: 3, Reason: "换密钥时核对"}
	var wg sync.WaitGroup
	for range 4 { // readers with both keys work throughout
		wg.Go(func() {
			for range 10 {
				if got, err := both.UnmaskID(county(t.Context()), ask); err != nil || got.IDNumber != idNumber(3) {
					t.Errorf("while keys are changed: %+v, %v", got, err)
				}
			}
		})
	}
	n, err := both.Rekey(t.Context(), nil)
	wg.Wait()
	if err != nil || n != persons {
		t.Fatalf("%d of %d sealed anew, %v", n, persons, err)
	}
	if n, err = both.Rekey(t.Context(), nil); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	// The new key alone reads everything and finds an id that is there; the old one reads nothing.
	only := b.withKeys(fresh)
	for h := int64(1); h <= 6; h++ {
		if got, err := only.UnmaskID(county(t.Context()), catalog.UnmaskID{HouseholdID: h, Reason: ask.Reason}); err != nil || got.IDNumber != idNumber(int(h)) {
			t.Errorf("household %d: %+v, %v", h, got, err)
		}
	}
	if got, err := before.UnmaskID(county(t.Context()), ask); err == nil {
		t.Errorf("the old key still reads %+v", got)
	}
	taken := catalog.HouseholdRow{Line: 2, Code: "YA-101", Head: "赵一", IDNumber: idNumber(3), Persons: "3", Township: "依龙镇", Village: "永丰村"}
	res, err := only.ImportHouseholds(county(t.Context()), catalog.ImportRequest{Rows: []catalog.HouseholdRow{taken}})
	if err != nil || len(res.Problems) == 0 || res.Problems[0].Field != "id_number" {
		t.Errorf("an id that is taken was imported: %+v, %v", res, err)
	}
}

// One person looks at so many numbers within a day; another still may.
func TestUnmaskingIDsIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	ask := catalog.UnmaskID{HouseholdID: 3, Reason: "核对农产品收购发票"}
	one := link.WithActor(t.Context(), link.Actor{Account: 71, Login: "one", Role: "operator"})
	for range 40 {
		if _, err := c.UnmaskID(one, ask); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.UnmaskID(one, ask)
	wantCode(t, err, link.Forbidden, "unmask.limit", "")
	if _, err := c.UnmaskID(link.WithActor(t.Context(), link.Actor{Account: 72, Login: "two", Role: "approver"}), ask); err != nil {
		t.Errorf("another person: %v", err)
	}
}

// The module's own role rewrites no action that was done for households.
func TestHouseholdActionsStay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.seeded()
	for _, sql := range []string{`UPDATE household_action SET login = 'x'`, `DELETE FROM household_action`, `TRUNCATE household_action`} {
		if _, err := b.db.Exec(sql); link.Constraint(err) != "household_action_stays" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
