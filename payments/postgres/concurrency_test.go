package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// Orders are paid, delivered, closed, released, corrected and batched at once, all of them owing the same households.
// No deadlock surfaces and every fen is where it belongs (Verify at the end of the test).
func TestManyOrdersOfTheSameHouseholdsAtOnce(t *testing.T) {
	b := setup(t)
	households := []int64{1, 2, 3, 4, 5, 6, 7, 8}
	b.loadAccounts(households...)
	const orders = 24
	var wg sync.WaitGroup
	for i := range orders {
		wg.Go(func() {
			ref := fmt.Sprintf("order:%d", i+1)
			p, err := b.svc.CreatePayment(system(), payments.CreatePayment{Key: "d", Ref: ref, Purpose: "deposit", AmountFen: 100000, Method: payments.Cash,
				Party: payments.Party{Kind: "account", ID: 501}})
			if err == nil {
				_, err = b.svc.RecordCash(operator, payments.RecordCash{PaymentID: p.ID, Receipt: ref, AmountFen: 100000})
			}
			if err != nil {
				t.Error(err)
				return
			}
			delivery := func(id int64) payments.AcceptDelivery {
				d := payments.AcceptDelivery{DeliveryID: id, Ref: ref, Coop: 7}
				for n := range households {
					h := households[(n+i)%len(households)] // in every order
					d.Shares = append(d.Shares, payments.DeliveryShare{SourceKey: fmt.Sprintf("t:%d:%d", i, h), Household: h, GrossFen: 10000 + id, FeeFen: 500})
				}
				return d
			}
			id := int64(i + 1)
			steps := []struct {
				subject string
				data    any
			}{
				{payments.CmdAcceptDelivery, delivery(id)},
				{payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 1}},
				{payments.CmdReleaseRef, payments.ReleaseRef{Ref: ref}},
				{payments.CmdReverseDelivery, payments.ReverseDelivery{DeliveryID: id, Ref: ref}},
				{payments.CmdAcceptDelivery, delivery(id + 1000)},
				{payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 2}},
			}
			for _, s := range steps {
				if err := b.tryCommand(s.subject, s.data); err != nil {
					t.Errorf("%s of %s: %v", s.subject, ref, err)
				}
			}
		})
	}
	for i := range 6 {
		wg.Go(func() {
			_, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: fmt.Sprint(i)})
			if err != nil && link.AsError(err).Key != "payout.nothing" {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := b.svc.Work(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	tb, err := b.svc.TrialBalance(operator, payments.None{})
	if err != nil || tb.SumFen != 0 {
		t.Errorf("trial balance sums to %d (%v)", tb.SumFen, err)
	}
}
