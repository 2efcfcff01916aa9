// Package contract holds the contract and the rules of purchase contracts (收购合同): an organisation promises to buy a
// quantity at no less than a floor price, households sign quotas of it, and call-offs (提货单) draw on the quotas.
//
// Invariants, besides those of package orders:
//   - the terms of a contract stand once it was approved, and a signed text and its hash never change;
//   - proposed and signed quotas never exceed the contract's quantity, and call-offs from a household never its quota (its
//     lot in the catalogue): the database refuses both;
//   - a call-off's ticket names floor, reference price and adjustments, and its price follows from them;
//   - an advance is deducted from owed income until it is worked off, and never beyond.
package contract

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Grade is a grade that a contract takes and the least it pays for it.
type Grade struct {
	Grade string      `json:"grade"`
	Floor money.Price `json:"floor"`
}

// Window are days on which goods may be called off, both included.
type Window struct {
	From string `json:"from"` // YYYY-MM-DD
	To   string `json:"to"`
}

// Terms are the signed content of a contract.
type Terms struct {
	Title        string                      `json:"title"`
	Product      string                      `json:"product"` // code
	Season       int                         `json:"season"`
	CollectorOrg int64                       `json:"collector_org"` // the cooperative that collects and weighs
	Quantity     int64                       `json:"quantity"`      // in the product's order unit
	Grades       []Grade                     `json:"grades"`        // best first
	Adjustments  []orders.ContractAdjustment `json:"adjustments,omitempty"`
	FeeBP        int64                       `json:"fee_bp"`               // kept by the collecting cooperative for its service
	VillageBP    int64                       `json:"village_bp,omitempty"` // of the fee, for the household's village collective
	AdvanceFen   int64                       `json:"advance_fen"`          // paid ahead to the household per order unit
	ToleranceBP  int64                       `json:"tolerance_bp"`
	MinQuota     int64                       `json:"min_quota"`
	MaxQuota     int64                       `json:"max_quota"`
	Townships    []int64                     `json:"townships,omitempty"`  // empty: all
	Programmes   []string                    `json:"programmes,omitempty"` // a household must be in all of them
	Points       []int64                     `json:"points,omitempty"`     // collection points; empty: each village's own
	SignBy       string                      `json:"sign_by"`              // YYYY-MM-DD, the last day
	DeliverFrom  string                      `json:"deliver_from"`         // the first day of the first window
	DeliverTo    string                      `json:"deliver_to"`           // and the last of the last
	Windows      []Window                    `json:"windows,omitempty"`    // in order and apart; none: all of these days
	Destination  string                      `json:"destination"`          // where the buyer takes the goods
	Contact      string                      `json:"contact"`
	Phone        string                      `json:"phone"`
	Note         string                      `json:"note,omitempty"`
}

// Contract with its quantities kept apart.
type Contract struct {
	ID        int64  `json:"id"`
	No        string `json:"no"`
	OrgID     int64  `json:"org_id"`
	Org       string `json:"org"`
	Collector string `json:"collector"`
	Terms
	State       State                  `json:"state"`
	Name        catalog.Text           `json:"name"` // of the product
	Picture     string                 `json:"picture"`
	Unit        string                 `json:"unit"`
	PriceUnit   string                 `json:"price_unit"`
	PointNames  []string               `json:"point_names,omitempty"` // of Points
	UnitGrams   int64                  `json:"unit_grams"`            // estimate of one unit; 0 where nobody weighs
	Promised    int64                  `json:"promised"`              // proposed and signed
	Signed      int64                  `json:"signed"`
	Households  int64                  `json:"households"` // that signed
	Waiting     int64                  `json:"waiting"`    // proposals without an answer
	CalledOff   int64                  `json:"called_off"`
	Received    int64                  `json:"received"`
	Short       int64                  `json:"short"`
	NetGrams    int64                  `json:"net_grams"`
	EstimateFen int64                  `json:"estimate_fen"` // of the called-off units, at floor prices
	BilledFen   int64                  `json:"billed_fen"`
	PaidFen     int64                  `json:"paid_fen"`
	AdvancedFen int64                  `json:"advanced_fen"` // granted to households
	WorkedFen   int64                  `json:"worked_fen"`   // of it deducted from deliveries
	AdvanceDue  int64                  `json:"advance_due_fen"`
	SubmittedBy string                 `json:"submitted_by,omitempty"`
	ApprovedBy  string                 `json:"approved_by,omitempty"`
	ApprovedAt  *time.Time             `json:"approved_at,omitempty"`
	CreatedAt   time.Time              `json:"created_at"`
	Version     int64                  `json:"version"`
	Steps       []Step                 `json:"steps"` // open to the caller now
	Timeline    []orders.TimelineEntry `json:"timeline,omitempty"`
}

