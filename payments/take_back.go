package payments

// CmdTakeBack: goods that were sold and paid for came back.
const CmdTakeBack = "cmd.payments.v1.goods.take_back" // TakeBack

// TakeBack refunds AmountFen of the paid bill of Ref to the payer, because an organisation took its own goods back: it is
// owed that much less. Money that came through a gateway goes back through it. Cash that the organisation took at its own
// counter was given back there already. The receipt's number makes the command idempotent.
type TakeBack struct {
	Ref       string `json:"ref"`
	Receipt   string `json:"receipt"`
	Org       int64  `json:"org"`
	AmountFen int64  `json:"amount_fen"`
	Reason    string `json:"reason"`   // message key
	TakenAt   int64  `json:"taken_at"` // unix seconds
}
