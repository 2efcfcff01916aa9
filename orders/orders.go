// Package orders is the contract of the order module. The module owns orders and their lines, shares, weigh tickets,
// deliveries and documents, and the income ledger (致富账), a read model of the income that every household is expected to
// get, is owed and was paid.
//
// Invariants:
//   - an order's state follows the tables in states.go and nothing else;
//   - the units of a line equal the units of its shares, until some are reported short;
//   - ordered, allocated, received and billed quantities are kept apart; a weigh ticket is superseded, never edited;
//   - a line's amount is the sum of its deliveries', and a delivery's is the sum of its households' shares, to the fen;
//   - prices, terms and the split's reasons are fixed when the order is placed.
//
// Quantities are whole numbers of the product's order unit (只, 斤, 箱, 枚); weights are grams; money is fen.
// Every method may return *link.Error with Invalid, NotFound, Forbidden or Unavailable; further codes are named at
// the method. Another person's order is NotFound.
package orders

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
)

// State of an order; see states.go for the transitions.
type State string

const (
	StatePlaced    State = "placed"    // 待付定金: stock is held until ExpiresAt
	StateExpiring  State = "expiring"  // 核对付款中: the provider is asked whether it was paid after all
	StateExpired   State = "expired"   // 已过期
	StateConfirmed State = "confirmed" // 已确认: deposit paid
	StateWeighing  State = "weighing"  // 过磅中: at least one ticket
	StateBilled    State = "billed"    // 待付尾款: every line weighed, balance due
	StatePaid      State = "paid"      // 已付清: inspection runs
	StateCompleted State = "completed" // 已完成: households released
	StateCancelled State = "cancelled" // 已取消
)

// Purpose of a payment.
type Purpose string

const (
	PurposeDeposit Purpose = "deposit"
	PurposeBalance Purpose = "balance"
)

// Shortage is the buyer's wish for units that a household cannot deliver.
type Shortage string

const (
	ShortageRefill Shortage = "refill" // from other households of the pool; units that none has are refunded
	ShortageRefund Shortage = "refund" // accept less
	ShortageAsk    Shortage = "ask"    // ask the buyer, see ShortageQuestion
)

// DeliveryKind: pickup at a collection point, or to an address.
type DeliveryKind string

const (
	DeliverPickup  DeliveryKind = "pickup"
	DeliverAddress DeliveryKind = "address"
)

type Delivery struct {
	Kind    DeliveryKind `json:"kind"`
	PointID int64        `json:"point_id,omitempty"`
	Point   string       `json:"point,omitempty"` // its name, filled in
	Name    string       `json:"name"`            // of the recipient
	Phone   string       `json:"phone"`
	Address string       `json:"address,omitempty"`
}

// QuoteLine asks for a quantity of one grade of a presale.
type QuoteLine struct {
	PresaleID int64  `json:"presale_id"`
	Grade     string `json:"grade,omitempty"` // empty: the best
	Qty       int64  `json:"quantity"`
}

type QuoteRequest struct {
	Channel catalog.Channel `json:"channel,omitempty"` // empty: the buyer's own
	Lines   []QuoteLine     `json:"lines"`
}

// Quote is everything a buyer sees before confirming. It holds nothing.
type Quote struct {
	Channel     catalog.Channel `json:"channel"`
	Lines       []Line          `json:"lines"`
	EstimateFen int64           `json:"estimate_fen"`
	DepositFen  int64           `json:"deposit_fen"`
	BalanceFen  int64           `json:"balance_fen"` // expected after weighing
	PayWithin   int64           `json:"pay_within_seconds"`
}

// PlaceRequest places an order. The idempotency key belongs to the account.
type PlaceRequest struct {
	IdempotencyKey string          `json:"idempotency_key"`
	Channel        catalog.Channel `json:"channel,omitempty"`
	Lines          []QuoteLine     `json:"lines"`
	Delivery       Delivery        `json:"delivery"`
	Shortage       Shortage        `json:"shortage,omitempty"` // refill when empty
	Note           string          `json:"note,omitempty"`
}

