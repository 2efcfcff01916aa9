package shelf

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Request subjects of the shelf.
const (
	SubjectShelfStandingLists     = "rpc.orders.v1.shelf_standing_lists"
	SubjectShelfSaveStandingList  = "rpc.orders.v1.shelf_save_standing_list"
	SubjectShelfDropStandingList  = "rpc.orders.v1.shelf_drop_standing_list"
	SubjectShelfOrderStandingList = "rpc.orders.v1.shelf_order_standing_list"
	SubjectShelfArrivals          = "rpc.orders.v1.shelf_arrivals"
	SubjectShelfReceive           = "rpc.orders.v1.shelf_receive"
	SubjectShelfSellers           = "rpc.orders.v1.shelf_sellers"
	SubjectShelfBuyIn             = "rpc.orders.v1.shelf_buy_in"
	SubjectShelfBuyIns            = "rpc.orders.v1.shelf_buy_ins"
	SubjectShelfBuyInSlip         = "rpc.orders.v1.shelf_buy_in_slip"
	SubjectShelfSheets            = "rpc.orders.v1.shelf_sheets"
	SubjectShelfCloseSheet        = "rpc.orders.v1.shelf_close_sheet"
	SubjectShelfPaySheet          = "rpc.orders.v1.shelf_pay_sheet"
	SubjectShelfStock             = "rpc.orders.v1.shelf_stock"
	SubjectShelfStockLot          = "rpc.orders.v1.shelf_stock_lot"
	SubjectShelfItems             = "rpc.orders.v1.shelf_items"
	SubjectShelfSaveItem          = "rpc.orders.v1.shelf_save_item"
	SubjectShelfWriteOff          = "rpc.orders.v1.shelf_write_off"
	SubjectShelfDecideWriteOff    = "rpc.orders.v1.shelf_decide_write_off"
	SubjectShelfMovements         = "rpc.orders.v1.shelf_movements"
	SubjectShelfShops             = "rpc.orders.v1.shelf_shops"
	SubjectShelfGoods             = "rpc.orders.v1.shelf_goods"
	SubjectShelfTill              = "rpc.orders.v1.shelf_till"
	SubjectShelfRing              = "rpc.orders.v1.shelf_ring"
	SubjectShelfBuy               = "rpc.orders.v1.shelf_buy"
	SubjectShelfPaySale           = "rpc.orders.v1.shelf_pay_sale"
	SubjectShelfReturnGoods       = "rpc.orders.v1.shelf_return_goods"
	SubjectShelfReturn            = "rpc.orders.v1.shelf_return"
	SubjectShelfSale              = "rpc.orders.v1.shelf_sale"
	SubjectShelfSales             = "rpc.orders.v1.shelf_sales"
	SubjectShelfHandOver          = "rpc.orders.v1.shelf_hand_over"
	SubjectShelfCancelSale        = "rpc.orders.v1.shelf_cancel_sale"
	SubjectShelfTurnover          = "rpc.orders.v1.shelf_turnover"
	SubjectShelfTrace             = "rpc.orders.v1.shelf_trace"
)

// NewClient reaches the shelf over NATS, wherever the order module runs.
func NewClient(nc *nats.Conn) Service { return client{nc} }

type client struct{ nc *nats.Conn }

func (c client) StandingLists(ctx context.Context, r ShopRef) (StandingLists, error) {
	return link.Call[ShopRef, StandingLists](ctx, c.nc, SubjectShelfStandingLists, r)
}

func (c client) SaveStandingList(ctx context.Context, r SaveStandingList) (StandingList, error) {
	return link.Call[SaveStandingList, StandingList](ctx, c.nc, SubjectShelfSaveStandingList, r)
}

func (c client) DropStandingList(ctx context.Context, r StandingListRef) (orders.None, error) {
	return link.Call[StandingListRef, orders.None](ctx, c.nc, SubjectShelfDropStandingList, r)
}

func (c client) OrderStandingList(ctx context.Context, r OrderStandingList) (orders.Order, error) {
	return link.Call[OrderStandingList, orders.Order](ctx, c.nc, SubjectShelfOrderStandingList, r)
}

func (c client) Arrivals(ctx context.Context, r ShopRef) (Arrivals, error) {
	return link.Call[ShopRef, Arrivals](ctx, c.nc, SubjectShelfArrivals, r)
}

