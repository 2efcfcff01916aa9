package api

import (
	"context"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// placeIn is orders.PlaceRequest as a client writes it: the key comes in the header, the body passes through.
type placeIn struct {
	Key      string             `header:"Idempotency-Key" json:"-" required:"true" description:"8 to 64 letters, digits, - or _"`
	Channel  catalog.Channel    `json:"channel,omitempty"`
	Lines    []orders.QuoteLine `json:"lines"`
	Delivery orders.Delivery    `json:"delivery"`
	Shortage orders.Shortage    `json:"shortage,omitempty" enum:"refill,refund,ask"`
	Note     string             `json:"note,omitempty"`
}

type noIn struct {
	No string `path:"no"`
}

type orderIn struct {
	No    string       `path:"no"`
	While orders.State `query:"while" enum:"placed,expiring,expired,confirmed,weighing,billed,paid,completed,cancelled" description:"Wait while the order is in this state: the answer comes as soon as it is in another, after 20 seconds at the latest with the order as it is then, and at once where too many wait already"`
}

type orderQuery struct {
	State   []string        `query:"state" collectionFormat:"csv"`
	Channel catalog.Channel `query:"channel" enum:"contract,market,private"`
	Query   string          `query:"q" description:"Order number or buyer's name"`
	Presale int64           `query:"presale"`
	Season  int             `query:"season"`
	Selling bool            `query:"selling" description:"Orders my cooperative sells, rather than those it placed"`
	From    string          `query:"from"`
	To      string          `query:"to"`
	Cursor  string          `query:"cursor"`
	Limit   int             `query:"limit" minimum:"1" maximum:"100"`
}

type payIn struct {
	No        string `path:"no" json:"-"`
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Method    string `json:"method"`
	ReturnURL string `json:"return_url,omitempty" description:"A path on this site to come back to"`
}

type cancelIn struct {
	No     string `path:"no" json:"-"`
	Key    string `header:"Idempotency-Key" json:"-" required:"true"`
	Reason string `json:"reason"`
}

type idIn struct {
	ID int64 `path:"id"`
}

// needKey names a missing key the same way everywhere; whether it is well formed is the module's business.
func needKey(key string) error {
	if key == "" {
		return link.E(link.Invalid, "api.idempotency_key", "Idempotency-Key")
	}
	return nil
}

// ownPath keeps a payment provider from sending people anywhere but back here.
func ownPath(field, u string) error {
	if u != "" && (!strings.HasPrefix(u, "/") || strings.HasPrefix(u, "//") || strings.ContainsAny(u, "\\\r\n\t")) {
		return link.E(link.Invalid, "api.own_path", field)
	}
	return nil
}

func (a *API) orderEndpoints() []endpoint {
	o := a.raw.Orders
	buying := only(auth.Buying)
	return []endpoint{
		opBody("POST", "/quotes", "orders.quote", "Price, estimate and deposit of an order; holds nothing", buying,
			func(ctx context.Context, _ orders.QuoteRequest, body []byte) (link.Raw[orders.Quote], error) {
				return o.QuoteBody(ctx, body)
			}),
		opBody("POST", "/orders", "orders.place", "Place an order", buying,
			func(ctx context.Context, in placeIn, body []byte) (link.Raw[orders.Order], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				request, err := link.WithMember[orders.PlaceRequest](body, "idempotency_key", in.Key)
				if err != nil {
					return nil, err
				}
				return o.PlaceBody(ctx, request)
			}).created(),
		op("GET", "/orders", "orders.list", "Orders the caller may see", loggedIn,
			func(ctx context.Context, in orderQuery) (link.Raw[orders.OrderPage], error) {
				f := orders.OrderFilter{Channel: in.Channel, Query: in.Query, Presale: in.Presale, Season: in.Season, Selling: in.Selling,
					From: in.From, To: in.To, Cursor: in.Cursor, Limit: in.Limit}
				for _, s := range in.State {
					f.State = append(f.State, orders.State(s))
				}
				return o.Orders(ctx, f)
			}).ofPeople(),
		op("GET", "/orders/{no}", "orders.get", "One order, now or once its state is another", loggedIn, a.order).ofPeople(),
		op("GET", "/orders/{no}/origins", "orders.origins", "The villages an order comes from", loggedIn,
			func(ctx context.Context, in noIn) (link.Raw[orders.Origins], error) {
				return o.Origins(ctx, orders.OrderRef{No: in.No})
			}),
		op("GET", "/orders/{no}/deliveries", "orders.deliveries", "What was weighed in and billed", loggedIn,
			func(ctx context.Context, in noIn) (link.Raw[orders.DeliveryNotes], error) {
				return o.Deliveries(ctx, orders.OrderRef{No: in.No})
			}),
		op("POST", "/orders/{no}/payments", "orders.pay", "Start a payment of what is due", loggedIn,
			func(ctx context.Context, in payIn) (link.Raw[orders.PayStart], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				if err := ownPath("return_url", in.ReturnURL); err != nil {
					return nil, err
				}
				return o.Pay(ctx, orders.PayRequest{OrderNo: in.No, Method: in.Method, ReturnURL: in.ReturnURL, IdempotencyKey: in.Key})
			}).created(),
		op("POST", "/orders/{no}/cancel", "orders.cancel", "Cancel an order", loggedIn,
			func(ctx context.Context, in cancelIn) (link.Raw[orders.Order], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return o.Cancel(ctx, orders.CancelRequest{OrderNo: in.No, Reason: in.Reason, IdempotencyKey: in.Key})
			}),
		op("GET", "/payment-methods", "payments.methods", "How an order can be paid", public,
			func(ctx context.Context, _ struct{}) (link.Raw[payments.Methods], error) {
				return a.raw.Payments.Methods(ctx, payments.None{})
			}),
	}
}
