package payments

import (
	"context"
	"time"
)

// Unmask asks for a household's account number in the clear. The reader, the time and the reason are logged.
type Unmask struct {
	Household int64  `json:"household"`
	Reason    string `json:"reason"`
}

// Unmasked is an account number in the clear: for the reader's eyes, and for nothing that is kept.
type Unmasked struct {
	Holder string `json:"holder"`
	Bank   string `json:"bank"`
	Number string `json:"number"`
}

type UnmaskingFilter struct {
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// Unmasking is one time that numbers left the module in the clear: one household's number, or a payout file's.
type Unmasking struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	Purpose   string    `json:"purpose"` // look, payout_file
	Reason    string    `json:"reason,omitempty"`
	Household int64     `json:"household,omitempty"`
	BatchNo   string    `json:"batch_no,omitempty"`
	Numbers   int       `json:"numbers"`
}

type Unmaskings struct {
	Items  []Unmasking `json:"items"` // newest first
	Total  int         `json:"total"`
	Cursor string      `json:"cursor,omitempty"`
}

// Privacy lets the county see numbers that are masked everywhere else, and the log of such readings.
//
//link:service payments v1 raw
type Privacy interface {
	// Unmask is for the operator and the approver. Invalid without a reason.
	Unmask(context.Context, Unmask) (Unmasked, error)
	Unmaskings(context.Context, UnmaskingFilter) (Unmaskings, error)
}
