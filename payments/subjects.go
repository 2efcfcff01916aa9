package payments

// Commands that another module sends through its outbox. Each applies once.
const (
	CmdAcceptDelivery  = "cmd.payments.v1.delivery.accept"  // AcceptDelivery
	CmdReverseDelivery = "cmd.payments.v1.delivery.reverse" // ReverseDelivery
	CmdCloseRef        = "cmd.payments.v1.ref.close"        // CloseRef
	CmdReleaseRef      = "cmd.payments.v1.ref.release"      // ReleaseRef
	CmdCancelRef       = "cmd.payments.v1.ref.cancel"       // CancelRef
	CmdRefundLate      = "cmd.payments.v1.payment.refund"   // RefundPayment
	CmdAcceptLate      = "cmd.payments.v1.payment.accept"   // AcceptLate
	CmdTakeCash        = "cmd.payments.v1.cash.take"        // TakeCash
)

// DeliveryShare is one household's part of a delivery. A source key that comes again after its delivery was reversed
// revives its payable; where that was on its way to the household already, the new payable's key gets "#2" and so on.
type DeliveryShare struct {
	SourceKey string `json:"k"` // ticket:{id}
	Household int64  `json:"h"`
	GrossFen  int64  `json:"g"`
	FeeFen    int64  `json:"f"`

	// AgentFen of the gross belongs to Agent, the organisation that raised the goods on the household's behalf.
	Agent    int64 `json:"a,omitempty"`
	AgentFen int64 `json:"p,omitempty"`

	// Origin describes the income where no order does it: it comes back with the payable's IncomeFact.
	Origin *Origin `json:"o,omitempty"`
}

// AcceptDelivery bills Ref: receivable = Σ gross + own; households are owed gross − fee − what a raiser has of it, the
// raisers that, the organisation the fees, less the village collective's part of them, and its own goods.
type AcceptDelivery struct {
	DeliveryID int64           `json:"delivery_id"`
	Ref        string          `json:"ref"`
	Coop       int64           `json:"coop"` // organisation that keeps the fee
	Shares     []DeliveryShare `json:"shares"`
	OwnFen     int64           `json:"own_fen,omitempty"` // goods that are the organisation's own: a shop's sale
	OccurredAt int64           `json:"occurred_at"`       // unix seconds

	// VillageFen of the shares' fees belongs to the collective of Village, where the goods come from.
	Village    int64 `json:"village,omitempty"`
	VillageFen int64 `json:"village_fen,omitempty"`
}

// TakeCash books cash that an organisation took for Ref and keeps: it is paid, and stands against what the organisation
// is owed.
// The receipt's number is what makes it one payment.
type TakeCash struct {
	Ref       string `json:"ref"`
	Receipt   string `json:"receipt"`
	Org       int64  `json:"org"`
	AmountFen int64  `json:"amount_fen"`
	TakenAt   int64  `json:"taken_at"` // unix seconds
}

// ReverseDelivery mirrors an accepted delivery (a weight was corrected). If households were paid already, what they
// got becomes receivable from them: a released payable "overpaid:{source key}:{delivery}" below zero, which is kept back
// from their next payout. The Ref is open again until the next CloseRef.
type ReverseDelivery struct {
	DeliveryID int64  `json:"delivery_id"`
	Ref        string `json:"ref"`
}

// CloseRef: everything is billed. The deposit is applied; what is too much is refunded; what lacks is the balance.
// A Ref with nothing billed gets its deposit back.
type CloseRef struct {
	Ref string `json:"ref"`
	Seq int    `json:"seq"` // a corrected order is closed again

	// BilledFen, when given, is what the deliveries must add up to: a command that overtook one of them waits for it.
	BilledFen *int64 `json:"billed_fen,omitempty"`
}

// ReleaseRef: the buyer has paid and inspected: households may be paid.
type ReleaseRef struct {
	Ref string `json:"ref"`
}

// CancelRef refunds what was paid less ForfeitFen, which the cooperative keeps.
type CancelRef struct {
	Ref        string `json:"ref"`
	ForfeitFen int64  `json:"forfeit_fen"`
	Coop       int64  `json:"coop"`
	Reason     string `json:"reason"` // message key
}

// RefundPayment sends a late or double payment back in full.
type RefundPayment struct {
	PaymentID int64  `json:"payment_id"`
	Reason    string `json:"reason"`
}

// AcceptLate makes a late payment the deposit after all: the stock was found again.
type AcceptLate struct {
	PaymentID int64 `json:"payment_id"`
}

// Events.
const (
	EvtPaymentSucceeded = "evt.payments.v1.payment.succeeded" // PaymentEvent
	EvtPaymentFailed    = "evt.payments.v1.payment.failed"    // PaymentEvent
	EvtRefClosed        = "evt.payments.v1.ref.closed"        // RefEvent: deposit applied
	EvtRefSettled       = "evt.payments.v1.ref.settled"       // RefEvent: closed and nothing due any more
	EvtRefundDone       = "evt.payments.v1.refund.done"       // RefundEvent
	EvtAct              = "evt.payments.v1.act"               // link.Act: a person did what is kept in the audit trail
	EvtPayables         = "evt.payments.v1.payables.changed"  // PayablesChanged, at most 500 rows an event
)

type PaymentEvent struct {
	PaymentID int64  `json:"payment_id"`
	Ref       string `json:"ref"`
	Purpose   string `json:"purpose"`
	AmountFen int64  `json:"amount_fen"`           // that came
	ReturnFen int64  `json:"return_fen,omitempty"` // of it: more than was due, and on its way back
	Late      bool   `json:"late,omitempty"`       // after ExpirePayments: accept it or send it back
}

type RefEvent struct {
	Ref           string `json:"ref"`
	BilledFen     int64  `json:"billed_fen"`
	PaidFen       int64  `json:"paid_fen"`
	ReceivableFen int64  `json:"receivable_fen"`
	RefundFen     int64  `json:"refund_fen"`
}

type RefundEvent struct {
	RefundID  int64  `json:"refund_id"`
	PaymentID int64  `json:"payment_id"`
	Ref       string `json:"ref"`
	AmountFen int64  `json:"amount_fen"`
}

type PayableChange struct {
	SourceKey  string       `json:"k"`
	Household  int64        `json:"h"`
	State      PayableState `json:"s"`
	AmountFen  int64        `json:"a"`
	PayoutItem int64        `json:"i,omitempty"`
	PaidOn     string       `json:"d,omitempty"` // YYYY-MM-DD
	Version    int          `json:"v"`           // of the payable: of two changes that cross, the higher one holds
}

type PayablesChanged struct {
	Changes []PayableChange `json:"changes"`
}
