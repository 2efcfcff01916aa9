package orders_test

import (
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// geeseShare is a share of 20 geese of 4,250 g at 14.50 yuan a jin, with a fee of 5 %.
func geeseShare(t testing.TB, qty, received, short int64) orders.Share {
	t.Helper()
	s := orders.Share{OrderID: 7, Line: 1, LotID: 9, Qty: qty, Received: received, Short: short, GramsPerUnit: 4250, Price: money.Price{Fen: 1450, Per: 500}}
	sold, err := orders.ExpectedParts(s.Price, s.GramsPerUnit, qty, 500, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.SoldFen = sold.NetFen()
	return s
}

func weighedGeese(t testing.TB, units, grams, fen int64) orders.Ticket {
	t.Helper()
	k := orders.Ticket{OrderID: 7, Line: 1, LotID: 9, Units: units, NetGrams: grams, PriceUnit: "jin", State: orders.TicketAccepted, Settled: true}
	var err error
	if k.AmountFen, err = (money.Price{Fen: fen, Per: 500}).Amount(grams); err != nil {
		t.Fatal(err)
	}
	parts, err := orders.Divide(k.AmountFen, 500, 0)
	if err != nil {
		t.Fatal(err)
	}
	k.FeeFen, k.NetFen = parts.FeeFen, parts.NetFen()
	return k
}

func TestAccountOfAShare(t *testing.T) {
	t.Parallel()
	held := weighedGeese(t, 2, 8_000, 1450)
	held.State = orders.TicketHeld
	again := weighedGeese(t, 20, 90_000, 1450)
	again.State = orders.TicketSuperseded
	other := weighedGeese(t, 20, 90_000, 1450)
	other.LotID = 10
	open := weighedGeese(t, 20, 85_000, 1450)
	open.Settled = false
	for name, c := range map[string]struct {
		share   orders.Share
		tickets []orders.Ticket
		final   bool
		want    [5]int64 // difference, units, weight, price, parts
		grams   int64
	}{
		"as estimated":              {geeseShare(t, 20, 20, 0), []orders.Ticket{weighedGeese(t, 20, 85_000, 1450)}, true, [5]int64{}, 0},
		"lighter":                   {geeseShare(t, 20, 20, 0), []orders.Ticket{weighedGeese(t, 20, 84_500, 1450)}, true, [5]int64{-1378, 0, -1450, 0, 72}, -500},
		"another grade":             {geeseShare(t, 20, 20, 0), []orders.Ticket{weighedGeese(t, 20, 85_000, 1400)}, true, [5]int64{-8075, 0, 0, -8500, 425}, 0},
		"one short":                 {geeseShare(t, 20, 19, 1), []orders.Ticket{weighedGeese(t, 19, 80_750, 1450)}, true, [5]int64{-11709, -12325, 0, 0, 616}, 0},
		"in two parts, one heavier": {geeseShare(t, 20, 20, 0), []orders.Ticket{weighedGeese(t, 10, 42_500, 1450), weighedGeese(t, 10, 43_000, 1450)}, true, [5]int64{1377, 0, 1450, 0, -73}, 500},
		"not all came":              {geeseShare(t, 20, 12, 0), []orders.Ticket{weighedGeese(t, 12, 40_000, 1450)}, false, [5]int64{}, 0},
		"one ticket waits":          {geeseShare(t, 20, 20, 0), []orders.Ticket{weighedGeese(t, 18, 70_000, 1450), held}, false, [5]int64{}, 0},
		"not yet settled":           {geeseShare(t, 20, 20, 0), []orders.Ticket{open}, false, [5]int64{}, 0},
		"nothing came":              {geeseShare(t, 20, 0, 20), nil, true, [5]int64{-234175, -234175, 0, 0, 0}, 0},
		"weighed again":             {geeseShare(t, 20, 20, 0), []orders.Ticket{again, other, weighedGeese(t, 20, 85_000, 1450)}, true, [5]int64{}, 0},
	} {
		a, err := c.share.Account(c.tickets)
		if got := [5]int64{a.DifferenceFen, a.UnitsFen, a.WeightFen, a.PriceFen, a.PartsFen}; err != nil || a.Final != c.final || got != c.want || a.Grams != c.grams {
			t.Errorf("%s: final %v, %v, %d g, %v; want %v, %v, %d g", name, a.Final, got, a.Grams, err, c.final, c.want, c.grams)
		}
	}
	if a, _ := geeseShare(t, 20, 20, 0).Account([]orders.Ticket{weighedGeese(t, 18, 70_000, 1450), held}); len(a.Waiting) != 1 || len(a.Tickets) != 1 || a.Units != 18 {
		t.Errorf("%d tickets count and %d wait", len(a.Tickets), len(a.Waiting))
	}
}

// By the piece nothing is lighter or heavier.
func TestAccountByThePiece(t *testing.T) {
	t.Parallel()
	s := orders.Share{Qty: 10, Received: 8, Short: 2, GramsPerUnit: 4250, Price: money.Price{Fen: 9_000, Per: 1}, SoldFen: 90_000}
	a, err := s.Account([]orders.Ticket{{Units: 8, NetGrams: 30_000, PriceUnit: "head", State: orders.TicketAccepted, Settled: true, AmountFen: 72_000, NetFen: 72_000}})
	if err != nil || a.DifferenceFen != -18_000 || a.UnitsFen != -18_000 || a.WeightFen != 0 || a.Grams != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// The causes add up to the difference and the parts to the gross, for any weights.
func TestCausesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		qty := rapid.Int64Range(1, 500).Draw(rt, "qty")
		received := rapid.Int64Range(0, qty).Draw(rt, "received")
		s := geeseShare(t, qty, received, qty-received)
		var tickets []orders.Ticket
		for left := received; left > 0; {
			n := rapid.Int64Range(1, left).Draw(rt, "units")
			tickets = append(tickets, weighedGeese(t, n, rapid.Int64Range(1, 6_000).Draw(rt, "grams")*n, rapid.SampledFrom([]int64{1450, 1400, 900}).Draw(rt, "price")))
			left -= n
		}
		a, err := s.Account(tickets)
		if err != nil || !a.Final {
			rt.Fatalf("%+v, %v", a, err)
		}
		net := int64(0)
		for _, k := range tickets {
			net += k.NetFen
		}
		if a.NetFen() != net || a.Units != received {
			rt.Errorf("net %d of %d units, want %d of %d", a.NetFen(), a.Units, net, received)
		}
		if a.UnitsFen+a.WeightFen+a.PriceFen+a.PartsFen != a.DifferenceFen || a.DifferenceFen != net-s.SoldFen {
			rt.Errorf("%+v", a)
		}
	})
}

