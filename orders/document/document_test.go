package document_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/document"
	"banmuyuan/payments"
)

func keyOf(err error) string {
	if err == nil {
		return ""
	}
	return link.AsError(err).Key
}

// night is on 6 June in China, and on 5 June in UTC.
var night = time.Date(2026, 6, 5, 16, 30, 0, 0, time.UTC)

func TestSubjects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind    document.Kind
		subject string
		id      int64
		key     string
	}{
		{document.DocConfirmation, "order", 0, ""}, {document.DocReceipt, "payment:7", 7, ""}, {document.DocRefund, "refund:1", 1, ""},
		{document.DocAcceptance, "delivery:12", 12, ""}, {document.DocPurchase, "ticket:3", 3, ""},
		{document.DocConfirmation, "order:7", 0, "document.subject"}, {document.DocConfirmation, "", 0, "document.subject"},
		{document.DocReceipt, "payment:0", 0, "document.subject"}, {document.DocReceipt, "payment:-1", 0, "document.subject"}, {document.DocReceipt, "payment:07", 0, "document.subject"},
		{document.DocReceipt, "payment:+7", 0, "document.subject"}, {document.DocReceipt, "payment", 0, "document.subject"}, {document.DocReceipt, "payment:x", 0, "document.subject"},
		{document.DocReceipt, "refund:7", 0, "document.subject"}, {document.DocPurchase, "payment:7", 0, "document.subject"}, {"invoice", "payment:7", 0, "document.kind"},
	} {
		id, err := document.Issue{Kind: test.kind, Subject: test.subject}.About()
		if id != test.id || keyOf(err) != test.key {
			t.Errorf("%s of %q: %d, %v", test.kind, test.subject, id, err)
		}
		if err == nil && document.SubjectOf(test.kind, id) != test.subject {
			t.Errorf("%s of %d is %q", test.kind, id, document.SubjectOf(test.kind, id))
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	letters := map[string]bool{}
	for kind, want := range map[document.Kind]string{document.DocConfirmation: "DD2026-000001", document.DocReceipt: "SJ2026-000001", document.DocAcceptance: "YS2026-000001",
		document.DocPurchase: "JS2026-000001", document.DocRefund: "TK2026-000001"} {
		if got := document.Number(kind, 2026, 1); got != want {
			t.Errorf("%s: %s", kind, got)
		}
		letters[document.Kinds[kind]] = true
	}
	if len(letters) != len(document.Kinds) {
		t.Error("two kinds share their letters")
	}
	if got := document.Number(document.DocReceipt, 2026, 1234567); got != "SJ2026-1234567" {
		t.Error(got)
	}
	if got := document.ReadNumber(" sj2026-000001 "); got != "SJ2026-000001" {
		t.Error(got)
	}
}

func order() orders.Order {
	return orders.Order{No: "BM1", Buyer: orders.Buyer{Name: "超市"}, Channel: "market", PlacedAt: night, State: orders.StateConfirmed, EstimateFen: 900, DepositFen: 300,
		Delivery: orders.Delivery{Kind: orders.DeliverAddress, Address: "人民路", Point: "服务站"},
		Lines: []orders.Line{
			{No: 1, Seller: "甲社", Grade: "first", Unit: "jin", PriceUnit: "jin", Ordered: 3, Price: money.Price{Fen: 100, Per: 500}, EstimateFen: 300},
			{No: 2, Seller: "乙社", Ordered: 6, EstimateFen: 600}, {No: 3, Seller: "甲社"}}}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	o := order()
	c := document.ContentOf(o)
	if want := (document.Content{OrderNo: "BM1", Buyer: "超市", Channel: "market", PlacedOn: "2026-06-06", Seller: "甲社、乙社"}); !reflect.DeepEqual(c, want) {
		t.Errorf("%+v", c)
	}
	if err := c.Confirm(o, nil); link.CodeOf(err) != link.Conflict || keyOf(err) != "document.not_yet" || c.On != "" {
		t.Error(err)
	}
	cancelled := o
	if cancelled.State = orders.StateCancelled; keyOf(c.Confirm(cancelled, &night)) != "document.not_yet" {
		t.Error("a cancelled order is confirmed")
	}
	if err := c.Confirm(o, &night); err != nil || c.On != "2026-06-06" || c.AmountFen != 900 || c.DepositFen != 300 || c.DeliverTo != "人民路" || len(c.Lines) != 3 ||
		c.Lines[0] != (document.Line{Grade: "first", Unit: "jin", PriceUnit: "jin", Qty: 3, Price: money.Price{Fen: 100, Per: 500}, AmountFen: 300}) {
		t.Errorf("%+v, %v", c, err)
	}
	o.Delivery.Kind = orders.DeliverPickup
	if err := c.Confirm(o, &night); err != nil || c.DeliverTo != "服务站" {
		t.Errorf("%q, %v", c.DeliverTo, err)
	}
}

func TestPaymentsOnPaper(t *testing.T) {
	t.Parallel()
	paid := []payments.Payment{{ID: 1, State: payments.PaymentSucceeded, SucceededAt: &night, AmountFen: 300, Purpose: "deposit", Method: "sandbox"},
		{ID: 2, State: payments.PaymentOpen, SucceededAt: &night}, {ID: 3, State: payments.PaymentSucceeded}}
	back := []payments.Refund{{ID: 4, State: payments.RefundSucceeded, DoneAt: &night, AmountFen: 50, Method: "bank", Reason: "refund.late", BankRef: "T1"},
		{ID: 5, State: payments.RefundPending, DoneAt: &night}, {ID: 6, State: payments.RefundSucceeded}}
	var c document.Content
	if err := c.Receive(paid, 1); err != nil || !reflect.DeepEqual(c, document.Content{On: "2026-06-06", AmountFen: 300, Purpose: "deposit", Method: "sandbox"}) {
		t.Errorf("%+v, %v", c, err)
	}
	c = document.Content{}
	if err := c.Refund(back, 4); err != nil || !reflect.DeepEqual(c, document.Content{On: "2026-06-06", AmountFen: 50, Method: "bank", Reason: "refund.late", BankRef: "T1"}) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, id := range []int64{2, 3, 9} {
		if keyOf(c.Receive(paid, id)) != "document.not_yet" {
			t.Errorf("a receipt of payment %d", id)
		}
	}
	for _, id := range []int64{5, 6, 9} {
		if keyOf(c.Refund(back, id)) != "document.not_yet" {
			t.Errorf("a document of refund %d", id)
		}
	}
	list := document.Papers(orders.Order{No: "BM1", State: orders.StateConfirmed, EstimateFen: 900}, &night, paid, back)
	want := []document.Entry{
		{Kind: document.DocConfirmation, Subject: "order", OrderNo: "BM1", On: night, AmountFen: 900},
		{Kind: document.DocReceipt, Subject: "payment:1", OrderNo: "BM1", On: night, AmountFen: 300},
		{Kind: document.DocRefund, Subject: "refund:4", OrderNo: "BM1", On: night, AmountFen: 50},
	}
	if !slices.Equal(list, want) {
		t.Errorf("%+v", list)
	}
	if list := document.Papers(orders.Order{State: orders.StateCancelled}, &night, nil, nil); list == nil || len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if list := document.Papers(orders.Order{State: orders.StatePlaced}, nil, nil, nil); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	issued := document.Issued{}
	issued.Add(document.DocReceipt, "payment:1", "SJ1")
	issued.Add(document.DocReceipt, "payment:2", "SJ2")
	issued.Add(document.DocAcceptance, "delivery:1", "YS1")
	list = issued.Number([]document.Entry{{Kind: document.DocReceipt, Subject: "payment:1"}, {Kind: document.DocReceipt, Subject: "payment:2", Void: true}, {Kind: document.DocRefund, Subject: "payment:1"},
		{Kind: document.DocAcceptance, Subject: "delivery:1", Void: true}, {Kind: document.DocAcceptance, Subject: "delivery:2", Void: true}})
	var nos []string
	for _, e := range list {
		nos = append(nos, e.No)
	}
	if !slices.Equal(nos, []string{"SJ1", "SJ2", "", "YS1"}) {
		t.Errorf("%v", nos)
	}
}

func TestPurchaseStatements(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state   orders.TicketState
		settled bool
		paidOn  *time.Time
		want    bool
	}{{orders.TicketAccepted, true, &night, true}, {orders.TicketAccepted, true, nil, false}, {orders.TicketAccepted, false, &night, false}, {orders.TicketSuperseded, true, &night, false}} {
		if got := document.Settled(orders.Ticket{State: test.state, Settled: test.settled}, test.paidOn); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if document.CheckPayee("王大山", "王大山") != nil {
		t.Error("the head of the household is refused")
	}
	if e := link.AsError(document.CheckPayee("王小山", "王大山")); e.Code != link.Conflict || e.Key != "document.payee" || e.Args["holder"] != "王小山" || e.Args["head"] != "王大山" {
		t.Errorf("%v", e)
	}
}

func TestReaders(t *testing.T) {
	t.Parallel()
	for kind := range document.Kinds {
		acceptance := kind == document.DocAcceptance
		for _, test := range []struct {
			r    document.Reader
			want bool
		}{{document.Reader{Order: true}, true}, {document.Reader{Org: 3}, acceptance}, {document.Reader{Org: 4}, false}, {document.Reader{}, false}} {
			if got := test.r.Reads(kind, 3); got != test.want {
				t.Errorf("%s, %+v: %v", kind, test.r, got)
			}
		}
		if (document.Reader{}).Reads(kind, 0) {
			t.Errorf("%s: everybody", kind)
		}
	}
	for _, test := range []struct {
		county, earns bool
		org           int64
		want          bool
	}{{true, false, 0, true}, {false, true, 0, true}, {false, false, 3, true}, {false, false, 4, false}, {false, false, 0, false}} {
		if got := document.Statement(test.county, test.earns, test.org, 3); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if document.Statement(false, false, 0, 0) {
		t.Error("everybody reads a statement without a seller")
	}
}