type Ref struct {
	No string `json:"no"`
}

type Save struct {
	No string `json:"no,omitempty"` // empty: a new draft
	Terms
	IdempotencyKey string `json:"idempotency_key"`
}

type Move struct {
	No      string `json:"no"`
	Step    Step   `json:"step"`
	Reason  string `json:"reason,omitempty"`  // of a return
	Propose bool   `json:"propose,omitempty"` // open: have the platform propose quotas by the fair policy
}

type Filter struct {
	State  State  `json:"state,omitempty"`
	Open   bool   `json:"open,omitempty"` // for households: contracts open to them
	House  int64  `json:"household,omitempty"`
	Query  string `json:"q,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type Page struct {
	Items  []Contract `json:"items"`
	Total  int        `json:"total"`
	Cursor string     `json:"cursor,omitempty"`
}

// Quota is one household's part of a contract.
type Quota struct {
	ID           int64        `json:"id"`
	ContractNo   string       `json:"contract_no"`
	HouseholdID  int64        `json:"household_id"`
	VillageID    int64        `json:"village_id"`
	Qty          int64        `json:"qty"`
	State        QuotaState   `json:"state"`
	Own          bool         `json:"own"` // the household asked for it, rather than the platform
	LevelFen     int64        `json:"level_fen"`
	AnswerBy     *time.Time   `json:"answer_by,omitempty"`
	SignedAt     *time.Time   `json:"signed_at,omitempty"`
	SignedBy     string       `json:"signed_by,omitempty"`
	OnBehalf     bool         `json:"on_behalf,omitempty"` // a helper signed, with the household's consent
	Reason       string       `json:"reason,omitempty"`    // of a refusal
	TextHash     string       `json:"text_hash,omitempty"` // SHA-256 in hex
	Text         string       `json:"text,omitempty"`      // of one quota: the text to be signed, or signed
	CalledOff    int64        `json:"called_off"`
	Received     int64        `json:"received"`
	Short        int64        `json:"short"`
	AdvanceFen   int64        `json:"advance_fen"`
	WorkedFen    int64        `json:"worked_fen"`
	Agent        string       `json:"agent,omitempty"` // raises it on the household's behalf
	AgentBP      int64        `json:"agent_bp,omitempty"`
	ExpectedFen  int64        `json:"expected_fen"` // at the floor price, less the fee and the raiser's part
	Contract     *Contract    `json:"contract,omitempty"`
	Code         string       `json:"code,omitempty"`
	Head         string       `json:"head,omitempty"`
	Village      string       `json:"village,omitempty"`
	Unit         string       `json:"unit"`
	ContractName string       `json:"contract_title"`
	Name         catalog.Text `json:"name"`
}

type QuotaRef struct {
	ID int64 `json:"id"`
}

type QuotaFilter struct {
	No        string     `json:"no,omitempty"`
	Household int64      `json:"household,omitempty"`
	VillageID int64      `json:"village,omitempty"`
	State     QuotaState `json:"state,omitempty"`
	Cursor    string     `json:"cursor,omitempty"`
	Limit     int        `json:"limit,omitempty"`
}

type QuotaPage struct {
	Items  []Quota `json:"items"`
	Total  int     `json:"total"`
	Qty    int64   `json:"qty"`
	Cursor string  `json:"cursor,omitempty"`
}

// ProposeQuotas has the platform propose quotas for the unpromised quantity, or for Qty of it.
type ProposeQuotas struct {
	No             string `json:"no"`
	Qty            int64  `json:"qty,omitempty"`
	AnswerDays     int    `json:"answer_days,omitempty"` // 7
	IdempotencyKey string `json:"idempotency_key"`
}

type Proposed struct {
	Households int64 `json:"households"`
	Qty        int64 `json:"qty"`
}

// SignUp is a household that asks for a quota of its own accord. It agrees to the text of the hash that it was shown.
type SignUp struct {
	No             string `json:"no"`
	HouseholdID    int64  `json:"household_id"`
	Qty            int64  `json:"qty"`
	ReadHash       string `json:"read_hash,omitempty"` // of the text that was read, as TextHash has it: another text is not signed
	IdempotencyKey string `json:"idempotency_key"`
}

// SignOffer is the quota that a household may sign under a contract.
type SignOffer struct {
	Contract Contract `json:"contract"`
	Most     int64    `json:"most"`            // 0: nothing, and Why says so
	Why      string   `json:"why,omitempty"`   // message key
	Quota    *Quota   `json:"quota,omitempty"` // it has one already
	Text     string   `json:"text,omitempty"`  // that would be signed for Qty
	Agent    string   `json:"agent,omitempty"` // raises it on the household's behalf
	AgentBP  int64    `json:"agent_bp,omitempty"`
	UnitFen  int64    `json:"unit_fen"` // the household's income for a unit at the best grade's floor price
}

type SignOfferRequest struct {
	No          string `json:"no"`
	HouseholdID int64  `json:"household_id"`
	Qty         int64  `json:"qty,omitempty"` // for the text
}

// AnswerQuota is a household's answer to a proposal.
type AnswerQuota struct {
	ID     int64  `json:"id"`
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty"`
	// ReadHash is the hash of the text that was read, as TextHash has it: another text is not signed.
	ReadHash string `json:"read_hash,omitempty"`
}

