package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/payments/ledger"
	"banmuyuan/payments/postgres"
)

func TestMain(m *testing.M) { linktest.Main(m) }

func setup(t *testing.T) *sqlx.DB {
	t.Helper()
	t.Parallel()
	db, _ := linktest.DB(t, "payments", postgres.Migrations())
	t.Cleanup(func() {
		faults, err := ledger.Verify(context.Background(), db)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range faults {
			t.Errorf("verify: %+v", f)
		}
	})
	return db
}

func post(db *sqlx.DB, txns ...ledger.Txn) (posted []ledger.Posted, err error) {
	ctx := context.Background()
	err = link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error {
		posted, err = ledger.Post(ctx, tx, txns...)
		return err
	})
	return posted, err
}

func txn(key string, lines ...ledger.Line) ledger.Txn {
	return ledger.Txn{Kind: "test", BusinessKey: key, OccurredAt: time.Now(), Actor: "tester", Lines: lines}
}

func deposit(key, ref string, fen int64) ledger.Txn {
	return txn(key, ledger.Debit(ledger.Bank(), fen), ledger.Credit(ledger.Deposit(ref), fen))
}

func balance(t *testing.T, db *sqlx.DB, a ledger.Account) int64 {
	t.Helper()
	b, err := ledger.Balances(context.Background(), db, a)
	if err != nil {
		t.Fatal(err)
	}
	return b[a.Code]
}

func TestPostKeepsBalances(t *testing.T) {
	db := setup(t)
	if _, err := post(db, deposit("a", "order:1", 500), deposit("b", "order:2", 700)); err != nil {
		t.Fatal(err)
	}
	_, err := post(db, txn("c", ledger.Debit(ledger.Deposit("order:1"), 200), ledger.Credit(ledger.Bank(), 200), ledger.Credit(ledger.Suspense(), 0)))
	if err != nil {
		t.Fatal(err)
	}
	if got := balance(t, db, ledger.Deposit("order:1")); got != -300 {
		t.Errorf("deposit of order 1 is %d, want -300", got)
	}
	bank, err := ledger.Derived(context.Background(), db, ledger.KindBank)
	if err != nil || bank != 1000 {
		t.Errorf("bank is %d (%v), want 1000", bank, err)
	}
}

func TestPostIsIdempotentByBusinessKey(t *testing.T) {
	db := setup(t)
	first, err := post(db, deposit("pay:1", "order:1", 500))
	if err != nil {
		t.Fatal(err)
	}
	second, err := post(db, deposit("pay:1", "order:1", 500), deposit("pay:2", "order:1", 1))
	if err != nil {
		t.Fatal(err)
	}
	if second[0] != (ledger.Posted{ID: first[0].ID, Already: true}) || second[1].Already {
		t.Errorf("posted again as %+v, first as %+v", second, first)
	}
	if got := balance(t, db, ledger.Deposit("order:1")); got != -501 {
		t.Errorf("deposit is %d, want -501", got)
	}
	if _, err := post(db, deposit("pay:1", "order:1", 501)); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("another amount under the same key: %v", err)
	}
	if _, err := post(db, deposit("pay:3", "order:1", 1), deposit("pay:3", "order:1", 1)); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("one key twice in a call: %v", err)
	}
}

