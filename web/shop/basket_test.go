package shop_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// market has presales of geese whose windows follow the clock of the test's machine.
type market struct {
	webtest.StubCatalog
	presales map[int64]*catalog.PublicPresale
}

func newMarket() *market {
	now := time.Now()
	presale := func(id int64, code, title string) *catalog.PublicPresale {
		return &catalog.PublicPresale{
			Presale: catalog.Presale{ID: id, Code: code, Season: now.Year(), Title: catalog.Text{Zh: title, En: title}, State: catalog.PresaleOpen,
				Channels: []catalog.Channel{catalog.ChannelPrivate}, OpensAt: now.AddDate(0, 0, -5), ClosesAt: now.AddDate(0, 0, 5),
				DeliverFrom: now.AddDate(0, 0, 10), DeliverTo: now.AddDate(0, 0, 12), MinQty: 1, StepQty: 1, MaxQty: 60, GramsPerUnit: 4250,
				Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}, {Grade: "second", Price: money.Price{Fen: 1200, Per: 500}}},
				Terms:  catalog.Terms{DepositBP: 2000, FreeCancelHours: 24, ForfeitBP: 5000}, Policy: "fair"},
			Product: catalog.Product{ID: 3, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, Picture: "goose", OrderUnit: "head", PriceUnit: "jin"},
			Seller:  "富民鹅业合作社", Left: 500, Capacity: 800, Households: 40, Villages: 3}
	}
	return &market{presales: map[int64]*catalog.PublicPresale{1: presale(1, "GOOSE", "中秋大鹅"), 2: presale(2, "LATER", "国庆大鹅"), 3: presale(3, "SOON", "元旦大鹅")}}
}

func (m *market) shown(p *catalog.PublicPresale) catalog.PublicPresale {
	return p.WithStock(p.Left, time.Now())
}

func (m *market) Presale(_ context.Context, r catalog.PresaleRef) (catalog.PresaleDetail, error) {
	for _, p := range m.presales {
		if p.ID == r.ID || p.Code == r.Code {
			return catalog.PresaleDetail{PublicPresale: m.shown(p)}, nil
		}
	}
	return catalog.PresaleDetail{}, link.E(link.NotFound, "presale.unknown", "")
}

func (m *market) Presales(_ context.Context, f catalog.PresaleFilter) (catalog.PresalePage, error) {
	var page catalog.PresalePage
	for _, id := range []int64{1, 2, 3} {
		if p := m.shown(m.presales[id]); f.Matches(catalog.Listed{PublicPresale: p}, time.Time{}, time.Now()) {
			page.Items = append(page.Items, p)
		}
	}
	page.Total = len(page.Items)
	return page, nil
}

// counter quotes as the module does, and places nothing.
type counter struct {
	webtest.StubOrders
	m      *market
	within time.Duration
	placed []orders.PlaceRequest
	last   *orders.Order // of the buyer
	paid   []orders.PayRequest
}

func (c *counter) Orders(context.Context, orders.OrderFilter) (orders.OrderPage, error) {
	if c.last == nil {
		return orders.OrderPage{}, nil
	}
	return orders.OrderPage{Items: []orders.Order{*c.last}, Total: 1}, nil
}

func (c *counter) Pay(_ context.Context, r orders.PayRequest) (orders.PayStart, error) {
	c.paid = append(c.paid, r)
	return orders.PayStart{URL: "https://pay.example/1"}, nil
}

func (c *counter) Quote(_ context.Context, r orders.QuoteRequest) (orders.Quote, error) {
	q := orders.Quote{Channel: catalog.ChannelPrivate, PayWithin: int64(c.within.Seconds())}
	for _, asked := range r.Lines {
		p := c.m.shown(c.m.presales[asked.PresaleID])
		grade, _ := p.Grade(asked.Grade)
		line, err := orders.LineOf(p, grade, asked.Qty)
		if err != nil {
			return q, err
		}
		q.Lines = append(q.Lines, line)
		q.EstimateFen += line.EstimateFen
		q.DepositFen += line.DepositFen
	}
	return q, nil
}

func (c *counter) Place(_ context.Context, r orders.PlaceRequest) (orders.Order, error) {
	c.placed = append(c.placed, r)
	o := webtest.StubOrder()
	o.DueFen = o.DepositFen
	return o, nil
}

type sandboxed struct{ noPayments }

func (sandboxed) Methods(context.Context, payments.None) (payments.Methods, error) {
	return payments.Methods{Items: []string{"sandbox", payments.BankTransfer, payments.Cash}}, nil
}

func newShop(t *testing.T) (*webtest.Desk, *market, *counter) {
	t.Helper()
	m := newMarket()
	c := &counter{m: m, within: 72 * time.Hour}
	d := webtest.NewDesk(t, func(d *webtest.Desk, deps *web.Deps) {
		deps.Catalog, deps.Orders, deps.Payments = m, c, sandboxed{noPayments{d.Payments}}
	})
	return d, m, c
}

var buyer = auth.Account{Login: "13800138000", Name: "林晓", Phone: "13800138000", Role: auth.Buyer, Lang: "zh"}

