package orders

// Request subjects.
const (
	SubjectQuote              = "rpc.orders.v1.quote"
	SubjectPlace              = "rpc.orders.v1.place"
	SubjectOrder              = "rpc.orders.v1.order"
	SubjectOrders             = "rpc.orders.v1.orders"
	SubjectOrigins            = "rpc.orders.v1.origins"
	SubjectPay                = "rpc.orders.v1.pay"
	SubjectCancel             = "rpc.orders.v1.cancel"
	SubjectCollection         = "rpc.orders.v1.collection"
	SubjectCollectionVillages = "rpc.orders.v1.collection_villages"
	SubjectWeigh              = "rpc.orders.v1.weigh"
	SubjectTicket             = "rpc.orders.v1.ticket"
	SubjectTickets            = "rpc.orders.v1.tickets"
	SubjectDecideTicket       = "rpc.orders.v1.ticket_decide"
	SubjectReportShort        = "rpc.orders.v1.short"
	SubjectCloseVillage       = "rpc.orders.v1.village_close"
	SubjectDeliveries         = "rpc.orders.v1.deliveries"
	SubjectIncome             = "rpc.orders.v1.income"
	SubjectReport             = "rpc.orders.v1.report"
	SubjectIncomes            = "rpc.orders.v1.incomes"
	SubjectRebuildIncome      = "rpc.orders.v1.income_rebuild"
	SubjectVerify             = "rpc.orders.v1.verify"
	SubjectDigests            = "rpc.orders.v1.digests"
)

// Events. Ids and amounts only, never names.
const (
	EvtOrderPlaced    = "evt.orders.v1.order.placed"    // OrderEvent
	EvtOrderChanged   = "evt.orders.v1.order.changed"   // OrderEvent, at every change of state
	EvtTicketAccepted = "evt.orders.v1.ticket.accepted" // TicketEvent
)

type OrderEvent struct {
	OrderID int64 `json:"order_id"`
	State   State `json:"state"`
}

type TicketEvent struct {
	TicketID int64 `json:"ticket_id"`
	OrderID  int64 `json:"order_id"`
}
