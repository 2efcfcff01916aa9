package api

import (
	"context"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type statementIn struct {
	Name   string `json:"name" description:"The file's name"`
	Data   []byte `json:"data" description:"The file as the bank's site gives it, CSV, text or XLSX, base64"`
	DryRun bool   `json:"dry_run,omitempty" description:"Tell what it would do, and change nothing"`
}

type pictureIn struct {
	Data []byte `json:"data" description:"The file, base64"`
	From int    `json:"from,omitempty" minimum:"0" description:"Line to begin with; 0 is around the likely head"`
}

type mapStatementIn struct {
	Bank     string   `json:"bank" description:"The bank, at most 60 characters"`
	Data     []byte   `json:"data" description:"A statement of the bank, base64"`
	HeadLine int      `json:"head_line" minimum:"1" description:"The line of the file that has the columns' titles"`
	Fields   []string `json:"fields" description:"What each column holds: ref, date, time, in, out, amount, direction, balance, party, memo, currency, status, account or reversal; - leaves it out"`
}

type doubtfulQuery struct {
	State  string `query:"state" enum:"open,booked,skipped"`
	Query  string `query:"q" description:"A part of reference, name or memo, or the amount in yuan"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

type decideLineIn struct {
	ID int64  `path:"id" json:"-"`
	As string `json:"as" enum:"in,out,skip"`
}

type returnIn struct {
	ID      int64  `path:"id" json:"-"`
	BankRef string `json:"bank_ref"`
	PaidOn  string `json:"paid_on" format:"date"`
}

type splitIn struct {
	ID    int64                   `path:"id" json:"-"`
	Parts []payments.TransferPart `json:"parts"`
}

type useRefundIn struct {
	ID        int64 `path:"id" json:"-"`
	PaymentID int64 `json:"payment_id"`
}

type explainIn struct {
	ID   int64  `path:"id" json:"-"`
	Kind string `json:"kind" enum:"banking,payout_recall,provider_payout,org_return"`
	What string `json:"id"`
}

type outgoingQuery struct {
	State  string `query:"state" enum:"open,explained"`
	Query  string `query:"q" description:"A part of reference, name or memo, or the amount in yuan"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

type cashboxQuery struct {
	Query    string `query:"q" description:"A part of the number of a receipt or of a bank's slip"`
	Receipts string `query:"receipts_cursor"`
	Bankings string `query:"bankings_cursor"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" description:"Of each list"`
}

type noteIn struct {
	ID   int64  `path:"id" json:"-"`
	Note string `json:"note"`
}

type bankCashIn struct {
	Slip      string `json:"slip" description:"The number on the bank's slip; the same slip again changes nothing"`
	AmountFen int64  `json:"amount_fen"`
	PaidOn    string `json:"paid_on" format:"date"`
}

type refundQuery struct {
	Ref    string `query:"ref"`
	State  string `query:"state" enum:"review,ready,sending,unknown,pending,succeeded,failed,by_bank"`
	Query  string `query:"q" description:"The code of the payment, or a part of the buyer's name"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

type recordRefundIn struct {
	ID      int64  `path:"id" json:"-"`
	BankRef string `json:"bank_ref"`
	PaidOn  string `json:"paid_on" format:"date"`
}

type disputeQuery struct {
	State  string `query:"state" enum:"inquiry,open,won,lost,closed"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

// dateIn reads a day, in China.
func dateIn(field, text string) (time.Time, error) {
	on, err := time.ParseInLocation(time.DateOnly, text, time.FixedZone("CST", 8*60*60))
	if err != nil {
		return on, link.E(link.Invalid, "form.date", field)
	}
	return on, nil
}

// treasuryEndpoints hold the books against banks and providers.
func (a *API) treasuryEndpoints() []endpoint {
	p, t := a.raw.Payments, a.raw.Treasury
	county := only(auth.County)
	return []endpoint{
		op("POST", "/transfers/import", "transfers.import", "Import a bank statement; the same file again changes nothing", county,
			func(ctx context.Context, in statementIn) (link.Raw[payments.ImportedStatement], error) {
				return t.ImportStatement(ctx, payments.ImportStatement{Name: in.Name, Data: in.Data, DryRun: in.DryRun})
			}),
		op("POST", "/transfers/picture", "transfers.picture", "The first lines of a bank statement, to explain its columns; changes nothing", county,
			func(ctx context.Context, in pictureIn) (link.Raw[payments.StatementPicture], error) {
				return t.PictureStatement(ctx, payments.PictureStatement{Data: in.Data, From: in.From})
			}),
		op("GET", "/transfers/columns", "transfers.columns", "Columns of statements as they were explained", county,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.StatementColumnsList], error) {
				return t.StatementColumns(ctx, payments.None{})
			}),
		op("POST", "/transfers/columns", "transfers.map", "Explain the columns of a bank's statements; remembered for files with the same head", county,
			func(ctx context.Context, in mapStatementIn) (link.Raw[payments.StatementColumns], error) {
				return t.MapStatement(ctx, payments.MapStatement{Bank: in.Bank, Data: in.Data, HeadLine: in.HeadLine, Fields: in.Fields})
			}),
		op("DELETE", "/transfers/columns/{id}", "transfers.forget", "Forget explained columns", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.None], error) {
				return t.ForgetStatement(ctx, payments.StatementColumnsRef{ID: in.ID})
			}),
		op("GET", "/transfers/doubtful", "transfers.doubtful", "Lines of statements that wait for a person, or were decided", county,
			func(ctx context.Context, in doubtfulQuery) (link.Raw[payments.DoubtfulPage], error) {
				return t.Doubtful(ctx, payments.StatementFilter{State: in.State, Query: in.Query, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/transfers/doubtful/{id}", "transfers.decide", "Book a doubtful line, or leave it out", county,
			func(ctx context.Context, in decideLineIn) (link.Raw[payments.DoubtfulLine], error) {
				return t.DecideDoubtful(ctx, payments.DecideDoubtful{LineID: in.ID, As: in.As})
			}),
		op("POST", "/transfers/{id}/return", "transfers.return", "Say that a line in suspense was transferred back", county,
			func(ctx context.Context, in returnIn) (link.Raw[payments.StatementLine], error) {
				on, err := dateIn("paid_on", in.PaidOn)
				if err != nil {
					return nil, err
				}
				return t.ReturnTransfer(ctx, payments.ReturnTransfer{LineID: in.ID, BankRef: in.BankRef, PaidOn: on})
			}),
		op("POST", "/transfers/{id}/split", "transfers.split", "Divide a line in suspense among payments; what no part takes stays in suspense", county,
			func(ctx context.Context, in splitIn) (link.Raw[payments.StatementLines], error) {
				return t.SplitTransfer(ctx, payments.SplitTransfer{LineID: in.ID, Parts: in.Parts})
			}),
		op("GET", "/transfers/{id}/suggestions", "transfers.suggestions", "Payments that a line in suspense may be for", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.TransferSuggestions], error) {
				return t.SuggestTransfers(ctx, payments.SuggestTransfers{LineIDs: []int64{in.ID}})
			}),
		op("POST", "/refunds/{id}/use", "refunds.use", "Put the money of a refund by bank to another payment of the same buyer", county,
			func(ctx context.Context, in useRefundIn) (link.Raw[payments.Refund], error) {
				return t.UseRefund(ctx, payments.UseRefund{RefundID: in.ID, PaymentID: in.PaymentID})
			}),
		op("GET", "/transfers/booked", "transfers.booked", "Money in that was booked and that no statement has shown", county,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.BookedList], error) {
				return t.Booked(ctx, payments.None{})
			}),
		op("POST", "/transfers/{id}/booked", "transfers.explain", "Put a line in suspense to what was booked before", county,
			func(ctx context.Context, in explainIn) (link.Raw[payments.StatementLine], error) {
				return t.ExplainTransfer(ctx, payments.ExplainTransfer{LineID: in.ID, Kind: in.Kind, ID: in.What})
			}),
		op("GET", "/outgoing", "outgoing.list", "What left the account by the bank's statement", county,
			func(ctx context.Context, in outgoingQuery) (link.Raw[payments.OutgoingPage], error) {
				return t.Outgoing(ctx, payments.StatementFilter{State: in.State, Query: in.Query, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/outgoing/{id}/note", "outgoing.explain", "Book a line that nothing stands behind as taken by the bank", county,
			func(ctx context.Context, in noteIn) (link.Raw[payments.OutgoingLine], error) {
				return t.ExplainOutgoing(ctx, payments.ExplainOutgoing{LineID: in.ID, Note: in.Note})
			}),
		op("GET", "/cash", "cash.box", "Cash taken and not brought to the bank", county,
			func(ctx context.Context, in cashboxQuery) (link.Raw[payments.Cashbox], error) {
				return t.Cashbox(ctx, payments.CashboxRequest{Query: in.Query, ReceiptsCursor: in.Receipts, BankingsCursor: in.Bankings, Limit: in.Limit})
			}),
		op("POST", "/cash/bankings", "cash.bank", "Say that cash was brought to the bank", county,
			func(ctx context.Context, in bankCashIn) (link.Raw[payments.CashBanking], error) {
				on, err := dateIn("paid_on", in.PaidOn)
				if err != nil {
					return nil, err
				}
				return t.BankCash(ctx, payments.BankCash{Slip: in.Slip, AmountFen: in.AmountFen, PaidOn: on})
			}),
		op("GET", "/refunds", "refunds.list", "Refunds, newest first", county,
			func(ctx context.Context, in refundQuery) (link.Raw[payments.RefundPage], error) {
				return p.Refunds(ctx, payments.RefundFilter{Ref: in.Ref, State: payments.RefundState(in.State), Query: in.Query, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/refunds/{id}/approve", "refunds.approve", "Let a refund above the limit go, as the second person", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.Refund], error) {
				return t.ApproveRefund(ctx, payments.RefundRef{ID: in.ID})
			}),
		op("POST", "/refunds/{id}/transferred", "refunds.transferred", "Say that a refund by bank was transferred", county,
			func(ctx context.Context, in recordRefundIn) (link.Raw[payments.Refund], error) {
				on, err := dateIn("paid_on", in.PaidOn)
				if err != nil {
					return nil, err
				}
				return p.RecordRefund(ctx, payments.RecordRefund{RefundID: in.ID, BankRef: in.BankRef, PaidOn: on})
			}),
		op("GET", "/disputes", "disputes.list", "Payments that buyers take back through their banks", county,
			func(ctx context.Context, in disputeQuery) (link.Raw[payments.DisputePage], error) {
				return t.Disputes(ctx, payments.DisputeFilter{State: payments.DisputeState(in.State), Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/reconciliations", "reconciliations.run", "Compare the books with providers and bank now", county,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.Reconciliation], error) {
				return t.Reconcile(ctx, payments.None{})
			}),
		op("GET", "/reconciliations", "reconciliations.list", "Earlier comparisons", county,
			func(ctx context.Context, in pageQuery) (link.Raw[payments.Reconciliations], error) {
				return t.Reconciliations(ctx, payments.ReconciliationsRequest{Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/reconciliations/{id}", "reconciliations.get", "One comparison; 0 is the latest", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.Reconciliation], error) {
				return t.Reconciliation(ctx, payments.ReconciliationRef{ID: in.ID})
			}),
	}
}
