package shop

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/document"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

type orderPage struct {
	Order      orders.Order
	Origins    orders.Origins
	Deliveries []orders.DeliveryNote
	Account    payments.Account
	Methods    []string
	Documents  []document.Entry
	Summary    page.OrderSummary
	From       time.Time // the first day of collection
	Messages   []notify.Queued
	Villages   map[int64]string
	Mine       bool              // the reader ordered it, or their organisation did
	Pending    *payments.Payment // one that is open or in doubt
	Declined   *payments.Payment // the latest, where the bank said no
}

// Stage identifies the state of the order that the page shows: when it changes, an open page is loaded anew.
func (d orderPage) Stage() string { return fmt.Sprintf("%s-%d", d.Order.State, d.Order.DueFen) }

func (s *ordering) orderPage(ctx context.Context, l page.Lang, ref orders.OrderRef) (orderPage, error) {
	var d orderPage
	var err error
	if d.Order, err = s.Orders.Order(ctx, ref); err != nil {
		return d, err
	}
	id := orders.OrderRef{ID: d.Order.ID}
	if d.Origins, err = s.Orders.Origins(ctx, id); err != nil {
		return d, err
	}
	notes, err := s.Orders.Deliveries(ctx, id)
	if err != nil {
		return d, err
	}
	d.Deliveries = notes.Items
	// The order module has just shown that the reader may see this order; its payments belong to it.
	if d.Account, err = s.Payments.Account(link.System(ctx, "web.order"), payments.Ref{Ref: orders.PaymentRef(d.Order.ID)}); err != nil {
		return d, err
	}
	for i, p := range d.Account.Payments {
		d.Declined = nil
		switch p.State {
		case payments.PaymentFailed:
			d.Declined = &d.Account.Payments[i]
		case payments.PaymentOpen, payments.PaymentUnknown, payments.PaymentSending, payments.PaymentReady:
			d.Pending = &d.Account.Payments[i]
		}
	}
	methods, err := s.Payments.Methods(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	a := auth.FromContext(ctx)
	d.Mine = a != nil && (a.ID == d.Order.Buyer.AccountID || a.OrgID != 0 && a.OrgID == d.Order.Buyer.OrgID)
	d.Methods = payable(methods.Items, d.Order.Channel)
	d.Summary = s.Summarizer(l).Order(d.Order, d.Origins, d.payMethods())
	d.From = orders.CollectedFrom(d.Order.Lines)
	if d.Mine {
		d.Messages = s.sentAbout(ctx, s.Site, d.Order.Buyer.AccountID, orders.PaymentRef(d.Order.ID))
	}
	d.Documents = s.orderDocuments(ctx, id)
	d.Villages = map[int64]string{}
	if ref, err := s.Reference(ctx); err == nil {
		for _, v := range ref.Villages {
			d.Villages[v.ID] = v.Name
		}
	}
	return d, nil
}

// payable are the ways to pay of a channel: a private buyer pays at once; cash is taken at the counter by the county.
func payable(methods []string, channel catalog.Channel) []string {
	var all []string
	for _, m := range methods {
		if m != payments.Cash && (m != payments.BankTransfer || channel != catalog.ChannelPrivate) {
			all = append(all, m)
		}
	}
	return all
}

// payMethods are the ways to pay that the page names: only the buyer pays.
func (d orderPage) payMethods() []string {
	if !d.Mine {
		return nil
	}
	return d.Methods
}

func (s *ordering) order(w http.ResponseWriter, r *http.Request) error {
	d, err := s.orderPage(r.Context(), page.LangOf(r), page.OrderRef(r))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		if r.URL.Query().Get("seen") != d.Stage() {
			w.Header().Set("HX-Refresh", "true") // more than the status has changed, such as the amount to pay
			return nil
		}
		return s.RenderPart(w, r, http.StatusOK, "shop/order", "status", d)
	}
	return s.RenderForm(w, r, "shop/order", d, s.NewForm(page.LangOf(r)))
}

// orderPrint is the order confirmation on paper.
func (s *ordering) orderPrint(w http.ResponseWriter, r *http.Request) error {
	d, err := s.orderPage(r.Context(), page.LangOf(r), page.OrderRef(r))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "shop/order_print", d)
}

// orderDocuments are the documents of an order's page. A page that can do without them is not lost when they do not come.
func (s *ordering) orderDocuments(ctx context.Context, ref orders.OrderRef) []document.Entry {
	list, err := s.Documents.OrderDocuments(ctx, ref)
	if err != nil {
		if link.CodeOf(err) != link.NotFound {
			s.Log.WarnContext(ctx, "documents of order", "order", ref.No, "error", err)
		}
		return nil
	}
	return list.Items
}
