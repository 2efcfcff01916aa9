package shop_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/notify"
	"banmuyuan/web/webtest"
)

// gateway keeps the messages that it was handed.
type gateway struct {
	mu   sync.Mutex
	sent []notify.Message
}

func (g *gateway) Notify(_ context.Context, m notify.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sent = append(g.sent, m)
	return nil
}

func (g *gateway) texts() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []string
	for _, m := range g.sent {
		all = append(all, strings.ReplaceAll(m.Text, "\u202f", " "))
	}
	g.sent = nil
	return all
}

// till has one purchase from the shelf; its code is for its buyer.
type till struct {
	shelf.Service
	buyer int64
}

func (s till) Sale(ctx context.Context, r shelf.SaleRef) (shelf.Sale, error) {
	sale := shelf.Sale{ID: r.ID, No: "XS0000000512", Shop: "爱心超市", Address: "依安镇中心街1号", State: shelf.SalePaid}
	switch a := link.ActorFrom(ctx); {
	case a.System:
		sale.Account = s.buyer
	case a.Account == s.buyer:
		sale.Pickup = "4071"
	}
	return sale, nil
}

func happened(t *testing.T, id, subject string, data any) link.Event {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return link.Event{ID: id, Subject: subject, OccurredAt: time.Now(), Data: raw}
}

// An event tells its buyer once, with the facts of the moment of sending, and the order's page shows it.
func TestBuyersAreTold(t *testing.T) {
	t.Parallel()
	o := &twoSellers{order: webtest.StubOrder()}
	g, counterOf := &gateway{}, &till{}
	adoption := &stubAdoptions{state: adopt.Reserved}
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) {
		deps.Orders, deps.Payments, deps.Notifier, deps.Shelf, deps.Adoptions = o, noPayments{d.Payments}, g, counterOf, adoption
	})
	me := d.Account(t, buyer)
	counterOf.buyer = me.ID
	tell := func(id, subject string, data any) []string {
		t.Helper()
		for range 2 { // at least once
			if err := d.Web.TellBuyer(t.Context(), happened(t, id, subject, data)); err != nil {
				t.Fatal(err)
			}
			if err := d.Web.SendMessages(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return g.texts()
	}
	line := orderLine()
	soon := time.Now().Add(40 * time.Minute)
	o.order.Buyer.AccountID, o.order.Lines = me.ID, []orders.Line{line}
	o.order.EstimateFen, o.order.DepositFen, o.order.PaidFen, o.order.DueFen = 595_00, 119_00, 0, 119_00
	o.order.State, o.order.PlacedAt, o.order.ExpiresAt = orders.StatePlaced, time.Now(), &soon
	expect := func(step string, got []string, parts ...string) {
		t.Helper()
		if len(got) != 1 {
			t.Errorf("%s: told %d times: %q", step, len(got), got)
			return
		}
		for _, p := range parts {
			if !strings.Contains(got[0], p) {
				t.Errorf("%s: %q does not say %q", step, got[0], p)
			}
		}
	}
	placed := orders.OrderEvent{OrderID: 12, State: orders.StatePlaced}
	expect("placed", tell("orders-1-x", orders.EvtOrderPlaced, placed), "【半亩园】订单 100000012 已提交：中秋大鹅 一级 5 只", "前付定金 ¥119.00", "尾款约 ¥476.00，过磅后付")

	o.order.State, o.order.PaidFen, o.order.DueFen = orders.StateConfirmed, 119_00, 0
	expect("confirmed", tell("orders-2-x", orders.EvtOrderChanged, orders.OrderEvent{OrderID: 12, State: orders.StateConfirmed}), "已确认", "尾款约 ¥476.00")
	if got := tell("orders-3-x", orders.EvtOrderPlaced, placed); len(got) != 0 {
		t.Errorf("an event that is over tells %q", got)
	}

	o.order.Questions = []orders.ShortageQuestion{{ID: 7, Line: 1, Units: 2, Unit: "head", Until: time.Date(2026, 9, 20, 10, 0, 0, 0, time.FixedZone("", 8*3600))}}
	expect("shortage", tell("orders-4-x", orders.EvtShortageAsked, orders.ShortageEvent{OrderID: 12, QuestionID: 7}), "缺 2 只", "9月20日(周日) 10:00 前")
	o.order.Questions = nil

	o.order.State, o.order.DueFen = orders.StateBilled, 0
	if got := tell("orders-5-x", orders.EvtOrderChanged, orders.OrderEvent{OrderID: 12, State: orders.StateBilled}); len(got) != 0 {
		t.Errorf("a bill that is being closed tells %q", got)
	}
	o.order.State = orders.StateCancelled
	o.order.RefundFen = 119_00
	expect("cancelled", tell("orders-6-x", orders.EvtOrderChanged, orders.OrderEvent{OrderID: 12, State: orders.StateCancelled}), "已付 ¥119.00，退款 ¥119.00，原路退回")
	expect("refund", tell("payments-1-x", payments.EvtRefundDone, payments.RefundEvent{RefundID: 3, Ref: "order:12", AmountFen: 119_00}), "退款 ¥119.00 已退回")
	expect("pickup", tell("payments-2-x", payments.EvtPaymentSucceeded, payments.PaymentEvent{PaymentID: 9, Ref: "sale:5"}), "取货码 4071", "依安镇中心街1号")
	adoption.adopter = me.ID
	expect("adoption", tell("orders-7-x", adopt.EvtChanged, adopt.Event{AdoptionID: 61, State: adopt.Reserved}), "认养 RY", "前付清；第一次送货 2026年12月1日")

	p := d.Person(t)
	p.Post("/login", "login", me.Login, "password", webtest.Password)
	page := p.Get("/orders/100000012").Body
	reads(t, page, "发给您的通知", "下单通知 · 已发送", "短信", "缺货，请您决定 · 已发送", "退款到账 · 已发送")

	if res := p.Post("/messages", "channel", "pigeon"); res.StatusCode == http.StatusSeeOther {
		t.Error("told by pigeon")
	}
	if res := p.Post("/messages", "channel", "none"); res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.StatusCode)
	}
	o.order.State = orders.StateExpired
	if got := tell("orders-8-x", orders.EvtOrderChanged, orders.OrderEvent{OrderID: 12, State: orders.StateExpired}); len(got) != 0 {
		t.Errorf("a buyer who wants none is told %q", got)
	}
	if all := d.Person(t).Get("/messages"); all.StatusCode == http.StatusOK {
		t.Error("a visitor chooses")
	}
}

