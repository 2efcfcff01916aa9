package notify

import "banmuyuan/internal/state"

// State of a message to a buyer.
type State string

const (
	Waiting State = "waiting" // for its time, or for another try
	Sent    State = "sent"
	Failed  State = "failed"  // the provider refused it to the last try, or the buyer cannot be reached
	Dropped State = "dropped" // it was no longer true, said the same as an earlier one, or the buyer wants none
)

// Step is an event of a message.
type Step string

const (
	StepSend Step = "send"
	StepFail Step = "fail"
	StepDrop Step = "drop"
)

// Machine is the life of a message.
var Machine = state.New(state.Table[State, Step]{
	Name:    "message to a buyer",
	States:  []State{Waiting, Sent, Failed, Dropped},
	Initial: []State{Waiting},
	Final:   []State{Sent, Failed, Dropped},
	Rows: []state.Row[State, Step]{
		{On: StepSend, From: []State{Waiting}, To: Sent, Refused: "malformed"},
		{On: StepFail, From: []State{Waiting}, To: Failed, Refused: "malformed"},
		{On: StepDrop, From: []State{Waiting}, To: Dropped, Refused: "malformed"},
	},
})
