package postgres_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

// TestVerifyHoldsQuotasAgainstLots: verify compares the signed quotas with the catalogue's lots for them, and reports a
// difference.
func TestVerifyHoldsQuotasAgainstLots(t *testing.T) {
	b := setup(t)
	b.harmed = true
	c := b.signing(func(t *contract.Terms) { t.AdvanceFen = 0 })
	q := b.sign(c.No, 1, 60)
	b.sign(c.No, 3, 40)
	b.move(officer(), c.No, contract.StepStart)
	b.callOff(c.No, 50)
	var presale int64
	if err := b.db.Get(&presale, `SELECT presale_id FROM contract`); err != nil {
		t.Fatal(err)
	}
	b.settled()
	if found, err := b.orders.Verify(system(), orders.None{}); err != nil || len(found.Items) > 0 {
		t.Fatalf("before: %+v, %v", found.Items, err)
	}
	harm := func(what, do, undo string, args ...any) {
		t.Helper()
		if _, err := b.stock.Exec(do, args...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		found, err := b.orders.Verify(system(), orders.None{})
		if err != nil || !hasFinding(found, "quotas and lots") {
			t.Errorf("%s: %+v, %v", what, found.Items, err)
		}
		if _, err := b.stock.Exec(undo, args...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	harm("more than was signed", `UPDATE lot SET capacity = capacity + 5 WHERE presale_id = $1 AND household_id = 1`,
		`UPDATE lot SET capacity = capacity - 5 WHERE presale_id = $1 AND household_id = 1`, presale)
	harm("less than is called off", `UPDATE lot SET reserved = reserved - 1 WHERE presale_id = $1 AND reserved > 0`,
		`UPDATE lot SET reserved = reserved + 1 WHERE presale_id = $1 AND reserved > 0`, presale)
	harm("somebody who signed for nothing", `INSERT INTO lot (presale_id, household_id, capacity) VALUES ($1, 5, 7)`,
		`DELETE FROM lot WHERE presale_id = $1 AND household_id = 5`, presale)
	if found, err := b.orders.Verify(system(), orders.None{}); err != nil || len(found.Items) > 0 {
		t.Errorf("put right: %+v, %v", found.Items, err)
	}
	// The lot itself keeps call-offs within the quota, for every writer.
	if _, err := b.stock.Exec(`UPDATE lot SET reserved = capacity + 1 WHERE presale_id = $1 AND household_id = $2`, presale, q.HouseholdID); link.Constraint(err) != "lot_not_oversold" {
		t.Errorf("the database let a quota be exceeded: %v", err)
	}
}
