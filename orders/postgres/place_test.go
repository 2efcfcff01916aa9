package postgres_test

import (
	"testing"

	"banmuyuan/orders"
)

// An order is answered whole: priced, split, with time to pay; and it is what is read afterwards.
func TestPlace(t *testing.T) {
	b := setup(t)
	placed := b.place(buyer(501), b.asking(geese, 7))
	if placed.State != orders.StatePlaced || placed.Lines[0].Ordered != 7 || placed.Lines[0].Allocated != 7 || placed.Lines[0].Policy != "fair/1" {
		t.Errorf("placed %+v", placed)
	}
	// 7 × 4 kg at ¥14 a 斤, a fifth of it now.
	if placed.EstimateFen != 7*8*1400 || placed.DepositFen != 7*8*1400/5 || placed.DueFen != placed.DepositFen {
		t.Errorf("estimate %d, deposit %d, due %d", placed.EstimateFen, placed.DepositFen, placed.DueFen)
	}
	if read := b.order(placed.No); read.ID != placed.ID || read.EstimateFen != placed.EstimateFen || read.State != placed.State {
		t.Errorf("read %+v", read)
	}
	if got := b.reserved(geese); got != 7 {
		t.Errorf("%d reserved", got)
	}
}
