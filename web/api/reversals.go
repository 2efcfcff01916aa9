package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type reversalsQuery struct {
	State  string `query:"state" enum:"asked,posted,refused"`
	Txn    int64  `query:"txn" description:"Only of this posting"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100"`
}

type askReversalIn struct {
	ID     int64  `path:"id" json:"-" description:"Of the posting"`
	Reason string `json:"reason"`
}

type decideReversalIn struct {
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty" description:"Of a refusal"`
}

func (a *API) reversalEndpoints() []endpoint {
	v := a.raw.Reversals
	county := only(auth.County)
	return []endpoint{
		op("GET", "/ledger/reversals", "ledger.reversals", "Postings that somebody wants reversed by hand, newest first", county,
			func(ctx context.Context, in reversalsQuery) (link.Raw[payments.ReversalPage], error) {
				return v.Reversals(ctx, payments.ReversalFilter{State: payments.ReversalState(in.State), Txn: in.Txn, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("POST", "/ledger/postings/{id}/reversal", "ledger.reverse", "Ask a second person to reverse a posting that was entered wrongly", county,
			func(ctx context.Context, in askReversalIn) (link.Raw[payments.Reversal], error) {
				return v.AskReversal(ctx, payments.AskReversal{TxnID: in.ID, Reason: in.Reason})
			}).created(),
		op("POST", "/ledger/reversals/{id}/decision", "ledger.reverse_decide", "Post the mirror into the open month, or leave the posting, as the second person", county,
			func(ctx context.Context, in decideReversalIn) (link.Raw[payments.Reversal], error) {
				return v.DecideReversal(ctx, payments.DecideReversal{ID: in.ID, Approve: in.Approve, Why: in.Why})
			}),
	}
}
