package shop

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

// Kinds of messages to buyers. A kind with "_soon" reminds of a deadline.
const (
	noticePlaced       = "order.placed"
	noticeDepositSoon  = "order.deposit_soon"
	noticeConfirmed    = "order.confirmed"
	noticeBalance      = "order.balance"
	noticeBalanceSoon  = "order.balance_soon"
	noticeSettled      = "order.settled"
	noticeExpired      = "order.expired"
	noticeCancelled    = "order.cancelled"
	noticeRefund       = "order.refund"
	noticeShortage     = "order.shortage"
	noticeShortageSoon = "order.shortage_soon"

	noticeAdopted         = "adoption.placed"
	noticeAdoptionSoon    = "adoption.deposit_soon"
	noticeReserved        = "adoption.reserved"
	noticeAdoptionBalance = "adoption.balance_soon"
	noticeGrowing         = "adoption.growing"
	noticeAdoptionOver    = "adoption.ended"

	noticePickup = "sale.pickup"
)

// balanceReminder is the time after which an unpaid balance is reminded of: it has no deadline.
const balanceReminder = 72 * time.Hour

// notice is a message that an event calls for.
type notice struct {
	Kind string
	At   time.Time
}

// orderNotices lists the messages of an order that came to a state at now.
func orderNotices(o orders.Order, now time.Time) []notice {
	switch o.State {
	case orders.StatePlaced:
		all := []notice{{noticePlaced, now}}
		if o.ExpiresAt != nil {
			if at, ok := notify.RemindAt(o.PlacedAt, *o.ExpiresAt); ok {
				all = append(all, notice{noticeDepositSoon, at})
			}
		}
		return all
	case orders.StateConfirmed:
		return []notice{{noticeConfirmed, now}}
	case orders.StateBilled:
		return []notice{{noticeBalance, now}, {noticeBalanceSoon, now.Add(balanceReminder)}}
	case orders.StatePaid:
		return []notice{{noticeSettled, now}}
	case orders.StateExpired:
		return []notice{{noticeExpired, now}}
	case orders.StateCancelled:
		return []notice{{noticeCancelled, now}}
	}
	return nil // nothing to know or to do
}

// adoptionNotices lists the messages of an adoption that came to a state at now.
func adoptionNotices(a adopt.Adoption, now time.Time) []notice {
	switch a.State {
	case adopt.Placed:
		all := []notice{{noticeAdopted, now}}
		if a.ExpiresAt != nil {
			if at, ok := notify.RemindAt(a.PlacedAt, *a.ExpiresAt); ok {
				all = append(all, notice{noticeAdoptionSoon, at})
			}
		}
		return all
	case adopt.Reserved:
		all := []notice{{noticeReserved, now}}
		if at := a.BalanceBy.Add(-72 * time.Hour); at.After(now) {
			all = append(all, notice{noticeAdoptionBalance, at})
		}
		return all
	case adopt.Growing:
		return []notice{{noticeGrowing, now}}
	case adopt.Expired, adopt.Cancelled:
		return []notice{{noticeAdoptionOver, now}}
	}
	return nil
}

// orderVerdict tells whether a message of an order is still true, or needs a fact that is still to come.
func orderVerdict(kind string, question int64, o orders.Order) notify.Verdict {
	when := func(is bool) notify.Verdict {
		if is {
			return notify.Say
		}
		return notify.Untrue
	}
	switch kind {
	case noticePlaced, noticeDepositSoon:
		return when(o.State == orders.StatePlaced && o.DueFen > 0 && o.ExpiresAt != nil)
	case noticeConfirmed:
		return when(o.State == orders.StateConfirmed)
	case noticeBalance, noticeBalanceSoon:
		if o.State == orders.StateBilled && o.DueFen == 0 {
			return notify.NotYet // payments has not closed the bill
		}
		return when(o.State == orders.StateBilled)
	case noticeSettled:
		return when(o.State == orders.StatePaid)
	case noticeExpired:
		return when(o.State == orders.StateExpired)
	case noticeCancelled:
		return when(o.State == orders.StateCancelled)
	case noticeRefund:
		return notify.Say // it is done
	case noticeShortage, noticeShortageSoon:
		return when(questionOf(o, question) != nil)
	}
	return notify.Untrue
}

// adoptionVerdict is orderVerdict for adoptions.
func adoptionVerdict(kind string, a adopt.Adoption) notify.Verdict {
	want := map[string][]adopt.State{
		noticeAdopted: {adopt.Placed}, noticeAdoptionSoon: {adopt.Placed}, noticeReserved: {adopt.Reserved}, noticeAdoptionBalance: {adopt.Reserved},
		noticeGrowing: {adopt.Growing}, noticeAdoptionOver: {adopt.Expired, adopt.Cancelled},
	}
	for _, s := range want[kind] {
		if a.State == s && (kind != noticeAdoptionBalance || a.DueFen > 0) {
			return notify.Say
		}
	}
	return notify.Untrue
}

