package adopt

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// A standing order (菜箱订阅) turns into an ordinary order at the cut-off of each of its dates.
//
// Invariant: a date becomes at most one order, however many processes look at it; until its cut-off it can
// be skipped and everything about it changed, afterwards the order counts.

// BoxCutOff and BoxPayBy are how long before the morning of its date a box is ordered, and has to be paid.
const (
	BoxCutOff = 52 * time.Hour // three days before, at 20:00
	BoxPayBy  = 12 * time.Hour // the day before, at noon
)

// StandingState: active ⇄ paused → ended.
type StandingState string

const (
	StandingActive StandingState = "active"
	StandingPaused StandingState = "paused"
	StandingEnded  StandingState = "ended"
)

// DateState of one date of a standing order.
type DateState string

const (
	DatePlanned  DateState = "planned"  // becomes an order at its cut-off
	DateSkipped  DateState = "skipped"  // by the buyer
	DatePaused   DateState = "paused"   // its cut-off came during a pause
	DateOrdering DateState = "ordering" // being ordered
	DateOrdered  DateState = "ordered"
	DateFailed   DateState = "failed" // could not be ordered, see Reason
)

// StandingDate is one date of a standing order.
type StandingDate struct {
	On      string    `json:"on"` // YYYY-MM-DD
	State   DateState `json:"state"`
	CutOff  time.Time `json:"cut_off"`
	PayBy   time.Time `json:"pay_by"`
	Qty     int64     `json:"quantity"`
	OrderNo string    `json:"order_no,omitempty"`
	Reason  string    `json:"reason,omitempty"` // message key
	CanSkip bool      `json:"can_skip,omitempty"`
}

type Standing struct {
	ID        int64           `json:"id"`
	State     StandingState   `json:"state"`
	Buyer     orders.Buyer    `json:"buyer"`
	PresaleID int64           `json:"presale_id"`
	Presale   string          `json:"presale"` // code
	Title     catalog.Text    `json:"title"`
	Picture   string          `json:"picture"`
	Unit      string          `json:"unit"`
	Grade     string          `json:"grade"`
	Qty       int64           `json:"quantity"`
	EveryDays int64           `json:"every_days"`
	Delivery  orders.Delivery `json:"delivery"`
	UnitFen   int64           `json:"unit_fen"` // of a box now
	Dates     []StandingDate  `json:"dates"`    // oldest first: past dates and the next ones
	StartedAt time.Time       `json:"started_at"`
	EndsOn    string          `json:"ends_on"` // no box comes later
	Version   int64           `json:"version"`
}

// Next is the date that comes next, or nil.
func (s Standing) Next() *StandingDate {
	for i := range s.Dates {
		if s.Dates[i].State == DatePlanned {
			return &s.Dates[i]
		}
	}
	return nil
}

// Subscribe starts a standing order. The idempotency key belongs to the account.
type Subscribe struct {
	IdempotencyKey string          `json:"idempotency_key"`
	PresaleID      int64           `json:"presale_id"`
	Grade          string          `json:"grade,omitempty"` // empty: the best
	Qty            int64           `json:"quantity"`
	EveryDays      int64           `json:"every_days"` // 7 or 14
	StartOn        string          `json:"start_on,omitempty"`
	Delivery       orders.Delivery `json:"delivery"`
}

// ChangeStanding changes the boxes of the dates before their cut-off.
type ChangeStanding struct {
	ID        int64           `json:"id"`
	Qty       int64           `json:"quantity"`
	EveryDays int64           `json:"every_days"`
	Delivery  orders.Delivery `json:"delivery"`
}

type StandingRef struct {
	ID int64 `json:"id"`
}

type SetStanding struct {
	ID    int64         `json:"id"`
	State StandingState `json:"state"`
}

type SkipDate struct {
	ID   int64  `json:"id"`
	On   string `json:"on"`
	Skip bool   `json:"skip"` // false: have it after all
}

type Standings struct {
	Items []Standing `json:"items"`
}

// StandingOffer is a presale that one can have a standing order on, with the dates it can begin.
type StandingOffer struct {
	PresaleID int64                `json:"presale_id"`
	Presale   string               `json:"presale"`
	Title     catalog.Text         `json:"title"`
	Note      catalog.Text         `json:"note"`
	Picture   string               `json:"picture"`
	Unit      string               `json:"unit"`
	PriceUnit string               `json:"price_unit"`
	Grades    []catalog.GradePrice `json:"grades"`
	MinQty    int64                `json:"min_qty"`
	MaxQty    int64                `json:"max_qty"`
	DepositBP int64                `json:"deposit_bp"`
	Starts    []string             `json:"starts"`
	EndsOn    string               `json:"ends_on"`
}

type StandingOffers struct {
	Items []StandingOffer `json:"items"`
}

// Boxes is the contract of standing orders for pages and the API. NotFound for another buyer's.
//
//link:service orders v1 raw
type Boxes interface {
	// StandingOffers lists the presales with regular boxes. For everybody.
	StandingOffers(context.Context, catalog.None) (StandingOffers, error)
	// Subscribe starts a standing order. Conflict: the key was used with another body. For private buyers.
	Subscribe(context.Context, Subscribe) (Standing, error)
	Standing(context.Context, StandingRef) (Standing, error)
	// Standings are the caller's own, or all for the county.
	Standings(context.Context, catalog.None) (Standings, error)
	ChangeStanding(context.Context, ChangeStanding) (Standing, error) //link:subject standing_change
	// SetStanding pauses, resumes or ends. Conflict when it has ended.
	SetStanding(context.Context, SetStanding) (Standing, error) //link:subject standing_set
	// SkipDate: Conflict after the cut-off.
	SkipDate(context.Context, SkipDate) (Standing, error) //link:subject standing_skip
}
