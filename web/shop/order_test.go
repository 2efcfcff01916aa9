package shop_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/webtest"
)

// twoSellers has one order, of geese of one cooperative and beans of another.
type twoSellers struct {
	webtest.StubOrders
	order   orders.Order
	account payments.Account
}

func (o *twoSellers) Order(context.Context, orders.OrderRef) (orders.Order, error) {
	return o.order.Summarised(), nil
}

func (o *twoSellers) Orders(context.Context, orders.OrderFilter) (orders.OrderPage, error) {
	return orders.OrderPage{Items: []orders.Order{o.order.Summarised()}, Total: 1}, nil
}

func (o *twoSellers) Origins(context.Context, orders.OrderRef) (orders.Origins, error) {
	units := []orders.HouseholdUnits{{Line: 1, Village: 11, Household: 101, Qty: 20}, {Line: 2, Village: 11, Household: 101, Qty: 30}}
	return orders.OriginsOf(o.order.Lines, units, func(int64) catalog.PublicVillage {
		return catalog.PublicVillage{Village: "永丰村", Township: "依安镇"}
	}), nil
}

func (o *twoSellers) Deliveries(context.Context, orders.OrderRef) (orders.DeliveryNotes, error) {
	return orders.DeliveryNotes{}, nil
}

type paidInto struct {
	noPayments
	o *twoSellers
}

func (p paidInto) Account(context.Context, payments.Ref) (payments.Account, error) {
	return p.o.account, nil
}

func (p paidInto) Payment(_ context.Context, r payments.PaymentRef) (payments.Payment, error) {
	for _, one := range p.o.account.Payments {
		if one.ID == r.ID {
			return one, nil
		}
	}
	return payments.Payment{}, nil
}

func newOrder(t *testing.T) (*twoSellers, *webtest.Person) {
	t.Helper()
	from, to := time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC)
	o := &twoSellers{order: webtest.StubOrder()}
	o.order.Channel, o.order.EstimateFen, o.order.DepositFen, o.order.PaidFen = catalog.ChannelPrivate, 2_740_00, 548_00, 548_00
	o.order.Lines = []orders.Line{
		{No: 1, Presale: "GOOSE", Title: catalog.Text{Zh: "中秋大鹅", En: "Geese"}, Unit: "head", PriceUnit: "jin", Grade: "first", Price: money.Price{Fen: 1400, Per: 500},
			GramsPerUnit: 4250, Seller: "富民鹅业合作社", Ordered: 20, EstimateFen: 2_380_00, DepositFen: 476_00, DeliverFrom: from, DeliverTo: to},
		{No: 2, Presale: "BEAN", Title: catalog.Text{Zh: "紫花豆", En: "Beans"}, Unit: "jin", PriceUnit: "jin", Grade: "first", Price: money.Price{Fen: 1200, Per: 500},
			GramsPerUnit: 500, Seller: "兴旺合作社", Ordered: 30, EstimateFen: 360_00, DepositFen: 72_00, DeliverFrom: from, DeliverTo: to},
	}
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) {
		deps.Orders, deps.Payments = o, paidInto{noPayments{d.Payments}, o}
	})
	me := d.Account(t, buyer)
	o.order.Buyer.AccountID = me.ID
	p := d.Person(t)
	if res := p.Post("/login", "login", me.Login, "password", webtest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.StatusCode)
	}
	return o, p
}

// Order, list and print show the same: each seller, dates with the year, what is still to come, and origins by line.
func TestOrderSaysTheSameEverywhere(t *testing.T) {
	t.Parallel()
	_, p := newOrder(t)
	for _, path := range []string{"/orders/100000012", "/orders", "/orders/100000012/print"} {
		reads(t, p.Get(path).Body, "富民鹅业合作社", "兴旺合作社", "20 只 × ¥14.00/斤，一只约 ¥119.00", "30 斤 × ¥12.00/斤", "2026年12月28日至2027年1月3日",
			"已付定金 ¥548.00", "尾款约 ¥2,192.00，过磅后付：2026年12月28日(周一) 起收货过磅")
	}
	page := p.Get("/orders/100000012").Body
	reads(t, page, "依安镇永丰村 1 20 只", "依安镇永丰村 1 30 斤", "定金已到账。")
	if strings.Contains(squeezed(page), "150") {
		t.Error("heads and jin are added up")
	}
	reads(t, p.Get("/orders/100000012/print").Body, "卖方 富民鹅业合作社、兴旺合作社")
}

// A message of success comes from a payment that succeeded, and from nothing else.
func TestBackFromTheProvider(t *testing.T) {
	t.Parallel()
	paid := payments.Payment{ID: 4, Purpose: "deposit", Method: "sandbox", State: payments.PaymentSucceeded, AmountFen: 548_00}
	late, wrong, failed := paid, paid, paid
	late.Late = true
	wrong.FailureKey = "payment.wrong_amount"
	failed.State = payments.PaymentFailed
	for name, test := range map[string]struct {
		state    orders.State
		paidFen  int64
		payments []payments.Payment
		done     bool
		want     string
	}{
		"paid and confirmed":       {orders.StateConfirmed, 548_00, []payments.Payment{paid}, true, ""},
		"not counted yet":          {orders.StatePlaced, 0, []payments.Payment{paid}, false, "正在确认付款"},
		"lapsed without a payment": {orders.StateExpired, 0, nil, false, "还没有付款"},
		"lapsed, payment failed":   {orders.StateExpired, 0, []payments.Payment{failed}, false, "没有在时限内付款，订单已过期，没有收您的钱。"},
		"lapsed, paid too late":    {orders.StateExpired, 548_00, []payments.Payment{late}, false, "款到了，但订单已不再收款"},
		"cancelled meanwhile":      {orders.StateCancelled, 548_00, []payments.Payment{late}, false, "款到了，但订单已不再收款"},
		"another amount":           {orders.StatePlaced, 0, []payments.Payment{wrong}, false, "到账金额不对"},
		"the second one failed":    {orders.StateBilled, 548_00, []payments.Payment{paid, {ID: 9, Purpose: "balance", Method: "sandbox", State: payments.PaymentFailed}}, false, "付款没有成功"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p := newOrder(t)
			o.order.State, o.order.PaidFen, o.account.Payments = test.state, test.paidFen, test.payments
			if test.state == orders.StatePlaced {
				o.order.DueFen = 548_00
			}
			res := p.Get("/orders/100000012/back")
			if done := res.StatusCode == http.StatusSeeOther; done != test.done {
				t.Fatalf("%d\n%s", res.StatusCode, squeezed(res.Body))
			}
			if test.done {
				reads(t, p.Get("/orders/100000012").Body, "款已到账，谢谢！")
				return
			}
			reads(t, res.Body, test.want)
			if strings.Contains(p.Get("/orders/100000012").Body, "款已到账") {
				t.Error("an order without its money says thank you")
			}
		})
	}
}

func orderLine() orders.Line {
	return orders.Line{No: 1, Presale: "GOOSE", Title: catalog.Text{Zh: "中秋大鹅", En: "Geese"}, Unit: "head", PriceUnit: "jin", Grade: "first", Price: money.Price{Fen: 1400, Per: 500},
		GramsPerUnit: 4250, Seller: "富民鹅业合作社", Ordered: 5, EstimateFen: 595_00, DepositFen: 119_00,
		DeliverFrom: time.Date(2026, 12, 23, 0, 0, 0, 0, time.UTC), DeliverTo: time.Date(2026, 12, 30, 0, 0, 0, 0, time.UTC)}
}
