package api

import (
	"context"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type accountRowsIn struct {
	ID   int64       `path:"id" json:"-"`
	Rows []entry.Row `json:"rows"`
}

type checkAccountsIn struct {
	ID     int64 `path:"id" json:"-"`
	Submit bool  `json:"submit,omitempty" description:"Hand it to the second person once it is checked, where approval would change something"`
}

type accountBatchesQuery struct {
	Workbook int64 `query:"workbook" description:"Only those that came with this import"`
	Limit    int   `query:"limit" minimum:"1" maximum:"100"`
}

type accountBatchRowsQuery struct {
	ID    int64  `path:"id"`
	Show  string `query:"show" enum:"unusual,wrong,usual,unchanged" description:"Without it, all rows"`
	After int    `query:"after" minimum:"0" description:"The answer's next"`
	Limit int    `query:"limit" minimum:"1" maximum:"500"`
}

type accountBatchWrongQuery struct {
	ID    int64 `path:"id"`
	After int   `query:"after" minimum:"0" description:"Line of the last row read"`
	Limit int   `query:"limit" minimum:"1" maximum:"500"`
}

type excludeAccountIn struct {
	ID   int64  `path:"id" json:"-"`
	Line int    `path:"line" json:"-"`
	Why  string `json:"why,omitempty"`
	Undo bool   `json:"undo,omitempty" description:"Take the row in again"`
}

type decideAccountsIn struct {
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty" description:"Needed for a refusal"`
}

// accountBatchEndpoints take payout accounts in batches, which a second person approves.
func (a *API) accountBatchEndpoints() []endpoint {
	b := a.raw.AccountBatches
	county, second := only(auth.County), only([]auth.Role{auth.Approver})
	return []endpoint{
		op("GET", "/account-batches", "account_batches.list", "The newest batches of payout accounts", county,
			func(ctx context.Context, in accountBatchesQuery) (link.Raw[payments.AccountBatchList], error) {
				return b.AccountBatches(ctx, payments.AccountBatchesRequest{Workbook: in.Workbook, Limit: in.Limit})
			}),
		op("POST", "/account-batches", "account_batches.open", "Begin a batch of payout accounts, or of income of earlier years by its kind", county,
			b.OpenAccountBatch).created(),
		op("POST", "/account-batches/{id}/rows", "account_batches.rows", "Add up to 1,000 rows, as its opener; the same line again replaces it", county,
			func(ctx context.Context, in accountRowsIn) (link.Raw[payments.AccountBatch], error) {
				return b.AddAccountRows(ctx, payments.AccountRows{ID: in.ID, Rows: in.Rows})
			}),
		op("POST", "/account-batches/{id}/check", "account_batches.check", "Check a batch against the register, as its opener; it is done in the background", county,
			func(ctx context.Context, in checkAccountsIn) (link.Raw[payments.AccountBatch], error) {
				return b.CheckAccountBatch(ctx, payments.CheckAccountBatch{ID: in.ID, Submit: in.Submit})
			}),
		op("POST", "/account-batches/{id}/submission", "account_batches.submit", "Hand a checked batch to the second person, as its opener", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.AccountBatch], error) {
				return b.SubmitAccountBatch(ctx, payments.AccountBatchRef{ID: in.ID})
			}),
		op("GET", "/account-batches/{id}", "account_batches.get", "A batch: its state and what approval would change", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.AccountBatch], error) {
				return b.AccountBatch(ctx, payments.AccountBatchRef{ID: in.ID})
			}),
		op("GET", "/account-batches/{id}/rows", "account_batches.list_rows", "Rows of a batch by line, with what was found; numbers are masked", county,
			func(ctx context.Context, in accountBatchRowsQuery) (link.Raw[payments.AccountBatchPage], error) {
				return b.AccountBatchRows(ctx, payments.AccountBatchRowsRequest{ID: in.ID, Show: in.Show, After: in.After, Limit: in.Limit})
			}).ofPeople(),
		op("GET", "/account-batches/{id}/wrong", "account_batches.wrong", "The rows that were not taken as they were sent, for the account that opened the batch", county,
			func(ctx context.Context, in accountBatchWrongQuery) (link.Raw[payments.AccountRows], error) {
				return b.AccountBatchWrong(ctx, payments.AccountBatchWrongRequest{ID: in.ID, After: in.After, Limit: in.Limit})
			}).ofPeople(),
		op("PUT", "/account-batches/{id}/rows/{line}/exclusion", "account_batches.exclude", "Leave a row out with a reason, or take it in again, as the second person", second,
			func(ctx context.Context, in excludeAccountIn) (link.Raw[payments.AccountBatch], error) {
				return b.ExcludeAccountRow(ctx, payments.ExcludeAccountRow{ID: in.ID, Line: in.Line, Why: in.Why, Undo: in.Undo})
			}),
		op("POST", "/account-batches/{id}/decision", "account_batches.decide", "Approve or refuse a batch as the second person; the same decision again is answered as it was", second,
			func(ctx context.Context, in decideAccountsIn) (link.Raw[payments.AccountBatch], error) {
				return b.DecideAccountBatch(ctx, payments.DecideAccountBatch{ID: in.ID, Approve: in.Approve, Why: in.Why})
			}),
		op("DELETE", "/account-batches/{id}", "account_batches.drop", "Give up a batch that is not decided, as its opener", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.AccountBatch], error) {
				return b.DropAccountBatch(ctx, payments.AccountBatchRef{ID: in.ID})
			}),
	}
}
