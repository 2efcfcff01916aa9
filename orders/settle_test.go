package orders_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

var perJin = money.Price{Fen: 1800, Per: 500}

func TestSettleOneGrade(t *testing.T) {
	t.Parallel()
	ws := []orders.Weighing{
		{TicketID: 3, Household: 2, Grade: "first", Price: perJin, Measure: 101},
		{TicketID: 1, Household: 1, Grade: "first", Price: perJin, Measure: 101},
		{TicketID: 2, Household: 1, Grade: "first", Price: perJin, Measure: 50},
	}
	amount, fee, err := orders.Settle(ws, 300)
	// 252 g at 18 yuan for 500 g are 907.2 fen, of which 3 % are 27.21.
	if err != nil || amount != 907 || fee != 27 {
		t.Fatalf("%d, fee %d, %v", amount, fee, err)
	}
	want := []orders.Weighing{ // by household and ticket; the fen that is left over goes to the lowest of the largest remainders
		{TicketID: 1, Household: 1, Grade: "first", Price: perJin, Measure: 101, AmountFen: 364, FeeFen: 11},
		{TicketID: 2, Household: 1, Grade: "first", Price: perJin, Measure: 50, AmountFen: 180, FeeFen: 5},
		{TicketID: 3, Household: 2, Grade: "first", Price: perJin, Measure: 101, AmountFen: 363, FeeFen: 11},
	}
	for i := range want {
		if ws[i] != want[i] {
			t.Errorf("ticket %d: %+v", i, ws[i])
		}
	}
	if orders.RaisedFen(ws) != 0 {
		t.Error("nobody raised them")
	}
}

func TestSettlePricesEachGradeAndDayOnce(t *testing.T) {
	t.Parallel()
	dearer := money.Price{Fen: 2000, Per: 500}
	ws := []orders.Weighing{
		{TicketID: 4, Household: 1, Grade: "second", Price: perJin, Measure: 1},
		{TicketID: 3, Household: 1, Grade: "first", Price: dearer, Measure: 1},
		{TicketID: 2, Household: 1, Grade: "first", Price: perJin, Measure: 1},
		{TicketID: 1, Household: 2, Grade: "first", Price: perJin, Measure: 1},
	}
	amount, fee, err := orders.Settle(ws, 10_000)
	// Two grams together are 7.2 fen, one of the dearer 4, one of the second grade 3.6.
	if err != nil || amount != 7+4+4 || fee != amount {
		t.Fatalf("%d, fee %d, %v", amount, fee, err)
	}
	for i, want := range []struct{ ticket, amount int64 }{{2, 4}, {1, 3}, {3, 4}, {4, 4}} {
		if ws[i].TicketID != want.ticket || ws[i].AmountFen != want.amount {
			t.Errorf("%d: ticket %d has %d", i, ws[i].TicketID, ws[i].AmountFen)
		}
	}
}

// One gram at 18 yuan for 500 g is 3.6 fen: two that are priced apart are 8 fen, together 7.
func TestSettleKeepsGradesAndPricesApart(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]orders.Weighing{
		"another grade": {TicketID: 2, Household: 1, Grade: "second", Price: perJin, Measure: 1},
		"another price": {TicketID: 2, Household: 1, Grade: "first", Price: money.Price{Fen: 2000, Per: 500}, Measure: 1},
	} {
		ws := []orders.Weighing{{TicketID: 1, Household: 1, Grade: "first", Price: perJin, Measure: 1}, other}
		if amount, _, err := orders.Settle(ws, 0); err != nil || amount != 8 {
			t.Errorf("%s: %d, %v", name, amount, err)
		}
	}
}

func TestSettleDividesOnceForEachRaiser(t *testing.T) {
	t.Parallel()
	price := money.Price{Fen: 1, Per: 1}
	ws := []orders.Weighing{
		{TicketID: 1, Household: 1, Grade: "first", Price: price, Measure: 5, Agent: 9, AgentBP: 5000},
		{TicketID: 2, Household: 2, Grade: "first", Price: price, Measure: 5, Agent: 9, AgentBP: 5000},
		{TicketID: 3, Household: 3, Grade: "first", Price: price, Measure: 5, Agent: 8, AgentBP: 2000},
		{TicketID: 4, Household: 4, Grade: "first", Price: price, Measure: 5, Agent: 9, AgentBP: 2000},
		{TicketID: 5, Household: 5, Grade: "first", Price: price, Measure: 5},
	}
	amount, fee, err := orders.Settle(ws, 0)
	if err != nil || amount != 25 || fee != 0 {
		t.Fatalf("%d, fee %d, %v", amount, fee, err)
	}
	// Half of ten is five, of which the first household's goods bear three; a fifth of five is one.
	for i, want := range []int64{3, 2, 1, 1, 0} {
		if ws[i].AgentFen != want {
			t.Errorf("ticket %d: the raiser gets %d, want %d", ws[i].TicketID, ws[i].AgentFen, want)
		}
	}
	if orders.RaisedFen(ws) != 7 {
		t.Errorf("raisers get %d", orders.RaisedFen(ws))
	}
}

