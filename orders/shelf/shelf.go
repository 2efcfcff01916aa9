// Package shelf is the contract and the rules of a charity supermarket (半亩园爱心超市) with goods of its own: it orders them by standing lists, puts
// delivered goods on the shelf, buys in from households at the counter, sells at the till and online, and writes off.
//
// Invariants:
//   - the goods of a lot that are sold, kept for buyers, written off or about to be never exceed the received ones: the
//     database refuses it. A till's sale beyond the books is a sale all the same, and stands apart as uncovered;
//   - a household's payable for a buy-in is written in the same transaction as the stock;
//   - a till's sale is one sale, however often it is sent;
//   - Trace, PublicShop and PublicGoods carry nothing of a person.
//
// Quantities are measures: grams where the price counts weight, and units where it does not.
package shelf

import (
	"context"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

//go:generate go run banmuyuan/internal/link/linkgen

// Service is the contract of the shelf for pages and the API.
//
//link:service orders v1 prefix=shelf_ raw
type Service interface {
	Returns

	StandingLists(context.Context, ShopRef) (StandingLists, error)
	// SaveStandingList creates (ID 0) or changes a list. Conflict when somebody else changed it since.
	SaveStandingList(context.Context, SaveStandingList) (StandingList, error)
	DropStandingList(context.Context, StandingListRef) (orders.None, error)
	// OrderStandingList places an order of the list's lines, as Service.Place does.
	OrderStandingList(context.Context, OrderStandingList) (orders.Order, error)

	// Arrivals are goods of the shop's own orders that were delivered and not yet put on the shelf.
	Arrivals(context.Context, ShopRef) (Arrivals, error)
	// Receive puts an arrival on the shelf as one lot. Conflict when somebody did.
	Receive(context.Context, Receive) (StockLot, error)
	// Sellers finds households at the counter by code, name or the last digits of their phone.
	Sellers(context.Context, SellerQuery) (Sellers, error)
	// BuyIn buys at the counter. More than the household still offers this season waits for DecideBuyIn, and nothing is posted
	// until then; see BuyIn.State.
	BuyIn(context.Context, BuyInRequest) (BuyIn, error)
	// DecideBuyIn lets a second person of the shop agree to a buy-in that waits, or refuse it with a reason. Forbidden for the
	// person that took the goods, Conflict when it was decided.
	DecideBuyIn(context.Context, DecideBuyIn) (BuyIn, error)
	// HeldBuyIns are the buy-ins that are not posted: waiting ones first, then the refused ones, the newest first.
	HeldBuyIns(context.Context, ShopRef) (HeldBuyIns, error)
	BuyIns(context.Context, BuyInFilter) (BuyInPage, error)
	BuyInSlip(context.Context, IDRef) (BuyIn, error)
	// Sheets are the days' buy-ins as the shop pays for them: CloseSheet ends one, PaySheet pays it. When it is paid, the
	// households are released.
	Sheets(context.Context, ShopRef) (Sheets, error)
	CloseSheet(context.Context, IDRef) (Sheet, error)
	PaySheet(context.Context, PayRefRequest) (orders.PayStart, error)

	Stock(context.Context, StockFilter) (StockPage, error)
	StockLot(context.Context, StockLotRef) (StockLot, error)
	Items(context.Context, ShopRef) (Items, error)
	SaveItem(context.Context, SaveItem) (Item, error)
	// WriteOff records a loss, a donation or goods that a count found. One of much value waits for DecideWriteOff by a second
	// person; Forbidden for the person that recorded it.
	WriteOff(context.Context, WriteOff) (Movement, error)
	DecideWriteOff(context.Context, DecideWriteOff) (Movement, error)
	Movements(context.Context, MovementFilter) (Movements, error)

	// Shops and Goods are for everybody.
	Shops(context.Context, orders.None) (PublicShops, error)
	Goods(context.Context, ShopRef) (PublicShop, error)
	// Till is everything a till needs to sell without a network.
	Till(context.Context, orders.None) (Till, error)
	// Ring records a sale at the till; the same client id twice is one sale.
	Ring(context.Context, Ring) (Sale, error) //link:body
	// Buy keeps goods for a private buyer until they are paid. SoldOut.
	Buy(context.Context, Buy) (Sale, error)
	PaySale(context.Context, PayRefRequest) (orders.PayStart, error)
	Sale(context.Context, SaleRef) (Sale, error)
	Sales(context.Context, SaleFilter) (SalePage, error)
	// HandOver gives a paid sale to the holder of its pickup code.
	HandOver(context.Context, HandOver) (Sale, error)
	// CancelSale by the buyer or the shop, until it is handed over; the payment goes back in full.
	CancelSale(context.Context, SaleRef) (Sale, error)
	Turnover(context.Context, TurnoverFilter) (Turnover, error)

	// Trace is the public story of a lot or a delivery, by its code. NotFound.
	Trace(context.Context, TraceRef) (Trace, error)
}

// ShopRef names a supermarket; its own staff may leave it out.
type ShopRef struct {
	OrgID int64 `json:"org_id,omitempty"`
}

type IDRef struct {
	ID int64 `json:"id"`
}

// StandingList (常备清单) is an order that comes again and again.
type StandingList struct {
	ID        int64           `json:"id"`
	OrgID     int64           `json:"org_id"`
	Name      string          `json:"name"`
	Weekdays  []int           `json:"weekdays"` // 1 Monday … 7 Sunday: when it is due; empty: whenever
	Lines     []ListLine      `json:"lines"`
	Delivery  orders.Delivery `json:"delivery"`
	Version   int64           `json:"version"`
	DueToday  bool            `json:"due_today"` // and not ordered yet
	OrderedAt *time.Time      `json:"ordered_at,omitempty"`
	OrderNo   string          `json:"order_no,omitempty"` // the latest order of it
}

type ListLine struct {
	orders.QuoteLine
	Presale   string       `json:"presale,omitempty"` // filled in
	Title     catalog.Text `json:"title"`
	Unit      string       `json:"unit,omitempty"`
	Orderable bool         `json:"orderable"`
}

type StandingLists struct {
	Items []StandingList `json:"items"`
}

type SaveStandingList struct {
	ID       int64              `json:"id,omitempty"`
	Name     string             `json:"name"`
	Weekdays []int              `json:"weekdays,omitempty"`
	Lines    []orders.QuoteLine `json:"lines"`
	Delivery orders.Delivery    `json:"delivery"`
	Version  int64              `json:"version,omitempty"` // that was read; 0 for a new one
	Key      string             `json:"idempotency_key"`
}

type StandingListRef struct {
	ID int64 `json:"id"`
}

type OrderStandingList struct {
	ID  int64  `json:"id"`
	Key string `json:"idempotency_key"`
}

// Arrival is one grade of a line of the shop's orders, weighed in one village.
type Arrival struct {
	OrderNo      string       `json:"order_no"`
	OrderID      int64        `json:"order_id"`
	Line         int          `json:"line"`
	VillageID    int64        `json:"village_id"`
	Village      string       `json:"village"`
	Product      string       `json:"product"`
	Title        catalog.Text `json:"title"`
	Grade        string       `json:"grade"`
	Unit         string       `json:"unit"`
	PriceUnit    string       `json:"price_unit"`
	Households   int64        `json:"households"`
	Units        int64        `json:"units"`
	NetGrams     int64        `json:"net_grams"`
	Measure      int64        `json:"measure"`
	CostFen      int64        `json:"cost_fen"`
	HouseholdFen int64        `json:"household_fen"`
	DeliveredAt  time.Time    `json:"delivered_at"`
}

type Arrivals struct {
	Items []Arrival `json:"items"`
}

type Receive struct {
	OrderNo    string `json:"order_no"`
	Line       int    `json:"line"`
	VillageID  int64  `json:"village_id"`
	Grade      string `json:"grade"`
	BestBefore string `json:"best_before"` // YYYY-MM-DD
	Key        string `json:"idempotency_key"`
}

type SellerQuery struct {
	Query string `json:"q"`
}

// Seller is a household as the counter sees it, to pay the right one.
type Seller struct {
	HouseholdID int64  `json:"household_id"`
	Code        string `json:"code"`
	Head        string `json:"head"`
	Village     string `json:"village"`
	Township    string `json:"township"`
}

type Sellers struct {
	Items []Seller `json:"items"`
	More  bool     `json:"more"` // than are shown: ask more precisely
}

type BuyInRequest struct {
	HouseholdID int64  `json:"household_id"`
	Product     string `json:"product"`
	Grade       string `json:"grade"`
	Measure     int64  `json:"measure"`   // grams, or units
	PriceFen    int64  `json:"price_fen"` // for one price unit of the product
	BestBefore  string `json:"best_before"`
	Key         string `json:"idempotency_key"`
}

// BuyIn (收购) is a purchase of the shop from a household at the counter.
type BuyIn struct {
	ID          int64        `json:"id"`
	No          string       `json:"no"`
	OrgID       int64        `json:"org_id"`
	Shop        string       `json:"shop"`
	HouseholdID int64        `json:"household_id"`
	Code        string       `json:"code,omitempty"`
	Head        string       `json:"head,omitempty"`
	VillageID   int64        `json:"village_id"`
	Village     string       `json:"village"`
	Product     string       `json:"product"`
	Title       catalog.Text `json:"title"`
	Grade       string       `json:"grade"`
	PriceUnit   string       `json:"price_unit"`
	Measure     int64        `json:"measure"`
	Price       money.Price  `json:"price"`
	AmountFen   int64        `json:"amount_fen"`
	LotID       int64        `json:"lot_id"` // 0, and no Trace and sheet, until it is posted
	Trace       string       `json:"trace"`
	SheetID     int64        `json:"sheet_id"`
	SheetNo     string       `json:"sheet_no"`
	SheetState  SheetState   `json:"sheet_state"`
	BoughtAt    time.Time    `json:"bought_at"`
	Actor       string       `json:"actor"`
	State       BuyInState   `json:"state"`
	Left        int64        `json:"left,omitempty"`       // order units that the household still offered when it waited
	OrderUnit   string       `json:"order_unit,omitempty"` // of Left
	Decidable   bool         `json:"decidable,omitempty"`  // by the caller
	DecidedBy   string       `json:"decided_by,omitempty"` // the second person
	DecidedAt   *time.Time   `json:"decided_at,omitempty"`
	Reason      string       `json:"reason,omitempty"` // of the second person
}

// BuyInState is the state of a buy-in. Its lot, its place on a sheet and the household's money exist when it is posted.
type BuyInState string

const (
	BuyInTaken   BuyInState = "taken"   // the catalogue is asked whether the household still offers it
	BuyInWaiting BuyInState = "waiting" // it is more than that: for a second person
	BuyInAgreed  BuyInState = "agreed"  // by a second person; the catalogue is told
	BuyInPosted  BuyInState = "posted"  // bought
	BuyInRefused BuyInState = "refused" // the goods go back to the household
)

type DecideBuyIn struct {
	ID     int64  `json:"id"`
	Agree  bool   `json:"agree"`
	Reason string `json:"reason"`
}

type HeldBuyIns struct {
	Items []BuyIn `json:"items"`
}

type BuyInFilter struct {
	OrgID   int64  `json:"org_id,omitempty"`
	SheetID int64  `json:"sheet_id,omitempty"`
	Cursor  string `json:"cursor,omitempty"`
	Limit   int    `json:"limit,omitempty"`
}

type BuyInPage struct {
	Items     []BuyIn `json:"items"`
	Total     int     `json:"total"`
	AmountFen int64   `json:"amount_fen"`
	Cursor    string  `json:"cursor,omitempty"`
}

// SheetState: see shelf_states.go.
type SheetState string

const (
	SheetOpen    SheetState = "open"    // takes buy-ins
	SheetClosing SheetState = "closing" // payments is told
	SheetClosed  SheetState = "closed"  // the shop may pay
	SheetSettled SheetState = "settled" // paid: households are released
)

// Sheet (收购单) gathers buy-ins until the shop pays for them with one payment.
type Sheet struct {
	ID         int64      `json:"id"`
	No         string     `json:"no"`
	OrgID      int64      `json:"org_id"`
	State      SheetState `json:"state"`
	BuyIns     int64      `json:"buy_ins"`
	Households int64      `json:"households"`
	AmountFen  int64      `json:"amount_fen"`
	OpenedAt   time.Time  `json:"opened_at"`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
	SettledAt  *time.Time `json:"settled_at,omitempty"`
}

type Sheets struct {
	Items []Sheet `json:"items"` // newest first
}

// PayRefRequest pays a sheet or a sale.
type PayRefRequest struct {
	ID        int64  `json:"id"`
	Method    string `json:"method"`
	ReturnURL string `json:"return_url"`
	Key       string `json:"idempotency_key"`
}

// StockSource is the source of a lot on the shelf.
type StockSource string

const (
	StockDelivery StockSource = "delivery" // of an order
	StockBuyIn    StockSource = "buyin"    // bought at the counter
)

// StockLot is goods of one origin on the shelf.
type StockLot struct {
	ID             int64        `json:"id"`
	Code           string       `json:"code"` // of its public trace page
	OrgID          int64        `json:"org_id"`
	ItemID         int64        `json:"item_id"`
	Product        string       `json:"product"`
	Title          catalog.Text `json:"title"`
	Picture        string       `json:"picture"`
	Grade          string       `json:"grade"`
	PriceUnit      string       `json:"price_unit"`
	Source         StockSource  `json:"source"`
	OrderNo        string       `json:"order_no,omitempty"`
	VillageID      int64        `json:"village_id"`
	Village        string       `json:"village"`
	Households     int64        `json:"households"`
	Received       int64        `json:"received"`
	Sold           int64        `json:"sold"`
	Kept           int64        `json:"kept"` // for online orders
	Held           int64        `json:"held"` // in a write-off that waits for a second person
	Lost           int64        `json:"lost"`
	Donated        int64        `json:"donated"`
	Found          int64        `json:"found"`
	Left           int64        `json:"left"` // on the shelf and free to sell
	CostFen        int64        `json:"cost_fen"`
	Price          money.Price  `json:"price"`
	HouseholdPrice money.Price  `json:"household_price"` // the households' part of it
	ShelvedAt      time.Time    `json:"shelved_at"`
	BestBefore     time.Time    `json:"best_before"`
}

type StockFilter struct {
	OrgID   int64  `json:"org_id,omitempty"`
	ItemID  int64  `json:"item,omitempty"`
	All     bool   `json:"all,omitempty"`     // also lots that are gone
	Expired bool   `json:"expired,omitempty"` // only lots past their date, or past it in two days
	Cursor  string `json:"cursor,omitempty"`
	Limit   int    `json:"limit,omitempty"`
}

type StockPage struct {
	Items   []StockLot `json:"items"` // the next to expire first
	Total   int        `json:"total"`
	CostFen int64      `json:"cost_fen"` // of the goods left, over all that match
	Cursor  string     `json:"cursor,omitempty"`
}

// StockLotRef names a lot by its id, or by the code on its label.
type StockLotRef struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
}

