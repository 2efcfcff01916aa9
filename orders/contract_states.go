package orders

import (
	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// ContractState is where a purchase contract stands; see contractSteps.
type ContractState string

const (
	ContractDraft     ContractState = "draft"     // 起草
	ContractApproval  ContractState = "approval"  // 待单位审批
	ContractPublished ContractState = "published" // 已发布: households can read it
	ContractSigning   ContractState = "signing"   // 签约中
	ContractRunning   ContractState = "running"   // 执行中: goods are called off
	ContractClosed    ContractState = "closed"    // 已结束
)

// ContractStates are all states, in the order of a contract's life.
var ContractStates = []ContractState{ContractDraft, ContractApproval, ContractPublished, ContractSigning, ContractRunning, ContractClosed}

// ContractStep is what happens to a contract.
type ContractStep string

const (
	ContractSubmit  ContractStep = "submit"  // to the approver of the organisation
	ContractReturn  ContractStep = "return"  // by the approver, to be changed
	ContractApprove ContractStep = "approve" // published at once
	ContractOpen    ContractStep = "open"    // signing begins
	ContractStart   ContractStep = "start"   // signing is over
	ContractClose   ContractStep = "close"   // nothing more is called off
)

// ContractMachine is the life of a contract: an event without a row cannot happen.
var ContractMachine = state.New(state.Table[ContractState, ContractStep]{
	Name: "contract", States: ContractStates,
	Initial: []ContractState{ContractDraft}, Final: []ContractState{ContractClosed},
	Rows: []state.Row[ContractState, ContractStep]{
		{On: ContractSubmit, From: []ContractState{ContractDraft}, To: ContractApproval, Refused: "contract.wrong_state"},
		{On: ContractReturn, From: []ContractState{ContractApproval}, To: ContractDraft, Refused: "contract.wrong_state"},
		{On: ContractApprove, From: []ContractState{ContractApproval}, To: ContractPublished, Refused: "contract.wrong_state"},
		{On: ContractOpen, From: []ContractState{ContractPublished}, To: ContractSigning, Refused: "contract.wrong_state"},
		{On: ContractStart, From: []ContractState{ContractSigning}, To: ContractRunning, Refused: "contract.wrong_state"},
		{On: ContractClose, From: []ContractState{ContractPublished, ContractSigning, ContractRunning}, To: ContractClosed, Refused: "contract.wrong_state"},
	},
})

// Next is the state after a step, or Conflict.
func (s ContractState) Next(step ContractStep) (ContractState, error) {
	return link.Next(ContractMachine, s, step)
}

// Can reports whether a step is possible.
func (s ContractState) Can(step ContractStep) bool {
	return ContractMachine.Can(s, step)
}

// QuotaState is where a household's part of a contract stands.
type QuotaState string

const (
	QuotaProposed QuotaState = "proposed" // waits for the household's word until AnswerBy
	QuotaBooking  QuotaState = "booking"  // agreed; the catalogue is asked whether the household has that much
	QuotaSigned   QuotaState = "signed"
	QuotaDeclined QuotaState = "declined"
	QuotaLapsed   QuotaState = "lapsed" // no word in time: offered on
	QuotaEnded    QuotaState = "ended"  // the contract is over
)

// QuotaStep is what happens to a quota.
type QuotaStep string

const (
	QuotaAgree   QuotaStep = "agree"
	QuotaBooked  QuotaStep = "booked"  // the catalogue has moved the units
	QuotaRefused QuotaStep = "refused" // it has not: the household has less
	QuotaDecline QuotaStep = "decline"
	QuotaLapse   QuotaStep = "lapse"
	QuotaEnd     QuotaStep = "end"
)

// QuotaMachine is the life of a quota: an event without a row cannot happen.
var QuotaMachine = state.New(state.Table[QuotaState, QuotaStep]{
	Name: "quota", States: []QuotaState{QuotaProposed, QuotaBooking, QuotaSigned, QuotaDeclined, QuotaLapsed, QuotaEnded},
	Initial: []QuotaState{QuotaProposed}, Final: []QuotaState{QuotaDeclined, QuotaLapsed, QuotaEnded},
	Rows: []state.Row[QuotaState, QuotaStep]{
		{On: QuotaAgree, From: []QuotaState{QuotaProposed}, To: QuotaBooking, Refused: "quota.answered"},
		{On: QuotaBooked, From: []QuotaState{QuotaBooking}, To: QuotaSigned, Refused: "quota.answered"},
		{On: QuotaRefused, From: []QuotaState{QuotaBooking}, To: QuotaProposed, Refused: "quota.answered"},
		{On: QuotaDecline, From: []QuotaState{QuotaProposed}, To: QuotaDeclined, Refused: "quota.answered"},
		{On: QuotaLapse, From: []QuotaState{QuotaProposed}, To: QuotaLapsed, Refused: "quota.answered"},
		{On: QuotaEnd, From: []QuotaState{QuotaProposed, QuotaSigned}, To: QuotaEnded, Refused: "quota.answered"},
	},
})

// Next is what becomes of a quota, or Conflict.
func (s QuotaState) Next(step QuotaStep) (QuotaState, error) { return link.Next(QuotaMachine, s, step) }

// Holds tells whether a quota takes up some of the contract's quantity.
func (s QuotaState) Holds() bool {
	return s == QuotaProposed || s == QuotaBooking || s == QuotaSigned || s == QuotaEnded
}
