package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/auth"
)

type shopQuery struct {
	Org int64 `query:"org" description:"A supermarket; its own staff may leave it out"`
}

func (q shopQuery) ref() shelf.ShopRef { return shelf.ShopRef{OrgID: q.Org} }

type shopPath struct {
	Org int64 `path:"org"`
}

type buyIn struct {
	Org   int64           `path:"org" json:"-"`
	Key   string          `header:"Idempotency-Key" json:"-" required:"true"`
	Lines []shelf.BuyLine `json:"lines"`
	Name  string          `json:"name"`
	Phone string          `json:"phone"`
}

type payRefIn struct {
	ID        int64  `path:"id" json:"-"`
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Method    string `json:"method"`
	ReturnURL string `json:"return_url,omitempty"`
}

func (in payRefIn) request() shelf.PayRefRequest {
	return shelf.PayRefRequest{ID: in.ID, Method: in.Method, ReturnURL: in.ReturnURL, Key: in.Key}
}

type saleQuery struct {
	Org     int64  `query:"org"`
	State   string `query:"state" enum:"placed,expiring,expired,paid,done,cancelled"`
	Channel string `query:"channel" enum:"till,online"`
	Mine    bool   `query:"mine" description:"What the caller bought"`
	On      string `query:"on" description:"YYYY-MM-DD"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"500"`
}

type stockQuery struct {
	Org     int64  `query:"org"`
	Item    int64  `query:"item"`
	All     bool   `query:"all" description:"Also what is gone"`
	Expired bool   `query:"expired" description:"Only what is past its date or will be in two days"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"500"`
}

type receiveIn struct {
	Key        string `header:"Idempotency-Key" json:"-" required:"true"`
	OrderNo    string `json:"order_no"`
	Line       int    `json:"line"`
	VillageID  int64  `json:"village_id"`
	Grade      string `json:"grade"`
	BestBefore string `json:"best_before" description:"YYYY-MM-DD"`
}

type buyInIn struct {
	Key         string `header:"Idempotency-Key" json:"-" required:"true"`
	HouseholdID int64  `json:"household_id"`
	Product     string `json:"product"`
	Grade       string `json:"grade"`
	Measure     int64  `json:"measure" description:"Grams, or units where the price counts units"`
	PriceFen    int64  `json:"price_fen" description:"For one price unit"`
	BestBefore  string `json:"best_before" description:"YYYY-MM-DD"`
}

type buyInQuery struct {
	Org    int64  `query:"org"`
	Sheet  int64  `query:"sheet"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500"`
}

type sellerQuery struct {
	Query string `query:"q"`
}

type itemIn struct {
	ID       int64  `path:"id" json:"-"`
	PriceFen int64  `json:"price_fen"`
	Barcode  string `json:"barcode"`
	Online   bool   `json:"online"`
}

type writeOffIn struct {
	LotID   int64  `path:"id" json:"-"`
	Key     string `header:"Idempotency-Key" json:"-" required:"true"`
	Kind    string `json:"kind" enum:"loss,donation,found"`
	Measure int64  `json:"measure"`
	Reason  string `json:"reason,omitempty" enum:"spoiled,expired,damaged,weight,missing,other"`
	Note    string `json:"note,omitempty"`
}

type decideBuyInIn struct {
	ID     int64  `path:"id" json:"-"`
	Agree  bool   `json:"agree"`
	Reason string `json:"reason" description:"Why, in 200 characters at most"`
}

type decideWriteOffIn struct {
	ID     int64 `path:"id" json:"-"`
	Accept bool  `json:"accept"`
}

type movementQuery struct {
	Org   int64  `query:"org"`
	Lot   int64  `query:"lot"`
	State string `query:"state" enum:"done,held,refused"`

	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500"`
}

type listIn struct {
	Key      string             `header:"Idempotency-Key" json:"-" required:"true"`
	ID       int64              `json:"id,omitempty" description:"0 makes a new list"`
	Name     string             `json:"name"`
	Weekdays []int              `json:"weekdays,omitempty" description:"1 Monday to 7 Sunday"`
	Lines    []orders.QuoteLine `json:"lines"`
	Delivery orders.Delivery    `json:"delivery"`
	Version  int64              `json:"version,omitempty"`
}

