package contract

import (
	"fmt"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// PresaleState is the state that the catalogue should give a contract's presale; "" while there is none.
func PresaleState(s State) catalog.PresaleState {
	switch s {
	case Signing, Running:
		return catalog.PresaleOpen
	case Closed:
		return catalog.PresaleClosed
	}
	return ""
}

// PresaleOf is the presale under which the catalogue keeps the goods of a contract. The terms that bind buyers of presales
// are in the contract itself: nothing is paid ahead with a call-off.
func PresaleOf(c Contract, product catalog.Product) catalog.Presale {
	first, last := dayOf(c.DeliverFrom), dayOf(c.DeliverTo)
	p := catalog.Presale{
		Code: Number(c.ID), ProductID: product.ID, Season: c.Season,
		Title:    catalog.Text{Zh: c.Title, En: fmt.Sprintf("%s, contract %s", product.Name.En, Number(c.ID))},
		Channels: []catalog.Channel{catalog.ChannelContract}, OpensAt: c.CreatedAt.UTC(),
		ClosesAt: EndOf(last).AddDate(0, 0, OrderDays).UTC(), DeliverFrom: orders.BeginningOf(first).UTC(),
		DeliverTo: EndOf(last).Add(-time.Second).UTC(), MinQty: 1, StepQty: 1, CollectionMin: 1, GramsPerUnit: c.UnitGrams,
		SellerOrg: c.CollectorOrg, Policy: "contract", Terms: catalog.Terms{FeeBP: c.FeeBP, VillageBP: c.VillageBP, WeightToleranceBP: c.ToleranceBP},
	}
	for _, g := range c.Grades {
		p.Grades = append(p.Grades, catalog.GradePrice{Grade: g.Grade, Price: g.Floor})
	}
	return p
}

// dayOf reads a day that was checked when the terms were written.
func dayOf(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day
}
