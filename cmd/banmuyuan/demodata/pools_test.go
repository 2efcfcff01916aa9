package demodata

import (
	"testing"
	"time"

	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/payments"
)

// The reported dividends of the county equal the sums of its pools, and each household's line equals its pool's division.
func TestDemoPoolsDivideToWhatTheCountyReported(t *testing.T) {
	t.Parallel()
	c := county.Generate(time.Date(2026, 9, 1, 12, 0, 0, 0, county.China), Seed)
	type line struct {
		pool      int
		household int64
	}
	income := map[line]int64{}
	for _, in := range c.Income {
		if in.Pool != 0 {
			income[line{in.Pool, ID(in.Household)}] = in.AmountFen
		}
	}
	sums := map[payments.PoolKind]int64{}
	var villages int64
	for i, l := range Pools(c) {
		p := payments.Pool{Kind: l.Kind, TradeBP: payments.LeastTradeBP, SurplusFen: -l.ReserveFen}
		for _, a := range l.Income {
			p.SurplusFen += a.AmountFen
		}
		for _, a := range l.Costs {
			p.SurplusFen -= a.AmountFen
		}
		shares, err := p.Divide(l.Members)
		if err != nil {
			t.Fatalf("%s: %v", l.Title, err)
		}
		if l.PaidOn.IsZero() {
			continue
		}
		sums[l.Kind] += p.SurplusFen
		for _, v := range l.Villages {
			villages += v.AmountFen
		}
		for _, m := range shares {
			if m.AmountFen != income[line{i + 1, m.Household}] {
				t.Fatalf("%s, household %d: %d, its income line says %d", l.Title, m.Household, m.AmountFen, income[line{i + 1, m.Household}])
			}
		}
	}
	if want := int64(county.SeedFenPerPerson * county.PersonCount); sums[payments.PoolSeedPotato] != want {
		t.Errorf("seed potatoes: %d, want %d", sums[payments.PoolSeedPotato], want)
	}
	if want := int64(county.SolarFenPerHouse * county.SolarHouseholds); sums[payments.PoolSolar] != want {
		t.Errorf("solar: %d, want %d", sums[payments.PoolSolar], want)
	}
	if villages != county.VillagesSolarFen {
		t.Errorf("village collectives: %d, want %d", villages, int64(county.VillagesSolarFen))
	}
	if sums[payments.PoolMushroom] == 0 {
		t.Error("no mushroom pool")
	}
}