func questionOf(o orders.Order, id int64) *orders.ShortageQuestion {
	for i := range o.Questions {
		if o.Questions[i].ID == id {
			return &o.Questions[i]
		}
	}
	return nil
}

// Notices tell buyers of events of their orders, adoptions and purchases.
type Notices struct {
	*page.Site
	Services
	Accounts auth.Accounts
}

func (n *Notices) system(ctx context.Context) context.Context {
	return link.System(ctx, "web.notices")
}

// newsFor is how long an event is worth a message. Older ones are read when the product is upgraded or restored.
const newsFor = 24 * time.Hour

// Tell queues the messages that an event calls for. The same event again queues nothing new.
func (n *Notices) Tell(ctx context.Context, ev link.Event) error {
	if n.Now().Sub(ev.OccurredAt) > newsFor {
		return nil
	}
	switch ev.Subject {
	case orders.EvtOrderPlaced, orders.EvtOrderChanged:
		var e orders.OrderEvent
		if err := ev.Decode(&e); err != nil {
			return err
		}
		return n.tellOrder(ctx, ev, e)
	case orders.EvtShortageAsked:
		var e orders.ShortageEvent
		if err := ev.Decode(&e); err != nil {
			return err
		}
		return n.tellShortage(ctx, ev, e)
	case adopt.EvtChanged:
		var e adopt.Event
		if err := ev.Decode(&e); err != nil {
			return err
		}
		return n.tellAdoption(ctx, ev, e)
	case payments.EvtRefundDone:
		var e payments.RefundEvent
		if err := ev.Decode(&e); err != nil {
			return err
		}
		return n.tellRefund(ctx, ev, e)
	case payments.EvtPaymentSucceeded:
		var e payments.PaymentEvent
		if err := ev.Decode(&e); err != nil {
			return err
		}
		return n.tellSale(ctx, ev, e)
	}
	return nil
}

func (n *Notices) tellOrder(ctx context.Context, ev link.Event, e orders.OrderEvent) error {
	o, err := n.Orders.Order(n.system(ctx), orders.OrderRef{ID: e.OrderID})
	if err != nil {
		return missing(err)
	}
	if o.State != e.State {
		return nil // the event of the later state tells of it
	}
	return n.queue(ctx, ev, orders.PaymentRef(o.ID), o.Buyer.AccountID, 0, orderNotices(o, n.Now()))
}

func (n *Notices) tellShortage(ctx context.Context, ev link.Event, e orders.ShortageEvent) error {
	o, err := n.Orders.Order(n.system(ctx), orders.OrderRef{ID: e.OrderID})
	if err != nil {
		return missing(err)
	}
	q := questionOf(o, e.QuestionID)
	if q == nil {
		return nil // it is answered
	}
	now := n.Now()
	all := []notice{{noticeShortage, now}}
	if at, ok := notify.RemindAt(now, q.Until); ok {
		all = append(all, notice{noticeShortageSoon, at})
	}
	return n.queue(ctx, ev, orders.PaymentRef(o.ID), o.Buyer.AccountID, e.QuestionID, all)
}

func (n *Notices) tellAdoption(ctx context.Context, ev link.Event, e adopt.Event) error {
	a, err := n.Adoptions.Adoption(n.system(ctx), adopt.Ref{No: adopt.Number(e.AdoptionID)})
	if err != nil {
		return missing(err)
	}
	if a.State != e.State {
		return nil
	}
	return n.queue(ctx, ev, adopt.PaymentRef(a.ID), a.Buyer.AccountID, 0, adoptionNotices(a, n.Now()))
}

func (n *Notices) tellRefund(ctx context.Context, ev link.Event, e payments.RefundEvent) error {
	id, ok := orders.ParsePaymentRef(e.Ref)
	if !ok {
		return nil // of an adoption, whose end tells of it, or of a purchase that was cancelled on its page
	}
	o, err := n.Orders.Order(n.system(ctx), orders.OrderRef{ID: id})
	if err != nil {
		return missing(err)
	}
	return n.queue(ctx, ev, e.Ref, o.Buyer.AccountID, e.AmountFen, []notice{{noticeRefund, n.Now()}})
}

// tellSale tells the buyer of goods from the shelf the code that fetches them.
func (n *Notices) tellSale(ctx context.Context, ev link.Event, e payments.PaymentEvent) error {
	id, ok := saleOf(e.Ref)
	if !ok {
		return nil
	}
	sale, err := n.Shelf.Sale(n.system(ctx), shelf.SaleRef{ID: id})
	if err != nil {
		return missing(err)
	}
	return n.queue(ctx, ev, e.Ref, sale.Account, 0, []notice{{noticePickup, n.Now()}})
}

func saleOf(ref string) (int64, bool) {
	text, ok := strings.CutPrefix(ref, "sale:")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil
}

