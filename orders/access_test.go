package orders_test

import (
	"slices"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a      link.Actor
		county bool
		buys   bool
		org    int64 // for which it buys
		works  int64
	}{
		{a: link.Actor{System: true}, county: true},
		{a: link.Actor{Account: 1, Role: "operator"}, county: true},
		{a: link.Actor{Account: 1, Role: "approver"}, county: true},
		{a: link.Actor{Account: 1, Role: "admin"}},
		{a: link.Actor{Role: "operator"}},
		{a: link.Actor{Account: 1, Role: "buyer", Org: 9}, buys: true},
		{a: link.Actor{Role: "buyer"}},
		{a: link.Actor{Account: 1, Role: "officer", Org: 9}, buys: true, org: 9, works: 9},
		{a: link.Actor{Account: 1, Role: "officer"}},
		{a: link.Actor{Role: "officer", Org: 9}, org: 9},
		{a: link.Actor{Account: 1, Role: "org_approver", Org: 9}, buys: true, org: 9, works: 9},
		{a: link.Actor{Account: 1, Role: "clerk", Org: 9}, works: 9},
		{a: link.Actor{Role: "clerk", Org: 9}},
		{a: link.Actor{Account: 1, Role: "household", Org: 9}},
		{a: link.Actor{Account: 1, Role: "helper"}},
		{a: link.Actor{}},
	} {
		if got := orders.IsCounty(c.a); got != c.county {
			t.Errorf("%+v is of the county: %v", c.a, got)
		}
		if org, ok := orders.BuysFor(c.a); ok != c.buys || ok && org != c.org {
			t.Errorf("%+v buys for %d, %v", c.a, org, ok)
		}
		if got := orders.WorksFor(c.a); got != c.works {
			t.Errorf("%+v works for %d", c.a, got)
		}
	}
}

func TestViewOf(t *testing.T) {
	t.Parallel()
	private, ofOrg := orders.Buyer{AccountID: 1}, orders.Buyer{AccountID: 1, OrgID: 9}
	sellers := []int64{3, 4, 0}
	for _, c := range []struct {
		name  string
		a     link.Actor
		buyer orders.Buyer
		want  orders.View
	}{
		{"the buyer", link.Actor{Account: 1, Role: "buyer"}, private, orders.ViewAll},
		{"another buyer", link.Actor{Account: 2, Role: "buyer"}, private, orders.ViewNothing},
		{"the same person, privately", link.Actor{Account: 1, Role: "buyer"}, ofOrg, orders.ViewNothing},
		{"a colleague", link.Actor{Account: 2, Role: "officer", Org: 9}, ofOrg, orders.ViewAll},
		{"another organisation", link.Actor{Account: 2, Role: "officer", Org: 8}, ofOrg, orders.ViewNothing},
		{"an organisation, of a private order", link.Actor{Account: 1, Role: "officer", Org: 9}, private, orders.ViewNothing},
		{"a seller's clerk", link.Actor{Account: 2, Role: "clerk", Org: 4}, private, orders.ViewSale},
		{"a seller's officer", link.Actor{Account: 2, Role: "officer", Org: 3}, ofOrg, orders.ViewSale},
		{"another seller", link.Actor{Account: 2, Role: "clerk", Org: 5}, private, orders.ViewNothing},
		{"a seller that buys", link.Actor{Account: 2, Role: "officer", Org: 3}, orders.Buyer{OrgID: 3}, orders.ViewAll},
		{"a clerk of no organisation", link.Actor{Account: 2, Role: "clerk"}, private, orders.ViewNothing},
		{"the county", link.Actor{Account: 5, Role: "operator"}, private, orders.ViewAll},
		{"a household", link.Actor{Account: 1, Role: "household"}, private, orders.ViewNothing},
		{"a visitor", link.Actor{}, orders.Buyer{}, orders.ViewNothing},
	} {
		if got := orders.ViewOf(c.a, c.buyer, sellers); got != c.want {
			t.Errorf("%s sees %d, want %d", c.name, got, c.want)
		}
	}
}

