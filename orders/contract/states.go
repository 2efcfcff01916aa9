package contract

import (
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// State is where a purchase contract stands; see Machine.
type State string

const (
	Draft     State = "draft"     // 起草
	Approval  State = "approval"  // 待单位审批
	Published State = "published" // 已发布: households can read it
	Signing   State = "signing"   // 签约中
	Running   State = "running"   // 执行中: goods are called off
	Closed    State = "closed"    // 已结束
)

// States are all states, in the order of a contract's life.
var States = []State{Draft, Approval, Published, Signing, Running, Closed}

// Step is an event in the life of a contract.
type Step string

const (
	StepSubmit  Step = "submit"  // to the approver of the organisation
	StepReturn  Step = "return"  // by the approver, to be changed
	StepApprove Step = "approve" // published at once
	StepOpen    Step = "open"    // signing begins
	StepStart   Step = "start"   // signing is over
	StepClose   Step = "close"   // nothing more is called off
)

// Machine is the life of a contract: an event without a row cannot happen.
var Machine = state.New(state.Table[State, Step]{
	Name: "contract", States: States,
	Initial: []State{Draft}, Final: []State{Closed},
	Rows: []state.Row[State, Step]{
		{On: StepSubmit, From: []State{Draft}, To: Approval, Refused: "contract.wrong_state"},
		{On: StepReturn, From: []State{Approval}, To: Draft, Refused: "contract.wrong_state"},
		{On: StepApprove, From: []State{Approval}, To: Published, Refused: "contract.wrong_state"},
		{On: StepOpen, From: []State{Published}, To: Signing, Refused: "contract.wrong_state"},
		{On: StepStart, From: []State{Signing}, To: Running, Refused: "contract.wrong_state"},
		{On: StepClose, From: []State{Published, Signing, Running}, To: Closed, Refused: "contract.wrong_state"},
	},
})

// Next is the state after a step, or Conflict.
func (s State) Next(step Step) (State, error) {
	return link.Next(Machine, s, step)
}

// Can reports whether a step is possible.
func (s State) Can(step Step) bool {
	return Machine.Can(s, step)
}

// private are the states in which only the buying organisation, and the county, see a contract.
var private = []State{Draft, Approval}

// Private reports whether a contract was not published yet.
func (s State) Private() bool { return slices.Contains(private, s) }

// PrivateStates are the states before publication, as a parameter for SQL.
func PrivateStates() []string { return texts(private) }

// JoinableStates are the states in which households look for contracts to sign, as a parameter for SQL.
func JoinableStates() []string { return texts([]State{Published, Signing}) }

func texts[S ~string](states []S) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

// QuotaState is where a household's part of a contract stands.
type QuotaState string

const (
	QuotaProposed QuotaState = "proposed" // waits for the household's answer until AnswerBy
	QuotaBooking  QuotaState = "booking"  // agreed; the catalogue is asked whether the household has that much
	QuotaSigned   QuotaState = "signed"
	QuotaDeclined QuotaState = "declined"
	QuotaLapsed   QuotaState = "lapsed" // no answer in time: proposed to others
	QuotaEnded    QuotaState = "ended"  // the contract is over
)

// QuotaStep is an event in the life of a quota.
type QuotaStep string

const (
	QuotaAgree   QuotaStep = "agree"
	QuotaBooked  QuotaStep = "booked"  // the catalogue has moved the units
	QuotaRefused QuotaStep = "refused" // it has not: the household has less
	QuotaDecline QuotaStep = "decline"
	QuotaLapse   QuotaStep = "lapse"
	QuotaEnd     QuotaStep = "end"
)

// QuotaMachine is the life of a quota: an event without a row cannot happen. A quota begins as the platform's proposal, or
// in booking when the household asks for it.
var QuotaMachine = state.New(state.Table[QuotaState, QuotaStep]{
	Name: "quota", States: []QuotaState{QuotaProposed, QuotaBooking, QuotaSigned, QuotaDeclined, QuotaLapsed, QuotaEnded},
	Initial: []QuotaState{QuotaProposed, QuotaBooking}, Final: []QuotaState{QuotaDeclined, QuotaLapsed, QuotaEnded},
	Rows: []state.Row[QuotaState, QuotaStep]{
		{On: QuotaAgree, From: []QuotaState{QuotaProposed}, To: QuotaBooking, Refused: "quota.answered"},
		{On: QuotaBooked, From: []QuotaState{QuotaBooking}, To: QuotaSigned, Refused: "quota.answered"},
		{On: QuotaRefused, From: []QuotaState{QuotaBooking}, To: QuotaProposed, Refused: "quota.answered"},
		{On: QuotaDecline, From: []QuotaState{QuotaProposed}, To: QuotaDeclined, Refused: "quota.answered"},
		{On: QuotaLapse, From: []QuotaState{QuotaProposed}, To: QuotaLapsed, Refused: "quota.answered"},
		{On: QuotaEnd, From: []QuotaState{QuotaSigned}, To: QuotaEnded, Refused: "quota.answered"},
	},
})

// Next is the state after a step, or Conflict.
func (s QuotaState) Next(step QuotaStep) (QuotaState, error) { return link.Next(QuotaMachine, s, step) }

// holding are the states of a quota that takes up some of its contract's quantity.
var holding = []QuotaState{QuotaProposed, QuotaBooking, QuotaSigned, QuotaEnded}

// Holds reports whether a quota takes up some of the contract's quantity.
func (s QuotaState) Holds() bool { return slices.Contains(holding, s) }

// HoldingStates are the states of a quota that takes up quantity, as a parameter for SQL.
func HoldingStates() []string { return texts(holding) }
