package payments

// Money that is paid ahead and used up over a season: an adoption is paid before its first box comes, and each box is
// settled by itself. Its Ref stays open until the last one; CreatePayment.Ahead lets the balance come before anything
// is billed, ReleaseDelivery settles one delivery, RefundAhead refunds undelivered parts.
const (
	CmdReleaseDelivery = "cmd.payments.v1.delivery.release" // ReleaseDelivery
	CmdRefundAhead     = "cmd.payments.v1.ref.refund"       // RefundAhead
)

// ReleaseDelivery pays the bill of Ref so far from the money paid ahead, and releases the households of one delivery.
// It waits while the money does not suffice.
type ReleaseDelivery struct {
	DeliveryID int64  `json:"delivery_id"`
	Ref        string `json:"ref"`
}

// RefundAhead refunds AmountFen of the money paid ahead for Ref, at most the part without a bill. The same Key
// applies once.
type RefundAhead struct {
	Ref       string `json:"ref"`
	Key       string `json:"key"`
	AmountFen int64  `json:"amount_fen"`
	Reason    string `json:"reason"` // message key
}
