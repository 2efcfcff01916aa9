package demodata

import (
	"testing"
	"time"

	"banmuyuan/cmd/banmuyuan/county"
)

// The demo's earlier income comes in by the rows of the sheet, and loses nothing there.
func TestTheDemosEarlierIncomeComesAsASheet(t *testing.T) {
	t.Parallel()
	c := county.Generate(time.Now(), Seed)
	rows, err := EarlierIncome(c)
	if err != nil {
		t.Fatal(err)
	}
	n, got, gross, units, grams := 0, int64(0), int64(0), int64(0), int64(0)
	for i := range c.Income {
		if in := &c.Income[i]; in.Pool == 0 {
			n++
			got, gross, units, grams = got+in.AmountFen, gross+in.GrossFen(), units+in.Units, grams+in.Grams
		}
	}
	for _, r := range rows {
		n--
		got, gross, units, grams = got-r.NetFen(), gross-r.GrossFen, units-r.Qty, grams-r.NetGrams
	}
	if n != 0 || got != 0 || gross != 0 || units != 0 || grams != 0 {
		t.Errorf("lost: %d rows, %d fen of %d, %d units, %d grams", n, got, gross, units, grams)
	}
}