// Line of an order, with its quantities kept apart.
type Line struct {
	No           int                  `json:"no"`
	PresaleID    int64                `json:"presale_id"`
	Presale      string               `json:"presale"` // code
	Product      string               `json:"product"` // code
	Programme    string               `json:"programme"`
	Title        catalog.Text         `json:"title"`
	Picture      string               `json:"picture"`
	Unit         string               `json:"unit"`
	PriceUnit    string               `json:"price_unit"`
	Grade        string               `json:"grade"`
	Prices       []catalog.GradePrice `json:"prices"` // of every grade: the weigh ticket decides
	Price        money.Price          `json:"price"`  // of the ordered grade
	GramsPerUnit int64                `json:"grams_per_unit"`
	SellerOrg    int64                `json:"seller_org"`
	Seller       string               `json:"seller"`
	Policy       string               `json:"policy,omitempty"`
	Terms        catalog.Terms        `json:"terms"`
	DeliverFrom  time.Time            `json:"deliver_from"`
	DeliverTo    time.Time            `json:"deliver_to"`

	Ordered   int64 `json:"ordered"`
	Allocated int64 `json:"allocated"`
	Received  int64 `json:"received"` // accepted at the scale
	Short     int64 `json:"short"`    // will not come
	NetGrams  int64 `json:"net_grams"`

	EstimateFen int64 `json:"estimate_fen"`
	DepositFen  int64 `json:"deposit_fen"`
	PieceFen    int64 `json:"piece_fen,omitempty"` // estimated price of one unit, where the price is of another measure
	AmountFen   int64 `json:"amount_fen"`          // billed so far
	Complete    bool  `json:"complete"`            // every unit received or short
}

// Buyer is the buyer of an order, as the seller and the county need it.
type Buyer struct {
	AccountID int64  `json:"account_id"`
	OrgID     int64  `json:"org_id,omitempty"`
	Name      string `json:"name"`
}

type Order struct {
	ID          int64           `json:"id"`
	No          string          `json:"no"` // read out by people, quoted by banks: see Number
	Channel     catalog.Channel `json:"channel"`
	State       State           `json:"state"`
	Buyer       Buyer           `json:"buyer"`
	Delivery    Delivery        `json:"delivery"`
	Shortage    Shortage        `json:"shortage"`
	Note        string          `json:"note,omitempty"`
	Lines       []Line          `json:"lines"`
	EstimateFen int64           `json:"estimate_fen"`
	DepositFen  int64           `json:"deposit_fen"` // asked
	AmountFen   int64           `json:"amount_fen"`  // billed so far
	PaidFen     int64           `json:"paid_fen"`    // received for this order, deposit and balance
	RefundFen   int64           `json:"refund_fen"`  // refunded or on its way
	ForfeitFen  int64           `json:"forfeit_fen"`
	DueFen      int64           `json:"due_fen"`     // to pay now: deposit, or balance
	BalanceFen  int64           `json:"balance_fen"` // to pay after the deposit: an estimate until all is weighed, then what is due
	PlacedAt    time.Time       `json:"placed_at"`
	ExpiresAt   *time.Time      `json:"expires_at,omitempty"`
	Timeline    []TimelineEntry `json:"timeline,omitempty"`
	Version     int64           `json:"version"`
	CanCancel   bool            `json:"can_cancel"`
	CancelCost  int64           `json:"cancel_cost_fen"` // forfeited if cancelled now

	BalanceEstimated bool `json:"balance_estimated,omitempty"`

	Questions []ShortageQuestion `json:"questions,omitempty"` // that wait for the buyer's answer
}

type TimelineEntry struct {
	At    time.Time         `json:"at"`
	Key   string            `json:"key"` // message key, e.g. order.timeline.confirmed
	Args  map[string]string `json:"args,omitempty"`
	Actor string            `json:"actor,omitempty"`
}

type OrderRef struct {
	ID int64  `json:"id,omitempty"`
	No string `json:"no,omitempty"`
}