// CallOff orders a quantity of a running contract for a day. It is an order of its own: several a day are possible.
type CallOff struct {
	No             string   `json:"no"`
	Qty            int64    `json:"quantity"`
	Day            string   `json:"day"` // YYYY-MM-DD
	Slot           CallSlot `json:"slot,omitempty"`
	PointID        int64    `json:"point_id,omitempty"` // one of the contract's; 0 where it has one, or none
	Note           string   `json:"note,omitempty"`
	IdempotencyKey string   `json:"idempotency_key"`
}

// CallSlot is the part of the day.
type CallSlot string

const (
	SlotDay       CallSlot = ""
	SlotMorning   CallSlot = "morning"
	SlotAfternoon CallSlot = "afternoon"
)

// CallOffRow is a call-off with its quantities kept apart.
type CallOffRow struct {
	OrderID    int64        `json:"order_id"`
	OrderNo    string       `json:"order_no"`
	ContractNo string       `json:"contract_no"`
	Title      string       `json:"title"`
	Day        string       `json:"day"`
	Slot       CallSlot     `json:"slot,omitempty"`
	Point      string       `json:"point,omitempty"` // where it is collected, if the contract says so
	State      orders.State `json:"state"`
	Ordered    int64        `json:"ordered"`
	Received   int64        `json:"received"`
	Short      int64        `json:"short"`
	NetGrams   int64        `json:"net_grams"`
	BilledFen  int64        `json:"billed_fen"`
	PaidFen    int64        `json:"paid_fen"`
	Unit       string       `json:"unit"`
	Late       bool         `json:"late"` // its day is over and goods are missing
	PlacedAt   time.Time    `json:"placed_at"`
}

