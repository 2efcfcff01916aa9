package orders

import "time"

// ShortageAnswer is the buyer's decision about units that will not come.
type ShortageAnswer string

const (
	AnswerRefill ShortageAnswer = "refill" // look for them at other households
	AnswerLess   ShortageAnswer = "less"   // accept less
	AnswerCancel ShortageAnswer = "cancel" // end the order, for nothing, while nothing is weighed
)

// ShortageQuestion waits for the buyer's answer. Unanswered until Until, less is accepted.
type ShortageQuestion struct {
	ID        int64     `json:"id"`
	Line      int       `json:"line"`
	Units     int64     `json:"units"`
	Unit      string    `json:"unit"`
	Until     time.Time `json:"until"`
	CanCancel bool      `json:"can_cancel"`
}

// AnswerShortageRequest answers a question. The same answer twice is one answer.
type AnswerShortageRequest struct {
	OrderNo string         `json:"order_no"`
	ID      int64          `json:"id"`
	Answer  ShortageAnswer `json:"answer"`
}

// ShortfallRequest says that a household, or a whole village, will not deliver its open units: of one presale, or of
// all, in every order that the caller collects. Weighed units stay.
type ShortfallRequest struct {
	VillageID      int64  `json:"village_id,omitempty"` // this or the household
	HouseholdID    int64  `json:"household_id,omitempty"`
	PresaleID      int64  `json:"presale_id,omitempty"` // 0: all
	Reason         string `json:"reason"`               // died, harvest, quality, refused, other
	Lost           bool   `json:"lost"`                 // the units are gone, not sellable to anybody else
	IdempotencyKey string `json:"idempotency_key"`
}

// Shortfall is the result of a shortfall. It goes on counting while other households are looked for.
type Shortfall struct {
	ID         int64 `json:"id"`
	Orders     int64 `json:"orders"`
	Households int64 `json:"households"`
	Units      int64 `json:"units"`
	Refilled   int64 `json:"refilled"` // found at other households so far
	Looking    int64 `json:"looking"`  // still looked for
	Asked      int64 `json:"asked"`    // the buyer is asked
	Refunded   int64 `json:"refunded"` // not charged
}
