package page

import (
	"context"
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/shelf"
)

// partyOf is the end of a ledger account's code that names its party: "payable:household:12" is household 12's.
func partyOf(code string) (kind string, id int64) {
	rest, number, ok := cutLast(code, ':')
	if !ok {
		return "", 0
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", 0
	}
	_, kind, ok = cutLast(rest, ':')
	if !ok {
		return "", 0
	}
	return kind, id
}

func cutLast(s string, at byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, at)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// Party names the party of a ledger account: an order by its number; households, villages and organisations by the names that
// NameParties has read. An account without a party has "".
func (w Words) Party(code string) string {
	kind, id := partyOf(code)
	switch kind {
	case "order":
		return orders.Number(id)
	case "adoption":
		return adopt.Number(id)
	case "contract":
		return contract.Number(id)
	case "sale":
		return shelf.SaleNumber(id)
	case "buyin":
		return shelf.SheetNumber(id)
	}
	return w.parties[party{kind, id}]
}

type party struct {
	kind string
	id   int64
}

// NameParties returns the words with the names of the households, villages and organisations behind accounts of the ledger.
func NameParties(ctx context.Context, s *Site, w Words, codes []string) (Words, error) {
	w.parties = map[party]string{}
	var households []int64
	for _, code := range codes {
		kind, id := partyOf(code)
		at := party{kind, id}
		if _, ok := w.parties[at]; !ok && kind == "household" {
			w.parties[at] = ""
			households = append(households, id)
		}
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return w, err
	}
	for _, v := range ref.Villages {
		w.parties[party{"village", v.ID}] = v.Name
	}
	for _, o := range ref.Organisations {
		w.parties[party{"org", o.ID}] = o.Name
	}
	if len(households) == 0 {
		return w, nil
	}
	list, err := s.register.Households(ctx, catalog.HouseholdFilter{IDs: households})
	if err != nil {
		return w, err
	}
	for _, h := range list.Items {
		w.parties[party{"household", h.ID}] = h.Head + " " + h.Code
	}
	return w, nil
}