// OrderFilter selects orders within the caller's view: own ones, the own organisation's, own sales, all for the county.
type OrderFilter struct {
	State   []State         `json:"state,omitempty"`
	Channel catalog.Channel `json:"channel,omitempty"`
	Query   string          `json:"q,omitempty"` // number, buyer's name
	Presale int64           `json:"presale,omitempty"`
	Season  int             `json:"season,omitempty"`  // 0: all
	Selling bool            `json:"selling,omitempty"` // orders my cooperative sells, rather than its own purchases
	From    string          `json:"from,omitempty"`
	To      string          `json:"to,omitempty"`
	Cursor  string          `json:"cursor,omitempty"`
	Limit   int             `json:"limit,omitempty"`
}

type OrderPage struct {
	Items       []Order `json:"items"` // without timeline
	Total       int     `json:"total"`
	EstimateFen int64   `json:"estimate_fen"` // sums over all that match
	AmountFen   int64   `json:"amount_fen"`
	Cursor      string  `json:"cursor,omitempty"`
}

// Origins is which villages an order comes from; for the buyer.
type Origins struct {
	// Villages of all lines. Their quantities are of one unit, or 0 where the lines have several: see Lines.
	Villages   []catalog.PublicVillage `json:"villages"`
	Households int64                   `json:"households"`
	Lines      []LineOrigin            `json:"lines"`
}

// LineOrigin is which villages a line comes from, with quantities in the line's unit.
type LineOrigin struct {
	No         int                     `json:"no"`
	Title      catalog.Text            `json:"title"`
	Unit       string                  `json:"unit"`
	Villages   []catalog.PublicVillage `json:"villages"`
	Households int64                   `json:"households"`
}

// PayRequest starts a payment of the amount due.
type PayRequest struct {
	OrderNo        string `json:"order_no"`
	Method         string `json:"method"` // sandbox, stripe, bank_transfer, cash: see payments
	ReturnURL      string `json:"return_url"`
	IdempotencyKey string `json:"idempotency_key"`
}

