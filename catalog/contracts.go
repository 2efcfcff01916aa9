package catalog

import (
	"context"
)

// A purchase contract keeps its goods in a presale of its own, which nobody else sees or orders from: the quotas that
// households signed are its lots, so that call-offs can never exceed the signed units. The contract itself
// belongs to orders.

// ContractPresale is the presale of a contract as orders wants it to be.
type ContractPresale struct {
	ContractID int64        `json:"contract_id"`
	Presale    Presale      `json:"presale"` // without id; its state is where it should be
	State      PresaleState `json:"state"`
}

// QuotaRequest sets the quota of one household under a contract. Signing moves units from its offers
// elsewhere, because a goose can be promised once; ending a quota gives them back.
type QuotaRequest struct {
	ContractID  int64 `json:"contract_id"`
	HouseholdID int64 `json:"household_id"`
	Qty         int64 `json:"qty"` // all it has signed for; 0 leaves the units called off
}

// SpareRequest asks how much of a product a household could still sign for this season.
type SpareRequest struct {
	Product     string `json:"product"`
	Season      int    `json:"season"`
	HouseholdID int64  `json:"household_id"`
}

type Spare struct {
	Units    int64 `json:"units"`
	LevelFen int64 `json:"level_fen"` // expected season income per person
}

// ProposeRequest asks for households to propose quotas to, by the fair policy: the lowest expected income first. Signed
// quotas count as expected.
type ProposeRequest struct {
	Product    string   `json:"product"`
	Season     int      `json:"season"`
	Qty        int64    `json:"qty"`
	Min        int64    `json:"min"`      // a quota is no smaller
	Max        int64    `json:"max"`      // nor larger; 0: no bound
	UnitFen    int64    `json:"unit_fen"` // income from a unit under the contract
	Townships  []int64  `json:"townships,omitempty"`
	Programmes []string `json:"programmes,omitempty"`
	Exclude    []int64  `json:"exclude,omitempty"`
}

// Proposal is a list of households with quantities, as columns. Their sum may be less than Qty.
type Proposal struct {
	Policy     string  `json:"policy"`
	Households []int64 `json:"households"`
	Villages   []int64 `json:"villages"`
	Qty        []int64 `json:"qty"`
	LevelFen   []int64 `json:"level_fen"`
}

// Contracts is the part of the catalogue that takes goods of households out of presales: for purchase contracts, and for shops that
// buy at their counters. System only.
//
//link:service catalog v1
type Contracts interface {
	// SaveContractPresale makes the presale of a contract, or brings it to the state that is wanted. Repeating it is safe.
	SaveContractPresale(context.Context, ContractPresale) (Presale, error) //link:subject contract_presale const=ContractPresale
	// SetQuota makes or changes the lot of a household in a contract's presale. SoldOut names its spare units;
	// Conflict: more is called off already.
	SetQuota(context.Context, QuotaRequest) (Lot, error) //link:subject quota_set const=Quota
	Spare(context.Context, SpareRequest) (Spare, error)
	ProposeQuotas(context.Context, ProposeRequest) (Proposal, error) //link:subject quotas_propose
	// TakeAtCounter takes goods that a shop buys at its counter out of a household's open offers. More than that is
	// not taken without Beyond, and changes nothing. Repeating it is safe.
	TakeAtCounter(context.Context, CounterTake) (CounterTaken, error) //link:subject counter_take const=CounterTake
	// CounterTakes pages through all takes.
	CounterTakes(context.Context, LotsRequest) (CounterTakes, error)
	// QuotaLots pages through the lots of all contracts, RaisedLots through lots with a raiser.
	QuotaLots(context.Context, LotsRequest) (LotPage, error)
	RaisedLots(context.Context, LotsRequest) (LotPage, error)
}

// LotsRequest pages by id.
type LotsRequest struct {
	After int64 `json:"after"`
	Limit int   `json:"limit,omitempty"` // up to 5,000, 2,000 when 0
}

type LotPage struct {
	Items []Lot `json:"items"`
}

// ContractMessages holds the sentences of contracts' keys.
var ContractMessages = map[string][2]string{
	"quota.supply":             {"这户还能签的只有 {left}，请减少数量。", "This household can sign for {left} at most. Please ask for less."},
	"quota.called_off":         {"已经提货 {sold}，份额不能更少。", "{sold} are called off already; the quota cannot be less."},
	"household.offer.contract": {"这是签了收购合同的份额，不能自己改。要变更请联系收购单位。", "This is under a signed contract and cannot be changed here. Please speak to the buyer."},
}
