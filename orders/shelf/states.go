package shelf

import (
	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// SaleStep is an event of a sale.
type SaleStep string

const (
	SalePay     SaleStep = "pay"      // the money came
	SaleHand    SaleStep = "hand"     // given to the buyer
	SaleExpire  SaleStep = "expire"   // its time is over: ask the provider first
	SaleLapse   SaleStep = "lapse"    // the provider says it was not paid
	SaleCallOff SaleStep = "call_off" // by the buyer or the shop
)

// SaleMachine is the life of a sale: an event without a row cannot happen.
var SaleMachine = state.New(state.Table[SaleState, SaleStep]{
	Name: "sale", States: []SaleState{SalePlaced, SaleExpiring, SaleExpired, SalePaid, SaleDone, SaleCancelled},
	Initial: []SaleState{SalePlaced, SaleDone}, Final: []SaleState{SaleExpired, SaleDone, SaleCancelled},
	Rows: []state.Row[SaleState, SaleStep]{
		{On: SalePay, From: []SaleState{SalePlaced, SaleExpiring}, To: SalePaid, Refused: "sale.wrong_state"},
		{On: SaleHand, From: []SaleState{SalePaid}, To: SaleDone, Refused: "sale.not_paid"},
		{On: SaleExpire, From: []SaleState{SalePlaced}, To: SaleExpiring, Refused: "sale.wrong_state"},
		{On: SaleLapse, From: []SaleState{SaleExpiring}, To: SaleExpired, Refused: "sale.wrong_state"},
		{On: SaleCallOff, From: []SaleState{SalePlaced, SalePaid}, To: SaleCancelled, Refused: "sale.cannot_cancel"},
	},
})

// Next is the state after a step, or Conflict with a sentence for the caller.
func (s SaleState) Next(step SaleStep) (SaleState, error) { return link.Next(SaleMachine, s, step) }

// Can reports whether a step is possible.
func (s SaleState) Can(step SaleStep) bool { return SaleMachine.Can(s, step) }

// Waiting are the states of a sale that is not at its end.
func Waiting() []string {
	var states []string
	for _, s := range SaleMachine.States() {
		if !SaleMachine.Final(s) {
			states = append(states, string(s))
		}
	}
	return states
}

// SheetStep is an event of a sheet of buy-ins.
type SheetStep string

const (
	SheetClose  SheetStep = "close"  // the shop ends it
	SheetBill   SheetStep = "bill"   // payments has closed it
	SheetSettle SheetStep = "settle" // the shop has paid
)

// SheetMachine is the life of a buy-in sheet: an event without a row cannot happen.
var SheetMachine = state.New(state.Table[SheetState, SheetStep]{
	Name: "buy-in sheet", States: []SheetState{SheetOpen, SheetClosing, SheetClosed, SheetSettled},
	Initial: []SheetState{SheetOpen}, Final: []SheetState{SheetSettled},
	Rows: []state.Row[SheetState, SheetStep]{
		{On: SheetClose, From: []SheetState{SheetOpen}, To: SheetClosing, Refused: "shelf.sheet.not_open"},
		{On: SheetBill, From: []SheetState{SheetClosing}, To: SheetClosed, Refused: "shelf.sheet.not_open"},
		{On: SheetSettle, From: []SheetState{SheetClosing, SheetClosed}, To: SheetSettled, Refused: "shelf.sheet.not_open"},
	},
})

// Can reports whether a step is possible.
func (s SheetState) Can(step SheetStep) bool { return SheetMachine.Can(s, step) }

// Next is the state after a step. Conflict.
func (s SheetState) Next(step SheetStep) (SheetState, error) { return link.Next(SheetMachine, s, step) }

// BuyInStep is an event of a buy-in.
type BuyInStep string

const (
	BuyInPost   BuyInStep = "post"   // the catalogue has taken the goods out of the household's offers
	BuyInHold   BuyInStep = "hold"   // the household does not offer so much
	BuyInAgree  BuyInStep = "agree"  // by a second person
	BuyInRefuse BuyInStep = "refuse" // by a second person
)

// BuyInMachine is the life of a buy-in: an event without a row cannot happen.
var BuyInMachine = state.New(state.Table[BuyInState, BuyInStep]{
	Name: "buy-in", States: []BuyInState{BuyInTaken, BuyInWaiting, BuyInAgreed, BuyInPosted, BuyInRefused},
	Initial: []BuyInState{BuyInTaken}, Final: []BuyInState{BuyInPosted, BuyInRefused},
	Rows: []state.Row[BuyInState, BuyInStep]{
		{On: BuyInPost, From: []BuyInState{BuyInTaken, BuyInAgreed}, To: BuyInPosted, Refused: "shelf.decided"},
		{On: BuyInHold, From: []BuyInState{BuyInTaken}, To: BuyInWaiting, Refused: "shelf.decided"},
		{On: BuyInAgree, From: []BuyInState{BuyInWaiting}, To: BuyInAgreed, Refused: "shelf.decided"},
		{On: BuyInRefuse, From: []BuyInState{BuyInWaiting}, To: BuyInRefused, Refused: "shelf.decided"},
	},
})

// Next is the state after a step. Conflict.
func (s BuyInState) Next(step BuyInStep) (BuyInState, error) { return link.Next(BuyInMachine, s, step) }

// Can reports whether a step is possible.
func (s BuyInState) Can(step BuyInStep) bool { return BuyInMachine.Can(s, step) }

// MovementStep is an event of a movement that waits for a second person.
type MovementStep string

const (
	MovementAccept MovementStep = "accept"
	MovementRefuse MovementStep = "refuse"
)

// MovementMachine is the life of a movement of stock: an event without a row cannot happen.
var MovementMachine = state.New(state.Table[MovementState, MovementStep]{
	Name: "movement of stock", States: []MovementState{MovementHeld, MovementDone, MovementRefused},
	Initial: []MovementState{MovementDone, MovementHeld}, Final: []MovementState{MovementDone, MovementRefused},
	Rows: []state.Row[MovementState, MovementStep]{
		{On: MovementAccept, From: []MovementState{MovementHeld}, To: MovementDone, Refused: "shelf.decided"},
		{On: MovementRefuse, From: []MovementState{MovementHeld}, To: MovementRefused, Refused: "shelf.decided"},
	},
})

// Next is the state after a step. Conflict.
func (s MovementState) Next(step MovementStep) (MovementState, error) {
	return link.Next(MovementMachine, s, step)
}

// Can reports whether a step is possible.
func (s MovementState) Can(step MovementStep) bool { return MovementMachine.Can(s, step) }
