package orders_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

func TestExpectedParts(t *testing.T) {
	t.Parallel()
	price := money.Price{Fen: 1800, Per: 500}
	got, err := orders.ExpectedParts(price, 4000, 3, 300, 2000)
	if err != nil || got != (orders.Parts{GrossFen: 43_200, FeeFen: 1296, AgentFen: 8381}) || got.NetFen() != 33_523 {
		t.Errorf("%+v, net %d, %v", got, got.NetFen(), err)
	}
	if got, err := orders.ExpectedParts(price, 4000, 3, 300, 0); err != nil || got.AgentFen != 0 || got.NetFen() != 41_904 {
		t.Errorf("without a raiser: %+v, %v", got, err)
	}
	if _, err := orders.ExpectedParts(price, 0, 3, 300, 0); err == nil {
		t.Error("goods without a measure have a price")
	}
	if _, err := orders.Divide(math.MaxInt64, math.MaxInt64, 0); err == nil {
		t.Error("a fee beyond all numbers")
	}
	if _, err := orders.Divide(math.MaxInt64, 0, math.MaxInt64); err == nil {
		t.Error("a raiser's part beyond all numbers")
	}
}

func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gross := rapid.Int64Range(0, 1<<50).Draw(t, "gross")
		p, err := orders.Divide(gross, rapid.Int64Range(0, 10_000).Draw(t, "fee"), rapid.Int64Range(0, 10_000).Draw(t, "agent"))
		if err != nil || p.GrossFen != gross || p.NetFen()+p.FeeFen+p.AgentFen != gross || p.NetFen() < 0 || p.FeeFen < 0 || p.AgentFen < 0 {
			t.Errorf("%+v, net %d, %v", p, p.NetFen(), err)
		}
	})
}
