package document

import (
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// ErrNotYet refuses a document about something that has not happened, or was corrected. Conflict.
func ErrNotYet() error { return link.E(link.Conflict, "document.not_yet", "subject") }

func onDay(t time.Time) string { return t.In(orders.China).Format(time.DateOnly) }

// ContentOf is the content that every document of an order has.
func ContentOf(o orders.Order) Content {
	return Content{OrderNo: o.No, Buyer: o.Buyer.Name, Channel: o.Channel, PlacedOn: onDay(o.PlacedAt), Seller: sellers(o.Lines)}
}

// sellers are the names of the sellers of the lines, each once.
func sellers(lines []orders.Line) string {
	var names []string
	for _, l := range lines {
		if !slices.Contains(names, l.Seller) {
			names = append(names, l.Seller)
		}
	}
	return strings.Join(names, "、")
}

// Confirmed reports whether an order can be confirmed on paper: it was confirmed, and is not cancelled.
func Confirmed(s orders.State, confirmedAt *time.Time) bool {
	return confirmedAt != nil && s != orders.StateCancelled
}

// Confirm fills in a confirmation of an order. Conflict before it is confirmed and after it was cancelled.
func (c *Content) Confirm(o orders.Order, confirmedAt *time.Time) error {
	if !Confirmed(o.State, confirmedAt) {
		return ErrNotYet()
	}
	c.On, c.AmountFen, c.DepositFen = onDay(*confirmedAt), o.EstimateFen, o.DepositFen
	if c.DeliverTo = o.Delivery.Address; o.Delivery.Kind == orders.DeliverPickup {
		c.DeliverTo = o.Delivery.Point
	}
	for _, l := range o.Lines {
		c.Lines = append(c.Lines, Line{Title: l.Title, Grade: l.Grade, Unit: l.Unit, Qty: l.Ordered, Price: l.Price, PriceUnit: l.PriceUnit, AmountFen: l.EstimateFen})
	}
	return nil
}

// Receivable reports whether a payment can have a receipt: the money is there.
func Receivable(p payments.Payment) bool {
	return p.State == payments.PaymentSucceeded && p.SucceededAt != nil
}

// Receive fills in the receipt of a payment. Conflict while the money is not there.
func (c *Content) Receive(all []payments.Payment, id int64) error {
	i := slices.IndexFunc(all, func(p payments.Payment) bool { return p.ID == id && Receivable(p) })
	if i < 0 {
		return ErrNotYet()
	}
	p := all[i]
	c.On, c.AmountFen, c.Purpose, c.Method = onDay(*p.SucceededAt), p.AmountFen, p.Purpose, p.Method
	return nil
}

// Refunded reports whether a refund can have a document: the money has arrived.
func Refunded(f payments.Refund) bool { return f.State == payments.RefundSucceeded && f.DoneAt != nil }

// Refund fills in the document of a refund. Conflict while the money has not arrived.
func (c *Content) Refund(all []payments.Refund, id int64) error {
	i := slices.IndexFunc(all, func(f payments.Refund) bool { return f.ID == id && Refunded(f) })
	if i < 0 {
		return ErrNotYet()
	}
	f := all[i]
	c.On, c.AmountFen, c.Method, c.Reason, c.BankRef = onDay(*f.DoneAt), f.AmountFen, f.Method, f.Reason, f.BankRef
	return nil
}

// Settled reports whether a ticket can have a purchase statement: it counts, and its household was paid on a day.
func Settled(t orders.Ticket, paidOn *time.Time) bool {
	return paidOn != nil && t.State == orders.TicketAccepted && t.Settled
}

// CheckPayee refuses a purchase statement when the money went to the account of somebody else than the head of the
// household. Conflict.
func CheckPayee(holder, head string) error {
	if holder != head {
		return link.E(link.Conflict, "document.payee", "subject", "holder", holder, "head", head)
	}
	return nil
}

// Papers are the documents that an order and its payments can have, issued or not.
func Papers(o orders.Order, confirmedAt *time.Time, paid []payments.Payment, back []payments.Refund) []Entry {
	list := []Entry{}
	if Confirmed(o.State, confirmedAt) {
		list = append(list, Entry{Kind: DocConfirmation, Subject: subjectOrder, OrderNo: o.No, On: confirmedAt.UTC(), AmountFen: o.EstimateFen})
	}
	for _, p := range paid {
		if Receivable(p) {
			list = append(list, Entry{Kind: DocReceipt, Subject: SubjectOf(DocReceipt, p.ID), OrderNo: o.No, On: *p.SucceededAt, AmountFen: p.AmountFen})
		}
	}
	for _, f := range back {
		if Refunded(f) {
			list = append(list, Entry{Kind: DocRefund, Subject: SubjectOf(DocRefund, f.ID), OrderNo: o.No, On: *f.DoneAt, AmountFen: f.AmountFen})
		}
	}
	return list
}

// Issued is the number of an issued document by its kind and subject.
type Issued map[Kind]map[string]string

// Add notes an issued document.
func (i Issued) Add(k Kind, subject, no string) {
	if i[k] == nil {
		i[k] = map[string]string{}
	}
	i[k][subject] = no
}

// Number fills the numbers of issued documents into a list, and leaves out void entries that never were issued.
func (i Issued) Number(list []Entry) []Entry {
	for n := range list {
		list[n].No = i[list[n].Kind][list[n].Subject]
	}
	return slices.DeleteFunc(list, func(e Entry) bool { return e.Void && e.No == "" })
}