type keyedIn struct {
	ID  int64  `path:"id" json:"-"`
	Key string `header:"Idempotency-Key" json:"-" required:"true"`
}

type traceIn struct {
	Code string `path:"code"`
}

type handOverIn struct {
	Pickup string `json:"pickup"`
}

type turnoverQuery struct {
	Org  int64  `query:"org"`
	From string `query:"from" description:"YYYY-MM-DD"`
	To   string `query:"to" description:"YYYY-MM-DD"`
}

func (a *API) shelfEndpoints() []endpoint {
	sh := a.raw.Shelf
	reading := only(auth.Organisation, auth.County)
	selling := only([]auth.Role{auth.Officer, auth.Clerk})
	buying := only([]auth.Role{auth.Officer})
	return []endpoint{
		op("GET", "/shops", "shelf.shops", "The charity supermarkets and what is on their shelves", public,
			func(ctx context.Context, _ struct{}) (link.Raw[shelf.PublicShops], error) {
				return sh.Shops(ctx, orders.None{})
			}),
		op("GET", "/shops/{org}", "shelf.goods", "One supermarket's shelf", public,
			func(ctx context.Context, in shopPath) (link.Raw[shelf.PublicShop], error) {
				return sh.Goods(ctx, shelf.ShopRef{OrgID: in.Org})
			}),
		op("GET", "/traces/{code}", "shelf.trace", "The public story of goods, by the code on their label", public,
			func(ctx context.Context, in traceIn) (link.Raw[shelf.Trace], error) {
				return sh.Trace(ctx, shelf.TraceRef{Code: in.Code})
			}),
		op("POST", "/shops/{org}/sales", "shelf.buy", "Keep goods for the caller until they are paid", only([]auth.Role{auth.Buyer}),
			func(ctx context.Context, in buyIn) (link.Raw[shelf.Sale], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.Buy(ctx, shelf.Buy{OrgID: in.Org, Lines: in.Lines, Name: in.Name, Phone: in.Phone, Key: in.Key})
			}).created(),

		op("GET", "/shelf/till", "shelf.till", "What a till has to know", selling,
			func(ctx context.Context, _ struct{}) (link.Raw[shelf.Till], error) {
				return sh.Till(ctx, orders.None{})
			}),
		opBody("POST", "/shelf/sales", "shelf.ring", "Record a sale at the till; the same client_id twice is one sale", selling,
			func(ctx context.Context, _ shelf.Ring, body []byte) (link.Raw[shelf.Sale], error) {
				return sh.RingBody(ctx, body)
			}).created(),
		op("GET", "/shelf/sales", "shelf.sales", "Sales of a shop, or what the caller bought", only([]auth.Role{auth.Buyer}, auth.Organisation, auth.County),
			func(ctx context.Context, in saleQuery) (link.Raw[shelf.SalePage], error) {
				return sh.Sales(ctx, shelf.SaleFilter{OrgID: in.Org, State: shelf.SaleState(in.State), Channel: shelf.SaleChannel(in.Channel),
					Mine: in.Mine, On: in.On, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/shelf/sales/{id}", "shelf.sale", "One sale", loggedIn,
			func(ctx context.Context, in idIn) (link.Raw[shelf.Sale], error) {
				return sh.Sale(ctx, shelf.SaleRef{ID: in.ID})
			}),
		op("POST", "/shelf/sales/{id}/payments", "shelf.sale.pay", "Start a payment of a sale", loggedIn,
			func(ctx context.Context, in payRefIn) (link.Raw[orders.PayStart], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.PaySale(ctx, in.request())
			}).created(),
		op("POST", "/shelf/sales/{id}/cancellation", "shelf.sale.cancel", "Cancel a sale before it is handed over", loggedIn,
			func(ctx context.Context, in idIn) (link.Raw[shelf.Sale], error) {
				return sh.CancelSale(ctx, shelf.SaleRef{ID: in.ID})
			}),
		op("POST", "/shelf/handovers", "shelf.handover", "Hand over a paid sale to whoever shows its code", selling,
			func(ctx context.Context, in handOverIn) (link.Raw[shelf.Sale], error) {
				return sh.HandOver(ctx, shelf.HandOver{Pickup: in.Pickup})
			}),
		opBody("POST", "/shelf/returns", "shelf.return", "Void the latest receipt, or take goods back; the same client_id twice is one return", selling,
			func(ctx context.Context, _ shelf.ReturnRequest, body []byte) (link.Raw[shelf.Return], error) {
				return sh.ReturnGoodsBody(ctx, body)
			}).created(),
		op("GET", "/shelf/returns/{id}", "shelf.return.slip", "One return", loggedIn,
			func(ctx context.Context, in idIn) (link.Raw[shelf.Return], error) {
				return sh.Return(ctx, shelf.IDRef{ID: in.ID})
			}),
		op("GET", "/shelf/turnover", "shelf.turnover", "What was sold, what it had cost and what households got of it", reading,
			func(ctx context.Context, in turnoverQuery) (link.Raw[shelf.Turnover], error) {
				return sh.Turnover(ctx, shelf.TurnoverFilter{OrgID: in.Org, From: in.From, To: in.To})
			}),

		op("GET", "/shelf/items", "shelf.items", "Prices on the shelf", reading,
			func(ctx context.Context, in shopQuery) (link.Raw[shelf.Items], error) { return sh.Items(ctx, in.ref()) }),
		op("PUT", "/shelf/items/{id}", "shelf.item.save", "Set a price, a barcode and whether it is sold online", buying,
			func(ctx context.Context, in itemIn) (link.Raw[shelf.Item], error) {
				return sh.SaveItem(ctx, shelf.SaveItem{ID: in.ID, PriceFen: in.PriceFen, Barcode: in.Barcode, Online: in.Online})
			}),
		op("GET", "/shelf/lots", "shelf.lots", "Stock by lot, what expires first at the top", reading,
			func(ctx context.Context, in stockQuery) (link.Raw[shelf.StockPage], error) {
				return sh.Stock(ctx, shelf.StockFilter{OrgID: in.Org, ItemID: in.Item, All: in.All, Expired: in.Expired, Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/shelf/lots/{id}", "shelf.lot", "One lot", reading,
			func(ctx context.Context, in idIn) (link.Raw[shelf.StockLot], error) {
				return sh.StockLot(ctx, shelf.StockLotRef{ID: in.ID})
			}),
		op("POST", "/shelf/lots/{id}/movements", "shelf.writeoff", "Record a loss, a donation or a surplus", selling,
			func(ctx context.Context, in writeOffIn) (link.Raw[shelf.Movement], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.WriteOff(ctx, shelf.WriteOff{LotID: in.LotID, Kind: shelf.MovementKind(in.Kind), Measure: in.Measure, Reason: in.Reason,
					Note: in.Note, Key: in.Key})
			}).created(),
		op("GET", "/shelf/movements", "shelf.movements", "Losses, donations and surpluses", reading,
			func(ctx context.Context, in movementQuery) (link.Raw[shelf.Movements], error) {
				return sh.Movements(ctx, shelf.MovementFilter{OrgID: in.Org, LotID: in.Lot, State: shelf.MovementState(in.State), Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("POST", "/shelf/movements/{id}/decision", "shelf.movement.decide", "Agree to a write-off, as the second person", only(auth.Organisation),
			func(ctx context.Context, in decideWriteOffIn) (link.Raw[shelf.Movement], error) {
				return sh.DecideWriteOff(ctx, shelf.DecideWriteOff{ID: in.ID, Accept: in.Accept})
			}),

		op("GET", "/shelf/arrivals", "shelf.arrivals", "Delivered goods that are not on the shelf", reading,
			func(ctx context.Context, in shopQuery) (link.Raw[shelf.Arrivals], error) {
				return sh.Arrivals(ctx, in.ref())
			}),
		op("POST", "/shelf/lots", "shelf.receive", "Put delivered goods on the shelf", selling,
			func(ctx context.Context, in receiveIn) (link.Raw[shelf.StockLot], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.Receive(ctx, shelf.Receive{OrderNo: in.OrderNo, Line: in.Line, VillageID: in.VillageID, Grade: in.Grade,
					BestBefore: in.BestBefore, Key: in.Key})
			}).created(),
		op("GET", "/shelf/sellers", "shelf.sellers", "Find the household at the counter", selling,
			func(ctx context.Context, in sellerQuery) (link.Raw[shelf.Sellers], error) {
				return sh.Sellers(ctx, shelf.SellerQuery{Query: in.Query})
			}).ofPeople(),
		op("GET", "/shelf/buy-ins", "shelf.buyins", "What was bought from households", reading,
			func(ctx context.Context, in buyInQuery) (link.Raw[shelf.BuyInPage], error) {
				return sh.BuyIns(ctx, shelf.BuyInFilter{OrgID: in.Org, SheetID: in.Sheet, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/shelf/buy-ins", "shelf.buyin", "Buy from a household at the counter", selling,
			func(ctx context.Context, in buyInIn) (link.Raw[shelf.BuyIn], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.BuyIn(ctx, shelf.BuyInRequest{HouseholdID: in.HouseholdID, Product: in.Product, Grade: in.Grade, Measure: in.Measure,
					PriceFen: in.PriceFen, BestBefore: in.BestBefore, Key: in.Key})
			}).created(),
		op("GET", "/shelf/buy-ins/{id}", "shelf.buyin.slip", "One buy-in", reading,
			func(ctx context.Context, in idIn) (link.Raw[shelf.BuyIn], error) {
				return sh.BuyInSlip(ctx, shelf.IDRef{ID: in.ID})
			}),
		op("GET", "/shelf/held-buy-ins", "shelf.buyins.held", "Goods at the counter that wait for a second person, or were refused", reading,
			func(ctx context.Context, in shopQuery) (link.Raw[shelf.HeldBuyIns], error) {
				return sh.HeldBuyIns(ctx, in.ref())
			}),
		op("POST", "/shelf/buy-ins/{id}/decision", "shelf.buyin.decide", "Agree to a buy-in beyond what the household offers, or refuse it, as the second person", only(auth.Organisation),
			func(ctx context.Context, in decideBuyInIn) (link.Raw[shelf.BuyIn], error) {
				return sh.DecideBuyIn(ctx, shelf.DecideBuyIn{ID: in.ID, Agree: in.Agree, Reason: in.Reason})
			}),
		op("GET", "/shelf/sheets", "shelf.sheets", "Sheets of buy-ins, as the shop pays them", reading,
			func(ctx context.Context, in shopQuery) (link.Raw[shelf.Sheets], error) {
				return sh.Sheets(ctx, in.ref())
			}),
		op("POST", "/shelf/sheets/{id}/close", "shelf.sheet.close", "End a sheet", buying,
			func(ctx context.Context, in idIn) (link.Raw[shelf.Sheet], error) {
				return sh.CloseSheet(ctx, shelf.IDRef{ID: in.ID})
			}),
		op("POST", "/shelf/sheets/{id}/payments", "shelf.sheet.pay", "Start the payment of a closed sheet", buying,
			func(ctx context.Context, in payRefIn) (link.Raw[orders.PayStart], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.PaySheet(ctx, in.request())
			}).created(),

		op("GET", "/shelf/lists", "shelf.lists", "Standing lists", reading,
			func(ctx context.Context, in shopQuery) (link.Raw[shelf.StandingLists], error) {
				return sh.StandingLists(ctx, in.ref())
			}),
		op("POST", "/shelf/lists", "shelf.list.save", "Make or change a standing list", buying,
			func(ctx context.Context, in listIn) (link.Raw[shelf.StandingList], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.SaveStandingList(ctx, shelf.SaveStandingList{ID: in.ID, Name: in.Name, Weekdays: in.Weekdays, Lines: in.Lines,
					Delivery: in.Delivery, Version: in.Version, Key: in.Key})
			}),
		op("POST", "/shelf/lists/{id}/orders", "shelf.list.order", "Order what a list says", buying,
			func(ctx context.Context, in keyedIn) (link.Raw[orders.Order], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return sh.OrderStandingList(ctx, shelf.OrderStandingList{ID: in.ID, Key: in.Key})
			}).created(),
		op("DELETE", "/shelf/lists/{id}", "shelf.list.drop", "Delete a standing list", buying,
			func(ctx context.Context, in idIn) (link.Raw[orders.None], error) {
				return sh.DropStandingList(ctx, shelf.StandingListRef{ID: in.ID})
			}),
	}
}
