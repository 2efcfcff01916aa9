package postgres_test

import (
	"testing"

	"banmuyuan/catalog"
)

func TestReserveDividesAndStores(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.seeded()
	res, err := c.Reserve(t.Context(), b.reserve(geese, 1, 20))
	if err != nil {
		t.Fatal(err)
	}
	if got := sum(res.Lines[0].Qty); got != 20 || res.State != "held" || res.OrderID != 1 {
		t.Errorf("reservation %+v of %d units, want 20 held", res, got)
	}
	again, err := c.Reserve(t.Context(), b.reserve(geese, 1, 20))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(res, again)
	b.command(c, catalog.CmdConfirm, catalog.HoldConfirm{OrderID: 1})
	b.command(c, catalog.CmdRelease, catalog.HoldRelease{OrderID: 1})
	b.verify(c)
}