// Tickets of the same household for other lines, orders and lots are other shares.
func TestAccountLeavesOtherSharesOut(t *testing.T) {
	t.Parallel()
	own := weighedGeese(t, 20, 85_000, 1450)
	otherLine, otherOrder := own, own
	otherLine.Line, otherOrder.OrderID = 2, 8
	a, err := geeseShare(t, 20, 20, 0).Account([]orders.Ticket{otherLine, own, otherOrder})
	if err != nil || len(a.Tickets) != 1 || a.Units != 20 || a.DifferenceFen != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// The sums are over all tickets, and a raiser's part is no part of the household's.
func TestAccountSumsTickets(t *testing.T) {
	t.Parallel()
	first, second := weighedGeese(t, 8, 34_000, 1450), weighedGeese(t, 12, 51_000, 1450)
	first.Rejected, second.Rejected = 1, 2
	first.AgentFen, second.AgentFen = 3_000, 4_500
	a, err := geeseShare(t, 20, 20, 0).Account([]orders.Ticket{first, second})
	if err != nil || a.Rejected != 3 || a.NetGrams != 85_000 || a.AgentFen != 7_500 || a.NetFen() != a.GrossFen-a.FeeFen-7_500 || a.PartsFen != -7_500 {
		t.Errorf("%+v, net %d, %v", a, a.NetFen(), err)
	}
}

func TestAccountWithoutAPrice(t *testing.T) {
	t.Parallel()
	s := geeseShare(t, 20, 20, 0)
	s.Price = money.Price{}
	if _, err := s.Account([]orders.Ticket{weighedGeese(t, 20, 85_000, 1450)}); err == nil {
		t.Error("a share without a price has an account")
	}
}
