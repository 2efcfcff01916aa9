package page

import (
	"strconv"

	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/shelf"
)

// about is the subject of a payment: its number and the page that the county reads it on.
type about struct{ No, URL string }

// about finds the order, adoption, contract, sale or sheet of a payment's reference; nil for an unknown reference.
func (s *Site) about(ref string) (*about, error) {
	var no, route, name, value string
	if id, ok := orders.ParsePaymentRef(ref); ok {
		no = orders.Number(id)
		route, name, value = "shop.order", "no", no
	} else if id, ok := adopt.ParsePaymentRef(ref); ok {
		no = adopt.Number(id)
		route, name, value = "desk.adoption", "no", no
	} else if id, ok := contract.ParseAdvanceRef(ref); ok {
		no = contract.Number(id)
		route, name, value = "organisation.contract", "no", no
	} else if kind, id, ok := shelf.ParseShelfRef(ref); ok {
		no, route, name, value = shelf.SaleNumber(id), "organisation.sale", "id", strconv.FormatInt(id, 10)
		if kind == "buyin" {
			no, route = shelf.SheetNumber(id), "organisation.sheet"
		}
	} else {
		return nil, nil
	}
	url, err := s.URL(route, name, value)
	return &about{no, url}, err
}
