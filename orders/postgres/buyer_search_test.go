package postgres_test

import (
	"log/slog"
	"testing"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Orders are found by the names of buyer and recipient however they are written, and by pinyin.
func TestOrdersAreFoundByPinyin(t *testing.T) {
	b := setup(t)
	one, two := b.place(buyer(501), b.asking(geese, 1)), b.place(buyer(502), b.asking(geese, 1))
	b.db.MustExec(`UPDATE orders SET buyer = '欧阳·娜娜', recipient = '单雄' WHERE id = $1`, one.ID)
	b.db.MustExec(`UPDATE orders SET buyer = '李四', recipient = '李四' WHERE id = $1`, two.ID)
	s := desk.BuyerSearch{DB: b.db, Log: slog.New(slog.DiscardHandler)}
	for range 2 {
		if err := s.Fill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]int{"ouyang": 1, "OYNN": 1, "欧 阳娜娜": 1, "shanxiong": 1, "lisi": 1, "ls": 1, "王五": 0, "—": 0, one.No: 1} {
		page, err := b.orders.Orders(county(), orders.OrderFilter{Query: query})
		if err != nil || page.Total != want {
			t.Errorf("%s: %d orders, want %d, %v", query, page.Total, want, err)
		}
	}
}