// A buyer with English pages is told in English.
func TestBuyersAreToldInTheirLanguage(t *testing.T) {
	t.Parallel()
	o, g := &twoSellers{order: webtest.StubOrder()}, &gateway{}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Orders, deps.Notifier = o, g })
	english := buyer
	english.Lang = "en"
	me := d.Account(t, english)
	o.order.Buyer.AccountID, o.order.Lines, o.order.EstimateFen, o.order.PaidFen = me.ID, []orders.Line{orderLine()}, 595_00, 119_00
	if err := d.Web.TellBuyer(t.Context(), happened(t, "orders-1-x", orders.EvtOrderChanged, orders.OrderEvent{OrderID: 12, State: orders.StateConfirmed})); err != nil {
		t.Fatal(err)
	}
	old := happened(t, "orders-0-x", orders.EvtOrderChanged, orders.OrderEvent{OrderID: 12, State: orders.StateConfirmed})
	old.OccurredAt = old.OccurredAt.Add(-25 * time.Hour) // read at an upgrade
	if err := d.Web.TellBuyer(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := d.Web.SendMessages(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "[Banmuyuan] Order 100000012 is confirmed: Geese First 5 head. The balance is about ¥476.00, due after weighing, which begins on Wed 23 Dec 2026. The real weight sets it; the difference is paid or refunded."
	if got := g.texts(); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q", got)
	}
}
