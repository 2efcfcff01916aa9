package stripe

import (
	"context"
	"fmt"
	"strconv"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Movements reads the account's balance transactions. An account that settles in another currency than yuan cannot be
// compared: nothing is made up for it.
func (g *Gateway) Movements(ctx context.Context, since time.Time) ([]gateway.Movement, error) {
	p := &stripe.BalanceTransactionListParams{}
	p.Context = ctx
	p.Limit = stripe.Int64(100)
	p.AddExpand("data.source")
	if !since.IsZero() {
		p.CreatedRange = &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
	}
	var moves []gateway.Movement
	list := g.api.BalanceTransactions.List(p)
	for list.Next() {
		t := list.BalanceTransaction()
		if t.Currency != stripe.CurrencyCNY {
			return nil, fmt.Errorf("balance transaction %s is in %s, not in yuan: %w", t.ID, t.Currency, gateway.ErrUnknown)
		}
		moves = append(moves, movement(t))
	}
	if err := list.Err(); err != nil {
		return nil, mapped("list balance transactions", "payment.provider_refused", err)
	}
	// Stripe lists the newest first.
	for i, j := 0, len(moves)-1; i < j; i, j = i+1, j-1 {
		moves[i], moves[j] = moves[j], moves[i]
	}
	return moves, nil
}

// kinds of movement by Stripe's reporting category.
var kinds = map[stripe.BalanceTransactionReportingCategory]gateway.MovementKind{
	"charge": gateway.MovedPayment, "charge_failure": gateway.MovedPayment,
	"refund": gateway.MovedRefund, "refund_failure": gateway.MovedRefund, "partial_capture_reversal": gateway.MovedRefund,
	"dispute": gateway.MovedDispute, "dispute_reversal": gateway.MovedDispute,
	"fee": gateway.MovedFee, "network_cost": gateway.MovedFee, "tax": gateway.MovedFee,
	"payout": gateway.MovedPayout, "payout_reversal": gateway.MovedPayout,
}

func movement(t *stripe.BalanceTransaction) gateway.Movement {
	m := gateway.Movement{ID: t.ID, Kind: kinds[t.ReportingCategory], AmountFen: t.Amount, FeeFen: t.Fee, At: unix(t.Created)}
	if m.Kind == "" {
		m.Kind = gateway.MovedOther
	}
	if s := t.Source; s != nil {
		switch {
		case s.Charge != nil:
			m.PaymentID = ourPayment(s.Charge.Metadata)
		case s.Refund != nil:
			m.RefundID = s.Refund.ID
		case s.Dispute != nil:
			m.DisputeID = s.Dispute.ID
		case m.Kind == gateway.MovedRefund:
			m.RefundID = s.ID
		case m.Kind == gateway.MovedDispute:
			m.DisputeID = s.ID
		}
	}
	return m
}

// ourPayment is the payment that metadata names, 0 where it names none.
func ourPayment(metadata map[string]string) int64 {
	id, err := strconv.ParseInt(metadata[metadataPayment], 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// disputeStates by Stripe's. An inquiry (a "warning") withdraws nothing.
var disputeStates = map[stripe.DisputeStatus]payments.DisputeState{
	stripe.DisputeStatusWarningNeedsResponse: payments.DisputeInquiry, stripe.DisputeStatusWarningUnderReview: payments.DisputeInquiry,
	stripe.DisputeStatusWarningClosed: payments.DisputeClosed,
	stripe.DisputeStatusNeedsResponse: payments.DisputeOpen, stripe.DisputeStatusUnderReview: payments.DisputeOpen,
	stripe.DisputeStatusWon: payments.DisputeWon, stripe.DisputeStatusLost: payments.DisputeLost,
}

// LookupDispute tells a dispute's state. The charge carries the payment's metadata.
func (g *Gateway) LookupDispute(ctx context.Context, id string) (gateway.Dispute, error) {
	p := &stripe.DisputeParams{}
	p.Context = ctx
	p.AddExpand("charge")
	d, err := g.api.Disputes.Get(id, p)
	if err != nil {
		return gateway.Dispute{}, mapped("get dispute", "payment.provider_refused", err)
	}
	out := gateway.Dispute{ID: d.ID, State: disputeStates[d.Status], AmountFen: d.Amount, Reason: string(d.Reason), OpenedAt: unix(d.Created)}
	if out.State == "" {
		return gateway.Dispute{}, fmt.Errorf("dispute %s is %q: %w", d.ID, d.Status, gateway.ErrUnknown)
	}
	if d.Charge != nil {
		out.PaymentID = ourPayment(d.Charge.Metadata)
	}
	if d.EvidenceDetails != nil {
		out.RespondBy = unix(d.EvidenceDetails.DueBy)
	}
	return out, nil
}