// A cooperative sees its own lines of an order, the delivery and the buyer's name, and no money of others.
func TestForSeller(t *testing.T) {
	t.Parallel()
	whole := orders.Order{
		ID: 5, State: orders.StatePlaced, Buyer: orders.Buyer{AccountID: 1, OrgID: 2, Name: "王"}, Delivery: orders.Delivery{Name: "李"}, Note: "note",
		Lines: []orders.Line{{No: 1, SellerOrg: 3, EstimateFen: 1, DepositFen: 2, AmountFen: 4}, {No: 2, SellerOrg: 4, EstimateFen: 10, DepositFen: 20, AmountFen: 40},
			{No: 3, SellerOrg: 3, EstimateFen: 100, DepositFen: 200, AmountFen: 400}},
		EstimateFen: 111, DepositFen: 222, AmountFen: 444, PaidFen: 5, RefundFen: 6, ForfeitFen: 7, DueFen: 8, ExpiresAt: &time.Time{},
		CanCancel: true, CancelCost: 9, Version: 3,
	}
	got := orders.ForSeller(whole, 3)
	if len(got.Lines) != 2 || got.Lines[0].No != 1 || got.Lines[1].No != 3 || got.EstimateFen != 101 || got.DepositFen != 202 || got.AmountFen != 404 {
		t.Errorf("its part is %+v", got)
	}
	if got.Buyer != (orders.Buyer{Name: "王"}) || got.Note != "" || got.PaidFen != 0 || got.RefundFen != 0 || got.ForfeitFen != 0 || got.DueFen != 0 ||
		got.ExpiresAt != nil || got.CanCancel || got.CancelCost != 0 {
		t.Errorf("it sees %+v", got)
	}
	if got.ID != 5 || got.Delivery.Name != "李" || got.Version != 3 {
		t.Errorf("it misses %+v", got)
	}
	if whole.Lines[1].No != 2 || whole.Lines[1].SellerOrg != 4 {
		t.Error("the whole order changed")
	}
	if got := orders.ForSeller(whole, 5); got.Lines == nil || len(got.Lines) != 0 {
		t.Errorf("somebody who sells nothing of it sees %v", got.Lines)
	}
}

func TestCollectorCovers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		c    orders.Collector
		want []bool // a share of its sales, in its village, of its household, of nobody's
	}{
		"the county":     {orders.Collector{All: true}, []bool{true, true, true, true}},
		"a cooperative":  {orders.Collector{Org: 3, Villages: []int64{40, 41}}, []bool{true, true, false, false}},
		"a household":    {orders.Collector{Households: []int64{500}}, []bool{false, false, true, false}},
		"a village only": {orders.Collector{Villages: []int64{41}}, []bool{false, false, false, false}},
		"nobody":         {orders.Collector{}, []bool{false, false, false, false}},
	} {
		got := []bool{c.c.Covers(3, 1, 1), c.c.Covers(2, 41, 1), c.c.Covers(2, 1, 500), c.c.Covers(2, 1, 1)}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if (orders.Collector{}).Covers(0, 0, 0) {
		t.Error("nobody sees a share of no organisation")
	}
}

func TestActorName(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]link.Actor{
		"system:orders": {System: true, Login: "orders"}, "system": {System: true, Account: 4}, "wang": {Account: 4, Login: "wang"}, "account 4": {Account: 4},
	} {
		if got := orders.ActorName(a); got != want {
			t.Errorf("%+v is %q", a, got)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	no := orders.Number(7)
	for _, c := range []struct {
		r   orders.OrderRef
		id  int64
		key string
	}{
		{r: orders.OrderRef{ID: 7}, id: 7}, {r: orders.OrderRef{No: no}, id: 7}, {r: orders.OrderRef{ID: 7, No: no}, id: 7},
		{r: orders.OrderRef{}, key: "order.not_found"}, {r: orders.OrderRef{ID: -1}, key: "order.not_found"},
		{r: orders.OrderRef{ID: 8, No: no}, key: "order.number"}, {r: orders.OrderRef{No: "BM1"}, key: "order.number"},
	} {
		var code link.Code
		if c.key != "" {
			code = link.NotFound
		}
		if id, err := c.r.Resolve(); id != c.id || !isError(err, code, c.key) {
			t.Errorf("%+v is %d, %v", c.r, id, err)
		}
	}
}
