package page

import (
	"net/http"
	"strconv"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
)

// BasketItem is one entry of the basket.
type BasketItem = basket.Item

const sessionBasket = "basket"

// Basket returns the items of the reader's basket. The basket of a buyer belongs to the account, and takes over the items
// that were collected before logging in; a visitor's is in the session.
func (s *Site) Basket(r *http.Request) ([]BasketItem, error) {
	visitor := s.visitorBasket(r)
	a := s.basketOwner(r)
	switch {
	case a == nil:
		return visitor, nil
	case len(visitor) == 0:
		return s.Baskets.Basket(r.Context(), a.ID)
	}
	items, err := s.Baskets.ChangeBasket(r.Context(), a.ID, "", basket.Merge(visitor))
	if err != nil {
		return nil, err
	}
	s.Sessions.Remove(r.Context(), sessionBasket)
	return items, nil
}

// ChangeBasket changes the reader's basket. A key that was used before changes nothing.
func (s *Site) ChangeBasket(r *http.Request, key string, change basket.Change) error {
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	if a := s.basketOwner(r); a != nil {
		_, err := s.Baskets.ChangeBasket(r.Context(), a.ID, key, change)
		return err
	}
	if items = change(items); len(items) == 0 {
		s.Sessions.Remove(r.Context(), sessionBasket)
		return nil
	}
	s.Sessions.Put(r.Context(), sessionBasket, items)
	return nil
}

func (s *Site) visitorBasket(r *http.Request) []BasketItem {
	if !hasSession(r) {
		return nil
	}
	items, _ := s.Sessions.Get(r.Context(), sessionBasket).([]BasketItem)
	return items
}

// basketOwner is the account that has a basket of its own, or nil.
func (s *Site) basketOwner(r *http.Request) *auth.Account {
	if a := auth.FromContext(r.Context()); a != nil && s.Baskets != nil && a.Role.In(auth.Buying...) {
		return a
	}
	return nil
}

// basketCount is the number of items that the menu shows. A menu without it is no reason to show no page.
func (s *Site) basketCount(r *http.Request) int {
	items, err := s.Basket(r)
	if err != nil {
		s.Log.WarnContext(r.Context(), "count basket", "error", err)
	}
	return len(items)
}

// BasketProblem says why an item cannot be ordered like this, or "". before is the quantity of the same presale in earlier
// items.
func (s *Site) BasketProblem(l Lang, p catalog.PublicPresale, item BasketItem, before int64, channel catalog.Channel) string {
	var problems link.Problems
	orders.CheckLine(&problems, "", p, orders.QuoteLine{PresaleID: item.PresaleID, Grade: item.Grade, Qty: item.Qty}, channel, s.Now())
	if e := problems.Err(); e != nil {
		return s.firstSentence(l, e)
	}
	if left := max(p.Left-before, 0); item.Qty > left {
		return s.Glossary.SayError(l, link.E(link.SoldOut, "order.quantity.sold_out", "", "left", strconv.FormatInt(left, 10)))
	}
	return ""
}

// firstSentence is the first detail of an error, for places with room for one sentence.
func (s *Site) firstSentence(l Lang, err error) string {
	e := link.AsError(err)
	if len(e.Details) > 0 {
		e = e.Details[0]
	}
	return s.Glossary.SayError(l, e)
}