type CallOffs struct {
	Items []CallOffRow `json:"items"`
}

// PlanRequest asks for the collections of one contract or of all of the caller's.
type PlanRequest struct {
	No      string `json:"no,omitempty"`
	Day     string `json:"day,omitempty"` // one day only
	Village int64  `json:"village,omitempty"`
}

// PlanStop is one village on one day.
type PlanStop struct {
	Day        string       `json:"day"`
	Slot       CallSlot     `json:"slot,omitempty"`
	ContractNo string       `json:"contract_no"`
	OrderNo    string       `json:"order_no"`
	VillageID  int64        `json:"village_id"`
	Village    string       `json:"village"`
	Township   string       `json:"township"`
	Point      string       `json:"point"`
	Address    string       `json:"address"`
	Households int64        `json:"households"`
	Qty        int64        `json:"qty"`
	Received   int64        `json:"received"`
	Short      int64        `json:"short"`
	Name       catalog.Text `json:"name"`
	Unit       string       `json:"unit"`
	UnitGrams  int64        `json:"unit_grams"`
	Late       bool         `json:"late"`
	Shares     []PlanShare  `json:"shares,omitempty"` // when a day and a village were asked for
}

// PlanShare is one household at a stop.
type PlanShare struct {
	Code     string `json:"code"`
	Head     string `json:"head"`
	Phone    string `json:"phone"`
	Qty      int64  `json:"qty"`
	Received int64  `json:"received"`
	Short    int64  `json:"short"`
	LotID    int64  `json:"lot_id"`
}

type Plan struct {
	Stops []PlanStop `json:"stops"` // by day, township and village
}

// FulfilmentRow compares signed, called-off and received units.
type FulfilmentRow struct {
	HouseholdID int64  `json:"household_id,omitempty"`
	VillageID   int64  `json:"village_id"`
	Village     string `json:"village"`
	Code        string `json:"code,omitempty"`
	Head        string `json:"head,omitempty"`
	Households  int64  `json:"households"`
	Signed      int64  `json:"signed"`
	CalledOff   int64  `json:"called_off"`
	Received    int64  `json:"received"`
	Short       int64  `json:"short"`
	RateBP      int64  `json:"rate_bp"` // received, of received and short units, in 1/10,000; -1: nothing yet
}

type Fulfilment struct {
	Contract   FulfilmentRow   `json:"contract"`
	Villages   []FulfilmentRow `json:"villages"`
	Households []FulfilmentRow `json:"households"`
}

// Procurement is the desk of a buying organisation.
type Procurement struct {
	Contracts []Contract     `json:"contracts"`
	CallOffs  []CallOffRow   `json:"call_offs"` // late ones first
	Late      []LateItem     `json:"late"`
	Prices    []PriceCompare `json:"prices"`
	Cursor    string         `json:"cursor,omitempty"`
}

