package organisation

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

// collecting roles fetch and weigh the goods that a cooperative sells.
var collecting = []auth.Role{auth.Clerk, auth.Officer}

// routes are the pages of cooperatives, enterprises and charity supermarkets that buy in quantity and read
// their sales.
func (s *pages) routes() {
	s.Guarded("GET", "/desk", "organisation.home", s.home, auth.Organisation...)
	s.Guarded("GET", "/desk/buy", "organisation.presales", s.buy, auth.Officer, auth.OrgApprover)
	s.Guarded("POST", "/desk/buy", "organisation.presales.add", s.buyAdd, auth.Officer, auth.OrgApprover)
	s.Guarded("GET", "/desk/orders", "organisation.orders", s.orders, auth.Officer, auth.OrgApprover)
	s.Guarded("GET", "/desk/owed", "organisation.owed", s.owed, auth.Officer, auth.OrgApprover)
	s.Guarded("GET", "/desk/sales", "organisation.sales", s.sales, auth.Organisation...)
}

type homePage struct {
	Organisation catalog.Organisation
	Buying       orders.OrderPage
	Due          int // bought orders that wait for money
	Selling      orders.OrderPage
	Villages     orders.CollectionVillages
	Open         int64
	Held         orders.TicketPage
	Collects     bool
	Buys         bool
}

func (s *pages) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	d := homePage{Organisation: s.Organisation(ctx), Buys: a.Role.In(auth.Officer, auth.OrgApprover)}
	d.Collects = d.Organisation.Kind == catalog.OrgCooperative
	var err error
	if d.Buys {
		if d.Buying, err = s.Orders.Orders(ctx, orders.OrderFilter{Limit: 8}); err != nil {
			return err
		}
		for _, o := range d.Buying.Items {
			if o.DueFen > 0 {
				d.Due++
			}
		}
	}
	if d.Collects {
		if d.Selling, err = s.Orders.Orders(ctx, orders.OrderFilter{Selling: true, Limit: 8}); err != nil {
			return err
		}
		if d.Villages, err = s.Orders.CollectionVillages(ctx, orders.CollectionFilter{State: orders.ShareExpected}); err != nil {
			return err
		}
		for _, v := range d.Villages.Items {
			d.Open += v.Open
		}
		if d.Held, err = s.Orders.Tickets(ctx, orders.TicketFilter{State: orders.TicketHeld, Limit: 20}); err != nil {
			return err
		}
	}
	return s.Render(w, r, http.StatusOK, "organisation/home", d)
}
