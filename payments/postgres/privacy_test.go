package postgres_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/postgres"
)

func TestUnmaskingIsWrittenDown(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	_, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: " 看 "})
	wantCode(t, err, link.Invalid, "unmask.reason")
	_, err = b.svc.Unmask(householdActor(17), payments.Unmask{Household: 17, Reason: "我想看看账号"})
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.Unmask(operator, payments.Unmask{Household: 99, Reason: "核对退票账号"})
	wantCode(t, err, link.NotFound, "unmask.nothing")
	got, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: "核对退票账号"})
	if err != nil || got.Number != "6228480000000000017" || got.Holder != "演示户" {
		t.Errorf("unmasked %+v, %v", got, err)
	}
	list, err := b.svc.Unmaskings(approver, payments.UnmaskingFilter{})
	if err != nil || list.Total != 1 || list.Items[0].Actor != "operator11" || list.Items[0].Reason != "核对退票账号" || list.Items[0].Household != 17 {
		t.Errorf("log: %+v, %v", list, err)
	}
	for _, sql := range []string{`UPDATE unmasking SET reason = ''`, `DELETE FROM unmasking`} {
		if _, err := b.db.Exec(sql); err == nil {
			t.Errorf("%s: was let through", sql)
		}
	}
}

// withKeys is the module over the same database with other keys.
func (b *bundle) withKeys(keys string) *postgres.Service {
	b.t.Helper()
	svc, err := postgres.New(b.db, postgres.Config{Key: keys, Env: "test", Now: b.clock.now, Log: slog.New(slog.DiscardHandler), Gateways: []gateway.Gateway{cash.New()}})
	if err != nil {
		b.t.Fatal(err)
	}
	return svc
}

func TestKeysAreChangedWhilePeopleArePaid(t *testing.T) {
	b := setup(t)
	households := make([]int64, 1_203) // more than two steps
	gross := map[int64]int64{}
	for i := range households {
		households[i] = int64(i + 1)
		gross[int64(i+1)] = 10_000
	}
	b.loadAccounts(households...)
	b.owe(1, gross)
	batch := b.export("before")
	file, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	fresh := postgres.NewKey()
	both := b.withKeys(fresh + "," + testKey)
	n, err := both.Rekey(system(), nil)
	if err != nil || n != 2*len(households) {
		t.Fatalf("%d sealed anew, %v", n, err)
	}
	if n, err = both.Rekey(system(), nil); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	// The new key alone reads everything now, and finds equal numbers; the old one nothing.
	only := b.withKeys(fresh)
	again, err := only.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"})
	if err != nil || string(again.Data) != string(file.Data) {
		t.Errorf("the file of before differs: %v", err)
	}
	if _, err := only.Unmask(operator, payments.Unmask{Household: 17, Reason: "换密钥后核对"}); err != nil {
		t.Error(err)
	}
	if _, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: "换密钥后核对"}); err == nil {
		t.Error("the old key still reads")
	}
	if _, err := only.Rekey(operator, nil); link.CodeOf(err) != link.Forbidden {
		t.Errorf("an operator changes keys: %v", err)
	}
	b.svc = only // by which everything is checked at the end
}

// Names, numbers and banks of buyers and households are nowhere in the module's events.
func TestWholePayoutTellsNothingPersonal(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.deposit("order:1", 1000)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	batch := b.export("events")
	b.answer(batch.ID, 18)
	var all []string
	if err := b.db.Select(&all, `SELECT data::text FROM outbox`); err != nil || len(all) < 4 {
		t.Fatalf("%d events, %v", len(all), err)
	}
	for _, e := range all {
		for _, personal := range []string{"王芳", "演示户", "622848", "信用社", "大鹅", "name", "holder", "number", "phone", "bank"} {
			if strings.Contains(e, personal) {
				t.Errorf("an event holds %q: %s", personal, e)
			}
		}
	}
}

// One person looks at so many numbers within a day; another still may.
func TestUnmaskingIsBounded(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	for range 40 {
		if _, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: "核对退票账号"}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: "核对退票账号"})
	wantCode(t, err, link.Forbidden, "unmask.limit")
	if _, err := b.svc.Unmask(approver, payments.Unmask{Household: 17, Reason: "核对退票账号"}); err != nil {
		t.Errorf("another person: %v", err)
	}
	b.clock.forward(25 * time.Hour)
	if _, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: "核对退票账号"}); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// The module's own role rewrites no payout account and takes none away.
func TestPayoutAccountsStay(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	for _, sql := range []string{`UPDATE payout_account SET holder = 'x'`, `UPDATE payout_account SET number_tail = '0000'`, `UPDATE payout_account SET household = 18`,
		`UPDATE payout_account SET created_by = 'x'`, `DELETE FROM payout_account`, `TRUNCATE payout_account CASCADE`} {
		if _, err := b.db.Exec(sql); link.Constraint(err) != "payout_account_stays" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
