package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type windowQuery struct {
	From string `query:"from" description:"First day of booking, YYYY-MM-DD"`
	To   string `query:"to" description:"Last day of booking; today when not given"`
}

type accountQuery struct {
	windowQuery
	Account string `query:"account" description:"Its code, such as bank or payable:household:12"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000"`
}

type entriesQuery struct {
	windowQuery
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000"`
}

type decideClosingIn struct {
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

func (a *API) booksEndpoints() []endpoint {
	b := a.raw.Books
	county := only(auth.County)
	return []endpoint{
		op("GET", "/ledger/trial", "ledger.trial", "Opening, movement and closing of every kind of account between two days", county,
			func(ctx context.Context, in windowQuery) (link.Raw[payments.Trial], error) {
				return b.Trial(ctx, payments.TrialRequest{From: in.From, To: in.To})
			}),
		op("GET", "/ledger/account", "ledger.account", "Statement of one account with the balance after every line", county,
			func(ctx context.Context, in accountQuery) (link.Raw[payments.AccountStatement], error) {
				return b.AccountStatement(ctx, payments.AccountRequest{Account: in.Account, From: in.From, To: in.To, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("GET", "/ledger/entries", "ledger.entries", "The journal line by line, oldest first", county,
			func(ctx context.Context, in entriesQuery) (link.Raw[payments.LedgerEntries], error) {
				return b.LedgerEntries(ctx, payments.EntriesRequest{From: in.From, To: in.To, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("GET", "/ledger/periods", "ledger.periods", "Months of the books and who closed them", county,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.Periods], error) {
				return b.Periods(ctx, payments.None{})
			}),
		opBody("POST", "/ledger/closings", "ledger.close", "Ask a second person to close the books through a month", county,
			func(ctx context.Context, _ payments.AskClosing, body []byte) (link.Raw[payments.Closing], error) {
				return b.AskClosingBody(ctx, body)
			}).created(),
		op("POST", "/ledger/closings/{id}/decision", "ledger.close_decide", "Close the books for good, or leave them open, as the second person", county,
			func(ctx context.Context, in decideClosingIn) (link.Raw[payments.Closing], error) {
				return b.DecideClosing(ctx, payments.DecideClosing{ID: in.ID, Approve: in.Approve, Reason: in.Reason})
			}),
	}
}
