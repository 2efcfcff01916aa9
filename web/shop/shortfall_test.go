package shop_test

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// shortOrders has an order whose buyer is asked about a shortage, and notes what it is told.
type shortOrders struct {
	webtest.StubOrders
	buyer     int64
	refuse    error
	shortfall []orders.ShortfallRequest
	answers   []orders.AnswerShortageRequest
}

func (o *shortOrders) Order(context.Context, orders.OrderRef) (orders.Order, error) {
	res := webtest.StubOrder()
	res.Buyer.AccountID = o.buyer
	line := &res.Lines[0]
	line.Grade, line.PriceUnit, line.Price, line.DeliverFrom, line.DeliverTo = "first", "jin", money.Price{Fen: 1400, Per: 500}, webtest.Day, webtest.Day
	res.Questions = []orders.ShortageQuestion{{ID: 7, Line: 1, Units: 12, Unit: "head", Until: webtest.Day, CanCancel: true}}
	return res, nil
}

func (o *shortOrders) Origins(context.Context, orders.OrderRef) (orders.Origins, error) {
	return orders.Origins{}, nil
}

func (o *shortOrders) Deliveries(context.Context, orders.OrderRef) (orders.DeliveryNotes, error) {
	return orders.DeliveryNotes{}, nil
}

func (o *shortOrders) Collection(ctx context.Context, f orders.CollectionFilter) (orders.CollectionPage, error) {
	page, err := o.StubOrders.Collection(ctx, f)
	for i := range page.Items {
		page.Items[i].Grade = "first"
	}
	return page, err
}

func (o *shortOrders) ReportShortfall(_ context.Context, r orders.ShortfallRequest) (orders.Shortfall, error) {
	o.shortfall = append(o.shortfall, r)
	return orders.Shortfall{ID: 1, Orders: 3, Households: 41, Units: 860}, o.refuse
}

func (o *shortOrders) AnswerShortage(_ context.Context, r orders.AnswerShortageRequest) (orders.Order, error) {
	o.answers = append(o.answers, r)
	return webtest.StubOrder(), o.refuse
}

type noPayments struct{ *webtest.StubPayments }

func (noPayments) Account(context.Context, payments.Ref) (payments.Account, error) {
	return payments.Account{}, nil
}

func (noPayments) Methods(context.Context, payments.None) (payments.Methods, error) {
	return payments.Methods{}, nil
}

// A clerk takes a whole village out on its collection list, once for each key, and is told what it came to.
func TestVillageShortfallFromItsPage(t *testing.T) {
	t.Parallel()
	o := &shortOrders{}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Orders = o })
	clerk := d.Login(t, auth.Account{Login: "clerk", Name: "司磅员", Role: auth.Clerk, OrgID: 5, Lang: "zh"})
	webtest.ReadPage(t, clerk, "/desk/collection/11", "全村都交不出货了", "永丰村")
	res := clerk.Post("/desk/collection/11/shortfall", "idempotency_key", "shortfall-0001", "reason", "died", "lost", "1")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", res.StatusCode)
	}
	want := orders.ShortfallRequest{VillageID: 11, Reason: "died", Lost: true, IdempotencyKey: "shortfall-0001"}
	if len(o.shortfall) != 1 || o.shortfall[0] != want {
		t.Errorf("asked for %+v, want %+v", o.shortfall, want)
	}
	if page := clerk.Get(res.Header.Get("Location")); !strings.Contains(page.Body, "860") || !strings.Contains(page.Body, "41") {
		t.Error("the page does not say what it came to")
	}
	o.refuse = link.E(link.Invalid, "short.reason", "reason")
	if res := clerk.Post("/desk/collection/11/shortfall", "idempotency_key", "shortfall-0002"); !strings.Contains(res.Body, "error-summary") {
		t.Errorf("%d without the mistake named", res.StatusCode)
	}
	approver := d.Login(t, auth.Account{Login: "orgapprover", Name: "审批", Role: auth.OrgApprover, OrgID: 5, Lang: "zh"})
	if res := approver.Post("/desk/collection/11/shortfall", "idempotency_key", "shortfall-0003", "reason", "died"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an approver reports a shortfall: %d", res.StatusCode)
	}
}

// The buyer answers on the order's page; nobody else is asked there.
func TestShortageIsAnsweredOnTheOrder(t *testing.T) {
	t.Parallel()
	o := &shortOrders{}
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) { deps.Orders, deps.Payments = o, noPayments{d.Payments} })
	me := d.Account(t, auth.Account{Login: "13900000002", Name: "林晓", Phone: "13900000002", Role: auth.Buyer, Lang: "zh"})
	o.buyer = me.ID
	p := d.Person(t)
	if res := p.Post("/login", "login", me.Login, "password", webtest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("log in: %d", res.StatusCode)
	}
	webtest.ReadPage(t, p, "/orders/100000012", "缺 12 只", `value="refill"`, `value="less"`, `value="cancel"`)
	res := p.Post("/orders/100000012/shortages/7", "answer", "less")
	if want := (orders.AnswerShortageRequest{OrderNo: "100000012", ID: 7, Answer: orders.AnswerLess}); res.StatusCode != http.StatusSeeOther ||
		len(o.answers) != 1 || o.answers[0] != want {
		t.Errorf("%d, told %+v", res.StatusCode, o.answers)
	}
	o.refuse = link.E(link.Conflict, "order.cannot_decline", "")
	if res := p.Post("/orders/100000012/shortages/7", "answer", "cancel"); !strings.Contains(res.Body, "Weighing has begun") {
		t.Errorf("%d without saying why not", res.StatusCode)
	}
	if page := d.Operator(t).Get("/orders/100000012"); strings.Contains(page.Body, `value="refill"`) {
		t.Error("the county is asked what the buyer wants")
	}
}

// A page that is left open is loaded anew once the order is at another stage, as when the balance has become known.
func TestOpenOrderPageFollowsTheOrder(t *testing.T) {
	t.Parallel()
	o := &shortOrders{}
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) { deps.Orders, deps.Payments = o, noPayments{d.Payments} })
	p := d.Operator(t)
	page := p.Get("/orders/100000012")
	at := regexp.MustCompile(`hx-get="(/orders/100000012\?seen=[^"]+)"`).FindStringSubmatch(page.Body)
	if at == nil {
		t.Fatalf("%d, the page does not look again:\n%s", page.StatusCode, page.Body)
	}
	if same := p.Get(html.UnescapeString(at[1]), "HX-Request", "true"); same.Header.Get("HX-Refresh") != "" || strings.Contains(same.Body, "<html") || same.Body == "" {
		t.Errorf("nothing has changed and %d is answered, refresh %q:\n%s", same.StatusCode, same.Header.Get("HX-Refresh"), same.Body)
	}
	if other := p.Get("/orders/100000012?seen=billed-0", "HX-Request", "true"); other.Header.Get("HX-Refresh") != "true" {
		t.Errorf("the page stays as it was: %d\n%s", other.StatusCode, other.Body)
	}
}
