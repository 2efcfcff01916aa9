package county

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

func (s *moneyPages) receiptsMatch(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.matched", func(ctx context.Context, f *page.Form) error {
		payment, err := s.paymentOfCode(ctx, f, payments.BankTransfer, "payment_code")
		if err != nil || payment == 0 {
			return err
		}
		_, err = s.Payments.MatchTransfer(ctx, payments.MatchTransfer{LineID: page.PathInt(r, "id"), PaymentID: payment})
		return err
	})
}

// paymentOfCode returns the payment with the code that a field quotes, or 0 and an error of the field. Of several, one that
// is waited for comes first.
func (s *moneyPages) paymentOfCode(ctx context.Context, f *page.Form, method, field string) (int64, error) {
	if !f.Need(field) {
		return 0, nil
	}
	code := f.Text(field)
	for _, state := range []payments.PaymentState{payments.PaymentOpen, ""} {
		found, err := s.Payments.Payments(ctx, payments.PaymentFilter{Method: method, State: state, Code: code, Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(found.Items) > 0 {
			return found.Items[0].ID, nil
		}
	}
	f.Add(field, "receipt.code", "code", code)
	return 0, nil
}

// receiptsSplit divides a line among payments; rows without a code are left out.
func (s *moneyPages) receiptsSplit(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.split", func(ctx context.Context, f *page.Form) error {
		split := payments.SplitTransfer{LineID: page.PathInt(r, "id")}
		for n := 1; n <= payments.MaxParts; n++ {
			code, part := fmt.Sprintf("part_code_%d", n), fmt.Sprintf("part_amount_%d", n)
			if f.Text(code) == "" {
				if f.Text(part) != "" {
					f.Need(code)
				}
				continue
			}
			payment, err := s.paymentOfCode(ctx, f, payments.BankTransfer, code)
			if err != nil {
				return err
			}
			if payment != 0 && f.Need(part) {
				split.Parts = append(split.Parts, payments.TransferPart{PaymentID: payment, AmountFen: f.Fen(part)})
			}
		}
		if !f.OK() {
			return nil
		}
		_, err := s.Treasury.SplitTransfer(ctx, split)
		return err
	})
}

// receiptsUse puts the money of a refund to another payment of the same buyer.
func (s *moneyPages) receiptsUse(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.used", func(ctx context.Context, f *page.Form) error {
		payment, err := s.paymentOfCode(ctx, f, payments.BankTransfer, "payment_code")
		if err != nil || payment == 0 {
			return err
		}
		_, err = s.Treasury.UseRefund(ctx, payments.UseRefund{RefundID: page.PathInt(r, "id"), PaymentID: payment})
		return err
	})
}

// receiptsExplain matches a line to a posting that was booked before the statement showed it.
func (s *moneyPages) receiptsExplain(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.matched", func(ctx context.Context, f *page.Form) error {
		if !f.Need("booked") {
			return nil
		}
		kind, id, _ := strings.Cut(f.Text("booked"), ":")
		_, err := s.Treasury.ExplainTransfer(ctx, payments.ExplainTransfer{LineID: page.PathInt(r, "id"), Kind: kind, ID: id})
		return err
	})
}

// receiptsReturn says that a line which belongs to nobody here was transferred back.
func (s *moneyPages) receiptsReturn(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.returned", func(ctx context.Context, f *page.Form) error {
		on := f.When("return_on", time.DateOnly)
		if !f.Need("return_ref", "return_on") || !f.OK() {
			return nil
		}
		_, err := s.Treasury.ReturnTransfer(ctx, payments.ReturnTransfer{LineID: page.PathInt(r, "id"), BankRef: f.Text("return_ref"), PaidOn: on})
		return err
	})
}

func (s *moneyPages) receiptsCash(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.cash", func(ctx context.Context, f *page.Form) error {
		amount := f.Fen("amount_fen")
		if !f.Need("cash_code", "receipt", "amount_fen") || !f.OK() {
			return nil
		}
		payment, err := s.paymentOfCode(ctx, f, payments.Cash, "cash_code")
		if err != nil || payment == 0 {
			return err
		}
		_, err = s.Payments.RecordCash(ctx, payments.RecordCash{PaymentID: payment, Receipt: f.Text("receipt"), AmountFen: amount})
		return err
	})
}

// receiptsRefund says that a refund which no provider can make was transferred.
func (s *moneyPages) receiptsRefund(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.refunded", func(ctx context.Context, f *page.Form) error {
		on := f.When("refund_paid_on", time.DateOnly)
		if !f.Need("refund_bank_ref", "refund_paid_on") || !f.OK() {
			return nil
		}
		_, err := s.Payments.RecordRefund(ctx, payments.RecordRefund{RefundID: page.PathInt(r, "id"), BankRef: f.Text("refund_bank_ref"), PaidOn: on})
		return err
	})
}

func (s *moneyPages) onReceipt(w http.ResponseWriter, r *http.Request, done string, command func(context.Context, *page.Form) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	return s.receiptsDone(w, r, f, command(r.Context(), f), done)
}
