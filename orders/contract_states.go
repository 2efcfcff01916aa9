package orders

import "slices"

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

var contractSteps = map[ContractStep]transition[ContractState]{
	ContractSubmit:  {[]ContractState{ContractDraft}, ContractApproval, "contract.wrong_state"},
	ContractReturn:  {[]ContractState{ContractApproval}, ContractDraft, "contract.wrong_state"},
	ContractApprove: {[]ContractState{ContractApproval}, ContractPublished, "contract.wrong_state"},
	ContractOpen:    {[]ContractState{ContractPublished}, ContractSigning, "contract.wrong_state"},
	ContractStart:   {[]ContractState{ContractSigning}, ContractRunning, "contract.wrong_state"},
	ContractClose:   {[]ContractState{ContractPublished, ContractSigning, ContractRunning}, ContractClosed, "contract.wrong_state"},
}

// Next is the state after a step, or Conflict.
func (s ContractState) Next(step ContractStep) (ContractState, error) {
	return next(contractSteps[step], s)
}

// Can reports whether a step is possible.
func (s ContractState) Can(step ContractStep) bool {
	return slices.Contains(contractSteps[step].from, s)
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

var quotaSteps = map[QuotaStep]transition[QuotaState]{
	QuotaAgree:   {[]QuotaState{QuotaProposed}, QuotaBooking, "quota.answered"},
	QuotaBooked:  {[]QuotaState{QuotaBooking}, QuotaSigned, "quota.answered"},
	QuotaRefused: {[]QuotaState{QuotaBooking}, QuotaProposed, "quota.answered"},
	QuotaDecline: {[]QuotaState{QuotaProposed}, QuotaDeclined, "quota.answered"},
	QuotaLapse:   {[]QuotaState{QuotaProposed}, QuotaLapsed, "quota.answered"},
	QuotaEnd:     {[]QuotaState{QuotaProposed, QuotaSigned}, QuotaEnded, "quota.answered"},
}

// Next is what becomes of a quota, or Conflict.
func (s QuotaState) Next(step QuotaStep) (QuotaState, error) { return next(quotaSteps[step], s) }

// Holds tells whether a quota takes up some of the contract's quantity.
func (s QuotaState) Holds() bool {
	return s == QuotaProposed || s == QuotaBooking || s == QuotaSigned || s == QuotaEnded
}
