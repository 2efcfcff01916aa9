package page

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// BasketItem is one entry of the basket. Prices are not kept: they are asked for each time.
type BasketItem struct {
	PresaleID int64
	Code      string
	Grade     string
	Qty       int64
}

const (
	sessionBasket = "basket"
	BasketMost    = 20
)

func (s *Site) Basket(r *http.Request) []BasketItem {
	items, _ := s.Sessions.Get(r.Context(), sessionBasket).([]BasketItem)
	return items
}

func (s *Site) SetBasket(r *http.Request, items []BasketItem) {
	if len(items) == 0 {
		s.Sessions.Remove(r.Context(), sessionBasket)
		return
	}
	s.Sessions.Put(r.Context(), sessionBasket, items)
}

// BasketProblem says why an item cannot be ordered like this, or "".
func (s *Site) BasketProblem(l Lang, p catalog.PublicPresale, item BasketItem, channel catalog.Channel) string {
	var problems link.Problems
	orders.CheckLine(&problems, "", p, orders.QuoteLine{PresaleID: item.PresaleID, Grade: item.Grade, Qty: item.Qty}, channel, s.Now())
	if e := problems.Err(); e != nil {
		return s.firstSentence(l, e)
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
