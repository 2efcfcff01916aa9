package desk

import (
	"time"

	"banmuyuan/orders"
)

// TicketPricing is how a call-off's ticket is priced.
type TicketPricing struct {
	Contract    int64
	Day         string
	ReferenceID int64
	orders.ContractPricing
}

// Agreement is the contract behind a call-off, as the scale needs it.
type Agreement struct {
	ContractNo  string
	Adjustments []orders.ContractAdjustment
	Point       int64 // the agreed collection point; 0: any
}

// Measure is the quantity that the price of a ticket counts: grams, or units.
func (t *TicketRow) Measure(weighed bool) int64 {
	return orders.Measure(weighed, t.NetGrams, t.Units)
}

// TicketRow is a weigh ticket as it is stored.
type TicketRow struct {
	ID           int64              `db:"id"`
	ClientID     string             `db:"client_id"`
	BodyHash     []byte             `db:"body_hash"`
	OrderID      int64              `db:"order_id"`
	Line         int                `db:"line"`
	LotID        int64              `db:"lot_id"`
	HouseholdID  int64              `db:"household_id"`
	VillageID    int64              `db:"village_id"`
	SellerOrg    int64              `db:"seller_org"`
	PointID      int64              `db:"point_id"`
	Units        int64              `db:"units"`
	Rejected     int64              `db:"rejected"`
	Reason       string             `db:"reason"`
	GrossGrams   int64              `db:"gross_grams"`
	TareGrams    int64              `db:"tare_grams"`
	NetGrams     int64              `db:"net_grams"`
	Grade        string             `db:"grade"`
	PriceFen     int64              `db:"price_fen"`
	PricePer     int64              `db:"price_per"`
	Final        bool               `db:"final"`
	State        orders.TicketState `db:"state"`
	HeldFor      string             `db:"held_for"`
	DeliveryID   *int64             `db:"delivery_id"`
	Settled      bool               `db:"settled"`
	AmountFen    int64              `db:"amount_fen"`
	FeeFen       int64              `db:"fee_fen"`
	AgentFen     int64              `db:"agent_fen"`
	WeighedAt    time.Time          `db:"weighed_at"`
	AccountID    int64              `db:"account_id"`
	Actor        string             `db:"actor"`
	DecidedBy    string             `db:"decided_by"`
	Supersedes   int64              `db:"supersedes"`
	SupersededBy int64              `db:"superseded_by"`
}

const TicketColumns = `t.id, t.client_id, t.body_hash, t.order_id, t.line, t.lot_id, t.household_id, t.village_id, t.seller_org, t.point_id,
	t.units, t.rejected, t.reason, t.gross_grams, t.tare_grams, t.net_grams, t.grade, t.price_fen, t.price_per, t.final, t.state,
	t.held_for, t.delivery_id, t.settled, t.amount_fen, t.fee_fen, t.agent_fen, t.weighed_at, t.account_id, t.actor, t.decided_by, t.supersedes,
	t.superseded_by`
