package catalog

// Commands that orders sends through its outbox. Each is idempotent.
const (
	CmdConfirm = "cmd.catalog.v1.hold.confirm" // HoldConfirm
	CmdRelease = "cmd.catalog.v1.hold.release" // HoldRelease
	CmdDeliver = "cmd.catalog.v1.hold.deliver" // HoldDeliver
)

// Events.
const (
	EvtHoldExpired    = "evt.catalog.v1.hold.expired"    // HoldExpired: nobody confirmed it in time, the units are free again
	EvtPresaleChanged = "evt.catalog.v1.presale.changed" // PresaleChanged

	// EvtHouseholdsChanged: households were added or changed, in the transaction that did.
	EvtHouseholdsChanged = "evt.catalog.v1.households.changed"

	// EvtAct tells of an act for the audit trail, in the transaction that did it. Its data is link.Act.
	EvtAct = "evt.catalog.v1.act"
)

// HoldConfirm: the order is paid for, the hold no longer expires.
type HoldConfirm struct {
	OrderID int64 `json:"order_id"`
}

// HoldRelease gives everything still held for the order back to the lots it came from.
type HoldRelease struct {
	OrderID int64 `json:"order_id"`

	// Unconfirmed leaves alone what is confirmed. An order that ran out can be revived by money that comes late, and its
	// new hold must not fall to the release of the old one, whichever arrives first.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
}

// HoldDeliver settles parts of a line's shares: Delivered units were handed over, Returned units will not be and go
// back to the lot (or, with Lost, leave its capacity: the geese died). Seq makes each command apply once.
type HoldDeliver struct {
	OrderID   int64   `json:"order_id"`
	Line      int     `json:"line"`
	Lots      []int64 `json:"lots"`
	Delivered []int64 `json:"delivered"` // may be negative when a ticket is superseded
	Returned  []int64 `json:"returned"`
	Lost      bool    `json:"lost,omitempty"`
}

type HoldExpired struct {
	OrderID int64 `json:"order_id"`
}

type PresaleChanged struct {
	PresaleID int64        `json:"presale_id"`
	State     PresaleState `json:"state"`
}

// HouseholdsChanged carries the facts of at most FactsPerEvent households, as the change left them.
type HouseholdsChanged struct {
	Households []HouseholdFact `json:"households"`
}
