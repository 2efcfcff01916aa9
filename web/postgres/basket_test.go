package postgres_test

import (
	"sync"
	"testing"

	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
)

func TestBasketOfAnAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	a, err := s.Create(ctx, auth.Account{Login: "13800138000", Name: "林晓", Role: auth.Buyer, PasswordHash: hash})
	if err != nil {
		t.Fatal(err)
	}
	if items, err := s.Basket(ctx, a.ID); err != nil || len(items) != 0 {
		t.Fatalf("a new one: %v %v", items, err)
	}
	goose := basket.Item{PresaleID: 1, Code: "G", Grade: "first", Qty: 5}
	for range 2 { // the same click twice
		if _, err := s.ChangeBasket(ctx, a.ID, "key-0001", basket.Add(goose)); err != nil {
			t.Fatal(err)
		}
	}
	if items, err := s.Basket(ctx, a.ID); err != nil || len(items) != 1 || items[0] != goose {
		t.Errorf("after a double click: %v %v", items, err)
	}
	var all sync.WaitGroup // phone and desk at the same moment
	for range 8 {
		all.Go(func() {
			if _, err := s.ChangeBasket(ctx, a.ID, "", basket.Add(goose)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if items, err := s.Basket(ctx, a.ID); err != nil || items[0].Qty != 45 {
		t.Errorf("eight additions at once: %v %v", items, err)
	}
	if items, err := s.ChangeBasket(ctx, a.ID, "", basket.Set(map[string]int64{"G:first": 0})); err != nil || len(items) != 0 {
		t.Errorf("emptied: %v %v", items, err)
	}
	if _, err := s.ChangeBasket(ctx, a.ID+1, "", basket.Add(goose)); err == nil {
		t.Error("a basket of nobody")
	}
}
