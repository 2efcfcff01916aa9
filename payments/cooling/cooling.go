// Package cooling is the county's rule of how long nothing is paid to a payout account after its approval.
//
// What must always hold: a time that lets money out earlier than the one in force waits for a second person.
package cooling

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
	"banmuyuan/payments"
)

//go:generate go run banmuyuan/internal/link/linkgen

// Rules sets the time. Until the county does it is that of the process's settings.
//
//link:service payments v1 raw
type Rules interface {
	// CoolingRules returns the time in force, a change that waits, and the history. For the county.
	CoolingRules(context.Context, payments.None) (Overview, error)
	// SetCooling makes the time longer at once; a shorter one waits for an approver who did not ask for it, and takes the
	// place of another that waits. The time in force itself withdraws a change that waits. Repeating it changes nothing.
	// For the county. Invalid names the field.
	SetCooling(context.Context, Set) (Overview, error)
	// DecideCooling is the second person's decision on a shorter time. Repeating it changes nothing. For approvers.
	// Forbidden for the person who asked for it; Conflict when it does not wait.
	DecideCooling(context.Context, Decide) (Overview, error)
}

// Overview has times in hours.
type Overview struct {
	Hours   int64    `json:"hours"`             // in force
	Waiting *Change  `json:"waiting,omitempty"` // for a second person
	History []Change `json:"history"`           // newest first, at most 50; empty until the county sets the time
}

// Change is a time that a person set or asked for.
type Change struct {
	ID        int64      `json:"id"`
	Hours     int64      `json:"hours"`
	State     State      `json:"state"`
	By        string     `json:"by"`
	At        time.Time  `json:"at"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Why       string     `json:"why,omitempty"` // of a refusal
}

type Set struct {
	Hours int64 `json:"hours"`
}

type Decide struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty"`
}

// Most is the longest time in hours.
const Most = 90 * 24

// State is the state of a time that a person set or asked for.
type State string

const (
	Waiting  State = "waiting" // for a second person
	InForce  State = "in_force"
	Refused  State = "refused"
	Replaced State = "replaced" // by a later one, or withdrawn
)

// Step is an event of such a time.
type Step string

const (
	StepApprove  Step = "approve"
	StepRefuse   Step = "refuse"
	StepReplace  Step = "replace"  // another one comes into force
	StepWithdraw Step = "withdraw" // another one is asked for, or none any more
)

// Machine is the table of times. A longer time starts in force, a shorter one waits.
var Machine = state.New(state.Table[State, Step]{
	Name:    "cooling time",
	States:  []State{Waiting, InForce, Refused, Replaced},
	Initial: []State{Waiting, InForce},
	Final:   []State{Refused, Replaced},
	Rows: []state.Row[State, Step]{
		{On: StepApprove, From: []State{Waiting}, To: InForce, Refused: "rules.cooling.decided"},
		{On: StepRefuse, From: []State{Waiting}, To: Refused, Refused: "rules.cooling.decided"},
		{On: StepReplace, From: []State{InForce}, To: Replaced},
		{On: StepWithdraw, From: []State{Waiting}, To: Replaced},
	},
})

// Check returns Invalid for a time out of bounds.
func (r Set) Check() error {
	if r.Hours < 0 || r.Hours > Most {
		return link.E(link.Invalid, "rules.cooling.hours", "hours", "max", strconv.Itoa(Most))
	}
	return nil
}

// Entered is the state in which a time is entered: a shorter one than that in force lets money out earlier, and waits.
func (r Set) Entered(inForce time.Duration) State {
	if time.Duration(r.Hours)*time.Hour < inForce {
		return Waiting
	}
	return InForce
}

// Check returns Invalid for a refusal without a reason.
func (r Decide) Check() error {
	if !r.Approve && !reason(r.Why) {
		return link.E(link.Invalid, "rules.cooling.why", "why")
	}
	return nil
}

// reason reports whether s is two to 200 characters that can be stored and read.
func reason(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 2 && n <= 200 && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// Step is the event of the decision.
func (r Decide) Step() Step {
	if r.Approve {
		return StepApprove
	}
	return StepRefuse
}