func (c client) Receive(ctx context.Context, r Receive) (StockLot, error) {
	return link.Call[Receive, StockLot](ctx, c.nc, SubjectShelfReceive, r)
}

func (c client) Sellers(ctx context.Context, r SellerQuery) (Sellers, error) {
	return link.Call[SellerQuery, Sellers](ctx, c.nc, SubjectShelfSellers, r)
}

func (c client) BuyIn(ctx context.Context, r BuyInRequest) (BuyIn, error) {
	return link.Call[BuyInRequest, BuyIn](ctx, c.nc, SubjectShelfBuyIn, r)
}

func (c client) BuyIns(ctx context.Context, r BuyInFilter) (BuyInPage, error) {
	return link.Call[BuyInFilter, BuyInPage](ctx, c.nc, SubjectShelfBuyIns, r)
}

func (c client) BuyInSlip(ctx context.Context, r IDRef) (BuyIn, error) {
	return link.Call[IDRef, BuyIn](ctx, c.nc, SubjectShelfBuyInSlip, r)
}

func (c client) Sheets(ctx context.Context, r ShopRef) (Sheets, error) {
	return link.Call[ShopRef, Sheets](ctx, c.nc, SubjectShelfSheets, r)
}

func (c client) CloseSheet(ctx context.Context, r IDRef) (Sheet, error) {
	return link.Call[IDRef, Sheet](ctx, c.nc, SubjectShelfCloseSheet, r)
}

func (c client) PaySheet(ctx context.Context, r PayRefRequest) (orders.PayStart, error) {
	return link.Call[PayRefRequest, orders.PayStart](ctx, c.nc, SubjectShelfPaySheet, r)
}

func (c client) Stock(ctx context.Context, r StockFilter) (StockPage, error) {
	return link.Call[StockFilter, StockPage](ctx, c.nc, SubjectShelfStock, r)
}

func (c client) StockLot(ctx context.Context, r StockLotRef) (StockLot, error) {
	return link.Call[StockLotRef, StockLot](ctx, c.nc, SubjectShelfStockLot, r)
}

func (c client) Items(ctx context.Context, r ShopRef) (Items, error) {
	return link.Call[ShopRef, Items](ctx, c.nc, SubjectShelfItems, r)
}

func (c client) SaveItem(ctx context.Context, r SaveItem) (Item, error) {
	return link.Call[SaveItem, Item](ctx, c.nc, SubjectShelfSaveItem, r)
}

func (c client) WriteOff(ctx context.Context, r WriteOff) (Movement, error) {
	return link.Call[WriteOff, Movement](ctx, c.nc, SubjectShelfWriteOff, r)
}

func (c client) DecideWriteOff(ctx context.Context, r DecideWriteOff) (Movement, error) {
	return link.Call[DecideWriteOff, Movement](ctx, c.nc, SubjectShelfDecideWriteOff, r)
}

func (c client) Movements(ctx context.Context, r MovementFilter) (Movements, error) {
	return link.Call[MovementFilter, Movements](ctx, c.nc, SubjectShelfMovements, r)
}

func (c client) Shops(ctx context.Context, r orders.None) (PublicShops, error) {
	return link.Call[orders.None, PublicShops](ctx, c.nc, SubjectShelfShops, r)
}

func (c client) Goods(ctx context.Context, r ShopRef) (PublicShop, error) {
	return link.Call[ShopRef, PublicShop](ctx, c.nc, SubjectShelfGoods, r)
}

func (c client) Till(ctx context.Context, r orders.None) (Till, error) {
	return link.Call[orders.None, Till](ctx, c.nc, SubjectShelfTill, r)
}

func (c client) Ring(ctx context.Context, r Ring) (Sale, error) {
	return link.Call[Ring, Sale](ctx, c.nc, SubjectShelfRing, r)
}

func (c client) Buy(ctx context.Context, r Buy) (Sale, error) {
	return link.Call[Buy, Sale](ctx, c.nc, SubjectShelfBuy, r)
}

func (c client) PaySale(ctx context.Context, r PayRefRequest) (orders.PayStart, error) {
	return link.Call[PayRefRequest, orders.PayStart](ctx, c.nc, SubjectShelfPaySale, r)
}

