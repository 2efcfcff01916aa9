package order

import (
	"context"
	"fmt"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// Pay starts a payment of the amount due now.
func (m *Room) Pay(ctx context.Context, r orders.PayRequest) (orders.PayStart, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if r.Method == "" {
		problems.Add("payment.method", "method")
	}
	if err := problems.Err(); err != nil {
		return orders.PayStart{}, err
	}
	o, _, v, err := m.Find(ctx, orders.OrderRef{No: r.OrderNo})
	if err != nil {
		return orders.PayStart{}, err
	}
	if v != orders.ViewAll {
		return orders.PayStart{}, desk.ErrRole()
	}
	bill, err := o.Funds().Payable(m.Now(), m.Config.PayBalance)
	if err != nil {
		return orders.PayStart{}, err
	}
	party := payments.Party{Kind: "account", ID: o.AccountID, Name: o.Recipient}
	if o.OrgID != 0 {
		party = payments.Party{Kind: "organisation", ID: o.OrgID, Name: o.Buyer}
	}
	what := "定金"
	if bill.Purpose == orders.PurposeBalance {
		what = "尾款"
	}
	p, err := m.Payments.CreatePayment(desk.AsSystem(ctx), payments.CreatePayment{
		Key: fmt.Sprintf("%s:%s", bill.Purpose, r.IdempotencyKey), Ref: orders.PaymentRef(o.ID), Purpose: string(bill.Purpose), AmountFen: bill.Fen,
		Method: r.Method, Party: party, Description: fmt.Sprintf("半亩园订单 %s %s", orders.Number(o.ID), what),
		Code: orders.Number(o.ID), ReturnURL: r.ReturnURL, ExpiresAt: bill.Expires,
	})
	if err != nil {
		if e := link.AsError(err); e.Field == "key" {
			e.Field = "idempotency_key"
		}
		return orders.PayStart{}, err
	}
	return orders.PayStart{PaymentID: p.ID, State: string(p.State), AmountFen: p.AmountFen, URL: p.URL, TransferCode: p.TransferCode,
		PayTo: p.PayTo, PayToAccount: p.PayToAccount, PayToBank: p.PayToBank, ExpiresAt: p.ExpiresAt}, nil
}
