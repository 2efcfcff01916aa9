package orders

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Stations serves weigh stations that work a whole day without a network: a station downloads the list of its villages in the
// morning and uploads its weighings in the evening, in any order and any number of times.
//
// Invariants: a weighing that was brought once is one ticket or one conflict, and stays that; a conflict
// changes nothing and waits for a person.
//
// Stations serves a weigh station that works a whole day without a network: it downloads the list of its villages in the
// morning and uploads its weighings in the evening, in any order and any number of times. Invariant: a weighing that was
// uploaded once is one ticket or one conflict, and stays that; a conflict changes nothing and waits for a person.
//
//link:service orders v1 raw
type Stations interface {
	// StationList lists the open shares of some villages, with everything that the scale asks for. For collectors.
	StationList(context.Context, StationRequest) (StationPage, error)
	// SyncTickets records weighings made without a network. It answers for each of them; an error is for all.
	SyncTickets(context.Context, SyncRequest) (SyncResult, error) //link:subject tickets_sync
	// Conflicts lists weighings that could not become tickets. For collectors.
	Conflicts(context.Context, ConflictFilter) (ConflictPage, error) //link:subject weigh_conflicts
	// SettleConflict records a person's decision. Conflict when another decision was recorded before.
	SettleConflict(context.Context, SettleConflictRequest) (WeighConflict, error) //link:subject weigh_conflict_settle
}

type StationRequest struct {
	Villages []int64 `json:"villages,omitempty"` // empty: all of the caller's
	Cursor   string  `json:"cursor,omitempty"`
	Limit    int     `json:"limit,omitempty"` // up to 500
}

// StationShare is a share with the data that a scale without a network needs.
type StationShare struct {
	Share
	Township    string               `json:"township"`
	PriceUnit   string               `json:"price_unit"`
	Weighed     bool                 `json:"weighed"` // goes over a scale, rather than counted
	Grades      []catalog.GradePrice `json:"grades"`
	UnitGrams   int64                `json:"unit_grams"`   // usual weight of one unit; 0 where nobody weighs
	ToleranceBP int64                `json:"tolerance_bp"` // further from the usual weight a second person has to confirm
	PointID     int64                `json:"point_id"`
	Point       string               `json:"point"`
}

type StationPage struct {
	Items  []StationShare `json:"items"`
	Total  int            `json:"total"`
	Cursor string         `json:"cursor,omitempty"`
}

// MaxSync is how many weighings one request may bring.
const MaxSync = 100

// QueuedWeighing is a weighing that waited on a phone. After names the weighings of the same phone that it builds on: their
// order matters, and they may arrive later.
type QueuedWeighing struct {
	WeighRequest
	After            []string `json:"after,omitempty"`             // client ids
	SupersedesClient string   `json:"supersedes_client,omitempty"` // client id of the weighing that it corrects
}

type SyncRequest struct {
	Tickets []QueuedWeighing `json:"tickets"`
}

// SyncOutcome is the outcome of one weighing.
type SyncOutcome string

const (
	SyncRecorded SyncOutcome = "recorded" // a ticket, accepted
	SyncHeld     SyncOutcome = "held"     // a ticket that waits for a second person
	SyncConflict SyncOutcome = "conflict" // kept aside for a person, see Conflicts
	SyncWaiting  SyncOutcome = "waiting"  // builds on one that has not arrived: send it again
	SyncFailed   SyncOutcome = "failed"   // nothing happened, for a moment's reason: send it again
)

type SyncItem struct {
	ClientID string      `json:"client_id"`
	Outcome  SyncOutcome `json:"outcome"`
	TicketID int64       `json:"ticket_id,omitempty"`
	TicketNo string      `json:"ticket_no,omitempty"`
	State    TicketState `json:"state,omitempty"`
	Problem  *link.Error `json:"problem,omitempty"`
}

// SyncResult has an item for each weighing, in the order in which they were sent.
type SyncResult struct {
	Items []SyncItem `json:"items"`
}

// WeighConflict is a weighing that contradicts the present state: goods that were weighed already, a ticket that was
// superseded, an order that was called off. Its content is kept as it arrived.
type WeighConflict struct {
	ID          int64         `json:"id"`
	ClientID    string        `json:"client_id"`
	State       ConflictState `json:"state"`
	Weighing    WeighRequest  `json:"weighing"`
	OrderNo     string        `json:"order_no"`
	Line        int           `json:"line"`
	LotID       int64         `json:"lot_id"`
	HouseholdID int64         `json:"household_id,omitempty"`
	VillageID   int64         `json:"village_id,omitempty"`
	Problem     *link.Error   `json:"problem"`
	Actor       string        `json:"actor"`
	ArrivedAt   time.Time     `json:"arrived_at"`
	SettledBy   string        `json:"settled_by,omitempty"`
	SettledAt   *time.Time    `json:"settled_at,omitempty"`
	Why         string        `json:"why,omitempty"`
	// Filled in for display:
	Title   catalog.Text `json:"title"`
	Unit    string       `json:"unit,omitempty"`
	Code    string       `json:"code,omitempty"`
	Head    string       `json:"head,omitempty"`
	Village string       `json:"village,omitempty"`
	Tickets []Ticket     `json:"tickets,omitempty"` // all of the same share
}

type ConflictFilter struct {
	All    bool   `json:"all,omitempty"` // settled ones as well
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type ConflictPage struct {
	Items  []WeighConflict `json:"items"`
	Open   int             `json:"open"`
	Cursor string          `json:"cursor,omitempty"`
}

type SettleConflictRequest struct {
	ID    int64         `json:"id"`
	State ConflictState `json:"state"` // dropped or reweighed
	Why   string        `json:"why"`
}

// StationMessages are the sentences of the station's keys, for web's glossary.
var StationMessages = map[string][2]string{
	"sync.many":             {"一次最多同步 {max} 条过磅记录，请分几次。", "At most {max} weighings at a time. Please send them in parts."},
	"sync.empty":            {"没有要同步的过磅记录。", "There is no weighing to bring."},
	"sync.waiting":          {"同一户更早的一条记录还没有同步，等它到了再记。", "An earlier weighing of the same household has not arrived yet; this one waits for it."},
	"sync.corrected.gone":   {"要更正的那条记录没有成为过磅单，请人工核对。", "The weighing that it corrects did not become a ticket. Somebody has to look at both."},
	"conflict.unknown":      {"没有找到这条有冲突的记录。", "We could not find this conflict."},
	"conflict.settled":      {"这条冲突已经有人处理过，请刷新页面。", "This conflict was settled already. Please reload the page."},
	"conflict.why":          {"请写明核对的结果，最多 {max} 个字。", "Please say what was found, {max} characters at most."},
	"conflict.state.choose": {"请选择怎样处理。", "Please choose what is to be done."},
}
