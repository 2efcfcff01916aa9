// Package adopt is the contract and the rules of adoptions (认养) and of standing boxes (菜箱): a private buyer takes geese
// or garden beds of one household for a season. Which geese or beds, the dates of the boxes, price, deposit, the day the
// balance is due and the consequence of a missing box are fixed when the adoption is taken.
//
// Invariants:
//   - a goose or bed belongs to one adoption at a time (the database refuses the second);
//   - the amounts of an adoption's boxes add up to its price, and the money paid, less the money refunded or kept, never
//     exceeds the value of the boxes delivered or still to come;
//   - a household is owed a box when it was handed over, and no earlier;
//   - only the adopter and the household that wrote it see an update or its photos.
package adopt

import (
	"context"
	"strconv"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// PublicPlot is a household's offer for adoption as strangers see it: no name, phone, id or status.
type PublicPlot struct {
	ID          int64           `json:"id"`
	Kind        orders.PlotKind `json:"kind"`
	Season      int             `json:"season"`
	PresaleID   int64           `json:"presale_id"`
	Product     string          `json:"product"`
	Title       catalog.Text    `json:"title"`
	Picture     string          `json:"picture"`
	Family      string          `json:"family"` // 王*
	VillageID   int64           `json:"village_id"`
	Village     string          `json:"village"`
	Township    string          `json:"township"`
	Story       catalog.Text    `json:"story"`
	Units       int64           `json:"units"`        // geese or beds offered
	Left        int64           `json:"left"`         // not adopted yet
	UnitM2      int64           `json:"unit_m2"`      // of a bed; 0 for geese
	Boxes       int64           `json:"boxes"`        // that still come of one bed, 1 for a goose
	EveryDays   int64           `json:"every_days"`   // between boxes
	FirstOn     string          `json:"first_on"`     // YYYY-MM-DD of the first box
	UnitFen     int64           `json:"unit_fen"`     // price of a goose or a bed, for all its boxes
	DepositBP   int64           `json:"deposit_bp"`   // due at once, in 1/10,000
	ForfeitBP   int64           `json:"forfeit_bp"`   // of the deposit, when cancelled after FreeHours
	FreeHours   int64           `json:"free_hours"`   // after the deposit
	BalanceDays int64           `json:"balance_days"` // before the first box
	MaxUnits    int64           `json:"max_units"`    // one adoption may have, as far as they are left
	Seller      string          `json:"seller"`       // the cooperative that packs and brings the boxes
	ClosesAt    time.Time       `json:"closes_at"`
	Open        bool            `json:"open"` // can be adopted now
}

// Price is the price of units, and the deposit of it.
func (p PublicPlot) Price(units int64) (price, deposit int64) {
	price = p.UnitFen * units
	deposit, err := Deposit(price, p.DepositBP)
	if err != nil {
		return price, price
	}
	return price, deposit
}

type PlotFilter struct {
	Kind     orders.PlotKind `json:"kind,omitempty"`
	Township int64           `json:"township,omitempty"`
	Village  int64           `json:"village,omitempty"`
	Query    string          `json:"q,omitempty"` // in the story, village or product
	Cursor   string          `json:"cursor,omitempty"`
	Limit    int             `json:"limit,omitempty"` // 1–100, 24 when 0
}

type PlotPage struct {
	Items  []PublicPlot `json:"items"`
	Total  int          `json:"total"`
	Cursor string       `json:"cursor,omitempty"`
}

type PlotRef struct {
	ID int64 `json:"id"`
}

// SavePlot is the offer of a household: a number of its geese or beds, and its own words. Prices come from the presale.
type SavePlot struct {
	HouseholdID int64        `json:"household_id"`
	PresaleID   int64        `json:"presale_id"`
	Units       int64        `json:"units"` // no fewer than are adopted
	EveryDays   int64        `json:"every_days"`
	Story       catalog.Text `json:"story"`
}

// HouseholdPlot is a plot as its household sees it.
type HouseholdPlot struct {
	PublicPlot
	HouseholdID int64 `json:"household_id"`
	Adopted     int64 `json:"adopted"`
	Supply      int64 `json:"supply"` // units its lot would allow
	Saved       bool  `json:"saved"`  // false: it could offer this and does not
}

type HouseholdPlots struct {
	Items []HouseholdPlot `json:"items"`
}

// State: see adoption_states.go.
type State string

const (
	Placed    State = "placed"    // 待付定金
	Expiring  State = "expiring"  // 核对付款中
	Expired   State = "expired"   // 已过期
	Reserved  State = "reserved"  // 已认养，待付余款
	Growing   State = "growing"   // 认养中: paid, boxes come
	Completed State = "completed" // 已完成
	Cancelled State = "cancelled" // 已取消
)

// OnFailure is the adopter's choice for the case that a goose dies or hail takes the beds.
type OnFailure string

const (
	FailureReplace OnFailure = "replace" // from another household; refunded where none has it
	FailureRefund  OnFailure = "refund"  // the box's part of the price goes back
)

// Request takes units of a plot. The idempotency key belongs to the account.
type Request struct {
	IdempotencyKey string          `json:"idempotency_key"`
	PlotID         int64           `json:"plot_id"`
	Units          int64           `json:"units"`
	OnFailure      OnFailure       `json:"on_failure,omitempty"` // replace when empty
	Delivery       orders.Delivery `json:"delivery"`
}

// BoxState is the state of one planned box of an adoption; see adoption_states.go.
type BoxState string

const (
	BoxPlanned   BoxState = "planned"   // 待送
	BoxDelivered BoxState = "delivered" // 已送到: the buyer may still complain
	BoxSettled   BoxState = "settled"   // 已完成: the household's money is released
	BoxDisputed  BoxState = "disputed"  // 没收到: the county decides
	BoxSeeking   BoxState = "seeking"   // 另找农户补
	BoxFailed    BoxState = "failed"    // 送不了: refunded
	BoxVoid      BoxState = "void"      // the adoption was cancelled
)

// Box is one planned delivery.
type Box struct {
	No          int        `json:"no"`
	DueOn       string     `json:"due_on"` // YYYY-MM-DD
	Qty         int64      `json:"qty"`    // geese or boxes
	State       BoxState   `json:"state"`
	AmountFen   int64      `json:"amount_fen"` // its part of the price
	NetFen      int64      `json:"net_fen"`    // the household gets; 0 for the adopter
	Family      string     `json:"family"`     // of the household that fills it
	Village     string     `json:"village"`
	HouseholdID int64      `json:"household_id,omitempty"`
	Replaced    bool       `json:"replaced,omitempty"` // another household than the adopted one fills it
	DoneAt      *time.Time `json:"done_at,omitempty"`
	Reason      string     `json:"reason,omitempty"` // of a failure: died, hail, harvest, quality, other
	Note        string     `json:"note,omitempty"`
	CanDeliver  bool       `json:"can_deliver,omitempty"` // the caller, now
	CanFail     bool       `json:"can_fail,omitempty"`
	CanDispute  bool       `json:"can_dispute,omitempty"`
	CanDecide   bool       `json:"can_decide,omitempty"`
}

// Update is a text of the household for its adopters.
type Update struct {
	ID     int64     `json:"id"`
	PlotID int64     `json:"plot_id"`
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
	Helper bool      `json:"helper,omitempty"` // written by the helper on its behalf
	Photos []Photo   `json:"photos"`
}

type Photo struct {
	ID     int64 `json:"id"`
	Width  int   `json:"width"`
	Height int   `json:"height"`
}

type Adoption struct {
	ID          int64                  `json:"id"`
	No          string                 `json:"no"`
	State       State                  `json:"state"`
	Buyer       orders.Buyer           `json:"buyer"`
	Plot        PublicPlot             `json:"plot"`
	Units       int64                  `json:"units"`
	UnitNos     []int64                `json:"unit_nos"` // ring numbers, or numbers of beds
	OnFailure   OnFailure              `json:"on_failure"`
	Delivery    orders.Delivery        `json:"delivery"`
	PriceFen    int64                  `json:"price_fen"`
	DepositFen  int64                  `json:"deposit_fen"`
	PaidFen     int64                  `json:"paid_fen"`
	RefundFen   int64                  `json:"refund_fen"`
	ForfeitFen  int64                  `json:"forfeit_fen"`
	DueFen      int64                  `json:"due_fen"` // to pay now: deposit or balance
	ExpiresAt   *time.Time             `json:"expires_at,omitempty"`
	BalanceBy   time.Time              `json:"balance_by"`
	PlacedAt    time.Time              `json:"placed_at"`
	Boxes       []Box                  `json:"boxes"`
	Updates     []Update               `json:"updates,omitempty"` // for the adopter and the household, newest first
	Timeline    []orders.TimelineEntry `json:"timeline,omitempty"`
	Version     int64                  `json:"version"`
	CanCancel   bool                   `json:"can_cancel"`
	CancelCost  int64                  `json:"cancel_cost_fen"`
	HouseholdID int64                  `json:"household_id,omitempty"` // not for the adopter
}

// Next is the box that comes next, or nil.
func (a Adoption) Next() *Box {
	for i := range a.Boxes {
		if s := a.Boxes[i].State; s == BoxPlanned || s == BoxSeeking {
			return &a.Boxes[i]
		}
	}
	return nil
}

type Ref struct {
	No string `json:"no"`
}

// Filter of adoptions. The module adds the caller's limits: a buyer's own, a household's or the helped one's, all for
// the county.
type Filter struct {
	State     []State `json:"state,omitempty"`
	Household int64   `json:"household,omitempty"`
	Query     string  `json:"q,omitempty"` // number, buyer's name
	Cursor    string  `json:"cursor,omitempty"`
	Limit     int     `json:"limit,omitempty"`
}

type Page struct {
	Items    []Adoption `json:"items"` // without updates and timeline
	Total    int        `json:"total"`
	PriceFen int64      `json:"price_fen"` // sums over all that match
	PaidFen  int64      `json:"paid_fen"`
	Cursor   string     `json:"cursor,omitempty"`
}

// PostUpdate tells all adopters of a household's plot something. Photos are added one by one afterwards.
type PostUpdate struct {
	IdempotencyKey string `json:"idempotency_key"`
	PlotID         int64  `json:"plot_id"`
	Text           string `json:"text"`
}

// Bounds of photos as they are stored. The package that takes pictures from people shrinks them to this and writes them
// anew: no data that a camera adds to a file survives that.
const (
	PhotoMostBytes  = 300_000
	PhotoMostPixels = 1600 // of the longer side
	UpdateMostPhoto = 4
)

// AddPhoto adds a picture to an update: a JPEG without any metadata, within the bounds above. Rights are checked before the
// picture, so that an empty one asks whether there may be one: Invalid then.
type AddPhoto struct {
	UpdateID int64  `json:"update_id"`
	JPEG     []byte `json:"jpeg"`
}

// PhotoRef names a photo and the adoption through which it is looked at; the household that posted it gives none.
type PhotoRef struct {
	AdoptionNo string `json:"adoption_no,omitempty"`
	ID         int64  `json:"id"`
}

type PhotoFile struct {
	JPEG []byte `json:"jpeg"`
}

// BoxRequest says that a box was handed over.
type BoxRequest struct {
	AdoptionNo string `json:"adoption_no"`
	No         int    `json:"no"`
}

// FailBox says that a box, or with Rest it and all that come later, will not come.
type FailBox struct {
	AdoptionNo string `json:"adoption_no"`
	No         int    `json:"no"`
	Rest       bool   `json:"rest,omitempty"`
	Reason     string `json:"reason"` // died, hail, harvest, quality, other
	Note       string `json:"note,omitempty"`
}

// DecideBox ends a dispute: Came, or the box is refunded.
type DecideBox struct {
	AdoptionNo string `json:"adoption_no"`
	No         int    `json:"no"`
	Came       bool   `json:"came"`
	Note       string `json:"note,omitempty"`
}

// DisputeBox is the adopter's complaint that a box did not come, or not as promised.
type DisputeBox struct {
	AdoptionNo string `json:"adoption_no"`
	No         int    `json:"no"`
	Note       string `json:"note"`
}

type Cancel struct {
	AdoptionNo string `json:"adoption_no"`
	Reason     string `json:"reason"`
}

type Pay struct {
	AdoptionNo     string `json:"adoption_no"`
	Method         string `json:"method"`
	ReturnURL      string `json:"return_url"`
	IdempotencyKey string `json:"idempotency_key"`
}

//go:generate go run banmuyuan/internal/link/linkgen

// Service is the contract of adoptions for pages and the API.
//
//link:service orders v1 raw
type Service interface {
	// Plots lists the plots that can be adopted now, least adopted first. For everybody.
	Plots(context.Context, PlotFilter) (PlotPage, error)
	// Plot returns one, also when it cannot be adopted any more. For everybody. NotFound.
	Plot(context.Context, PlotRef) (PublicPlot, error)
	// HouseholdPlots lists the offers of a household and those it could make. For itself, its helper with consent, the county.
	HouseholdPlots(context.Context, catalog.HouseholdRef) (HouseholdPlots, error) //link:subject plots_household
	// SavePlot offers geese or beds. For the household or its helper with consent. Conflict: more are adopted already.
	SavePlot(context.Context, SavePlot) (HouseholdPlot, error) //link:subject plot_save

	// Adopt holds the geese or beds and waits for the deposit. SoldOut; Conflict: somebody was faster, or the key was
	// used with another body. For private buyers. A timeout is an unknown outcome: ask again with the same key.
	Adopt(context.Context, Request) (Adoption, error)
	// Adoption: for the adopter, the households that fill its boxes, their helpers and the county. NotFound for others.
	Adoption(context.Context, Ref) (Adoption, error)
	AdoptionList(context.Context, Filter) (Page, error) //link:subject adoptions
	// Pay starts a payment of the deposit or the balance. Conflict when nothing is due.
	PayAdoption(context.Context, Pay) (orders.PayStart, error) //link:subject adoption_pay
	// Cancel: by the adopter until the first box. Conflict afterwards.
	CancelAdoption(context.Context, Cancel) (Adoption, error) //link:subject adoption_cancel

	// PostUpdate, AddPhoto: by the plot's household or its helper with consent.
	PostUpdate(context.Context, PostUpdate) (Update, error) //link:subject update_post
	AddPhoto(context.Context, AddPhoto) (Photo, error)      //link:subject photo_add
	// Updates lists the updates of a household. For itself and its helper with consent.
	Updates(context.Context, PlotRef) ([]Update, error)
	// Photo returns a picture to the readers of its update; NotFound for everybody else.
	Photo(context.Context, PhotoRef) (PhotoFile, error)

	// DeliverBox, FailBoxes: by the household that fills it or its helper with consent. The same twice is done once.
	DeliverBox(context.Context, BoxRequest) (Adoption, error) //link:subject box_deliver
	FailBoxes(context.Context, FailBox) (Adoption, error)     //link:subject box_fail
	// DisputeBox: by the adopter, while the household's money is not released.
	DisputeBox(context.Context, DisputeBox) (Adoption, error) //link:subject box_dispute
	// DecideBox ends a dispute. For the county's operator.
	DecideBox(context.Context, DecideBox) (Adoption, error) //link:subject box_decide
}

const adoptionLetters = "RY" // 认养

// Number is an adoption's number. Adoptions take their ids from the same sequence as orders.
func Number(id int64) string { return orders.FormatNumber(adoptionLetters, id) }

// ParseNumber reads it as people type it.
func ParseNumber(text string) (int64, bool) { return orders.ReadNumber(adoptionLetters, text) }

const adoptionRef = "adoption:"

// PaymentRef is how payments knows an adoption.
func PaymentRef(id int64) string { return adoptionRef + strconv.FormatInt(id, 10) }

// ParsePaymentRef is the other way round.
func ParsePaymentRef(ref string) (int64, bool) {
	text, ok := strings.CutPrefix(ref, adoptionRef)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}
