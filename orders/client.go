package orders

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// NewClient reaches the order module over NATS, wherever it runs.
func NewClient(nc *nats.Conn) Service { return client{nc} }

type client struct{ nc *nats.Conn }

func (c client) Quote(ctx context.Context, r QuoteRequest) (Quote, error) {
	return link.Call[QuoteRequest, Quote](ctx, c.nc, SubjectQuote, r)
}

func (c client) Place(ctx context.Context, r PlaceRequest) (Order, error) {
	return link.Call[PlaceRequest, Order](ctx, c.nc, SubjectPlace, r)
}

func (c client) Order(ctx context.Context, r OrderRef) (Order, error) {
	return link.Call[OrderRef, Order](ctx, c.nc, SubjectOrder, r)
}

func (c client) Orders(ctx context.Context, r OrderFilter) (OrderPage, error) {
	return link.Call[OrderFilter, OrderPage](ctx, c.nc, SubjectOrders, r)
}

func (c client) Origins(ctx context.Context, r OrderRef) (Origins, error) {
	return link.Call[OrderRef, Origins](ctx, c.nc, SubjectOrigins, r)
}

func (c client) Pay(ctx context.Context, r PayRequest) (PayStart, error) {
	return link.Call[PayRequest, PayStart](ctx, c.nc, SubjectPay, r)
}

func (c client) Cancel(ctx context.Context, r CancelRequest) (Order, error) {
	return link.Call[CancelRequest, Order](ctx, c.nc, SubjectCancel, r)
}

func (c client) Collection(ctx context.Context, r CollectionFilter) (CollectionPage, error) {
	return link.Call[CollectionFilter, CollectionPage](ctx, c.nc, SubjectCollection, r)
}

func (c client) CollectionVillages(ctx context.Context, r CollectionFilter) (CollectionVillages, error) {
	return link.Call[CollectionFilter, CollectionVillages](ctx, c.nc, SubjectCollectionVillages, r)
}

func (c client) Weigh(ctx context.Context, r WeighRequest) (Ticket, error) {
	return link.Call[WeighRequest, Ticket](ctx, c.nc, SubjectWeigh, r)
}

func (c client) Ticket(ctx context.Context, r TicketRef) (Ticket, error) {
	return link.Call[TicketRef, Ticket](ctx, c.nc, SubjectTicket, r)
}

func (c client) Tickets(ctx context.Context, r TicketFilter) (TicketPage, error) {
	return link.Call[TicketFilter, TicketPage](ctx, c.nc, SubjectTickets, r)
}

func (c client) DecideTicket(ctx context.Context, r DecideTicketRequest) (Ticket, error) {
	return link.Call[DecideTicketRequest, Ticket](ctx, c.nc, SubjectDecideTicket, r)
}

func (c client) ReportShort(ctx context.Context, r ShortRequest) (ShortResult, error) {
	return link.Call[ShortRequest, ShortResult](ctx, c.nc, SubjectReportShort, r)
}

func (c client) CloseVillage(ctx context.Context, r CloseVillageRequest) (DeliveryNotes, error) {
	return link.Call[CloseVillageRequest, DeliveryNotes](ctx, c.nc, SubjectCloseVillage, r)
}

func (c client) Deliveries(ctx context.Context, r OrderRef) (DeliveryNotes, error) {
	return link.Call[OrderRef, DeliveryNotes](ctx, c.nc, SubjectDeliveries, r)
}

func (c client) Income(ctx context.Context, r IncomeRequest) (Income, error) {
	return link.Call[IncomeRequest, Income](ctx, c.nc, SubjectIncome, r)
}

func (c client) Report(ctx context.Context, r ReportRequest) (Report, error) {
	return link.Call[ReportRequest, Report](ctx, c.nc, SubjectReport, r)
}

func (c client) Incomes(ctx context.Context, r IncomesRequest) (HouseholdIncomes, error) {
	return link.Call[IncomesRequest, HouseholdIncomes](ctx, c.nc, SubjectIncomes, r)
}

func (c client) RebuildIncome(ctx context.Context, r None) (Rebuilt, error) {
	return link.Call[None, Rebuilt](ctx, c.nc, SubjectRebuildIncome, r)
}

func (c client) Verify(ctx context.Context, r None) (Findings, error) {
	return link.Call[None, Findings](ctx, c.nc, SubjectVerify, r)
}

func (c client) Digests(ctx context.Context, r DigestRequest) (Digests, error) {
	return link.Call[DigestRequest, Digests](ctx, c.nc, SubjectDigests, r)
}
