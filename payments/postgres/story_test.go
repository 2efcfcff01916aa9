package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/payments"
)

// The whole way of an order's money over NATS: client and server, commands through outbox and stream, workers running.
func TestMoneyOfAnOrderOverNATS(t *testing.T) {
	b := setup(t)
	server := linktest.NATSServer(t)
	nc := server.Connect(t)
	srv := link.NewServer(nc, "payments", link.ServerOptions{})
	payments.Register(srv, b.svc)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- b.svc.Run(ctx, nc) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("run: %v", err)
		}
		srv.Close()
	})
	client := payments.NewClient(server.Connect(t))
	send := func(subject string, data any) {
		t.Helper()
		err := link.InTx(system(), b.db, nil, func(tx *sqlx.Tx) error {
			return link.Publish(system(), tx, link.Message{Subject: subject, Data: data})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const ref = "order:1001"
	until := func(what string, done func(a payments.Account) bool) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second)
		for {
			a, err := client.Account(system(), payments.Ref{Ref: ref})
			if err != nil {
				t.Fatal(err)
			}
			if done(a) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s did not happen: %+v", what, a)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}

	p, err := client.CreatePayment(system(), b.request(ref, "deposit", payments.Sandbox, 30000))
	if err != nil {
		t.Fatal(err)
	}
	if p.State != payments.PaymentOpen || p.URL == "" {
		t.Fatalf("payment is %+v", p)
	}
	b.play(p, "pay")
	until("deposit", func(a payments.Account) bool { return a.DepositFen == 30000 })

	send(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 1, Ref: ref, Coop: 7, OccurredAt: b.clock.now().Unix(),
		Shares: []payments.DeliveryShare{{SourceKey: "ticket:1", Household: 17, GrossFen: 60000, FeeFen: 3000}, {SourceKey: "ticket:2", Household: 18, GrossFen: 40001, FeeFen: 2000}}})
	billed := int64(100001)
	send(payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 1, BilledFen: &billed})
	until("bill", func(a payments.Account) bool { return a.Closed && a.DepositFen == 0 && a.ReceivableFen == 70001 })

	p, err = client.CreatePayment(system(), b.request(ref, "balance", payments.Sandbox, 70001))
	if err != nil {
		t.Fatal(err)
	}
	b.play(p, "pay")
	until("balance", func(a payments.Account) bool { return a.ReceivableFen == 0 && a.PaidFen == 100001 })
	send(payments.CmdReleaseRef, payments.ReleaseRef{Ref: ref})

	b.loadAccounts(17, 18)
	deadline := time.Now().Add(20 * time.Second)
	for {
		sum, err := client.PayoutSummary(operator, payments.None{})
		if err != nil {
			t.Fatal(err)
		}
		if sum.ReleasedFen == 95001 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing was released: %+v", sum)
		}
		time.Sleep(20 * time.Millisecond)
	}
	batch, err := client.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "first"})
	if err != nil {
		t.Fatal(err)
	}
	if batch.Items != 2 || batch.AmountFen != 95001 {
		t.Fatalf("batch is %+v", batch)
	}
	if _, err := client.DecideBatch(approver, payments.DecideBatch{ID: batch.ID, Approve: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"}); err != nil {
		t.Fatal(err)
	}
	answer, err := client.SampleResult(operator, payments.BatchSampleResult{ID: batch.ID, Returns: []int64{18}})
	if err != nil {
		t.Fatal(err)
	}
	result, err := client.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: answer.Name, Data: answer.Data})
	if err != nil {
		t.Fatal(err)
	}
	if result.Paid != 1 || result.Returned != 1 || result.Batch.State != payments.BatchDone || len(result.Problems) > 0 {
		t.Fatalf("result is %+v", result)
	}
	h, err := client.HouseholdAccount(system(), payments.HouseholdRef{ID: 18})
	if err != nil {
		t.Fatal(err)
	}
	if h.ReleasedFen != 38001 || h.PaidFen != 0 || len(h.Payouts) != 1 || h.Payouts[0].Number != "•••• 0018" {
		t.Errorf("household 18 is %+v", h)
	}
	again, err := client.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "second"})
	if err != nil {
		t.Fatal(err)
	}
	if again.Items != 1 || again.AmountFen != 38001 {
		t.Errorf("returned item is not in the next batch: %+v", again)
	}
	settled := events[payments.RefEvent](b, payments.EvtRefSettled)
	if len(settled) != 1 || settled[0] != (payments.RefEvent{Ref: ref, BilledFen: 100001, PaidFen: 100001}) {
		t.Errorf("settled events: %+v", settled)
	}
}
