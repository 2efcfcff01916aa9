package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

type collectionQuery struct {
	Village   int64  `query:"village"`
	OrderNo   string `query:"order_no"`
	Product   string `query:"product"`
	State     string `query:"state" enum:"expected,weighed,short"`
	Household int64  `query:"household"`
	Query     string `query:"q"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"500"`
}

// collectedQuery chooses from a collection that is told as a whole.
type collectedQuery struct {
	Village   int64  `query:"village"`
	OrderNo   string `query:"order_no"`
	Product   string `query:"product"`
	State     string `query:"state" enum:"expected,weighed,short"`
	Household int64  `query:"household"`
	Query     string `query:"q"`
}

func (q collectionQuery) filter() orders.CollectionFilter {
	return orders.CollectionFilter{VillageID: q.Village, OrderNo: q.OrderNo, Product: q.Product, State: orders.ShareState(q.State),
		Household: q.Household, Query: q.Query, Cursor: q.Cursor, Limit: q.Limit}
}

type ticketQuery struct {
	OrderNo   string `query:"order_no"`
	Household int64  `query:"household"`
	Village   int64  `query:"village"`
	State     string `query:"state" enum:"accepted,held,refused,superseded"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"100"`
}

type decideTicketIn struct {
	ID     int64  `path:"id" json:"-"`
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty"`
}

type shortIn struct {
	No     string `path:"no" json:"-"`
	Line   int    `path:"line" json:"-"`
	Key    string `header:"Idempotency-Key" json:"-" required:"true"`
	LotID  int64  `json:"lot_id"`
	Units  int64  `json:"units"`
	Reason string `json:"reason" enum:"died,harvest,quality,refused,other"`
	Lost   bool   `json:"lost,omitempty"`
}

type closeVillageIn struct {
	No      string `path:"no" json:"-"`
	Line    int    `path:"line" json:"-"`
	Village int64  `path:"village" json:"-"`
	Key     string `header:"Idempotency-Key" json:"-" required:"true"`
}

func (a *API) collectionEndpoints() []endpoint {
	o := a.raw.Orders
	weighing := only([]auth.Role{auth.Clerk, auth.Officer}, auth.County)
	return []endpoint{
		op("GET", "/collection", "collection.list", "What is to be fetched, household by household", loggedIn,
			func(ctx context.Context, in collectionQuery) (link.Raw[orders.CollectionPage], error) {
				return o.Collection(ctx, in.filter())
			}).ofPeople(),
		op("GET", "/collection/villages", "collection.villages", "The same, village by village", loggedIn,
			func(ctx context.Context, in collectedQuery) (link.Raw[orders.CollectionVillages], error) {
				return o.CollectionVillages(ctx, orders.CollectionFilter{VillageID: in.Village, OrderNo: in.OrderNo, Product: in.Product,
					State: orders.ShareState(in.State), Household: in.Household, Query: in.Query})
			}),
		opBody("POST", "/tickets", "collection.weigh", "Record a weighing; the same client_id twice is one ticket", weighing,
			func(ctx context.Context, _ orders.WeighRequest, body []byte) (link.Raw[orders.Ticket], error) {
				return o.WeighBody(ctx, body)
			}).created(),
		op("GET", "/tickets", "collection.tickets", "Weigh tickets the caller may see", loggedIn,
			func(ctx context.Context, in ticketQuery) (link.Raw[orders.TicketPage], error) {
				return o.Tickets(ctx, orders.TicketFilter{OrderNo: in.OrderNo, Household: in.Household, VillageID: in.Village,
					State: orders.TicketState(in.State), Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("GET", "/tickets/{id}", "collection.ticket", "One weigh ticket", loggedIn,
			func(ctx context.Context, in idIn) (link.Raw[orders.Ticket], error) {
				return o.Ticket(ctx, orders.TicketRef{ID: in.ID})
			}),
		op("POST", "/tickets/{id}/decision", "collection.decide", "Accept or refuse a ticket that waits for a second person", weighing,
			func(ctx context.Context, in decideTicketIn) (link.Raw[orders.Ticket], error) {
				return o.DecideTicket(ctx, orders.DecideTicketRequest{ID: in.ID, Accept: in.Accept, Reason: in.Reason})
			}),
		op("POST", "/orders/{no}/lines/{line}/short", "collection.short", "Report that a household will not deliver", weighing,
			func(ctx context.Context, in shortIn) (link.Raw[orders.ShortResult], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return o.ReportShort(ctx, orders.ShortRequest{OrderNo: in.No, Line: in.Line, LotID: in.LotID, Units: in.Units,
					Reason: in.Reason, Lost: in.Lost, IdempotencyKey: in.Key})
			}),
		op("POST", "/orders/{no}/lines/{line}/villages/{village}/close", "collection.close", "Collection of a line in a village is over", weighing,
			func(ctx context.Context, in closeVillageIn) (link.Raw[orders.DeliveryNotes], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return o.CloseVillage(ctx, orders.CloseVillageRequest{OrderNo: in.No, Line: in.Line, VillageID: in.Village, IdempotencyKey: in.Key})
			}),
	}
}