// Item is one grade of a product in a shop, with its price.
type Item struct {
	ID             int64        `json:"id"`
	OrgID          int64        `json:"org_id"`
	Product        string       `json:"product"`
	Title          catalog.Text `json:"title"`
	Picture        string       `json:"picture"`
	Grade          string       `json:"grade"`
	PriceUnit      string       `json:"price_unit"`
	Price          money.Price  `json:"price"`
	HouseholdPrice money.Price  `json:"household_price"` // over the goods on the shelf
	CostFen        int64        `json:"cost_fen"`        // of one price unit, over the goods on the shelf
	Barcode        string       `json:"barcode,omitempty"`
	Online         bool         `json:"online"`
	ByPiece        bool         `json:"by_piece"` // whole animals that are weighed: sold at the till only
	Left           int64        `json:"left"`
	Lots           int64        `json:"lots"`
	NextExpiry     *time.Time   `json:"next_expiry,omitempty"`
}

type Items struct {
	Items []Item `json:"items"`
}

type SaveItem struct {
	ID       int64  `json:"id"`
	PriceFen int64  `json:"price_fen"` // for one price unit
	Barcode  string `json:"barcode"`
	Online   bool   `json:"online"`
}

// MovementKind tells losses, donations and finds of goods apart.
type MovementKind string

