package payments_test

import (
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func TestVillageParts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, payments.China)
	for _, test := range []struct {
		name    string
		kind    payments.PoolKind
		reserve int64
		parts   []payments.VillagePart
		want    int64
		problem string
	}{
		{name: "none", kind: payments.PoolSolar},
		{name: "an amount and a part of income less costs", kind: payments.PoolSolar, parts: []payments.VillagePart{{Village: 3, AmountFen: 1_00}, {Village: 4, BP: 3333}}, want: 1_00 + 299_97},
		{name: "the reserve is their sum", kind: payments.PoolSolar, reserve: 1_00, parts: []payments.VillagePart{{Village: 3, AmountFen: 1_00}}, want: 1_00},
		{name: "all of it", kind: payments.PoolSolar, parts: []payments.VillagePart{{Village: 3, BP: 10_000}}, want: 900_00},
		{name: "another reserve", kind: payments.PoolSolar, reserve: 2_00, parts: []payments.VillagePart{{Village: 3, AmountFen: 1_00}}, problem: "pool.villages_sum"},
		{name: "a reserve of no village", kind: payments.PoolSolar, reserve: 1, problem: "pool.villages_sum"},
		{name: "no village", kind: payments.PoolSolar, parts: []payments.VillagePart{{AmountFen: 1}}, problem: "pool.village"},
		{name: "twice", kind: payments.PoolSolar, parts: []payments.VillagePart{{Village: 3, AmountFen: 1}, {Village: 3, AmountFen: 1}}, problem: "pool.village_twice"},
		{name: "more than everything", kind: payments.PoolSolar, parts: []payments.VillagePart{{Village: 3, BP: 10_001}}, problem: "pool.village_part"},
		{name: "nothing", kind: payments.PoolSolar, parts: []payments.VillagePart{{Village: 3}}, problem: "payment.amount"},
		{name: "of a cooperative’s surplus", kind: payments.PoolMushroom, parts: []payments.VillagePart{{Village: 3, AmountFen: 1}}, problem: "pool.villages_kind"},
		{name: "a cooperative’s reserve stays", kind: payments.PoolMushroom, reserve: 5_00, want: 5_00},
	} {
		r := payments.SavePool{Kind: test.kind, Title: "光伏", Season: 2026, Month: 6, Org: 2, RecordDate: "2026-06-30", ReserveFen: test.reserve, Villages: test.parts,
			Income: []payments.PoolItem{{Label: "发电", AmountFen: 1_000_00}}, Costs: []payments.PoolItem{{Label: "运维", AmountFen: 100_00}}}
		got, _, _, err := r.Check(now)
		if test.problem != "" {
			e := link.AsError(err)
			if err == nil || e.Key != test.problem && !hasKey(err, test.problem) {
				t.Errorf("%s: %v, want %s", test.name, err, test.problem)
			}
			continue
		}
		if err != nil || got.ReserveFen != test.want {
			t.Errorf("%s: reserve %d, %v, want %d", test.name, got.ReserveFen, err, test.want)
		}
		if p := (payments.Pool{Kind: test.kind, ReserveFen: got.ReserveFen, Villages: got.Villages}); p.CheckVillages() != nil {
			t.Errorf("%s: cannot be submitted", test.name)
		}
	}
	if err := (payments.Pool{Kind: payments.PoolSolar, ReserveFen: 5, Villages: []payments.VillagePart{{Village: 1, AmountFen: 4}}}).CheckVillages(); link.CodeOf(err) != link.Invalid {
		t.Errorf("another sum: %v", err)
	}
}

func hasKey(err error, key string) bool {
	for _, f := range link.AsError(err).Details {
		if f.Key == key {
			return true
		}
	}
	return false
}

func TestVillageEntryOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key      string
		reversed bool
		want     payments.VillageEntry
	}{
		{"pool:5:close", false, payments.VillageEntry{Kind: payments.VillageKept, Pool: 5}},
		{"pool:5:paid", false, payments.VillageEntry{Kind: payments.VillagePaid, Pool: 5}},
		{"orgpay:8:paid", false, payments.VillageEntry{Kind: payments.VillagePaid, Payout: 8}},
		{"orgpay:8:paid:2", false, payments.VillageEntry{Kind: payments.VillagePaid, Payout: 8}},
		{"orgpay:8:returned", false, payments.VillageEntry{Kind: payments.VillageReturned, Payout: 8}},
		{"orgpay:8:paid", true, payments.VillageEntry{Kind: payments.VillageReversed, Payout: 8}},
		{"delivery:9", false, payments.VillageEntry{Kind: payments.VillageFee, Delivery: 9}},
		{"delivery:9", true, payments.VillageEntry{Kind: payments.VillageFeeBack, Delivery: 9}},
		{"delivery:9:unwind", false, payments.VillageEntry{}},
		{"strange", false, payments.VillageEntry{}},
	} {
		if got := payments.VillageEntryOf(test.key, test.reversed); got != test.want {
			t.Errorf("%s: %+v", test.key, got)
		}
	}
	s := payments.VillageStatement{Items: []payments.VillageEntry{{AmountFen: 10}, {AmountFen: -4}, {AmountFen: 1}}}
	if s.Sum(); s.InFen != 11 || s.OutFen != 4 || s.BalanceFen != 7 || s.Items[1].BalanceFen != 6 {
		t.Errorf("sums %+v", s)
	}
}
