package payments

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// Request subjects of Books.
const (
	SubjectTrial            = "rpc.payments.v1.trial"
	SubjectAccountStatement = "rpc.payments.v1.account_statement"
	SubjectLedgerEntries    = "rpc.payments.v1.ledger_entries"
	SubjectPeriods          = "rpc.payments.v1.periods"
	SubjectAskClosing       = "rpc.payments.v1.ask_closing"
	SubjectDecideClosing    = "rpc.payments.v1.decide_closing"
)

type booksClient struct{ nc *nats.Conn }

// NewBooksClient asks the module over NATS.
func NewBooksClient(nc *nats.Conn) Books { return booksClient{nc} }

func (c booksClient) Trial(ctx context.Context, r TrialRequest) (Trial, error) {
	return link.Call[TrialRequest, Trial](ctx, c.nc, SubjectTrial, r)
}

func (c booksClient) AccountStatement(ctx context.Context, r AccountRequest) (AccountStatement, error) {
	return link.Call[AccountRequest, AccountStatement](ctx, c.nc, SubjectAccountStatement, r)
}

func (c booksClient) LedgerEntries(ctx context.Context, r EntriesRequest) (LedgerEntries, error) {
	return link.Call[EntriesRequest, LedgerEntries](ctx, c.nc, SubjectLedgerEntries, r)
}

func (c booksClient) Periods(ctx context.Context, r None) (Periods, error) {
	return link.Call[None, Periods](ctx, c.nc, SubjectPeriods, r)
}

func (c booksClient) AskClosing(ctx context.Context, r AskClosing) (Closing, error) {
	return link.Call[AskClosing, Closing](ctx, c.nc, SubjectAskClosing, r)
}

func (c booksClient) DecideClosing(ctx context.Context, r DecideClosing) (Closing, error) {
	return link.Call[DecideClosing, Closing](ctx, c.nc, SubjectDecideClosing, r)
}

// RegisterBooks answers the request subjects of Books on s with svc.
func RegisterBooks(s *link.Server, svc Books) {
	link.Handle(s, SubjectTrial, svc.Trial)
	link.Handle(s, SubjectAccountStatement, svc.AccountStatement)
	link.Handle(s, SubjectLedgerEntries, svc.LedgerEntries)
	link.Handle(s, SubjectPeriods, svc.Periods)
	link.Handle(s, SubjectAskClosing, svc.AskClosing)
	link.Handle(s, SubjectDecideClosing, svc.DecideClosing)
}