// PayStart is the page to go to, or the transfer to make.
type PayStart struct {
	PaymentID    int64      `json:"payment_id"`
	State        string     `json:"state"`
	AmountFen    int64      `json:"amount_fen"`
	URL          string     `json:"url,omitempty"`           // the provider's page
	TransferCode string     `json:"transfer_code,omitempty"` // 识别码 to quote
	PayTo        string     `json:"pay_to,omitempty"`
	PayToAccount string     `json:"pay_to_account,omitempty"`
	PayToBank    string     `json:"pay_to_bank,omitempty"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
}

type CancelRequest struct {
	OrderNo        string `json:"order_no"`
	Reason         string `json:"reason"`
	IdempotencyKey string `json:"idempotency_key"`
}

// ShareState: expected → weighed | short. Superseding its ticket makes it expected again.
type ShareState string

const (
	ShareExpected ShareState = "expected"
	ShareWeighed  ShareState = "weighed"
	ShareShort    ShareState = "short"
)

// Share is one household's part of a line, for its collectors and for the household itself.
type Share struct {
	OrderID      int64           `json:"order_id"`
	OrderNo      string          `json:"order_no"`
	Line         int             `json:"line"`
	LotID        int64           `json:"lot_id"`
	HouseholdID  int64           `json:"household_id"`
	VillageID    int64           `json:"village_id"`
	Qty          int64           `json:"qty"`
	Received     int64           `json:"received"`
	Short        int64           `json:"short"`
	NetGrams     int64           `json:"net_grams"`
	State        ShareState      `json:"state"`
	Policy       string          `json:"policy"`
	LevelFen     int64           `json:"level_fen"` // the reason: expected income per person before this share
	ExpectedFen  int64           `json:"expected_fen"`
	AgentFen     int64           `json:"agent_fen,omitempty"` // a raiser's part, which is not the household's
	SoldFen      int64           `json:"sold_fen"`            // the household's part of all Qty, as estimated for the sale; ExpectedFen is without short units
	Price        money.Price     `json:"price"`               // of Grade
	Season       int             `json:"season"`
	TicketID     int64           `json:"ticket_id,omitempty"`
	Product      string          `json:"product"`
	Title        catalog.Text    `json:"title"`
	Unit         string          `json:"unit"`
	Grade        string          `json:"grade"`
	GramsPerUnit int64           `json:"grams_per_unit"`
	DeliverFrom  time.Time       `json:"deliver_from"`
	DeliverTo    time.Time       `json:"deliver_to"`
	Channel      catalog.Channel `json:"channel"`
	// From the catalogue, for callers with the right to see it:
	Code    string `json:"code,omitempty"`
	Head    string `json:"head,omitempty"`
	Village string `json:"village,omitempty"`
	Phone   string `json:"phone,omitempty"`
	// Of a call-off: its contract, and the adjustments that the clerk may apply.
	ContractNo  string               `json:"contract_no,omitempty"`
	AgreedPoint int64                `json:"agreed_point,omitempty"` // where it is weighed, if the contract says so
	Adjustments []ContractAdjustment `json:"adjustments,omitempty"`
}

type CollectionFilter struct {
	VillageID int64      `json:"village,omitempty"`
	OrderNo   string     `json:"order_no,omitempty"`
	Product   string     `json:"product,omitempty"`
	State     ShareState `json:"state,omitempty"`
	Household int64      `json:"household,omitempty"`
	LotID     int64      `json:"lot,omitempty"`
	Query     string     `json:"q,omitempty"`
	Cursor    string     `json:"cursor,omitempty"`
	Limit     int        `json:"limit,omitempty"` // up to 500
}

// CollectionPage is the work of one cooperative: the shares to fetch, by place. Sums are over all matches.
type CollectionPage struct {
	Items    []Share `json:"items"`
	Total    int     `json:"total"`
	Qty      int64   `json:"qty"`
	Received int64   `json:"received"`
	Cursor   string  `json:"cursor,omitempty"`
}

type CollectionVillage struct {
	VillageID  int64        `json:"village_id"`
	Product    string       `json:"product"`
	Title      catalog.Text `json:"title"`
	Unit       string       `json:"unit"`
	Households int64        `json:"households"`
	Open       int64        `json:"open"` // shares not yet weighed
	Qty        int64        `json:"qty"`
	Received   int64        `json:"received"`
	Short      int64        `json:"short"`
}

type CollectionVillages struct {
	Items []CollectionVillage `json:"items"`
}

// WeighRequest records one weighing. ClientID is made on the phone: the same one twice is one ticket.
type WeighRequest struct {
	ClientID   string    `json:"client_id"` // UUID
	OrderNo    string    `json:"order_no"`
	Line       int       `json:"line"`
	LotID      int64     `json:"lot_id"`
	PointID    int64     `json:"point_id"`
	Units      int64     `json:"units"`                 // accepted: heads, 斤, boxes
	Rejected   int64     `json:"rejected,omitempty"`    // brought but refused
	Reason     string    `json:"reason,omitempty"`      // of the refusal
	GrossGrams int64     `json:"gross_grams,omitempty"` // 0 for counted products
	TareGrams  int64     `json:"tare_grams,omitempty"`
	Grade      string    `json:"grade"`
	WeighedAt  time.Time `json:"weighed_at"`
	Final      bool      `json:"final"`                // nothing more will come from this household: the rest is short
	Supersedes int64     `json:"supersedes,omitempty"` // ticket id
	// Adjustments are the codes of the call-off's premiums and deductions for these goods.
	Adjustments []string `json:"adjustments,omitempty"`
}

// TicketState: accepted, held (far from the estimate: waits for a second person), refused, superseded.
type TicketState string

const (
	TicketAccepted   TicketState = "accepted"
	TicketHeld       TicketState = "held"
	TicketRefused    TicketState = "refused"
	TicketSuperseded TicketState = "superseded"
)

type Ticket struct {
	ID           int64           `json:"id"`
	No           string          `json:"no"`
	ClientID     string          `json:"client_id"`
	OrderID      int64           `json:"order_id"`
	OrderNo      string          `json:"order_no"`
	Line         int             `json:"line"`
	LotID        int64           `json:"lot_id"`
	HouseholdID  int64           `json:"household_id"`
	VillageID    int64           `json:"village_id"`
	PointID      int64           `json:"point_id"`
	Units        int64           `json:"units"`
	Rejected     int64           `json:"rejected"`
	Reason       string          `json:"reason,omitempty"`
	GrossGrams   int64           `json:"gross_grams"`
	TareGrams    int64           `json:"tare_grams"`
	NetGrams     int64           `json:"net_grams"`
	Grade        string          `json:"grade"`
	Price        money.Price     `json:"price"`
	State        TicketState     `json:"state"`
	HeldFor      string          `json:"held_for,omitempty"` // message key
	DeliveryID   int64           `json:"delivery_id,omitempty"`
	AmountFen    int64           `json:"amount_fen"` // gross, once the delivery is closed; an estimate before
	FeeFen       int64           `json:"fee_fen"`
	Agent        string          `json:"agent,omitempty"` // raised it on the household's behalf
	AgentBP      int64           `json:"agent_bp,omitempty"`
	VillageBP    int64           `json:"village_bp,omitempty"` // of the fee, for the village collective
	AgentFen     int64           `json:"agent_fen,omitempty"`
	NetFen       int64           `json:"net_fen"`
	Settled      bool            `json:"settled"` // the delivery is closed: the amounts are final
	WeighedAt    time.Time       `json:"weighed_at"`
	Actor        string          `json:"actor"`
	ConfirmedBy  string          `json:"confirmed_by,omitempty"`
	Supersedes   int64           `json:"supersedes,omitempty"`
	SupersededBy int64           `json:"superseded_by,omitempty"`
	Contract     *TicketContract `json:"contract,omitempty"` // of a call-off: how the price came about
	Title        catalog.Text    `json:"title"`
	Unit         string          `json:"unit"`
	PriceUnit    string          `json:"price_unit"`
	Code         string          `json:"code,omitempty"`
	Head         string          `json:"head,omitempty"`
	Village      string          `json:"village,omitempty"`
	Point        string          `json:"point,omitempty"`
	Trace        string          `json:"trace,omitempty"` // code of its delivery's public page
}

type TicketRef struct {
	ID int64 `json:"id"`
}

type TicketFilter struct {
	OrderNo   string      `json:"order_no,omitempty"`
	Household int64       `json:"household,omitempty"`
	VillageID int64       `json:"village,omitempty"`
	State     TicketState `json:"state,omitempty"`
	Cursor    string      `json:"cursor,omitempty"`
	Limit     int         `json:"limit,omitempty"`
}

type TicketPage struct {
	Items  []Ticket `json:"items"`
	Total  int      `json:"total"`
	Cursor string   `json:"cursor,omitempty"`
}

type DecideTicketRequest struct {
	ID     int64  `json:"id"`
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty"`
}

