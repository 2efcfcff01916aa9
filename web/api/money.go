package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type seasonIn struct {
	Season int `query:"season"`
}

type paymentQuery struct {
	Ref    string `query:"ref"`
	Method string `query:"method"`
	State  string `query:"state"`
	Query  string `query:"q" description:"A part of the code that a transfer quotes, or of the buyer's name"`
	Code   string `query:"code" description:"The code that a transfer quotes, however it is written"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100"`
}

type batchesQuery struct {
	State  string `query:"state" enum:"draft,approved,exported,done,rejected"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

type statementQuery struct {
	State  string `query:"state" enum:"matched,suspense,returned,split"`
	Query  string `query:"q" description:"A part of reference, name or memo, or the amount in yuan"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100"`
}

type matchIn struct {
	ID        int64 `path:"id" json:"-"`
	PaymentID int64 `json:"payment_id"`
}

type cashIn struct {
	ID        int64  `path:"id" json:"-"`
	Receipt   string `json:"receipt"`
	AmountFen int64  `json:"amount_fen"`
}

type batchIn struct {
	Key    string `header:"Idempotency-Key" json:"-" required:"true"`
	MinFen int64  `json:"min_fen,omitempty"`
}

type batchQuery struct {
	ID     int64  `path:"id"`
	State  string `query:"state" enum:"ready,sent,paid,returned,held"`
	Query  string `query:"q"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500"`
}

type decideBatchIn struct {
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

type exportIn struct {
	ID     int64  `path:"id"`
	Format string `query:"format" enum:"csv,xlsx"`
}

type resultIn struct {
	ID   int64  `path:"id" json:"-"`
	Name string `json:"name" description:"The file's name; .csv or .xlsx"`
	Data []byte `json:"data" description:"The file, base64"`
}

type journalQuery struct {
	Ref     string `query:"ref"`
	Account string `query:"account"`
	Kind    string `query:"kind"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100"`
}

func (a *API) moneyEndpoints() []endpoint {
	p := a.raw.Payments
	county := only(auth.County)
	file := op("GET", "/payouts/{id}/file", "payouts.file", "The bank's file of an approved batch", county,
		func(ctx context.Context, in exportIn) (payments.File, error) {
			if in.Format == "" {
				in.Format = "csv"
			}
			return a.services.Payments.ExportBatch(ctx, payments.ExportBatch{ID: in.ID, Format: in.Format})
		})
	file.raw = "text/csv"
	return []endpoint{
		op("GET", "/coverage", "county.coverage", "Programmes and villages against all households", county,
			func(ctx context.Context, in seasonIn) (link.Raw[catalog.Coverage], error) {
				return a.raw.Catalog.Coverage(ctx, catalog.CoverageRequest{Season: in.Season})
			}),
		op("GET", "/report", "county.report", "Income by year, programme, channel, month and village", county,
			func(ctx context.Context, in seasonIn) (link.Raw[orders.Report], error) {
				return a.raw.Orders.Report(ctx, orders.ReportRequest{Season: in.Season})
			}),
		op("GET", "/payments", "payments.list", "Payments", county,
			func(ctx context.Context, in paymentQuery) (link.Raw[payments.PaymentPage], error) {
				return p.Payments(ctx, payments.PaymentFilter{Ref: in.Ref, Method: in.Method, State: payments.PaymentState(in.State),
					Query: in.Query, Code: in.Code, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/payments/{id}/cash", "payments.cash", "Take cash against a receipt number", county,
			func(ctx context.Context, in cashIn) (link.Raw[payments.Payment], error) {
				return p.RecordCash(ctx, payments.RecordCash{PaymentID: in.ID, Receipt: in.Receipt, AmountFen: in.AmountFen})
			}),
		opBody("POST", "/transfers", "transfers.record", "Take lines of the bank's statement; matched by the code they quote", county,
			func(ctx context.Context, _ payments.RecordTransfers, body []byte) (link.Raw[payments.TransferResult], error) {
				return p.RecordTransfersBody(ctx, body)
			}),
		op("GET", "/transfers", "transfers.list", "Lines of the bank's statement", county,
			func(ctx context.Context, in statementQuery) (link.Raw[payments.StatementPage], error) {
				return p.Statement(ctx, payments.StatementFilter{State: in.State, Query: in.Query, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/transfers/{id}/match", "transfers.match", "Put a line without a known code to the payment it was meant for", county,
			func(ctx context.Context, in matchIn) (link.Raw[payments.StatementLine], error) {
				return p.MatchTransfer(ctx, payments.MatchTransfer{LineID: in.ID, PaymentID: in.PaymentID})
			}),
		op("GET", "/payouts/summary", "payouts.summary", "What could be paid out now", county,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.PayoutSummary], error) {
				return p.PayoutSummary(ctx, payments.None{})
			}),
		op("POST", "/payouts", "payouts.create", "Put everything released into a batch", county,
			func(ctx context.Context, in batchIn) (link.Raw[payments.PayoutBatch], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return p.CreateBatch(ctx, payments.CreateBatch{IdempotencyKey: in.Key, MinFen: in.MinFen})
			}).created(),
		op("GET", "/payouts", "payouts.list", "Payout batches", county,
			func(ctx context.Context, in batchesQuery) (link.Raw[payments.Batches], error) {
				return p.Batches(ctx, payments.BatchesRequest{State: payments.BatchState(in.State), Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/payouts/{id}", "payouts.get", "One batch and its items", county,
			func(ctx context.Context, in batchQuery) (link.Raw[payments.BatchPage], error) {
				return p.Batch(ctx, payments.BatchPageRequest{ID: in.ID, State: payments.ItemState(in.State), Query: in.Query,
					Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/payouts/{id}/decision", "payouts.decide", "Approve or reject a batch as the second person", county,
			func(ctx context.Context, in decideBatchIn) (link.Raw[payments.PayoutBatch], error) {
				return p.DecideBatch(ctx, payments.DecideBatch{ID: in.ID, Approve: in.Approve, Reason: in.Reason})
			}),
		file,
		op("POST", "/payouts/{id}/result", "payouts.result", "Import what the bank answered", county,
			func(ctx context.Context, in resultIn) (link.Raw[payments.ImportedResult], error) {
				return p.ImportResult(ctx, payments.ImportResult{BatchID: in.ID, Name: in.Name, Data: in.Data})
			}),
		op("GET", "/ledger/trial-balance", "ledger.trial_balance", "Sums of every kind of account; they come to zero", county,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.TrialBalance], error) {
				return p.TrialBalance(ctx, payments.None{})
			}),
		op("GET", "/ledger/journal", "ledger.journal", "Postings, newest first", county,
			func(ctx context.Context, in journalQuery) (link.Raw[payments.JournalPage], error) {
				return p.Journal(ctx, payments.JournalFilter{Ref: in.Ref, Account: in.Account, Kind: in.Kind, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
	}
}
