package payments

// CmdTakeBack: goods that were sold and paid for came back.
const CmdTakeBack = "cmd.payments.v1.goods.take_back" // TakeBack

// TakeBack gives AmountFen of what was billed and paid for Ref back to whoever paid, because an organisation took its own
// goods back: so much less the organisation is owed. What was paid by a gateway goes back through it. What the organisation
// took in cash at its own counter it has given back from there already. The receipt's number is what makes it one.
type TakeBack struct {
	Ref       string `json:"ref"`
	Receipt   string `json:"receipt"`
	Org       int64  `json:"org"`
	AmountFen int64  `json:"amount_fen"`
	Reason    string `json:"reason"`   // message key
	TakenAt   int64  `json:"taken_at"` // unix seconds
}
