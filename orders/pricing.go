package orders

import (
	"banmuyuan/catalog"
	"banmuyuan/internal/money"
)

// ContractPricing is how a call-off's ticket came to its price (保底收购、随行就市): the higher of the floor and the day's
// reference price, with the contract's additions and deductions. All fen are per Per grams, or units where goods are counted.
type ContractPricing struct {
	FloorFen     int64    `json:"floor_fen"`
	ReferenceFen int64    `json:"reference_fen,omitempty"` // 0: nobody entered one
	AdjustFen    int64    `json:"adjust_fen,omitempty"`
	Adjustments  []string `json:"adjustments,omitempty"` // codes
	PriceFen     int64    `json:"price_fen"`
	Per          int64    `json:"per"`
}

// Settled is the price that counts.
func (p ContractPricing) Settled() money.Price { return money.Price{Fen: p.PriceFen, Per: p.Per} }

// ContractAdjustment is a premium or, below zero, a deduction per price unit, which the clerk applies at the scale.
type ContractAdjustment struct {
	Code string       `json:"code"` // within the contract
	Name catalog.Text `json:"name"`
	Fen  int64        `json:"fen"`
}

// TicketContract is the explanation of a price on a call-off's ticket.
type TicketContract struct {
	No          string `json:"no"`
	ReferenceOn string `json:"reference_on,omitempty"`
	ContractPricing
	AdvanceFen int64                `json:"advance_fen,omitempty"` // deducted
	Applied    []ContractAdjustment `json:"applied,omitempty"`
}
