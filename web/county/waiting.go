package county

import (
	"context"

	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/payments"
)

// task is work of one kind that waits for the county. Its count is the count of the list at its address.
type task struct {
	Key          string // its words: county.task.KEY
	Route, State string // of the list: its page, and the state that it is filtered by
	Count        int64
	Fen          int64 // of payouts
}

// source counts the tasks of one kind.
type source struct {
	key, route, state string
	count             func(context.Context) (n, fen int64, err error)
}

// sources are in the order in which a day's work goes: money that came, people, money that goes.
func (s *overview) sources() []source {
	total := func(n int, err error) (int64, int64, error) { return int64(n), 0, err }
	refunds := func(state payments.RefundState) func(context.Context) (int64, int64, error) {
		return func(ctx context.Context) (int64, int64, error) {
			list, err := s.Payments.Refunds(ctx, payments.RefundFilter{State: state, Limit: 1})
			return total(list.Total, err)
		}
	}
	batches := func(state payments.BatchState) func(context.Context) (n, fen int64, err error) {
		return func(ctx context.Context) (n, fen int64, err error) {
			list, err := s.Payments.Batches(ctx, payments.BatchesRequest{State: state, Limit: 1})
			return int64(list.Total), list.AmountFen, err
		}
	}
	return []source{
		{"suspense", "county.receipts", "", func(ctx context.Context) (int64, int64, error) {
			lines, err := s.Payments.Statement(ctx, payments.StatementFilter{State: string(payments.LineSuspense), Limit: 1})
			return total(lines.Total, err)
		}},
		{"doubtful", "county.doubtful", "", func(ctx context.Context) (int64, int64, error) {
			lines, err := s.Treasury.Doubtful(ctx, payments.StatementFilter{State: string(payments.DoubtOpen), Limit: 1})
			return total(lines.Total, err)
		}},
		{"disputes", "county.disputes", string(payments.DisputeOpen), func(ctx context.Context) (int64, int64, error) {
			list, err := s.Treasury.Disputes(ctx, payments.DisputeFilter{State: payments.DisputeOpen, Limit: 1})
			return total(list.Total, err)
		}},
		{"refunds", "county.refunds", string(payments.RefundReview), refunds(payments.RefundReview)},
		{"refunds.bank", "county.refunds", string(payments.RefundByBank), refunds(payments.RefundByBank)},
		{"reviews", "county.reviews", "", func(ctx context.Context) (int64, int64, error) {
			offers, err := s.Care.Reviews(ctx, catalog.ReviewFilter{})
			if err != nil {
				return 0, 0, err
			}
			accounts, err := s.AccountReviews.AccountsToReview(ctx, payments.None{})
			return total(offers.Open+len(accounts.Items), err)
		}},
		{"objections", "county.objections", "", func(ctx context.Context) (int64, int64, error) {
			list, err := s.Turns.Objections(ctx, catalog.ObjectionFilter{Open: true, Limit: 1})
			return total(list.Open, err)
		}},
		{"payable", "county.settlements", "", func(ctx context.Context) (int64, int64, error) {
			sum, err := s.Payments.PayoutSummary(ctx, payments.None{})
			return sum.Payable(), sum.PayableFen(), err
		}},
		{"batches.draft", "county.payouts", string(payments.BatchDraft), batches(payments.BatchDraft)},
		{"batches.approved", "county.payouts", string(payments.BatchApproved), batches(payments.BatchApproved)},
		{"batches.exported", "county.payouts", string(payments.BatchExported), batches(payments.BatchExported)},
		{"orgpayouts", "county.orgpayouts", string(payments.OrgPayoutProposed), func(ctx context.Context) (int64, int64, error) {
			list, err := s.OrgPayouts.OrgPayouts(ctx, payments.OrgPayoutFilter{State: payments.OrgPayoutProposed, Limit: 1})
			return total(list.Total, err)
		}},
		{"pools", "county.distributions", "", func(ctx context.Context) (int64, int64, error) {
			list, err := s.Distributions.Pools(ctx, payments.PoolFilter{State: payments.PoolWaiting})
			return total(len(list.Items), err)
		}},
		{"reversals", "county.reversals", "", func(ctx context.Context) (int64, int64, error) {
			list, err := s.Reversals.Reversals(ctx, payments.ReversalFilter{State: payments.ReversalAsked, Limit: 1})
			return total(list.Total, err)
		}},
	}
}

// waiting returns the kinds of work of which some waits.
func (s *overview) waiting(ctx context.Context) ([]task, error) {
	all := s.sources()
	counts := make([]task, len(all))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(4)
	for i, from := range all {
		asking.Go(func() (err error) {
			counts[i] = task{Key: from.key, Route: from.route, State: from.state}
			counts[i].Count, counts[i].Fen, err = from.count(ctx)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	var tasks []task
	for _, t := range counts {
		if t.Count > 0 {
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}
