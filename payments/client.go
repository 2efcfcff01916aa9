package payments

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// NewClient returns the service of whichever process answers on nc.
func NewClient(nc *nats.Conn) Service { return client{nc} }

type client struct{ nc *nats.Conn }

func (c client) Methods(ctx context.Context, r None) (Methods, error) {
	return link.Call[None, Methods](ctx, c.nc, SubjectMethods, r)
}

func (c client) CreatePayment(ctx context.Context, r CreatePayment) (Payment, error) {
	return link.Call[CreatePayment, Payment](ctx, c.nc, SubjectCreatePayment, r)
}

func (c client) Payment(ctx context.Context, r PaymentRef) (Payment, error) {
	return link.Call[PaymentRef, Payment](ctx, c.nc, SubjectPayment, r)
}

func (c client) ExpirePayments(ctx context.Context, r Ref) (Expired, error) {
	return link.Call[Ref, Expired](ctx, c.nc, SubjectExpirePayments, r)
}

func (c client) Account(ctx context.Context, r Ref) (Account, error) {
	return link.Call[Ref, Account](ctx, c.nc, SubjectAccount, r)
}

func (c client) Accounts(ctx context.Context, r RefsRequest) (Accounts, error) {
	return link.Call[RefsRequest, Accounts](ctx, c.nc, SubjectAccounts, r)
}

func (c client) Payments(ctx context.Context, r PaymentFilter) (PaymentPage, error) {
	return link.Call[PaymentFilter, PaymentPage](ctx, c.nc, SubjectPayments, r)
}

func (c client) RecordTransfers(ctx context.Context, r RecordTransfers) (TransferResult, error) {
	return link.Call[RecordTransfers, TransferResult](ctx, c.nc, SubjectRecordTransfers, r)
}

func (c client) MatchTransfer(ctx context.Context, r MatchTransfer) (StatementLine, error) {
	return link.Call[MatchTransfer, StatementLine](ctx, c.nc, SubjectMatchTransfer, r)
}

func (c client) Statement(ctx context.Context, r StatementFilter) (StatementPage, error) {
	return link.Call[StatementFilter, StatementPage](ctx, c.nc, SubjectStatement, r)
}

func (c client) RecordCash(ctx context.Context, r RecordCash) (Payment, error) {
	return link.Call[RecordCash, Payment](ctx, c.nc, SubjectRecordCash, r)
}

func (c client) Refunds(ctx context.Context, r RefundFilter) (RefundPage, error) {
	return link.Call[RefundFilter, RefundPage](ctx, c.nc, SubjectRefunds, r)
}

func (c client) RecordRefund(ctx context.Context, r RecordRefund) (Refund, error) {
	return link.Call[RecordRefund, Refund](ctx, c.nc, SubjectRecordRefund, r)
}

func (c client) HouseholdAccount(ctx context.Context, r HouseholdRef) (HouseholdAccount, error) {
	return link.Call[HouseholdRef, HouseholdAccount](ctx, c.nc, SubjectHouseholdAccount, r)
}

func (c client) SetPayoutAccount(ctx context.Context, r SetPayoutAccount) (PayoutAccount, error) {
	return link.Call[SetPayoutAccount, PayoutAccount](ctx, c.nc, SubjectSetPayoutAccount, r)
}

func (c client) ApprovePayoutAccount(ctx context.Context, r HouseholdRef) (PayoutAccount, error) {
	return link.Call[HouseholdRef, PayoutAccount](ctx, c.nc, SubjectApprovePayoutAccount, r)
}

func (c client) PayoutSummary(ctx context.Context, r None) (PayoutSummary, error) {
	return link.Call[None, PayoutSummary](ctx, c.nc, SubjectPayoutSummary, r)
}

func (c client) CreateBatch(ctx context.Context, r CreateBatch) (PayoutBatch, error) {
	return link.Call[CreateBatch, PayoutBatch](ctx, c.nc, SubjectCreateBatch, r)
}

func (c client) Batches(ctx context.Context, r None) (Batches, error) {
	return link.Call[None, Batches](ctx, c.nc, SubjectBatches, r)
}

func (c client) Batch(ctx context.Context, r BatchPageRequest) (BatchPage, error) {
	return link.Call[BatchPageRequest, BatchPage](ctx, c.nc, SubjectBatch, r)
}

func (c client) DecideBatch(ctx context.Context, r DecideBatch) (PayoutBatch, error) {
	return link.Call[DecideBatch, PayoutBatch](ctx, c.nc, SubjectDecideBatch, r)
}

func (c client) ExportBatch(ctx context.Context, r ExportBatch) (File, error) {
	return link.Call[ExportBatch, File](ctx, c.nc, SubjectExportBatch, r)
}

func (c client) ImportResult(ctx context.Context, r ImportResult) (ImportedResult, error) {
	return link.Call[ImportResult, ImportedResult](ctx, c.nc, SubjectImportResult, r)
}

func (c client) SampleResult(ctx context.Context, r BatchSampleResult) (File, error) {
	return link.Call[BatchSampleResult, File](ctx, c.nc, SubjectSampleResult, r)
}

func (c client) TrialBalance(ctx context.Context, r None) (TrialBalance, error) {
	return link.Call[None, TrialBalance](ctx, c.nc, SubjectTrialBalance, r)
}

func (c client) Journal(ctx context.Context, r JournalFilter) (JournalPage, error) {
	return link.Call[JournalFilter, JournalPage](ctx, c.nc, SubjectJournal, r)
}

func (c client) IncomeFacts(ctx context.Context, r SourcesRequest) (IncomeFacts, error) {
	return link.Call[SourcesRequest, IncomeFacts](ctx, c.nc, SubjectIncomeFacts, r)
}

func (c client) Verify(ctx context.Context, r None) (Findings, error) {
	return link.Call[None, Findings](ctx, c.nc, SubjectVerify, r)
}
