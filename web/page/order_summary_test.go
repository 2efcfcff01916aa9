package page

import (
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// summarizer writes at noon of 1 September 2026.
func summarizer(t *testing.T, l Lang) Summarizer {
	t.Helper()
	g, err := NewGlossary(Messages, SummaryMessages, map[string][2]string{"grade.first": {"一级", "First"}, "method.stripe": {"支付宝、微信或银行卡", "Alipay, WeChat Pay or card"},
		"method.bank_transfer": {"银行转账", "Bank transfer"}})
	if err != nil {
		t.Fatal(err)
	}
	return Summarizer{Words: g.Words(l), Format: Format{Lang: l, Now: time.Date(2026, 9, 1, 12, 0, 0, 0, China)}}
}

func summaryLine() orders.Line {
	return orders.Line{No: 1, Presale: "GOOSE-2026", Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Unit: "head", PriceUnit: "jin", Grade: "first",
		Price: money.Price{Fen: 1400, Per: 500}, GramsPerUnit: 4250, Seller: "富民鹅业合作社", Ordered: 5, EstimateFen: 595_00, DepositFen: 119_00,
		DeliverFrom: time.Date(2026, 9, 23, 0, 0, 0, 0, China), DeliverTo: time.Date(2026, 9, 30, 0, 0, 0, 0, China)}
}

func eggLine() orders.Line {
	l := summaryLine()
	l.No, l.Title, l.Unit, l.PriceUnit, l.Price, l.GramsPerUnit = 2, catalog.Text{Zh: "鹅蛋", En: "Goose eggs"}, "egg", "egg", money.Price{Fen: 500, Per: 1}, 0
	l.Seller, l.Ordered, l.EstimateFen, l.DepositFen = "兴旺合作社", 1, 5_00, 1_00
	l.DeliverFrom, l.DeliverTo = time.Date(2026, 12, 28, 0, 0, 0, 0, China), time.Date(2027, 1, 3, 0, 0, 0, 0, China)
	return l
}

// plain takes the thin spaces out.
func plain(s string) string { return strings.ReplaceAll(s, thin, " ") }

func TestSummaryLine(t *testing.T) {
	t.Parallel()
	village := func(name string, qty int64) catalog.PublicVillage {
		return catalog.PublicVillage{Village: name, Qty: qty}
	}
	short := summaryLine()
	short.Short = 2
	for name, test := range map[string]struct {
		lang   Lang
		line   orders.Line
		origin *OriginText
		want   []string // seller, grade, quantity, price, piece, dates, origin, shortage
	}{
		"weighed": {ZH, summaryLine(), &OriginText{Villages: []catalog.PublicVillage{village("永丰村", 3), village("红光村", 2)}, Households: 2},
			[]string{"富民鹅业合作社", "一级", "5 只", "¥14.00/斤", "一只约 ¥119.00", "2026年9月23日至30日", "永丰村 3 只、红光村 2 只，共 2 户", ""}},
		"weighed, in English": {EN, summaryLine(), &OriginText{Count: 1, Households: 1},
			[]string{"富民鹅业合作社", "First", "5 head", "¥14.00/jin", "about ¥119.00 a head", "23 Sep to 30 Sep 2026", "1 household in 1 village", ""}},
		"counted, over the new year": {ZH, eggLine(), &OriginText{Count: 149, Households: 10_943},
			[]string{"兴旺合作社", "一级", "1 枚", "¥5.00/枚", "", "2026年12月28日至2027年1月3日", "149 个村 10,943 户供货", ""}},
		"counted, in English": {EN, eggLine(), nil,
			[]string{"兴旺合作社", "First", "1 egg", "¥5.00/egg", "", "28 Dec 2026 to 3 Jan 2027", "", ""}},
		"many villages and a shortage": {ZH, short, &OriginText{Villages: []catalog.PublicVillage{village("甲村", 2), village("乙村", 1), village("丙村", 1), village("丁村", 1)}, Households: 5},
			[]string{"富民鹅业合作社", "一级", "5 只", "¥14.00/斤", "一只约 ¥119.00", "2026年9月23日至30日", "甲村 2 只、乙村 1 只、丙村 1 只等 4 个村，共 5 户", "缺 2 只，少收的不收钱"}},
	} {
		l := summarizer(t, test.lang).Line(test.line, test.origin)
		got := []string{l.Seller, l.Grade, l.Qty, l.Price, l.Piece, l.Dates, l.Origin, l.Shortage}
		for i := range got {
			got[i] = plain(got[i])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// Every sentence about money or time, in both languages, and the amounts beside it.
func TestSummaryOfOrders(t *testing.T) {
	t.Parallel()
	soon := time.Date(2026, 9, 1, 12, 30, 0, 0, China)
	order := func(state orders.State, change ...func(*orders.Order)) orders.Order {
		o := orders.Order{State: state, Lines: []orders.Line{summaryLine()}, EstimateFen: 595_00, DepositFen: 119_00}
		for _, f := range change {
			f(&o)
		}
		return o
	}
	placed := func(o *orders.Order) { o.DueFen, o.ExpiresAt = 119_00, &soon }
	deposit := func(o *orders.Order) { o.PaidFen = 119_00 }
	counted := func(o *orders.Order) {
		o.Lines, o.EstimateFen, o.DepositFen, o.PaidFen = []orders.Line{eggLine()}, 5_00, 1_00, 1_00
	}
	methods := []string{"stripe", "bank_transfer"}
	for name, test := range map[string]struct {
		order  orders.Order
		money  string
		zh, en string
	}{
		"placed": {order(orders.StatePlaced, placed), "预计总额 ~59500 | 尾款，过磅后付 ~47600 | 现在付定金 11900!",
			"请在 9月1日(周二) 12:30 前付定金 ¥119.00，过时订单作废，货放回。|尾款约 ¥476.00，过磅后付：2026年9月23日(周三) 起收货过磅，按实际重量算，多退少补。|付款方式：支付宝、微信或银行卡、银行转账。",
			"Please pay the deposit of ¥119.00 by Tue 1 Sep 12:30. After that the order lapses and the goods go back.|The balance is about ¥476.00, due after weighing, which begins on Wed 23 Sep 2026. The real weight sets it; the difference is paid or refunded.|Ways to pay: Alipay, WeChat Pay or card, Bank transfer."},
		"confirmed": {order(orders.StateConfirmed, deposit), "预计总额 ~59500 | 已付定金 11900 | 尾款，过磅后付 ~47600",
			"尾款约 ¥476.00，过磅后付：2026年9月23日(周三) 起收货过磅，按实际重量算，多退少补。", "The balance is about ¥476.00, due after weighing, which begins on Wed 23 Sep 2026. The real weight sets it; the difference is paid or refunded."},
		"confirmed, counted": {order(orders.StateConfirmed, counted), "总额 500 | 已付定金 100 | 尾款，收货后付 400",
			"尾款 ¥4.00，收货后付：2026年12月28日(周一) 起收货，按实收数量算。", "The balance is ¥4.00, due after collection, which begins on Mon 28 Dec 2026. You pay for what comes."},
		"weighing": {order(orders.StateWeighing, deposit, func(o *orders.Order) { o.AmountFen = 100_00 }), "预计总额 ~59500 | 已过磅 10000 | 已付定金 11900 | 尾款，过磅后付 ~47600",
			"尾款约 ¥476.00，过磅后付：2026年9月23日(周三) 起收货过磅，按实际重量算，多退少补。", "The balance is about ¥476.00, due after weighing, which begins on Wed 23 Sep 2026. The real weight sets it; the difference is paid or refunded."},
		"paid ahead": {order(orders.StateConfirmed, func(o *orders.Order) { o.PaidFen = 595_00 }), "预计总额 ~59500 | 已付定金 59500",
			"预计不用再付尾款；过磅后有多付的会退给您。", "No balance is expected. If you have paid too much it is refunded after weighing."},
		"billed": {order(orders.StateBilled, deposit, func(o *orders.Order) { o.AmountFen, o.DueFen = 630_00, 511_00 }), "按实际重量 63000 | 已付 11900 | 现在付尾款 51100!",
			"全部过磅完毕，请付尾款 ¥511.00。|付款方式：支付宝、微信或银行卡、银行转账。", "Everything is weighed. Please pay the balance of ¥511.00.|Ways to pay: Alipay, WeChat Pay or card, Bank transfer."},
		"bill being closed": {order(orders.StateBilled, deposit, func(o *orders.Order) { o.AmountFen = 630_00 }), "按实际重量 63000 | 已付 11900", "", ""},
		"settled, with a refund": {order(orders.StatePaid, func(o *orders.Order) { o.PaidFen, o.AmountFen, o.RefundFen = 640_00, 630_00, 10_00 }), "按实际重量 63000 | 已付 64000 | 退款 1000",
			"已付清，共 ¥630.00。", "Paid in full: ¥630.00."},
		"lapsed": {order(orders.StateExpired), "预计总额 ~59500", "没有在时限内付款，订单已过期，没有收您的钱。", "It was not paid in time and has lapsed. No money was taken."},
		"lapsed, late money": {order(orders.StateExpired, deposit, func(o *orders.Order) { o.RefundFen = 119_00 }), "预计总额 ~59500 | 已付 11900 | 退款 11900",
			"订单已过期。已收到 ¥119.00，退款 ¥119.00。", "The order has lapsed. ¥119.00 was received and ¥119.00 is refunded."},
		"cancelled": {order(orders.StateCancelled), "预计总额 ~59500", "订单已取消，没有收您的钱。", "The order is cancelled. No money was taken."},
		"cancelled in time": {order(orders.StateCancelled, deposit, func(o *orders.Order) { o.RefundFen = 119_00 }), "预计总额 ~59500 | 已付 11900 | 退款 11900",
			"订单已取消。已付 ¥119.00，退款 ¥119.00，原路退回。", "The order is cancelled. Of ¥119.00 paid, ¥119.00 is refunded the way it came."},
		"cancelled late": {order(orders.StateCancelled, deposit, func(o *orders.Order) { o.RefundFen, o.ForfeitFen = 59_50, 59_50 }), "预计总额 ~59500 | 已付 11900 | 退款 5950 | 扣留定金 5950",
			"订单已取消。已付 ¥119.00，扣留定金 ¥59.50，退款 ¥59.50，原路退回。", "The order is cancelled. Of ¥119.00 paid, ¥59.50 is kept and ¥59.50 is refunded the way it came."},
		"being checked": {order(orders.StateExpiring), "预计总额 ~59500 | 尾款，过磅后付 ~47600", "", ""},
	} {
		zh := summarizer(t, ZH).Order(test.order, orders.Origins{}, methods)
		var rows []string
		for _, m := range zh.Money {
			row := m.Label + " " + strings.Repeat("~", map[bool]int{true: 1}[m.About]) + Num64(m.Fen) + strings.Repeat("!", map[bool]int{true: 1}[m.Total])
			rows = append(rows, row)
		}
		if got := strings.Join(rows, " | "); got != test.money {
			t.Errorf("%s: money\n got %s\nwant %s", name, got, test.money)
		}
		if got := plain(strings.Join(zh.Notes, "|")); got != test.zh {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.zh)
		}
		if got := plain(strings.Join(summarizer(t, EN).Order(test.order, orders.Origins{}, methods).Notes, "|")); got != test.en {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.en)
		}
	}
}

// The summary names each seller once, and a message names each line.
func TestSummaryOfQuote(t *testing.T) {
	t.Parallel()
	q := orders.Quote{Lines: []orders.Line{summaryLine(), eggLine()}, EstimateFen: 600_00, DepositFen: 120_00, PayWithin: 4_320 * 60}
	s := summarizer(t, ZH).Quote(q, map[int64]OriginText{}, nil)
	if len(s.Sellers) != 2 || plain(s.Text(ZH)) != "中秋大鹅 一级 5 只、鹅蛋 一级 1 枚" {
		t.Errorf("sellers %q, text %q", s.Sellers, plain(s.Text(ZH)))
	}
	if want := "提交后货就给您留着，请在 3 天内付定金 ¥120.00。"; plain(s.Notes[0]) != want {
		t.Errorf("got %q, want %q", plain(s.Notes[0]), want)
	}
	if en := summarizer(t, EN).Quote(q, nil, nil); plain(en.Notes[0]) != "Your goods are kept once you place the order. Please pay the deposit of ¥120.00 within 3 days." {
		t.Errorf("got %q", plain(en.Notes[0]))
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration][2]string{
		30 * time.Minute: {"30 分钟", "30 minutes"}, time.Minute: {"1 分钟", "1 minute"}, 90 * time.Minute: {"90 分钟", "90 minutes"},
		2 * time.Hour: {"2 小时", "2 hours"}, 72 * time.Hour: {"3 天", "3 days"}, 24 * time.Hour: {"1 天", "1 day"},
	} {
		if zh, en := plain(Format{Lang: ZH}.Within(d)), plain(Format{Lang: EN}.Within(d)); zh != want[0] || en != want[1] {
			t.Errorf("%v: %q %q", d, zh, en)
		}
	}
}
