package postgres_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// The person that approved a large refund does not also record its transfer.
func TestWhoApprovedARefundDoesNotRecordIt(t *testing.T) {
	b := setup(t)
	b.coded(order, "260114AB", 30000)
	b.transfer("T1", 30000, "260114AB")
	b.work()
	b.limited()
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order}) // a transfer goes back by transfer
	r := b.refundState(payments.RefundReview)
	if _, err := b.svc.ApproveRefund(boss("approver"), payments.RefundRef{ID: r.ID}); err != nil {
		t.Fatal(err)
	}
	record := payments.RecordRefund{RefundID: r.ID, BankRef: "B1"}
	_, err := b.svc.RecordRefund(boss("operator"), record)
	wantCode(t, err, link.Forbidden, "refund.second_person")
	if _, err := b.svc.RecordRefund(operator, record); err != nil {
		t.Error(err)
	}
}

// The person that entered a large receipt by hand does not also record its return.
func TestWhoEnteredAReceiptDoesNotReturnIt(t *testing.T) {
	b := setup(t)
	b.limited()
	line := b.transfer("T1", 30000, "没有识别码")
	back := payments.ReturnTransfer{LineID: line.ID, BankRef: "R1", PaidOn: b.clock.now()}
	_, err := b.svc.ReturnTransfer(operator, back)
	wantCode(t, err, link.Forbidden, "transfer.return_second_person")
	if got, err := b.svc.ReturnTransfer(approver, back); err != nil || got.State != "returned" {
		t.Errorf("returned by somebody else: %+v, %v", got, err)
	}
}

// The law's 60 % hold whatever writes into the database.
func TestDatabaseRefusesLessThanTheLawAsks(t *testing.T) {
	b := setup(t)
	p := b.savePool(payments.PoolSeedPotato, 1000, 1, 0)
	_, err := b.db.Exec(`UPDATE pool SET trade_bp = 5999, state = 'waiting' WHERE id = $1`, p.ID)
	if link.Constraint(err) != "pool_trade_part" {
		t.Errorf("less than 60 %% by trade: %v", err)
	}
	_, err = b.db.Exec(`UPDATE pool SET cost_fen = income_fen, state = 'waiting' WHERE id = $1`, p.ID)
	if link.Constraint(err) != "pool_surplus" {
		t.Errorf("nothing to distribute: %v", err)
	}
}
