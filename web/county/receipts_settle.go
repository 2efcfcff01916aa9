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
		if !f.Need("payment_id") {
			return nil
		}
		_, err := s.Payments.MatchTransfer(ctx, payments.MatchTransfer{LineID: page.PathInt(r, "id"), PaymentID: f.Int("payment_id")})
		return err
	})
}

// receiptsSplit divides a line among payments; rows without a payment are left out.
func (s *moneyPages) receiptsSplit(w http.ResponseWriter, r *http.Request) error {
	return s.onReceipt(w, r, "receipt.split", func(ctx context.Context, f *page.Form) error {
		split := payments.SplitTransfer{LineID: page.PathInt(r, "id")}
		for n := 1; n <= payments.MaxParts; n++ {
			payment, part := fmt.Sprintf("part_payment_%d", n), fmt.Sprintf("part_amount_%d", n)
			if f.Text(payment) != "" && f.Need(part) {
				split.Parts = append(split.Parts, payments.TransferPart{PaymentID: f.Int(payment), AmountFen: f.Fen(part)})
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
		if !f.Need("payment_id") {
			return nil
		}
		_, err := s.Treasury.UseRefund(ctx, payments.UseRefund{RefundID: page.PathInt(r, "id"), PaymentID: f.Int("payment_id")})
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
		if !f.Need("payment_id", "receipt", "amount_fen") || !f.OK() {
			return nil
		}
		_, err := s.Payments.RecordCash(ctx, payments.RecordCash{PaymentID: f.Int("payment_id"), Receipt: f.Text("receipt"), AmountFen: amount})
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