func TestSettleRaisersShareOfTheRest(t *testing.T) {
	t.Parallel()
	ws := []orders.Weighing{{TicketID: 1, Household: 1, Grade: "first", Price: money.Price{Fen: 100, Per: 1}, Measure: 10, Agent: 9, AgentBP: 5000}}
	if _, _, err := orders.Settle(ws, 2000); err != nil || ws[0].FeeFen != 200 || ws[0].AgentFen != 400 {
		t.Errorf("%+v, %v", ws[0], err)
	}
}

func TestSettleRefusesWhatNoNumberHolds(t *testing.T) {
	t.Parallel()
	one := func(w orders.Weighing, feeBP int64) error {
		w.Grade, w.Household, w.TicketID = "first", 1, 1
		_, _, err := orders.Settle([]orders.Weighing{w}, feeBP)
		return err
	}
	for name, err := range map[string]error{
		"amount": one(orders.Weighing{Price: money.Price{Fen: math.MaxInt64, Per: 1}, Measure: 2}, 0),
		"fee":    one(orders.Weighing{Price: money.Price{Fen: math.MaxInt64, Per: 1}, Measure: 1}, 20_000),
		"raiser": one(orders.Weighing{Price: money.Price{Fen: math.MaxInt64, Per: 1}, Measure: 1, Agent: 1, AgentBP: 20_000}, 0),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// The parts of the tickets are the whole of the delivery, nobody's parts exceed the goods, and the order in which tickets
// were written does not matter.
func TestSettleAddsUp(t *testing.T) {
	t.Parallel()
	prices := []money.Price{perJin, {Fen: 1500, Per: 500}, {Fen: 7, Per: 1}}
	rapid.Check(t, func(t *rapid.T) {
		feeBP := rapid.Int64Range(0, 10_000).Draw(t, "fee")
		n := rapid.IntRange(1, 12).Draw(t, "tickets")
		ws := make([]orders.Weighing, n)
		for i := range ws {
			ws[i] = orders.Weighing{TicketID: int64(i + 1), Household: rapid.Int64Range(1, 5).Draw(t, "household"),
				Grade: rapid.SampledFrom([]string{"first", "second"}).Draw(t, "grade"), Price: rapid.SampledFrom(prices).Draw(t, "price"),
				Measure: rapid.Int64Range(1, 100_000).Draw(t, "measure"), Agent: rapid.Int64Range(0, 2).Draw(t, "agent"),
				AgentBP: rapid.SampledFrom([]int64{2000, 8000}).Draw(t, "part")}
		}
		other := rapid.Permutation(ws).Draw(t, "order")
		amount, fee, err := orders.Settle(ws, feeBP)
		again, feeAgain, err2 := orders.Settle(other, feeBP)
		if err != nil || err2 != nil || amount != again || fee != feeAgain {
			t.Fatalf("%d and %d, fees %d and %d, %v, %v", amount, again, fee, feeAgain, err, err2)
		}
		var a, f int64
		for i, w := range ws {
			a, f = a+w.AmountFen, f+w.FeeFen
			if w.AmountFen < 0 || w.FeeFen < 0 || w.AgentFen < 0 || w.FeeFen+w.AgentFen > w.AmountFen {
				t.Fatalf("%+v", w)
			}
			if w.Agent == 0 && w.AgentFen != 0 {
				t.Fatalf("nobody gets %d", w.AgentFen)
			}
			if w != other[i] {
				t.Fatalf("%+v and %+v", w, other[i])
			}
		}
		if a != amount || f != fee {
			t.Fatalf("tickets have %d and %d, the delivery %d and %d", a, f, amount, fee)
		}
	})
}
