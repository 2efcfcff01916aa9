package payments

import (
	"fmt"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// MaxParts is the largest number of payments that one transfer pays.
const MaxParts = 20

// TransferPart is the part of a transfer that pays one payment.
type TransferPart struct {
	PaymentID int64 `json:"payment_id"`
	AmountFen int64 `json:"amount_fen"`
}

// SplitTransfer divides a line in suspense. Money that no part takes stays in suspense as a line of its own.
type SplitTransfer struct {
	LineID int64          `json:"line_id"`
	Parts  []TransferPart `json:"parts"`
}

// Check returns the rest of a line of lineFen, or Invalid: no part or too many, a payment twice, a part of nothing, more than
// the line has.
func (r SplitTransfer) Check(lineFen int64) (restFen int64, err error) {
	if len(r.Parts) == 0 || len(r.Parts) > MaxParts {
		return 0, link.E(link.Invalid, "transfer.parts", "parts", "max", fmt.Sprint(MaxParts))
	}
	var bad link.Problems
	seen := map[int64]bool{}
	restFen = lineFen
	for i, p := range r.Parts {
		if seen[p.PaymentID] {
			bad.Add("transfer.part_twice", fmt.Sprintf("parts[%d].payment_id", i))
		}
		seen[p.PaymentID] = true
		if !plausibleFen(p.AmountFen) {
			bad.Add("payment.amount", fmt.Sprintf("parts[%d].amount_fen", i))
			continue
		}
		restFen -= p.AmountFen
	}
	if restFen < 0 {
		bad.Add("transfer.parts_more", "parts", "line", money.FormatYuan(lineFen), "parts", money.FormatYuan(lineFen-restFen))
	}
	return restFen, bad.Err()
}

// StatementLines are lines of money in.
type StatementLines struct {
	Items []StatementLine `json:"items"`
}

// UseRefund puts the money of a refund that the county would have to transfer to another payment of the same buyer.
type UseRefund struct {
	RefundID  int64 `json:"refund_id"`
	PaymentID int64 `json:"payment_id"`
}

// SuggestTransfers asks for suggestions for lines in suspense, at most 200.
type SuggestTransfers struct {
	LineIDs []int64 `json:"line_ids"`
}

// Reasons of a suggestion.
const (
	SuggestCodes = "codes" // the memo quotes their codes
	SuggestPayer = "payer" // they are open payments of the payer, and together what came
)

// TransferSuggestion is a use that a line may have. A person decides.
type TransferSuggestion struct {
	LineID  int64           `json:"line_id"`
	Why     string          `json:"why"` // codes, payer
	Parts   []SuggestedPart `json:"parts"`
	RestFen int64           `json:"rest_fen"`
}

type SuggestedPart struct {
	PaymentID int64  `json:"payment_id"`
	Ref       string `json:"ref"`
	Code      string `json:"code"`
	AmountFen int64  `json:"amount_fen"`
}

type TransferSuggestions struct {
	Items []TransferSuggestion `json:"items"` // at most one a line
}
