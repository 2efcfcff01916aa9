package payments

import (
	"context"
	"strconv"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// Rules are the county's rules about the money of households: how long nothing is paid to a payout account after its
// approval. Until the county sets it the time is that of the process's settings.
//
//link:service payments v1 raw
type Rules interface {
	// CoolingRules returns the time in force, a change that waits, and the history. For the county.
	CoolingRules(context.Context, None) (CoolingRules, error)
	// SetCooling makes the time longer at once; a shorter one waits for an approver who did not ask for it, and takes the
	// place of another that waits. The time in force itself withdraws a change that waits. Repeating it changes nothing.
	// For the county. Invalid names the field.
	SetCooling(context.Context, SetCooling) (CoolingRules, error)
	// DecideCooling is the second person's decision on a shorter time. Repeating it changes nothing. For approvers.
	// Forbidden for the person who asked for it; Conflict when it does not wait.
	DecideCooling(context.Context, DecideCooling) (CoolingRules, error)
}

// CoolingRules are times in hours.
type CoolingRules struct {
	Hours   int64           `json:"hours"`             // in force
	Waiting *CoolingChange  `json:"waiting,omitempty"` // for a second person
	History []CoolingChange `json:"history"`           // newest first, at most 50; empty until the county sets the time
}

// CoolingChange is a time that a person set or asked for.
type CoolingChange struct {
	ID        int64        `json:"id"`
	Hours     int64        `json:"hours"`
	State     CoolingState `json:"state"`
	By        string       `json:"by"`
	At        time.Time    `json:"at"`
	DecidedBy string       `json:"decided_by,omitempty"`
	DecidedAt *time.Time   `json:"decided_at,omitempty"`
	Why       string       `json:"why,omitempty"` // of a refusal
}

type SetCooling struct {
	Hours int64 `json:"hours"`
}

type DecideCooling struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty"`
}

// CoolingMost is the longest time in hours.
const CoolingMost = 90 * 24

// CoolingState is the state of a time that a person set or asked for.
type CoolingState string

const (
	CoolingWaiting  CoolingState = "waiting" // for a second person
	CoolingInForce  CoolingState = "in_force"
	CoolingRefused  CoolingState = "refused"
	CoolingReplaced CoolingState = "replaced" // by a later one, or withdrawn
)

// CoolingStep is an event of such a time.
type CoolingStep string

const (
	CoolingApprove  CoolingStep = "approve"
	CoolingRefuse   CoolingStep = "refuse"
	CoolingReplace  CoolingStep = "replace"  // another one comes into force
	CoolingWithdraw CoolingStep = "withdraw" // another one is asked for, or none any more
)

// CoolingMachine is the table of times. A longer time starts in force, a shorter one waits.
var CoolingMachine = state.New(state.Table[CoolingState, CoolingStep]{
	Name:    "cooling time",
	States:  []CoolingState{CoolingWaiting, CoolingInForce, CoolingRefused, CoolingReplaced},
	Initial: []CoolingState{CoolingWaiting, CoolingInForce},
	Final:   []CoolingState{CoolingRefused, CoolingReplaced},
	Rows: []state.Row[CoolingState, CoolingStep]{
		{On: CoolingApprove, From: []CoolingState{CoolingWaiting}, To: CoolingInForce, Refused: "rules.cooling.decided"},
		{On: CoolingRefuse, From: []CoolingState{CoolingWaiting}, To: CoolingRefused, Refused: "rules.cooling.decided"},
		{On: CoolingReplace, From: []CoolingState{CoolingInForce}, To: CoolingReplaced},
		{On: CoolingWithdraw, From: []CoolingState{CoolingWaiting}, To: CoolingReplaced},
	},
})

// Check returns Invalid for a time out of bounds.
func (r SetCooling) Check() error {
	if r.Hours < 0 || r.Hours > CoolingMost {
		return link.E(link.Invalid, "rules.cooling.hours", "hours", "max", strconv.Itoa(CoolingMost))
	}
	return nil
}

// Entered is the state in which a time is entered: a shorter one than that in force lets money out earlier, and waits.
func (r SetCooling) Entered(inForce time.Duration) CoolingState {
	if time.Duration(r.Hours)*time.Hour < inForce {
		return CoolingWaiting
	}
	return CoolingInForce
}

// Check returns Invalid for a refusal without a reason.
func (r DecideCooling) Check() error {
	if !r.Approve && !plainText(r.Why, 200) {
		return link.E(link.Invalid, "rules.cooling.why", "why")
	}
	return nil
}

// Step is the event of the decision.
func (r DecideCooling) Step() CoolingStep {
	if r.Approve {
		return CoolingApprove
	}
	return CoolingRefuse
}
