package orders

import (
	"time"

	"banmuyuan/catalog"
)

// IncomeRequest asks for one household and one season.
type IncomeRequest struct {
	HouseholdID int64 `json:"household_id,omitempty"` // 0: the caller's own
	Season      int   `json:"season,omitempty"`       // 0: the current one
}

// IncomeEntry is one source of income. Expected, owed and paid are kept apart: an amount is in exactly one of them.
// The amounts are net of the cooperative's fee and of the part of a raiser, which GrossFen, FeeFen and AgentFen give.
type IncomeEntry struct {
	SourceKey   string          `json:"source_key"` // share:{order}:{line}:{lot}, ticket:{id}, payable:{…}
	Season      int             `json:"season"`
	Month       int             `json:"month"` // of the season: 13 is the January after it
	Programme   string          `json:"programme"`
	Channel     catalog.Channel `json:"channel,omitempty"`
	Product     string          `json:"product,omitempty"`
	Title       catalog.Text    `json:"title"`
	Qty         int64           `json:"qty,omitempty"`
	Unit        string          `json:"unit,omitempty"`
	NetGrams    int64           `json:"net_grams,omitempty"`
	GrossFen    int64           `json:"gross_fen"`
	FeeFen      int64           `json:"fee_fen"`
	VillageBP   int64           `json:"village_bp,omitempty"` // of the fee, for the village collective
	Agent       string          `json:"agent,omitempty"`      // 代养: the raiser on the household's behalf
	AgentBP     int64           `json:"agent_bp,omitempty"`
	AgentFen    int64           `json:"agent_fen,omitempty"`   // and the raiser's part
	AdvanceFen  int64           `json:"advance_fen,omitempty"` // was paid ahead under a contract: an entry of its own
	ExpectedFen int64           `json:"expected_fen"`
	OwedFen     int64           `json:"owed_fen"`
	PaidFen     int64           `json:"paid_fen"`
	Released    bool            `json:"released"` // owed, and nothing but the bank stands between
	OccurredOn  time.Time       `json:"occurred_on"`
	PaidOn      *time.Time      `json:"paid_on,omitempty"`
	OrderNo     string          `json:"order_no,omitempty"`
	Line        int             `json:"line,omitempty"`
	AdoptionNo  string          `json:"adoption_no,omitempty"`
	TicketID    int64           `json:"ticket_id,omitempty"`
	TicketNo    string          `json:"ticket_no,omitempty"`
	PayoutItem  int64           `json:"payout_item,omitempty"`
	Policy      string          `json:"policy,omitempty"`
	LevelFen    int64           `json:"level_fen,omitempty"`
}

type IncomeSum struct {
	ExpectedFen int64 `json:"expected_fen"`
	OwedFen     int64 `json:"owed_fen"`
	PaidFen     int64 `json:"paid_fen"`
}

// Total is the sum of the three.
func (s IncomeSum) Total() int64 { return s.ExpectedFen + s.OwedFen + s.PaidFen }

// Plus adds two sums, each amount to its kind.
func (s IncomeSum) Plus(t IncomeSum) IncomeSum {
	return IncomeSum{ExpectedFen: s.ExpectedFen + t.ExpectedFen, OwedFen: s.OwedFen + t.OwedFen, PaidFen: s.PaidFen + t.PaidFen}
}

type IncomeGroup struct {
	Key string `json:"key"` // month number, programme or channel
	IncomeSum
}

type IncomeYear struct {
	Season int `json:"season"`
	IncomeSum
	PerPersonFen        int64 `json:"per_person_fen"`
	VillagePerPersonFen int64 `json:"village_per_person_fen"` // average of the village, without names
	CountyPerPersonFen  int64 `json:"county_per_person_fen"`
}

// Income is a household's statement for a season.
type Income struct {
	HouseholdID  int64         `json:"household_id"`
	Persons      int           `json:"persons"`
	Season       int           `json:"season"`
	Sum          IncomeSum     `json:"sum"`
	PerPersonFen int64         `json:"per_person_fen"`
	ByMonth      []IncomeGroup `json:"by_month"`
	ByProgramme  []IncomeGroup `json:"by_programme"`
	ByChannel    []IncomeGroup `json:"by_channel"`
	CarriedFen   int64         `json:"carried_fen"` // owed from earlier seasons, and no part of Sum
	Years        []IncomeYear  `json:"years"`       // oldest first
	Entries      []IncomeEntry `json:"entries"`     // newest first
}

type ReportRequest struct {
	Season int `json:"season,omitempty"`
}

// Report is the county's totals.
type Report struct {
	Season      int             `json:"season"`
	Persons     int64           `json:"persons"`
	Years       []IncomeYear    `json:"years"`
	ByProgramme []IncomeGroup   `json:"by_programme"`
	ByChannel   []IncomeGroup   `json:"by_channel"`
	ByMonth     []IncomeGroup   `json:"by_month"`
	ByVillage   []VillageIncome `json:"by_village"`
	Histogram   []HistogramBin  `json:"histogram"` // households by income per person
	Gini        float64         `json:"gini"`
	Orders      []StateCount    `json:"orders"`
	NoIncome    int64           `json:"no_income"`   // households with no entry in the season
	CarriedFen  int64           `json:"carried_fen"` // owed from earlier seasons, and no part of the season's sums
}

type VillageIncome struct {
	VillageID  int64 `json:"village_id"`
	Households int64 `json:"households"`
	Persons    int64 `json:"persons"`
	IncomeSum
}

type HistogramBin struct {
	FromFen    int64 `json:"from_fen"`
	ToFen      int64 `json:"to_fen"`
	Households int64 `json:"households"`
}

type StateCount struct {
	State       State           `json:"state"`
	Channel     catalog.Channel `json:"channel"`
	Count       int64           `json:"count"`
	EstimateFen int64           `json:"estimate_fen"`
}

// IncomesRequest pages through all households by id.
type IncomesRequest struct {
	Season int   `json:"season,omitempty"` // 0: the current one
	After  int64 `json:"after,omitempty"`
	Limit  int   `json:"limit,omitempty"` // up to 2,000, 1,000 when 0
}

// HouseholdIncome is a household's sums in a season and in the one before.
type HouseholdIncome struct {
	HouseholdID int64 `json:"household_id"`
	VillageID   int64 `json:"village_id"`
	Persons     int   `json:"persons"`
	IncomeSum
	Before  IncomeSum `json:"before"`
	Retired bool      `json:"retired,omitempty"` // listed for the income it had, and not counted any more
}

type HouseholdIncomes struct {
	Season int               `json:"season"`
	Items  []HouseholdIncome `json:"items"`
	Total  int               `json:"total"` // of all pages
}
