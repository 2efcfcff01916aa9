package household

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
)

// Tasks of a helper for a household, in the order in which they are listed.
const (
	taskDeliver = "deliver" // goods to hand over within the days ahead
	taskAnswer  = "answer"  // a contract asks for a quota
	taskAccount = "account" // no account that can be paid to
	taskConsent = "consent" // the household has not agreed to its helper
	taskArrived = "arrived" // money that came in the days before: to be told
	taskUnsold  = "unsold"  // nothing sold in the season
)

var helperTasks = []string{taskDeliver, taskAnswer, taskAccount, taskConsent, taskArrived, taskUnsold}

const daysAround = 7 // ahead for deliveries, back for payments

// lookedAfter is a household as its helper sees it today.
type lookedAfter struct {
	catalog.Household
	Sum     orders.IncomeSum
	Next    *orders.Share // within the days ahead
	Coming  int           // shares to hand over then
	Asked   int           // quotas that wait for an answer
	Account payments.HouseholdAccount
	Arrived *payments.PayoutItem
	Tasks   []string
}

// tasksOf derives the tasks from the household's state.
func (h *lookedAfter) tasksOf() {
	waits := map[string]bool{
		taskDeliver: h.Next != nil, taskAnswer: h.Asked > 0,
		taskAccount: h.Consent && (h.Account.Account == nil || h.Account.Account.State == string(payments.AccountClosed)),
		taskConsent: !h.Consent, taskArrived: h.Arrived != nil, taskUnsold: h.Consent && h.Sum.Total() == 0,
	}
	for _, task := range helperTasks {
		if waits[task] {
			h.Tasks = append(h.Tasks, task)
		}
	}
}

// lookAfter reads the state of households. Of one that has not agreed nothing is read.
func (s *pages) lookAfter(ctx context.Context, list []catalog.Household) ([]lookedAfter, error) {
	out := make([]lookedAfter, len(list))
	reading, ctx := errgroup.WithContext(ctx)
	reading.SetLimit(4)
	for i, h := range list {
		out[i].Household = h
		reading.Go(func() error {
			if h.Consent {
				actor := link.ActorFrom(ctx)
				actor.OnBehalfOf = h.ID
				if err := s.lookAt(link.WithActor(ctx, actor), &out[i]); err != nil {
					return err
				}
			}
			out[i].tasksOf()
			return nil
		})
	}
	return out, reading.Wait()
}

func (s *pages) lookAt(ctx context.Context, h *lookedAfter) error {
	income, err := s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: h.ID})
	if err != nil {
		return err
	}
	h.Sum = income.Sum
	shares, err := s.Orders.Collection(ctx, orders.CollectionFilter{Household: h.ID, State: orders.ShareExpected, Limit: 500})
	if err != nil {
		return err
	}
	h.Next, h.Coming = comingSoon(shares.Items, s.Now())
	quotas, err := s.Contracts.Quotas(ctx, contract.QuotaFilter{Household: h.ID, State: contract.QuotaProposed, Limit: 1})
	if err != nil {
		return err
	}
	h.Asked = quotas.Total
	if h.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: h.ID}); err != nil {
		return err
	}
	for i, p := range h.Account.Payouts { // newest first
		if p.State == payments.ItemPaid && p.PaidOn != nil && s.Now().Sub(*p.PaidOn) < daysAround*24*time.Hour {
			h.Arrived = &h.Account.Payouts[i]
			break
		}
	}
	return nil
}

// comingSoon counts the shares with a delivery that begins within the days ahead, and finds the first of them.
func comingSoon(shares []orders.Share, now time.Time) (next *orders.Share, n int) {
	for i := range shares {
		if shares[i].DeliverFrom.After(now.AddDate(0, 0, daysAround)) {
			continue
		}
		n++
		if next == nil || shares[i].DeliverFrom.Before(next.DeliverFrom) {
			next = &shares[i]
		}
	}
	return next, n
}