// ShortRequest reports that a household will not deliver some or all of a share.
type ShortRequest struct {
	OrderNo        string `json:"order_no"`
	Line           int    `json:"line"`
	LotID          int64  `json:"lot_id"`
	Units          int64  `json:"units"`
	Reason         string `json:"reason"` // died, harvest, quality, refused, other
	Lost           bool   `json:"lost"`   // the units are gone, not sellable to anybody else
	IdempotencyKey string `json:"idempotency_key"`
}

type ShortResult struct {
	Refilled int64   `json:"refilled"`
	Looking  int64   `json:"looking"` // still looked for at other households; the same request again returns the outcome
	Short    int64   `json:"short"`   // not found: refunded, or the buyer is asked
	Shares   []Share `json:"shares"`
}

// CloseVillageRequest says that collection of a line in a village is over: units that were not weighed are short, and the
// tickets become a delivery with final amounts. Deliveries also close by themselves when every share is done.
type CloseVillageRequest struct {
	OrderNo        string `json:"order_no"`
	Line           int    `json:"line"`
	VillageID      int64  `json:"village_id"`
	IdempotencyKey string `json:"idempotency_key"`
}

// DeliveryNote (验收单) is a closed delivery: tickets of one line in one village.
type DeliveryNote struct {
	ID        int64     `json:"id"`
	No        string    `json:"no"`
	OrderID   int64     `json:"order_id"`
	OrderNo   string    `json:"order_no"`
	Line      int       `json:"line"`
	VillageID int64     `json:"village_id"`
	Units     int64     `json:"units"`
	NetGrams  int64     `json:"net_grams"`
	AmountFen int64     `json:"amount_fen"`
	FeeFen    int64     `json:"fee_fen"`
	ClosedAt  time.Time `json:"closed_at"`
	Reversed  bool      `json:"reversed,omitempty"`
}

