// Package basket holds the rules of a buyer's basket and the interface of its store.
//
// What must always hold: a grade of a presale is in a basket once; adding adds to what is there; the basket of an account is
// the same on each of its devices; an addition that is sent twice is added once.
package basket

import (
	"context"
	"slices"
)

// Item is one entry of the basket. Prices are not kept: they are asked for each time.
type Item struct {
	PresaleID int64
	Code      string
	Grade     string
	Qty       int64
}

// Most is the largest number of items in a basket.
const Most = 20

// Ref names an item in a form.
func (i Item) Ref() string { return i.Code + ":" + i.Grade }

// Change makes other items of a basket's items.
type Change func([]Item) []Item

// Store keeps the baskets of accounts.
type Store interface {
	Basket(ctx context.Context, account int64) ([]Item, error)
	// ChangeBasket applies a change to the basket, one after another. A key that was used before changes nothing; without a
	// key each call does. It returns the items afterwards.
	ChangeBasket(ctx context.Context, account int64, key string, change Change) ([]Item, error)
}

// Add puts an item into the basket, or adds its quantity to the one that is there. A full basket stays as it is.
func Add(item Item) Change {
	return func(items []Item) []Item {
		items = slices.Clone(items)
		if i := find(items, item.Ref()); i >= 0 {
			items[i].Qty += item.Qty
			return items
		}
		if len(items) >= Most {
			return items
		}
		return append(items, item)
	}
}

// In returns the quantity of a grade of a presale in the basket.
func In(items []Item, ref string) int64 {
	if i := find(items, ref); i >= 0 {
		return items[i].Qty
	}
	return 0
}

// Set sets quantities by the items' names; items that are not named stay, and items set to 0 are removed.
func Set(quantities map[string]int64) Change {
	return func(items []Item) []Item {
		var kept []Item
		for _, item := range items {
			if qty, ok := quantities[item.Ref()]; ok {
				item.Qty = qty
			}
			if item.Qty != 0 {
				kept = append(kept, item)
			}
		}
		return kept
	}
}

// Without takes out the items that were ordered; what was added meanwhile stays.
func Without(ordered []Item) Change {
	return func(items []Item) []Item {
		var kept []Item
		for _, item := range items {
			item.Qty -= In(ordered, item.Ref())
			if item.Qty > 0 {
				kept = append(kept, item)
			}
		}
		return kept
	}
}

// Swap puts another item in the place of the one with that name, or adds to it where it is in the basket already.
func Swap(ref string, by Item) Change {
	return func(items []Item) []Item {
		i := find(items, ref)
		if i < 0 {
			return items
		}
		if find(items, by.Ref()) >= 0 {
			return Add(by)(slices.Delete(slices.Clone(items), i, i+1))
		}
		items = slices.Clone(items)
		items[i] = by
		return items
	}
}

// Merge adds the items that a visitor collected before logging in.
func Merge(visitor []Item) Change {
	return func(items []Item) []Item {
		for _, item := range visitor {
			items = Add(item)(items)
		}
		return items
	}
}

func find(items []Item, ref string) int {
	return slices.IndexFunc(items, func(i Item) bool { return i.Ref() == ref })
}