const (
	MovementLoss     MovementKind = "loss"
	MovementDonation MovementKind = "donation"
	MovementFound    MovementKind = "found" // a count found more than the books say
)

// MovementState: held → done | refused; small ones are done at once.
type MovementState string

const (
	MovementDone    MovementState = "done"
	MovementHeld    MovementState = "held"
	MovementRefused MovementState = "refused"
)

// WriteOffLimitFen is the worth, at cost, above which a second person has to agree.
const WriteOffLimitFen = 200_00

// LossReasons are the reasons of a loss; a donation names its recipient instead. Returned goods that cannot be sold again are
// a loss with the reason "returned", see Returns.
var LossReasons = []string{"spoiled", "expired", "damaged", "weight", "missing", "other"}

type WriteOff struct {
	LotID   int64        `json:"lot_id"`
	Kind    MovementKind `json:"kind"`
	Measure int64        `json:"measure"`
	Reason  string       `json:"reason,omitempty"`
	Note    string       `json:"note,omitempty"` // of a donation: the recipient
	Key     string       `json:"idempotency_key"`
}

type Movement struct {
	ID        int64         `json:"id"`
	LotID     int64         `json:"lot_id"`
	Code      string        `json:"code"`
	Title     catalog.Text  `json:"title"`
	Grade     string        `json:"grade"`
	PriceUnit string        `json:"price_unit"`
	Kind      MovementKind  `json:"kind"`
	State     MovementState `json:"state"`
	Measure   int64         `json:"measure"`
	CostFen   int64         `json:"cost_fen"`
	Reason    string        `json:"reason,omitempty"`
	Note      string        `json:"note,omitempty"`
	Actor     string        `json:"actor"`
	At        time.Time     `json:"at"`
	DecidedBy string        `json:"decided_by,omitempty"`
	MayDecide bool          `json:"may_decide"` // the caller is a second person
}