// missing is nil for an event of a thing that is gone.
func missing(err error) error {
	if link.CodeOf(err) == link.NotFound {
		return nil
	}
	return err
}

func (n *Notices) queue(ctx context.Context, ev link.Event, about string, account, subject int64, all []notice) error {
	if account == 0 || len(all) == 0 {
		return nil // an order that the county placed has nobody to tell
	}
	queued := make([]notify.Queued, len(all))
	for i, one := range all {
		queued[i] = notify.Queued{Event: ev.ID, Kind: one.Kind, About: about, Account: account, Subject: subject, SendAt: one.At}
	}
	return n.Outbox.Queue(ctx, queued)
}

// Compose writes a message from the facts of the moment; it is a notify.Composer.
func (n *Notices) Compose(ctx context.Context, q notify.Queued) (text, phone string, v notify.Verdict, err error) {
	a, err := n.Accounts.ByID(ctx, q.Account)
	if errors.Is(err, auth.ErrNotFound) || err == nil && a.Disabled() {
		return "", "", notify.Untrue, nil
	}
	if err != nil {
		return "", "", notify.NotYet, err
	}
	l := page.Lang(a.Lang)
	var pairs []any
	switch {
	case strings.HasPrefix(q.Kind, "order."):
		pairs, v, err = n.composeOrder(ctx, l, q)
	case strings.HasPrefix(q.Kind, "adoption."):
		pairs, v, err = n.composeAdoption(ctx, l, q)
	default:
		pairs, v, err = n.composeSale(ctx, a, q)
	}
	if err != nil || v != notify.Say {
		return "", "", v, err
	}
	text, ok := n.Summarizer(l).Say("sms."+q.Kind, pairs...)
	if !ok {
		return "", "", notify.Untrue, fmt.Errorf("no words for %s", q.Kind)
	}
	return text, a.Phone, notify.Say, nil
}

func (n *Notices) composeOrder(ctx context.Context, l page.Lang, q notify.Queued) ([]any, notify.Verdict, error) {
	id, _ := orders.ParsePaymentRef(q.About)
	o, err := n.Orders.Order(n.system(ctx), orders.OrderRef{ID: id})
	if err != nil {
		return nil, notify.NotYet, err
	}
	if v := orderVerdict(q.Kind, q.Subject, o); v != notify.Say {
		return nil, v, nil
	}
	w := n.Summarizer(l)
	s := w.Order(o, orders.Origins{}, nil)
	pairs := []any{"no", o.No, "goods", s.Text(l), "notes", strings.Join(s.Notes, l.Pick("", " ")), "fen", q.Subject}
	if ask := questionOf(o, q.Subject); ask != nil {
		pairs = append(pairs, "units", w.Units(ask.Units, ask.Unit), "by", w.Format.DateTime(ask.Until))
	}
	return pairs, notify.Say, nil
}

func (n *Notices) composeAdoption(ctx context.Context, l page.Lang, q notify.Queued) ([]any, notify.Verdict, error) {
	id, _ := adopt.ParsePaymentRef(q.About)
	a, err := n.Adoptions.Adoption(n.system(ctx), adopt.Ref{No: adopt.Number(id)})
	if err != nil {
		return nil, notify.NotYet, err
	}
	if v := adoptionVerdict(q.Kind, a); v != notify.Say {
		return nil, v, nil
	}
	f := n.Summarizer(l).Format
	pairs := []any{"no", a.No, "title", l.Text(a.Plot.Title), "due", a.DueFen, "balance", max(a.PriceFen-a.PaidFen, 0), "paid", a.PaidFen, "refund", a.RefundFen,
		"balance_by", f.FullDate(a.BalanceBy), "first", "–", "by", "–"}
	if a.ExpiresAt != nil {
		pairs = append(pairs, "by", f.DateTime(*a.ExpiresAt))
	}
	if next := a.Next(); next != nil {
		pairs = append(pairs, "first", f.FullDate(page.OnDay(next.DueOn)))
	}
	return pairs, notify.Say, nil
}

func (n *Notices) composeSale(ctx context.Context, a *auth.Account, q notify.Queued) ([]any, notify.Verdict, error) {
	id, _ := saleOf(q.About)
	// The code opens the goods: the module shows it to nobody but the buyer.
	sale, err := n.Shelf.Sale(link.WithActor(ctx, link.Actor{Account: a.ID, Login: a.Login, Role: string(a.Role)}), shelf.SaleRef{ID: id})
	if err != nil {
		return nil, notify.NotYet, err
	}
	if sale.Pickup == "" {
		if sale.State == shelf.SalePlaced || sale.State == shelf.SaleExpiring {
			return nil, notify.NotYet, nil // the payment is not booked yet
		}
		return nil, notify.Untrue, nil
	}
	return []any{"no", sale.No, "shop", sale.Shop, "address", sale.Address, "code", sale.Pickup}, notify.Say, nil
}