func TestPostRefusesWhatDoesNotAddUp(t *testing.T) {
	db := setup(t)
	for name, lines := range map[string][]ledger.Line{
		"unequal":  {ledger.Debit(ledger.Bank(), 5), ledger.Credit(ledger.Suspense(), 4)},
		"one line": {ledger.Debit(ledger.Bank(), 5)},
		"nothing":  {ledger.Debit(ledger.Bank(), 0), ledger.Credit(ledger.Suspense(), 0)},
		"overflow": {ledger.Debit(ledger.Bank(), 1<<62), ledger.Debit(ledger.Bank(), 1<<62), ledger.Debit(ledger.Bank(), 1<<62), ledger.Debit(ledger.Bank(), 1<<62)},
	} {
		if _, err := post(db, txn(name, lines...)); !errors.Is(err, ledger.ErrUnbalanced) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStrictAccountsAreNotOverdrawn(t *testing.T) {
	db := setup(t)
	if _, err := post(db, deposit("a", "order:1", 500)); err != nil {
		t.Fatal(err)
	}
	_, err := post(db, txn("b", ledger.Debit(ledger.Deposit("order:1"), 501), ledger.Credit(ledger.Bank(), 501)))
	if !errors.Is(err, ledger.ErrOverdrawn) {
		t.Errorf("overdrawing: %v", err)
	}
	// Within one posting only the sum counts.
	if _, err := post(db, txn("c", ledger.Debit(ledger.Deposit("order:1"), 501), ledger.Credit(ledger.Bank(), 501)), deposit("d", "order:1", 1)); err != nil {
		t.Error(err)
	}
}

func TestReversalMirrorsOnce(t *testing.T) {
	db := setup(t)
	ctx := context.Background()
	if _, err := post(db, txn("delivery:1", ledger.Debit(ledger.Receivable("order:1"), 1000),
		ledger.Credit(ledger.PayablePending(17), 950), ledger.Credit(ledger.PayableCoop(7), 50))); err != nil {
		t.Fatal(err)
	}
	mirror, err := ledger.Mirror(ctx, db, "delivery:1", "delivery:1:reverse", "tester", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := post(db, mirror); err != nil {
		t.Fatal(err)
	}
	for _, a := range []ledger.Account{ledger.Receivable("order:1"), ledger.PayablePending(17), ledger.PayableCoop(7)} {
		if got := balance(t, db, a); got != 0 {
			t.Errorf("%s is %d after the reversal", a.Code, got)
		}
	}
	mirror.BusinessKey = "delivery:1:reverse again"
	if _, err := post(db, mirror); !errors.Is(err, ledger.ErrReversed) {
		t.Errorf("reversed a second time: %v", err)
	}
	if _, err := ledger.Mirror(ctx, db, "delivery:2", "x", "tester", time.Now()); err == nil {
		t.Error("what was never posted was mirrored")
	}
}

// Whoever has the module's own database role still cannot make the ledger wrong.
func TestTriggersRefuse(t *testing.T) {
	db := setup(t)
	if _, err := post(db, deposit("a", "order:1", 500)); err != nil {
		t.Fatal(err)
	}
	const newTxn = `WITH t AS (INSERT INTO ledger_txn (kind, business_key, input_hash, occurred_at, actor) VALUES ('x', 'x', '', now(), 'x') RETURNING id) `
	for name, c := range map[string]struct{ sql, constraint string }{
		"change an entry":          {`UPDATE ledger_entry SET amount = amount + 1`, "ledger_append_only"},
		"remove an entry":          {`DELETE FROM ledger_entry`, "ledger_append_only"},
		"truncate entries":         {`TRUNCATE ledger_entry`, "ledger_append_only"},
		"change a transaction":     {`UPDATE ledger_txn SET actor = 'nobody'`, "ledger_append_only"},
		"remove a transaction":     {`DELETE FROM ledger_txn`, "ledger_append_only"},
		"truncate transactions":    {`TRUNCATE ledger_txn CASCADE`, "ledger_append_only"},
		"change an account":        {`UPDATE ledger_account SET code = 'other'`, "ledger_append_only"},
		"remove an account":        {`DELETE FROM ledger_account`, "ledger_append_only"},
		"remove a balance":         {`DELETE FROM ledger_balance`, "ledger_append_only"},
		"move a balance":           {`UPDATE ledger_balance SET balance = balance - 1`, "ledger_append_only"},
		"invent a balance":         {`INSERT INTO ledger_balance (account_id, normal, balance) SELECT id, normal, 5 FROM ledger_account WHERE code = 'bank'`, "ledger_append_only"},
		"add to a past one":        {`INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT t.id, 7 + s, a.id, CASE s WHEN 0 THEN 5 ELSE -5 END FROM ledger_txn t, ledger_account a, generate_series(0, 1) s WHERE a.code = 'bank'`, "ledger_txn_sealed"},
		"entries of no one":        {`INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT 999999, 1 + s, id, CASE s WHEN 0 THEN 5 ELSE -5 END FROM ledger_account a, generate_series(0, 1) s WHERE a.code = 'bank'`, "ledger_txn_sealed"},
		"not zero":                 {newTxn + `INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT t.id, 1 + s, a.id, 5 FROM t, ledger_account a, generate_series(0, 1) s WHERE a.code = 'bank'`, "ledger_entry_balanced"},
		"a single line":            {newTxn + `INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT t.id, 1, a.id, 5 FROM t, ledger_account a WHERE a.code = 'bank'`, "ledger_entry_balanced"},
		"an amount of zero":        {newTxn + `INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT t.id, 1 + s, a.id, 0 FROM t, ledger_account a, generate_series(0, 1) s WHERE a.code = 'bank'`, "ledger_entry_not_zero"},
		"zero over two currencies": {newTxn + `INSERT INTO ledger_entry (txn_id, line, account_id, currency, amount) SELECT t.id, 1 + s, a.id, CASE s WHEN 0 THEN 'CNY' ELSE 'USD' END, CASE s WHEN 0 THEN 5 ELSE -5 END FROM t, ledger_account a, generate_series(0, 1) s WHERE a.code = 'bank'`, "ledger_entry_balanced"},
		"an unknown account":       {newTxn + `INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT t.id, 1 + s, 999999, CASE s WHEN 0 THEN 5 ELSE -5 END FROM t, generate_series(0, 1) s`, "ledger_txn_sealed|ledger_entry_account"},
		"another currency":         {newTxn + `INSERT INTO ledger_entry (txn_id, line, account_id, currency, amount) SELECT t.id, 1 + s, a.id, 'USD', CASE s WHEN 0 THEN 5 ELSE -5 END FROM t, ledger_account a, generate_series(0, 1) s WHERE a.code = 'bank'`, "ledger_entry_account"},
	} {
		_, err := db.Exec(c.sql)
		if err == nil {
			t.Errorf("%s was allowed", name)
			continue
		}
		if got := link.Constraint(err); got == "" || !strings.Contains(c.constraint, got) {
			t.Errorf("%s: refused by %q (%v), want %s", name, got, err, c.constraint)
		}
	}
	if got := balance(t, db, ledger.Deposit("order:1")); got != -500 {
		t.Errorf("deposit is %d after all that", got)
	}
}

// Sixty-four at once on few accounts, in every order: nothing is lost, nothing surfaces, everything sums to zero.
func TestConcurrentPostings(t *testing.T) {
	db := setup(t)
	const workers, each, accounts = 64, 8, 6
	errs := make(chan error, workers)
	want := make([]int64, accounts)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 7))
			for i := range each {
				var lines []ledger.Line
				var total int64
				got := make([]int64, accounts)
				for _, h := range rng.Perm(accounts)[:1+rng.IntN(accounts)] {
					fen := 1 + rng.Int64N(1000)
					lines = append(lines, ledger.Credit(ledger.Payable(int64(h)), fen))
					total += fen
					got[h] += fen
				}
				lines = append(lines, ledger.Debit(ledger.Bank(), total))
				if _, err := post(db, txn(fmt.Sprintf("w%d:%d", w, i), lines...)); err != nil {
					errs <- err
					return
				}
				mu.Lock()
				for h := range got {
					want[h] += got[h]
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	for h, fen := range want {
		if got := balance(t, db, ledger.Payable(int64(h))); got != -fen {
			t.Errorf("payable of household %d is %d, want %d", h, got, -fen)
		}
	}
}

func TestSameKeyAtOnceIsPostedOnce(t *testing.T) {
	db := setup(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := post(db, deposit("pay:1", "order:1", 100)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := balance(t, db, ledger.Deposit("order:1")); got != -100 {
		t.Errorf("deposit is %d, want -100", got)
	}
}

func TestTrialAndJournal(t *testing.T) {
	db := setup(t)
	ctx := context.Background()
	if _, err := post(db, deposit("a", "order:1", 500), deposit("b", "order:2", 300)); err != nil {
		t.Fatal(err)
	}
	rows, err := ledger.Trial(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0] != (ledger.TrialRow{Class: "asset", Kind: "bank", Debit: 800, Balance: 800, Accounts: 1}) ||
		rows[1] != (ledger.TrialRow{Class: "liability", Kind: "deposit", Credit: 800, Balance: -800, Accounts: 2}) {
		t.Errorf("trial balance is %+v", rows)
	}
	for name, f := range map[string]ledger.Filter{"ref": {Ref: "order:2", Limit: 9}, "account": {Account: "deposit:order:2", Limit: 9}, "newest": {Limit: 1}} {
		entries, err := ledger.Journal(ctx, db, f)
		if err != nil || len(entries) != 1 || entries[0].BusinessKey != "b" || len(entries[0].Lines) != 2 || entries[0].LineCount != 2 {
			t.Errorf("journal by %s: %+v, %v", name, entries, err)
		}
	}
}
