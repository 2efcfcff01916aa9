package payments_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func TestPoolIsDividedToTheFen(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		p := payments.Pool{Kind: payments.PoolMushroom, SurplusFen: 1 + r.Int64N(10_000_000), TradeBP: payments.LeastTradeBP + r.Int64N(4_001)}
		members := make([]payments.Member, 1+r.IntN(40))
		var trade, held int64
		for i := range members {
			members[i] = payments.Member{Household: int64(100 - i), Shares: r.Int64N(20), Trade: r.Int64N(2_000)}
			trade += members[i].Trade
			held += members[i].Shares
		}
		shares, err := p.Divide(members)
		if trade == 0 || held == 0 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var sum, byTrade int64
		for i, s := range shares {
			if s.Member != members[i] || s.AmountFen != s.TradeFen+s.ShareFen || s.AmountFen < 0 {
				t.Fatalf("share %+v of %+v", s, members[i])
			}
			sum += s.AmountFen
			byTrade += s.TradeFen
		}
		if sum != p.SurplusFen {
			t.Fatalf("shares of %d come to %d", p.SurplusFen, sum)
		}
		if byTrade*10 < p.SurplusFen*6 {
			t.Fatalf("%d of %d by trade volume is less than the law asks", byTrade, p.SurplusFen)
		}
	}
}

func TestPoolThatCannotBeClosedSaysWhy(t *testing.T) {
	t.Parallel()
	members := []payments.Member{{Household: 1, Shares: 5, Trade: 500, ListedFen: 60}, {Household: 2, Shares: 10, Trade: 1000, ListedFen: 40}}
	for name, c := range map[string]struct {
		pool    payments.Pool
		members []payments.Member
		key     string
	}{
		"nobody":          {payments.Pool{Kind: payments.PoolMushroom, SurplusFen: 100, TradeBP: 6000}, nil, "pool.no_members"},
		"nothing":         {payments.Pool{Kind: payments.PoolMushroom, TradeBP: 6000}, members, "pool.no_surplus"},
		"a loss":          {payments.Pool{Kind: payments.PoolSolar, SurplusFen: -1}, members, "pool.no_surplus"},
		"too little back": {payments.Pool{Kind: payments.PoolSeedPotato, SurplusFen: 100, TradeBP: 5999}, members, "pool.trade_part"},
		"no trade":        {payments.Pool{Kind: payments.PoolMushroom, SurplusFen: 100, TradeBP: 6000}, []payments.Member{{Household: 1, Shares: 1}}, "pool.no_trade"},
		"no shares":       {payments.Pool{Kind: payments.PoolMushroom, SurplusFen: 100, TradeBP: 6000}, []payments.Member{{Household: 1, Trade: 1}}, "pool.no_shares"},
		"another list":    {payments.Pool{Kind: payments.PoolSolar, SurplusFen: 101}, members, "pool.list_sum"},
	} {
		_, err := c.pool.Divide(c.members)
		var e *link.Error
		if !errors.As(err, &e) || e.Code != link.Invalid || e.Key != c.key {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
	if got, err := (payments.Pool{Kind: payments.PoolSolar, SurplusFen: 100}).Divide(members); err != nil || got[0].AmountFen != 60 || got[1].AmountFen != 40 {
		t.Errorf("list: %+v, %v", got, err)
	}
}

// The part by trade volume is rounded up: article 44 asks for at least 60 %.
func TestPoolRoundsUpByTradeVolume(t *testing.T) {
	t.Parallel()
	members := []payments.Member{{Household: 1, Shares: 1, Trade: 1}, {Household: 2, Shares: 1, Trade: 1}}
	for surplus, want := range map[int64]int64{1: 1, 5: 3, 6: 4, 101: 61, 1000: 600} {
		shares, err := payments.Pool{Kind: payments.PoolMushroom, SurplusFen: surplus, TradeBP: payments.LeastTradeBP}.Divide(members)
		if err != nil {
			t.Fatal(err)
		}
		if got := shares[0].TradeFen + shares[1].TradeFen; got != want {
			t.Errorf("of %d fen %d go by trade volume, want %d", surplus, got, want)
		}
	}
}