// ProcurementRequest asks for the contracts of a desk, the newest first, with the call-offs and the prices of these contracts. With
// a limit, of at most 10 contracts, the two are whole; without one the newest are told.
type ProcurementRequest struct {
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// LateItem is an overdue collection, start, call-off or payment.
type LateItem struct {
	Kind       string `json:"kind"` // collection, signing, payment, advance, start
	ContractNo string `json:"contract_no"`
	Title      string `json:"title"`
	OrderNo    string `json:"order_no,omitempty"`
	Since      string `json:"since"`
	Qty        int64  `json:"qty,omitempty"`
	AmountFen  int64  `json:"amount_fen,omitempty"`
	Unit       string `json:"unit,omitempty"`
}

// PriceCompare is the paid price of a grade on a day, beside floor and reference.
type PriceCompare struct {
	ContractNo   string       `json:"contract_no"`
	Name         catalog.Text `json:"name"`
	Grade        string       `json:"grade"`
	Day          string       `json:"day"`
	FloorFen     int64        `json:"floor_fen"`
	ReferenceFen int64        `json:"reference_fen"` // 0: none
	PaidFen      int64        `json:"paid_fen"`      // on average, adjustments included
	Units        int64        `json:"units"`
	NetGrams     int64        `json:"net_grams"`
	PriceUnit    string       `json:"price_unit"`
}

// ReferencePrice is the market price of a day, as the county publishes it. A later entry for the same day replaces an
// earlier one, which is kept.
type ReferencePrice struct {
	ID      int64       `json:"id"`
	Product string      `json:"product"`
	Grade   string      `json:"grade"`
	Day     string      `json:"day"`
	Price   money.Price `json:"price"`
	Source  string      `json:"source"` // where it was seen
	Actor   string      `json:"actor"`
	At      time.Time   `json:"at"`
}

// SetReference enters the prices of a product for a day.
type SetReference struct {
	Product string  `json:"product"`
	Day     string  `json:"day"`
	Source  string  `json:"source"`
	Grades  []Grade `json:"grades"` // Floor is the day's price
}

type ReferenceFilter struct {
	Product string `json:"product,omitempty"`
	Days    int    `json:"days,omitempty"` // 30
}

type ReferencePrices struct {
	Items []ReferencePrice `json:"items"` // newest day first
}

// ReferenceHolds is for how many days a reference price counts when no newer one was entered.
const ReferenceHolds = 7

//go:generate go run banmuyuan/internal/link/linkgen

// Service answers pages about purchase contracts. A contract without a part for the caller is NotFound.
//
//link:service orders v1 raw
type Service interface {
	// Save writes or changes a draft. For the officers of the buying organisation.
	SaveContract(context.Context, Save) (Contract, error) //link:subject contract_save
	// Move carries out a step. Approval is for an approver of the organisation other than the submitter.
	MoveContract(context.Context, Move) (Contract, error) //link:subject contract_move
	Contract(context.Context, Ref) (Contract, error)
	Contracts(context.Context, Filter) (Page, error)

	// ProposeQuotas proposes the unpromised quantity to households, by the fair policy.
	ProposeQuotas(context.Context, ProposeQuotas) (Proposed, error) //link:subject quotas_propose
	Quotas(context.Context, QuotaFilter) (QuotaPage, error)
	Quota(context.Context, QuotaRef) (Quota, error)
	// SignOffer returns the quota that a household may sign. For the household and its helper with consent.
	SignOffer(context.Context, SignOfferRequest) (SignOffer, error)
	// SignUp signs a quota that the household asks for; AnswerQuota accepts or declines a proposed one. SoldOut carries
	// the rest of the contract, or of the household's units.
	SignUp(context.Context, SignUp) (Quota, error)
	AnswerQuota(context.Context, AnswerQuota) (Quota, error) //link:subject quota_answer

	// CallOff draws on the quotas. SoldOut: they do not hold that much any more.
	CallOff(context.Context, CallOff) (orders.Order, error)
	CallOffs(context.Context, Ref) (CallOffs, error)
	Plan(context.Context, PlanRequest) (Plan, error) //link:subject plan const=CollectionPlan
	Fulfilment(context.Context, Ref) (Fulfilment, error)
	Procurement(context.Context, ProcurementRequest) (Procurement, error)
	// PayAdvance starts the payment of the households' advances.
	PayAdvance(context.Context, orders.PayRequest) (orders.PayStart, error) //link:subject advance_pay

	// Raising lists the raisers' parts of the sales of goods that they raise for households.
	Raising(context.Context, orders.RaisingRequest) (orders.Raising, error)

	// SetReference enters a day's prices; References lists them. Writing is for the county's operator, reading for
	// everybody with a login.
	SetReference(context.Context, SetReference) (ReferencePrices, error) //link:subject reference_set body
	References(context.Context, ReferenceFilter) (ReferencePrices, error)
}
