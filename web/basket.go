package web

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// basketItem is what somebody means to order. Prices are not kept: they are asked for each time.
type basketItem struct {
	PresaleID int64
	Code      string
	Grade     string
	Qty       int64
}

const (
	sessionBasket = "basket"
	basketMost    = 20
)

func (s *Site) basket(r *http.Request) []basketItem {
	items, _ := s.sessions.Get(r.Context(), sessionBasket).([]basketItem)
	return items
}

func (s *Site) setBasket(r *http.Request, items []basketItem) {
	if len(items) == 0 {
		s.sessions.Remove(r.Context(), sessionBasket)
		return
	}
	s.sessions.Put(r.Context(), sessionBasket, items)
}

// basketProblem says why an item cannot be ordered like this, or "".
func (s *Site) basketProblem(l Lang, p catalog.PublicPresale, item basketItem, channel catalog.Channel) string {
	var problems link.Problems
	orders.CheckLine(&problems, "", p, orders.QuoteLine{PresaleID: item.PresaleID, Grade: item.Grade, Qty: item.Qty}, channel, s.now())
	if e := problems.Err(); e != nil {
		return s.firstSentence(l, e)
	}
	return ""
}

// firstSentence is what a person reads where there is room for one thing only.
func (s *Site) firstSentence(l Lang, err error) string {
	e := link.AsError(err)
	if len(e.Details) > 0 {
		e = e.Details[0]
	}
	return s.glossary.SayError(l, e)
}
