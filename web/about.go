package web

import (
	"strconv"

	"banmuyuan/orders"
)

// about is what a payment was for: its number and the page that the county reads it on.
type about struct{ No, URL string }

// about tells what stands behind the reference under which payments keeps money; nil where nothing is known.
func (s *Site) about(ref string) (*about, error) {
	var no, route, name, value string
	if id, ok := orders.ParsePaymentRef(ref); ok {
		no = orders.Number(id)
		route, name, value = "shop.order", "no", no
	} else if id, ok := orders.ParseAdoptionRef(ref); ok {
		no = orders.AdoptionNumber(id)
		route, name, value = "desk.adoption", "no", no
	} else if id, ok := orders.ParseAdvanceRef(ref); ok {
		no = orders.ContractNumber(id)
		route, name, value = "organisation.contract", "no", no
	} else if kind, id, ok := orders.ParseShelfRef(ref); ok {
		no, route, name, value = orders.SaleNumber(id), "organisation.sale", "id", strconv.FormatInt(id, 10)
		if kind == "buyin" {
			no, route = orders.SheetNumber(id), "organisation.sheet"
		}
	} else {
		return nil, nil
	}
	url, err := s.url(route, name, value)
	return &about{no, url}, err
}
