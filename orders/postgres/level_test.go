package postgres_test

import (
	"testing"

	"github.com/google/uuid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// The level that the policy compares is the income on the household's page, at every stage of a sale and counted once: while
// an order is held, when it is confirmed, when it is weighed, and when a household is short.
func TestLevelIsTheIncomeOnThePage(t *testing.T) {
	b := setup(t)
	same := func(when string, held int64) {
		t.Helper()
		b.settled()
		var lowest int64 = -1
		for h := int64(1); h <= 6; h++ {
			in, err := b.orders.Income(household(h), orders.IncomeRequest{Season: 2026})
			if err != nil {
				t.Fatal(err)
			}
			var fen int64
			err = b.stock.Get(&fen, `SELECT coalesce(sum(expected_fen + owed_fen + paid_fen), 0) FROM household_income WHERE season = 2026 AND household_id = $1`, h)
			if err != nil || fen != in.Sum.Total() {
				t.Errorf("%s: the catalogue has %d fen of household %d, its page %+v, %v", when, fen, h, in.Sum, err)
			}
			if per := in.Sum.Total() / int64(in.Persons); lowest < 0 || per < lowest {
				lowest = per
			}
		}
		// The first goose of a further order goes to the lowest, at the level on its page.
		b.eventually(when+": the level of the next share is the lowest income on a page", func() bool {
			run, err := b.catalog.DryRun(link.System(t.Context(), "test"), catalog.DryRunRequest{PresaleID: geese, Qty: 48})
			if err != nil {
				t.Fatal(err)
			}
			return held > 0 && run.LowestFen > lowest || run.LowestFen == lowest
		})
	}
	same("before anything", 0)
	o := b.place(buyer(1), b.asking(geese, 48))
	same("held", 48)
	b.pay(buyer(1), o.No)
	b.eventually("confirmed", func() bool { return b.count(`SELECT count(*) FROM share WHERE order_id = $1`, o.ID) > 0 })
	same("confirmed", 0)
	for i, s := range b.collection(o.No) {
		n := s.Qty - s.Received - s.Short
		if i == 0 && n > 1 {
			n-- // one goose less than was asked for
		}
		if _, err := b.orders.Weigh(clerk(), orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: s.OrderNo, Line: s.Line, LotID: s.LotID,
			PointID: s.VillageID, Units: n, GrossGrams: n*4000 + 333, Grade: "first"}); err != nil {
			t.Fatal(err)
		}
	}
	same("weighed", 0)
	if _, err := b.orders.RebuildIncome(system(), orders.None{}); err != nil {
		t.Fatal(err)
	}
	same("rebuilt", 0)

	// Every change of the ledger notes its households, whichever statement makes it.
	for _, change := range []struct {
		statement string
		noted     int64
	}{
		{`INSERT INTO income_entry SELECT (jsonb_populate_record(e, '{"source_key": "another", "household_id": 5}')).* FROM income_entry e LIMIT 1`, 1},
		{`UPDATE income_entry SET household_id = 5 WHERE source_key = (SELECT min(source_key) FROM income_entry WHERE household_id <> 5)`, 2},
		{`DELETE FROM income_entry WHERE source_key = (SELECT min(source_key) FROM income_entry)`, 1},
	} {
		tx := b.db.MustBegin()
		tx.MustExec(`DELETE FROM income_changed`)
		tx.MustExec(change.statement)
		var noted int64
		if err := tx.Get(&noted, `SELECT count(*) FROM income_changed`); err != nil || noted != change.noted {
			t.Errorf("%s: %d households are noted, want %d, %v", change.statement, noted, change.noted, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}

	// verify sees a figure that somebody changed behind the modules' back, and a rebuild mends it.
	if _, err := b.stock.Exec(`UPDATE household_income SET paid_fen = paid_fen + 1 WHERE household_id = 3`); err != nil {
		t.Fatal(err)
	}
	found := func() bool {
		all, err := b.orders.Verify(system(), orders.None{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all.Items {
			if f.Check == "income and level" && f.Object == "household 3 in 2026" {
				return true
			}
		}
		return false
	}
	if !found() {
		t.Error("verify does not see that the catalogue has another income")
	}
	if _, err := b.orders.RebuildIncome(system(), orders.None{}); err != nil {
		t.Fatal(err)
	}
	b.settled()
	if found() {
		t.Error("a rebuild does not tell the catalogue")
	}
}
