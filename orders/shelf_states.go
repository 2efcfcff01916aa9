package orders

import "slices"

// SaleStep is what happens to a sale.
type SaleStep string

const (
	SalePay     SaleStep = "pay"      // the money came
	SaleHand    SaleStep = "hand"     // given to the buyer
	SaleExpire  SaleStep = "expire"   // its time is over: ask the provider first
	SaleLapse   SaleStep = "lapse"    // the provider says it was not paid
	SaleCallOff SaleStep = "call_off" // by the buyer or the shop
)

var saleSteps = map[SaleStep]transition[SaleState]{
	SalePay:     {[]SaleState{SalePlaced, SaleExpiring}, SalePaid, "sale.wrong_state"},
	SaleHand:    {[]SaleState{SalePaid}, SaleDone, "sale.not_paid"},
	SaleExpire:  {[]SaleState{SalePlaced}, SaleExpiring, "sale.wrong_state"},
	SaleLapse:   {[]SaleState{SaleExpiring}, SaleExpired, "sale.wrong_state"},
	SaleCallOff: {[]SaleState{SalePlaced, SalePaid}, SaleCancelled, "sale.cannot_cancel"},
}

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s SaleState) Next(step SaleStep) (SaleState, error) { return next(saleSteps[step], s) }

// Can reports whether a step is possible.
func (s SaleState) Can(step SaleStep) bool { return slices.Contains(saleSteps[step].from, s) }

// SheetStep is what happens to a sheet of buy-ins.
type SheetStep string

const (
	SheetClose  SheetStep = "close"  // the shop ends it
	SheetBill   SheetStep = "bill"   // payments has closed it
	SheetSettle SheetStep = "settle" // the shop has paid
)

var sheetSteps = map[SheetStep]transition[SheetState]{
	SheetClose:  {[]SheetState{SheetOpen}, SheetClosing, "shelf.sheet.not_open"},
	SheetBill:   {[]SheetState{SheetClosing}, SheetClosed, "shelf.sheet.not_open"},
	SheetSettle: {[]SheetState{SheetClosing, SheetClosed}, SheetSettled, "shelf.sheet.not_open"},
}

// Next is the state after a step. Conflict.
func (s SheetState) Next(step SheetStep) (SheetState, error) { return next(sheetSteps[step], s) }