type DeliveryNotes struct {
	Items []DeliveryNote `json:"items"`
}

//go:generate go run banmuyuan/internal/link/linkgen

// Service is the order module as pages and other modules ask it.
//
//link:service orders v1 raw
type Service interface {
	Quote(context.Context, QuoteRequest) (Quote, error) //link:body
	// Place reserves and writes the order at once; it needs no payment provider. SoldOut; Conflict: the key was used
	// with another body. A timeout is an unknown outcome: ask again with the same key.
	Place(context.Context, PlaceRequest) (Order, error) //link:body
	Order(context.Context, OrderRef) (Order, error)
	Orders(context.Context, OrderFilter) (OrderPage, error)
	Origins(context.Context, OrderRef) (Origins, error)
	// Pay starts a payment of the amount due now. Conflict when nothing is due.
	Pay(context.Context, PayRequest) (PayStart, error)
	// Cancel: by the buyer until the first ticket, by the county any time before the bill. Conflict otherwise.
	Cancel(context.Context, CancelRequest) (Order, error)

	// Collection, CollectionVillages: the work of the caller's cooperative, or the shares of the caller's household.
	Collection(context.Context, CollectionFilter) (CollectionPage, error)
	CollectionVillages(context.Context, CollectionFilter) (CollectionVillages, error)
	Weigh(context.Context, WeighRequest) (Ticket, error) //link:body
	Ticket(context.Context, TicketRef) (Ticket, error)
	Tickets(context.Context, TicketFilter) (TicketPage, error)
	// DecideTicket accepts or refuses a held ticket; Forbidden for the person that weighed it.
	DecideTicket(context.Context, DecideTicketRequest) (Ticket, error) //link:subject ticket_decide
	ReportShort(context.Context, ShortRequest) (ShortResult, error)    //link:subject short
	// ReportShortfall takes a household or a village out of all it has promised. The same key goes on where an
	// earlier try was cut off.
	ReportShortfall(context.Context, ShortfallRequest) (Shortfall, error) //link:subject shortfall
	// AnswerShortage is for the buyer. Conflict when it was answered otherwise, or cannot be cancelled any more.
	AnswerShortage(context.Context, AnswerShortageRequest) (Order, error)     //link:subject shortage_answer
	CloseVillage(context.Context, CloseVillageRequest) (DeliveryNotes, error) //link:subject village_close
	Deliveries(context.Context, OrderRef) (DeliveryNotes, error)

	// Income is a household's 致富账. For the household, its helper with consent, and the county.
	Income(context.Context, IncomeRequest) (Income, error)
	// Report is the county's totals. For county staff.
	Report(context.Context, ReportRequest) (Report, error)
	// Incomes lists the income of every household in a season, for reports. For county staff.
	Incomes(context.Context, IncomesRequest) (HouseholdIncomes, error)
	// RebuildIncome empties the income ledger and reads it anew from its sources. System only.
	RebuildIncome(context.Context, None) (Rebuilt, error) //link:subject income_rebuild

	Verify(context.Context, None) (Findings, error)
	// Digests lets verify compare orders with holds and payments.
	Digests(context.Context, DigestRequest) (Digests, error)
}

type None = catalog.None
type Finding = catalog.Finding
type Findings = catalog.Findings

type DigestRequest struct {
	After int64 `json:"after"`
	Limit int   `json:"limit"`
}

// Digest of an order for cross-checks.
type Digest struct {
	ID        int64        `json:"id"`
	Ref       string       `json:"ref"` // how payments knows it
	State     State        `json:"state"`
	PaidFen   int64        `json:"paid_fen"`
	RefundFen int64        `json:"refund_fen"`
	AmountFen int64        `json:"amount_fen"`
	Lines     []LineDigest `json:"lines"`
}

type LineDigest struct {
	No       int   `json:"no"`
	Open     int64 `json:"open"` // allocated and neither received nor short
	Received int64 `json:"received"`
}

type Digests struct {
	Items []Digest `json:"items"`
}

type Rebuilt struct {
	Entries int64 `json:"entries"`
}