// squeezed is a page without markup, spaces and thin spaces.
func squeezed(body string) string {
	var b strings.Builder
	inTag := false
	for _, r := range body {
		switch {
		case r == '<':
			inTag = true
		case r == '>':
			inTag = false
		case !inTag && !strings.ContainsRune(" \n\t\u202f", r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func reads(t *testing.T, body string, want ...string) {
	t.Helper()
	text := squeezed(body)
	for _, w := range want {
		if !strings.Contains(text, strings.ReplaceAll(w, " ", "")) {
			t.Errorf("the page does not say %q:\n%s", w, text)
		}
	}
}

// Adding adds, a double click adds once, and the basket follows the account from the phone to the desk.
func TestBasketFollowsTheAccount(t *testing.T) {
	t.Parallel()
	d, _, _ := newShop(t)
	me := d.Account(t, buyer)
	phone := d.Person(t)
	add := func(p *webtest.Person, key, qty string) {
		t.Helper()
		if res := p.Post("/basket", "idempotency_key", key, "code", "GOOSE", "grade", "first", "quantity", qty); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d\n%s", res.StatusCode, squeezed(res.Body))
		}
	}
	add(phone, "key-000001", "5")
	add(phone, "key-000002", "20")
	reads(t, phone.Get("/basket").Body, "25 只 × ¥14.00/斤，一只约 ¥119.00", "现在付定金 ¥595.00", "尾款约 ¥2,380.00，过磅后付")
	if res := phone.Post("/login", "login", me.Login, "password", webtest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.StatusCode)
	}
	reads(t, phone.Get("/basket").Body, "25 只 ×", "购物篮1样")
	desk := d.Person(t)
	desk.Post("/login", "login", me.Login, "password", webtest.Password)
	reads(t, desk.Get("/").Body, "购物篮1样")
	for range 2 {
		add(desk, "key-000003", "3")
	}
	reads(t, phone.Get("/basket").Body, "28 只 ×")
	if res := phone.Post("/basket", "idempotency_key", "key-000004", "code", "GOOSE", "grade", "first", "quantity", "40"); res.StatusCode == http.StatusSeeOther {
		t.Error("more than the maximum is in the basket")
	} else {
		reads(t, res.Body, "购物篮里已经有 28 只")
	}
}

// The stepper saves at once, and the button orders the quantity that is seen.
func TestBasketSavesWhatIsSeen(t *testing.T) {
	t.Parallel()
	d, _, _ := newShop(t)
	p := d.Login(t, buyer)
	p.Post("/basket", "idempotency_key", "key-000001", "code", "GOOSE", "grade", "second", "quantity", "5")
	res := p.Touch("/basket/change", "qty.GOOSE:second", "7")
	if strings.Contains(res.Body, "<html") || !strings.Contains(res.Body, "hx-swap-oob") {
		t.Errorf("%d\n%s", res.StatusCode, res.Body)
	}
	reads(t, res.Body, "7 只 × ¥12.00/斤", "约 ¥714.00", "现在付定金 ¥142.80")
	reads(t, p.Get("/basket").Body, "7 只 ×")
	if res := p.Post("/basket/change", "qty.GOOSE:second", "9", "go", "1"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/checkout" {
		t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Location"))
	}
	reads(t, p.Get("/basket").Body, "9 只 ×")
	p.Post("/basket/change", "qty.GOOSE:second", "9", "remove", "GOOSE:second")
	reads(t, p.Get("/basket").Body, "购物篮是空的")
}

// A line that is over says so and offers the next best; a line of which less is left offers that.
func TestBasketOffersTheNextBest(t *testing.T) {
	t.Parallel()
	d, m, _ := newShop(t)
	p := d.Login(t, buyer)
	p.Post("/basket", "idempotency_key", "key-000001", "code", "GOOSE", "grade", "second", "quantity", "5")
	m.presales[1].ClosesAt = time.Now().Add(-time.Minute)
	m.presales[2].DeliverFrom = time.Now().AddDate(0, 1, 0)
	reads(t, p.Get("/basket").Body, "这个预售已经截单", "还能订：元旦大鹅", "换成这个", "请先改好上面标出的")
	if res := p.Post("/basket/change", "qty.GOOSE:second", "5", "go", "1"); res.StatusCode != http.StatusSeeOther {
		t.Fatal(res.StatusCode)
	} else if res := p.Get(res.Header.Get("Location")); res.Header.Get("Location") != "/basket" {
		t.Error("a closed presale is checked out")
	}
	p.Post("/basket/change", "qty.GOOSE:second", "5", "instead", "GOOSE:second")
	reads(t, p.Get("/basket").Body, "元旦大鹅 二级", "5 只 × ¥12.00/斤")
	m.presales[3].Left = 3
	reads(t, p.Get("/basket").Body, "改成 3 只")
	p.Post("/basket/change", "qty.SOON:second", "5", "fit", "SOON:second")
	reads(t, p.Get("/basket").Body, "3 只 × ¥12.00/斤")
}

// Two grades of a presale share its stock.
func TestBasketCountsGradesTogether(t *testing.T) {
	t.Parallel()
	d, m, _ := newShop(t)
	p := d.Login(t, buyer)
	m.presales[1].Left = 8
	p.Post("/basket", "idempotency_key", "key-000001", "code", "GOOSE", "grade", "first", "quantity", "6")
	p.Post("/basket", "idempotency_key", "key-000002", "code", "GOOSE", "grade", "second", "quantity", "6")
	reads(t, p.Get("/basket").Body, "改成 2 只")
}

// The check names each seller and the time to pay in words that people use, and an order empties the basket of what it has.
func TestCheckSaysWhatIsDue(t *testing.T) {
	t.Parallel()
	d, m, c := newShop(t)
	m.presales[2].Seller = "兴旺合作社"
	p := d.Login(t, buyer)
	p.Post("/basket", "idempotency_key", "key-000001", "code", "GOOSE", "grade", "first", "quantity", "5")
	p.Post("/basket", "idempotency_key", "key-000002", "code", "LATER", "grade", "first", "quantity", "2")
	form := []string{"idempotency_key", "key-order-1", "delivery.kind", "address", "delivery.address", "北京市海淀区中关村1号", "delivery.name", "林晓", "delivery.phone", "13800138000", "shortage", "ask"}
	res := p.Post("/checkout", form...)
	reads(t, res.Body, "富民鹅业合作社", "兴旺合作社", "请在 3 天内付定金 ¥166.60", "尾款约 ¥666.40", "先问我，两天内没有答复就少收", "3 个村 40 户供货")
	if strings.Contains(res.Body, "4,320") {
		t.Error("days are counted in minutes")
	}
	if res := p.Post("/orders", form...); res.StatusCode != http.StatusSeeOther || len(c.placed) != 1 || len(c.placed[0].Lines) != 2 {
		t.Fatalf("%d, placed %+v", res.StatusCode, c.placed)
	}
	reads(t, p.Get("/basket").Body, "购物篮是空的")
}

// The state of a presale follows the clock and the stock, and each grade has its price.
func TestPresaleFollowsTheClock(t *testing.T) {
	t.Parallel()
	d, m, _ := newShop(t)
	p := d.Login(t, buyer)
	reads(t, p.Get("/presales/GOOSE").Body, "¥12.00–14.00/斤", "一级 ¥14.00/斤 一只约 ¥119.00", "二级 ¥12.00/斤 一只约 ¥102.00")
	one := m.presales[1]
	for name, test := range map[string]struct {
		change func()
		want   string
	}{
		"not yet open": {func() { one.OpensAt = time.Now().Add(time.Hour) }, "即将开订"},
		"past its day": {func() { one.OpensAt, one.ClosesAt = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour) }, "已截单"},
		"sold out":     {func() { one.OpensAt, one.ClosesAt, one.Left = time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 0 }, "已订完"},
	} {
		test.change()
		body := p.Get("/presales/GOOSE").Body
		reads(t, body, test.want)
		if slices.ContainsFunc([]string{"预订中", "放进购物篮"}, func(s string) bool { return strings.Contains(body, s) }) {
			t.Errorf("%s: it looks open", name)
		}
	}
}

// A buyer who returns checks the order at once, with the way to get it of the last time, and pays with the same tap that
// places it.
func TestReturningBuyerIsRemembered(t *testing.T) {
	t.Parallel()
	d, _, c := newShop(t)
	p := d.Login(t, buyer)
	p.Post("/basket", "idempotency_key", "key-000001", "code", "GOOSE", "grade", "first", "quantity", "5")
	reads(t, p.Get("/checkout").Body, "送到哪里", "怎么取货")
	c.last = &orders.Order{Shortage: orders.ShortageAsk, Delivery: orders.Delivery{Kind: orders.DeliverAddress, Address: "北京市海淀区中关村1号", Name: "林大海", Phone: "13900139000"}}
	page := p.Get("/checkout").Body
	reads(t, page, "核对订单", "北京市海淀区中关村1号", "林大海 13900139000", "先问我", "提交，用沙盒银行（演示）付定金")
	if strings.Contains(page, `value="bank_transfer"`) || strings.Contains(page, `value="cash"`) {
		t.Error("a private buyer pays by transfer or in cash")
	}
	res := p.Post("/orders", "idempotency_key", "key-order-1", "delivery.kind", "address", "delivery.address", "北京市海淀区中关村1号", "delivery.name", "林大海",
		"delivery.phone", "13900139000", "shortage", "ask", "method", "sandbox")
	if res.Header.Get("Location") != "https://pay.example/1" || len(c.paid) != 1 || c.paid[0].OrderNo != "100000012" || c.paid[0].Method != "sandbox" {
		t.Errorf("%d %s, paid %+v", res.StatusCode, res.Header.Get("Location"), c.paid)
	}
	c.last.Delivery = orders.Delivery{Kind: orders.DeliverPickup, PointID: 999, Name: "林大海", Phone: "13900139000"} // closed since
	p.Post("/basket", "idempotency_key", "key-000002", "code", "GOOSE", "grade", "first", "quantity", "5")
	reads(t, p.Get("/checkout").Body, "送到哪里")
}