type MovementFilter struct {
	OrgID int64         `json:"org_id,omitempty"`
	LotID int64         `json:"lot_id,omitempty"`
	State MovementState `json:"state,omitempty"`

	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type Movements struct {
	Items  []Movement `json:"items"` // newest first
	Cursor string     `json:"cursor,omitempty"`
}

type DecideWriteOff struct {
	ID     int64 `json:"id"`
	Accept bool  `json:"accept"`
}

// PublicGoods is one thing on a shop's shelf as everybody sees it.
type PublicGoods struct {
	ItemID         int64        `json:"item_id"`
	Product        string       `json:"product"`
	Title          catalog.Text `json:"title"`
	Picture        string       `json:"picture"`
	Grade          string       `json:"grade"`
	PriceUnit      string       `json:"price_unit"`
	Price          money.Price  `json:"price"`
	HouseholdPrice money.Price  `json:"household_price"`
	Left           int64        `json:"left"`
	Online         bool         `json:"online"`
	BestBefore     time.Time    `json:"best_before"`
	Villages       []string     `json:"villages"`
	Trace          string       `json:"trace"` // of the lot that is sold next
}

// PublicShop is a supermarket with its goods.
type PublicShop struct {
	OrgID   int64         `json:"org_id"`
	Name    string        `json:"name"`
	Address string        `json:"address"`
	Goods   []PublicGoods `json:"goods"`
}

type PublicShops struct {
	Items []PublicShop `json:"items"`
}

// Till is the data that a till keeps in its browser.
type Till struct {
	OrgID int64      `json:"org_id"`
	Shop  string     `json:"shop"`
	Items []TillItem `json:"items"`
}

type TillItem struct {
	ItemID    int64        `json:"item_id"`
	Title     catalog.Text `json:"title"`
	Grade     string       `json:"grade"`
	PriceUnit string       `json:"price_unit"`
	Price     money.Price  `json:"price"`
	Left      int64        `json:"left"`
	Barcode   string       `json:"barcode,omitempty"`
	Codes     []string     `json:"codes"` // of its lots' labels
}

// SaleChannel: over the counter, or ordered online and fetched.
type SaleChannel string

const (
	SaleTill   SaleChannel = "till"
	SaleOnline SaleChannel = "online"
)

// SaleState: see shelf_states.go.
type SaleState string

const (
	SalePlaced    SaleState = "placed"    // goods are kept until it is paid
	SaleExpiring  SaleState = "expiring"  // the provider is asked whether it was paid after all
	SaleExpired   SaleState = "expired"   //
	SalePaid      SaleState = "paid"      // waits to be fetched
	SaleDone      SaleState = "done"      // handed over
	SaleCancelled SaleState = "cancelled" //
)

type SaleLine struct {
	No           int          `json:"no"`
	ItemID       int64        `json:"item_id"`
	Product      string       `json:"product"`
	Title        catalog.Text `json:"title"`
	Grade        string       `json:"grade"`
	PriceUnit    string       `json:"price_unit"`
	Price        money.Price  `json:"price"`
	ListFen      int64        `json:"list_fen,omitempty"` // the shelf's price, where the till asked another
	Measure      int64        `json:"measure"`
	AmountFen    int64        `json:"amount_fen"`
	CostFen      int64        `json:"cost_fen,omitempty"`      // for the shop
	UncoveredQty int64        `json:"uncovered_qty,omitempty"` // sold beyond the books; for the shop
	Traces       []string     `json:"traces,omitempty"`

	Returned int64 `json:"returned,omitempty"` // came back, of the measure
}

type Sale struct {
	ID        int64       `json:"id"`
	No        string      `json:"no"`
	OrgID     int64       `json:"org_id"`
	Shop      string      `json:"shop"`
	Address   string      `json:"address"`
	Channel   SaleChannel `json:"channel"`
	State     SaleState   `json:"state"`
	Method    string      `json:"method,omitempty"`
	Lines     []SaleLine  `json:"lines"`
	TotalFen  int64       `json:"total_fen"`
	GivenFen  int64       `json:"given_fen,omitempty"` // cash that was handed over
	CostFen   int64       `json:"cost_fen,omitempty"`
	Buyer     string      `json:"buyer,omitempty"`
	Phone     string      `json:"phone,omitempty"`
	Pickup    string      `json:"pickup,omitempty"` // the buyer's code, for the buyer
	Cashier   string      `json:"cashier,omitempty"`
	SoldAt    time.Time   `json:"sold_at"`
	ExpiresAt *time.Time  `json:"expires_at,omitempty"`
	PaidAt    *time.Time  `json:"paid_at,omitempty"`
	DoneAt    *time.Time  `json:"done_at,omitempty"`
	ForShop   bool        `json:"for_shop"`          // the caller works there, or for the county
	Account   int64       `json:"account,omitempty"` // the buyer's, for the system
	CanCancel bool        `json:"can_cancel"`

	ReturnedFen int64    `json:"returned_fen,omitempty"`
	Returns     []Return `json:"returns,omitempty"`
	Voided      bool     `json:"voided,omitempty"`
	CanVoid     bool     `json:"can_void,omitempty"`   // by the caller, if it is still the latest
	CanReturn   bool     `json:"can_return,omitempty"` // the caller may take goods back
}

type RingLine struct {
	ItemID   int64  `json:"item_id"`
	Code     string `json:"code,omitempty"` // of the lot's label, when that was scanned
	Measure  int64  `json:"measure"`
	PriceFen int64  `json:"price_fen"` // for one price unit, as the till showed it
}

type Ring struct {
	ClientID string     `json:"client_id"` // UUID
	Lines    []RingLine `json:"lines"`
	Method   string     `json:"method"` // cash or sandbox: see payments
	GivenFen int64      `json:"given_fen,omitempty"`
	SoldAt   time.Time  `json:"sold_at"`
}

type BuyLine struct {
	ItemID  int64 `json:"item_id"`
	Measure int64 `json:"measure"`
}

type Buy struct {
	OrgID int64     `json:"org_id"`
	Lines []BuyLine `json:"lines"`
	Name  string    `json:"name"`
	Phone string    `json:"phone"`
	Key   string    `json:"idempotency_key"`
}

type SaleRef struct {
	ID int64 `json:"id"`
}

type SaleFilter struct {
	OrgID   int64       `json:"org_id,omitempty"`
	State   SaleState   `json:"state,omitempty"`
	Channel SaleChannel `json:"channel,omitempty"`
	Mine    bool        `json:"mine,omitempty"` // only the caller's purchases
	On      string      `json:"on,omitempty"`   // YYYY-MM-DD
	Cursor  string      `json:"cursor,omitempty"`
	Limit   int         `json:"limit,omitempty"`
}

type SalePage struct {
	Items    []Sale `json:"items"`
	Total    int    `json:"total"`
	TotalFen int64  `json:"total_fen"`
	CostFen  int64  `json:"cost_fen,omitempty"`
	Cursor   string `json:"cursor,omitempty"`
}

type HandOver struct {
	SaleID int64  `json:"sale_id,omitempty"` // or only the code
	Pickup string `json:"pickup"`
}

type TurnoverFilter struct {
	OrgID int64  `json:"org_id,omitempty"`
	From  string `json:"from,omitempty"` // YYYY-MM-DD; the last 30 days when empty
	To    string `json:"to,omitempty"`
}

// Turnover is the revenue of a shop, its cost and the households' part of it.
type Turnover struct {
	From         string         `json:"from"`
	To           string         `json:"to"`
	Sales        int64          `json:"sales"`
	RevenueFen   int64          `json:"revenue_fen"`  // less returns
	ReturnedFen  int64          `json:"returned_fen"` // returns, at the price that was paid
	CostFen      int64          `json:"cost_fen"`
	HouseholdFen int64          `json:"household_fen"`
	LostFen      int64          `json:"lost_fen"`
	DonatedFen   int64          `json:"donated_fen"`
	Uncovered    int64          `json:"uncovered"` // sale lines beyond the books
	Items        []TurnoverItem `json:"items"`
}

type TurnoverItem struct {
	ItemID     int64        `json:"item_id"`
	Title      catalog.Text `json:"title"`
	Grade      string       `json:"grade"`
	PriceUnit  string       `json:"price_unit"`
	Measure    int64        `json:"measure"`
	RevenueFen int64        `json:"revenue_fen"`
	CostFen    int64        `json:"cost_fen"`
}

// MarginFen is the shop's margin before its own expenses.
func (t Turnover) MarginFen() int64 { return t.RevenueFen - t.CostFen }

// MarginFen is the shop's margin on one item.
func (t TurnoverItem) MarginFen() int64 { return t.RevenueFen - t.CostFen }

type TraceRef struct {
	Code string `json:"code"`
}

// Trace is the public story of goods: where from, when and how. It has no field for a person, and none may be added.
type Trace struct {
	Code           string       `json:"code"`
	Product        string       `json:"product"`
	Title          catalog.Text `json:"title"`
	Story          catalog.Text `json:"story"`
	Storage        catalog.Text `json:"storage"`
	Picture        string       `json:"picture"`
	Grade          string       `json:"grade"`
	Unit           string       `json:"unit"` // of Count
	PriceUnit      string       `json:"price_unit"`
	Village        string       `json:"village"`
	Township       string       `json:"township"`
	Homes          int64        `json:"homes"` // how many yards it comes from
	NetGrams       int64        `json:"net_grams,omitempty"`
	Count          int64        `json:"count,omitempty"`
	Price          *money.Price `json:"price,omitempty"`
	HouseholdPrice *money.Price `json:"household_price,omitempty"`
	BestBefore     *time.Time   `json:"best_before,omitempty"`
	Steps          []TraceStep  `json:"steps"`
}

// TraceStep is a day in the journey of goods.
type TraceStep struct {
	Key   string    `json:"key"` // weighed, delivered, bought, shelved
	On    time.Time `json:"on"`
	Place string    `json:"place,omitempty"`
}

const (
	saleLetters  = "XS" // 销售
	buyInLetters = "SG" // 收购
	sheetLetters = "SD" // 收购单
)

// SaleNumber is a sale's number, on receipts.
func SaleNumber(id int64) string { return orders.FormatNumber(saleLetters, id) }

// BuyInNumber is a buy-in's number, on the household's slip.
func BuyInNumber(id int64) string { return orders.FormatNumber(buyInLetters, id) }

// SheetNumber is a sheet's number, which the shop's transfer quotes.
func SheetNumber(id int64) string { return orders.FormatNumber(sheetLetters, id) }

// SaleRefOf is how payments knows a sale, SheetRefOf a sheet of buy-ins.
func SaleRefOf(id int64) string  { return "sale:" + strconv.FormatInt(id, 10) }
func SheetRefOf(id int64) string { return "buyin:" + strconv.FormatInt(id, 10) }

// ParseShelfRef reads a payable reference of a sale or a sheet.
func ParseShelfRef(ref string) (kind string, id int64, ok bool) {
	kind, text, found := strings.Cut(ref, ":")
	if !found || kind != "sale" && kind != "buyin" {
		return "", 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return kind, id, err == nil && id > 0
}