func (c client) Sale(ctx context.Context, r SaleRef) (Sale, error) {
	return link.Call[SaleRef, Sale](ctx, c.nc, SubjectShelfSale, r)
}

func (c client) Sales(ctx context.Context, r SaleFilter) (SalePage, error) {
	return link.Call[SaleFilter, SalePage](ctx, c.nc, SubjectShelfSales, r)
}

func (c client) HandOver(ctx context.Context, r HandOver) (Sale, error) {
	return link.Call[HandOver, Sale](ctx, c.nc, SubjectShelfHandOver, r)
}

func (c client) CancelSale(ctx context.Context, r SaleRef) (Sale, error) {
	return link.Call[SaleRef, Sale](ctx, c.nc, SubjectShelfCancelSale, r)
}

func (c client) Turnover(ctx context.Context, r TurnoverFilter) (Turnover, error) {
	return link.Call[TurnoverFilter, Turnover](ctx, c.nc, SubjectShelfTurnover, r)
}

func (c client) Trace(ctx context.Context, r TraceRef) (Trace, error) {
	return link.Call[TraceRef, Trace](ctx, c.nc, SubjectShelfTrace, r)
}

func (c client) ReturnGoods(ctx context.Context, r ReturnRequest) (Return, error) {
	return link.Call[ReturnRequest, Return](ctx, c.nc, SubjectShelfReturnGoods, r)
}

func (c client) Return(ctx context.Context, r IDRef) (Return, error) {
	return link.Call[IDRef, Return](ctx, c.nc, SubjectShelfReturn, r)
}

// RegisterShelf lets svc answer the shelf's requests.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectShelfStandingLists, svc.StandingLists)
	link.Handle(s, SubjectShelfSaveStandingList, svc.SaveStandingList)
	link.Handle(s, SubjectShelfDropStandingList, svc.DropStandingList)
	link.Handle(s, SubjectShelfOrderStandingList, svc.OrderStandingList)
	link.Handle(s, SubjectShelfArrivals, svc.Arrivals)
	link.Handle(s, SubjectShelfReceive, svc.Receive)
	link.Handle(s, SubjectShelfSellers, svc.Sellers)
	link.Handle(s, SubjectShelfBuyIn, svc.BuyIn)
	link.Handle(s, SubjectShelfBuyIns, svc.BuyIns)
	link.Handle(s, SubjectShelfBuyInSlip, svc.BuyInSlip)
	link.Handle(s, SubjectShelfSheets, svc.Sheets)
	link.Handle(s, SubjectShelfCloseSheet, svc.CloseSheet)
	link.Handle(s, SubjectShelfPaySheet, svc.PaySheet)
	link.Handle(s, SubjectShelfStock, svc.Stock)
	link.Handle(s, SubjectShelfStockLot, svc.StockLot)
	link.Handle(s, SubjectShelfItems, svc.Items)
	link.Handle(s, SubjectShelfSaveItem, svc.SaveItem)
	link.Handle(s, SubjectShelfWriteOff, svc.WriteOff)
	link.Handle(s, SubjectShelfDecideWriteOff, svc.DecideWriteOff)
	link.Handle(s, SubjectShelfMovements, svc.Movements)
	link.Handle(s, SubjectShelfShops, svc.Shops)
	link.Handle(s, SubjectShelfGoods, svc.Goods)
	link.Handle(s, SubjectShelfTill, svc.Till)
	link.Handle(s, SubjectShelfRing, svc.Ring)
	link.Handle(s, SubjectShelfBuy, svc.Buy)
	link.Handle(s, SubjectShelfPaySale, svc.PaySale)
	link.Handle(s, SubjectShelfSale, svc.Sale)
	link.Handle(s, SubjectShelfSales, svc.Sales)
	link.Handle(s, SubjectShelfHandOver, svc.HandOver)
	link.Handle(s, SubjectShelfCancelSale, svc.CancelSale)
	link.Handle(s, SubjectShelfTurnover, svc.Turnover)
	link.Handle(s, SubjectShelfTrace, svc.Trace)
	link.Handle(s, SubjectShelfReturnGoods, svc.ReturnGoods)
	link.Handle(s, SubjectShelfReturn, svc.Return)
}
