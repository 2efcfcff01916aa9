package orders

// Events. Ids and amounts only, never names.
const (
	EvtAct            = "evt.orders.v1.act"             // link.Act: a person's act for the audit trail
	EvtOrderPlaced    = "evt.orders.v1.order.placed"    // OrderEvent
	EvtOrderChanged   = "evt.orders.v1.order.changed"   // OrderEvent, at every change of state
	EvtTicketAccepted = "evt.orders.v1.ticket.accepted" // TicketEvent
	EvtShortageAsked  = "evt.orders.v1.shortage.asked"  // ShortageEvent: the buyer is asked
)

type OrderEvent struct {
	OrderID int64 `json:"order_id"`
	State   State `json:"state"`
}

// ShortageEvent is a question to the buyer about a shortage.
type ShortageEvent struct {
	OrderID    int64 `json:"order_id"`
	QuestionID int64 `json:"question_id"`
}

type TicketEvent struct {
	TicketID int64 `json:"ticket_id"`
	OrderID  int64 `json:"order_id"`
}
