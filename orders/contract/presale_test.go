package contract_test

import (
	"reflect"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders/contract"
)

func TestPresaleOfAContract(t *testing.T) {
	t.Parallel()
	for _, s := range contract.States {
		want := map[contract.State]catalog.PresaleState{contract.Signing: catalog.PresaleOpen, contract.Running: catalog.PresaleOpen, contract.Closed: catalog.PresaleClosed}[s]
		if got := contract.PresaleState(s); got != want {
			t.Errorf("%s: %q", s, got)
		}
	}
	created := time.Date(2026, 7, 1, 8, 0, 0, 0, time.FixedZone("CST", 8*3600))
	c := contract.Contract{ID: 1000, Terms: terms(), UnitGrams: 4000, CreatedAt: created}
	no := contract.Number(1000)
	want := catalog.Presale{
		Code: no, ProductID: 5, Season: 2026, Title: catalog.Text{Zh: "中秋大鹅收购", En: "Geese, contract " + no},
		Channels: []catalog.Channel{catalog.ChannelContract}, OpensAt: created.UTC(),
		ClosesAt:    time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC),
		DeliverFrom: time.Date(2026, 7, 31, 16, 0, 0, 0, time.UTC), DeliverTo: time.Date(2026, 10, 1, 15, 59, 59, 0, time.UTC),
		MinQty: 1, StepQty: 1, CollectionMin: 1, GramsPerUnit: 4000, SellerOrg: coop, Policy: "contract",
		Terms:  catalog.Terms{FeeBP: 300, WeightToleranceBP: 2500},
		Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}, {Grade: "second", Price: money.Price{Fen: 1200, Per: 500}}},
	}
	if got := contract.PresaleOf(c, goose); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}
