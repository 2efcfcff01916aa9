package orders

import (
	"time"

	"banmuyuan/catalog"
)

// RaisingRequest asks for the earnings of raisers on households' behalf (大户代养): OrgID 0 lists the raisers.
type RaisingRequest struct {
	OrgID  int64 `json:"org_id,omitempty"`
	Season int   `json:"season,omitempty"` // 0: the current one
}

// RaisingSum keeps apart expected amounts, and the parts of weighed goods.
type RaisingSum struct {
	Units        int64 `json:"units"` // weighed
	ExpectedFen  int64 `json:"expected_fen"`
	GrossFen     int64 `json:"gross_fen"`
	FeeFen       int64 `json:"fee_fen"`
	AgentFen     int64 `json:"agent_fen"`     // the raiser's
	HouseholdFen int64 `json:"household_fen"` // the households'
}

// Plus adds two sums.
func (s RaisingSum) Plus(t RaisingSum) RaisingSum {
	return RaisingSum{Units: s.Units + t.Units, ExpectedFen: s.ExpectedFen + t.ExpectedFen, GrossFen: s.GrossFen + t.GrossFen,
		FeeFen: s.FeeFen + t.FeeFen, AgentFen: s.AgentFen + t.AgentFen, HouseholdFen: s.HouseholdFen + t.HouseholdFen}
}

type Raiser struct {
	OrgID      int64  `json:"org_id"`
	Name       string `json:"name"`
	Village    string `json:"village"`
	Households int64  `json:"households"` // with ordered goods
	RaisingSum
}

// RaisingEntry is one ticket, or the expected income of one share.
type RaisingEntry struct {
	TicketNo     string       `json:"ticket_no,omitempty"`
	TicketID     int64        `json:"ticket_id,omitempty"`
	OrderNo      string       `json:"order_no"`
	On           time.Time    `json:"on"`
	Title        catalog.Text `json:"title"`
	Code         string       `json:"code"`
	Head         string       `json:"head"`
	Village      string       `json:"village"`
	Qty          int64        `json:"qty"`
	Unit         string       `json:"unit"`
	NetGrams     int64        `json:"net_grams"`
	GrossFen     int64        `json:"gross_fen"`
	FeeFen       int64        `json:"fee_fen"`
	AgentBP      int64        `json:"agent_bp"`
	AgentFen     int64        `json:"agent_fen"`
	HouseholdFen int64        `json:"household_fen"`
	Stage        string       `json:"stage"` // of the household's part: expected, owed, released, paid
}

// Raising is for the county, the raiser's own organisation, and the cooperatives that collect: these see their own tickets.
type Raising struct {
	Season  int            `json:"season"`
	Raisers []Raiser       `json:"raisers"` // largest part first
	Sum     RaisingSum     `json:"sum"`
	Entries []RaisingEntry `json:"entries"` // of one raiser, newest first
	More    bool           `json:"more,omitempty"`
}
