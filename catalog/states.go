package catalog

import (
	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// The state machines of the module. Every change of a state asks its table: Go code by Next or Can, SQL by parameters
// (or, in statements with a fixed text, by words that the store assembles from the table once).

// PresaleState is the state of a presale. Orders also depend on its window, see Presale.CheckOpen.
type PresaleState string

const (
	PresaleDraft  PresaleState = "draft"
	PresaleOpen   PresaleState = "open"
	PresaleClosed PresaleState = "closed"
)

// PresaleStep is an event of a presale.
type PresaleStep string

const (
	PresaleStepOpen   PresaleStep = "open"   // by the seller or the county; for a contract when signing begins
	PresaleStepClose  PresaleStep = "close"  // by the seller or the county
	PresaleStepReopen PresaleStep = "reopen" // by the seller or the county, with a reason
	PresaleStepEnd    PresaleStep = "end"    // the purchase contract is over, opened or not
)

// PresaleMachine is the table of presales.
var PresaleMachine = state.New(state.Table[PresaleState, PresaleStep]{
	Name: "presale", States: []PresaleState{PresaleDraft, PresaleOpen, PresaleClosed},
	Initial: []PresaleState{PresaleDraft}, // none is final: a closed presale may open again
	Rows: []state.Row[PresaleState, PresaleStep]{
		{On: PresaleStepOpen, From: []PresaleState{PresaleDraft}, To: PresaleOpen, Refused: "presale.state"},
		{On: PresaleStepClose, From: []PresaleState{PresaleOpen}, To: PresaleClosed, Refused: "presale.state"},
		{On: PresaleStepReopen, From: []PresaleState{PresaleClosed}, To: PresaleOpen, Refused: "presale.state"},
		{On: PresaleStepEnd, From: []PresaleState{PresaleDraft, PresaleOpen}, To: PresaleClosed, Refused: "presale.state"},
	},
})

// StepTo returns the event that leads to the state that a seller or the county asks for. Conflict where there is none.
func (s PresaleState) StepTo(to PresaleState) (PresaleStep, error) {
	for _, step := range []PresaleStep{PresaleStepOpen, PresaleStepClose, PresaleStepReopen} {
		if next, ok := PresaleMachine.Next(s, step); ok && next == to {
			return step, nil
		}
	}
	return "", link.E(link.Conflict, PresaleMachine.Refused(PresaleStepOpen), "state")
}

// Follow returns the state of a contract's presale after orders asked for state wanted. Requests may be repeated and
// may arrive late, so that a step that is not possible changes nothing. Invalid for a state that does not exist.
func (s PresaleState) Follow(wanted PresaleState) (PresaleState, error) {
	switch wanted {
	case PresaleDraft:
		return s, nil
	case PresaleMachine.To(PresaleStepOpen):
		next, _ := PresaleMachine.Next(s, PresaleStepOpen)
		return next, nil
	case PresaleMachine.To(PresaleStepEnd):
		next, _ := PresaleMachine.Next(s, PresaleStepEnd)
		return next, nil
	}
	return s, link.E(link.Invalid, "malformed", "state")
}

// SeasonState is the state of a season.
type SeasonState string

const (
	SeasonPlanned SeasonState = "planned" // its presales can be prepared, opened and sold
	SeasonCurrent SeasonState = "current" // pages and figures that name no season are of this one; there is one at most
	SeasonClosing SeasonState = "closing" // the next one has begun; it is delivered and paid to its end
	SeasonClosed  SeasonState = "closed"  // nothing of it is open, and nothing new comes into it
)

// SeasonStep is an event of a season.
type SeasonStep string

const (
	SeasonStepPlan    SeasonStep = "plan" // makes it
	SeasonStepBegin   SeasonStep = "begin"
	SeasonStepReplace SeasonStep = "replace" // the next season begins, in the same transaction
	SeasonStepClose   SeasonStep = "close"   // orders has found nothing open
	SeasonStepReopen  SeasonStep = "reopen"  // with a reason
)

// SeasonMachine is the table of seasons.
var SeasonMachine = state.New(state.Table[SeasonState, SeasonStep]{
	Name: "season", States: []SeasonState{SeasonPlanned, SeasonCurrent, SeasonClosing, SeasonClosed},
	Initial: []SeasonState{SeasonPlanned}, // none is final: a closed season may open again
	Rows: []state.Row[SeasonState, SeasonStep]{
		{On: SeasonStepBegin, From: []SeasonState{SeasonPlanned}, To: SeasonCurrent, Refused: "season.begin.state"},
		{On: SeasonStepReplace, From: []SeasonState{SeasonCurrent}, To: SeasonClosing, Refused: "season.begin.state"},
		{On: SeasonStepClose, From: []SeasonState{SeasonClosing}, To: SeasonClosed, Refused: "season.close.state"},
		{On: SeasonStepReopen, From: []SeasonState{SeasonClosed}, To: SeasonClosing, Refused: "season.reopen.state"},
	},
})

// HoldState is the state of a hold.
type HoldState string

const (
	HoldHeld      HoldState = "held"      // until it expires
	HoldConfirmed HoldState = "confirmed" // paid for: it is delivered or released in parts or whole
	HoldReleased  HoldState = "released"  // nothing is held any more
)

// HoldStep is an event of a hold. Deliveries change quantities of a hold and never its state.
type HoldStep string

const (
	HoldStepConfirm  HoldStep = "confirm"
	HoldStepRelease  HoldStep = "release"
	HoldStepWithdraw HoldStep = "withdraw" // released unless it is confirmed: a revived order may have a new hold
	HoldStepExpire   HoldStep = "expire"   // nobody confirmed it in time
)

// HoldMachine is the table of holds. A hold for the refill of a paid order begins confirmed.
var HoldMachine = state.New(state.Table[HoldState, HoldStep]{
	Name: "hold", States: []HoldState{HoldHeld, HoldConfirmed, HoldReleased},
	Initial: []HoldState{HoldHeld, HoldConfirmed}, Final: []HoldState{HoldReleased},
	Rows: []state.Row[HoldState, HoldStep]{
		{On: HoldStepConfirm, From: []HoldState{HoldHeld}, To: HoldConfirmed, Refused: "hold.expired"},
		{On: HoldStepRelease, From: []HoldState{HoldHeld, HoldConfirmed}, To: HoldReleased, Refused: "hold.expired"},
		{On: HoldStepWithdraw, From: []HoldState{HoldHeld}, To: HoldReleased, Refused: "hold.expired"},
		{On: HoldStepExpire, From: []HoldState{HoldHeld}, To: HoldReleased, Refused: "hold.expired"},
	},
})

// Step returns the event that a command to release is.
func (r HoldRelease) Step() HoldStep {
	if r.Unconfirmed {
		return HoldStepWithdraw
	}
	return HoldStepRelease
}

// ReviewState is the state of a review.
type ReviewState string

const (
	ReviewOpen     ReviewState = "open"
	ReviewApproved ReviewState = "approved"
	ReviewRefused  ReviewState = "refused"
)

// ReviewStep is a decision about a review.
type ReviewStep string

const (
	ReviewStepApprove ReviewStep = "approve"
	ReviewStepRefuse  ReviewStep = "refuse"
)

// ReviewMachine is the table of reviews.
var ReviewMachine = state.New(state.Table[ReviewState, ReviewStep]{
	Name: "review", States: []ReviewState{ReviewOpen, ReviewApproved, ReviewRefused},
	Initial: []ReviewState{ReviewOpen}, Final: []ReviewState{ReviewApproved, ReviewRefused},
	Rows: []state.Row[ReviewState, ReviewStep]{
		{On: ReviewStepApprove, From: []ReviewState{ReviewOpen}, To: ReviewApproved, Refused: "review.decided"},
		{On: ReviewStepRefuse, From: []ReviewState{ReviewOpen}, To: ReviewRefused, Refused: "review.decided"},
	},
})

// Step returns the event that a decision is.
func (d DecideReviewRequest) Step() ReviewStep {
	if d.Approve {
		return ReviewStepApprove
	}
	return ReviewStepRefuse
}

// BatchState is the state of a batch of the directory.
type BatchState string

const (
	BatchFilling  BatchState = "filling"  // takes rows
	BatchChecking BatchState = "checking" // in the background
	BatchChecked  BatchState = "checked"  // waits for confirmation
	BatchLoading  BatchState = "loading"  // in the background
	BatchLoaded   BatchState = "loaded"
	BatchDropped  BatchState = "dropped"
)

// BatchStep is an event of a batch.
type BatchStep string

const (
	BatchStepCheck   BatchStep = "check"   // asked for
	BatchStepChecked BatchStep = "checked" // the module has checked it
	BatchStepLoad    BatchStep = "load"    // confirmed
	BatchStepLoaded  BatchStep = "loaded"  // the module has loaded it
	BatchStepFail    BatchStep = "fail"    // a run stopped for a reason that rows cannot mend
	BatchStepDrop    BatchStep = "drop"
)

// BatchMachine is the table of batches.
var BatchMachine = state.New(state.Table[BatchState, BatchStep]{
	Name: "batch", States: []BatchState{BatchFilling, BatchChecking, BatchChecked, BatchLoading, BatchLoaded, BatchDropped},
	Initial: []BatchState{BatchFilling}, Final: []BatchState{BatchLoaded, BatchDropped},
	Rows: []state.Row[BatchState, BatchStep]{
		{On: BatchStepCheck, From: []BatchState{BatchFilling, BatchChecked}, To: BatchChecking, Refused: "batch.state"},
		{On: BatchStepChecked, From: []BatchState{BatchChecking}, To: BatchChecked, Refused: "batch.state"},
		{On: BatchStepLoad, From: []BatchState{BatchChecked}, To: BatchLoading, Refused: "batch.state"},
		{On: BatchStepLoaded, From: []BatchState{BatchLoading}, To: BatchLoaded, Refused: "batch.state"},
		{On: BatchStepFail, From: []BatchState{BatchChecking, BatchLoading}, To: BatchFilling, Refused: "batch.state"},
		{On: BatchStepDrop, From: []BatchState{BatchFilling, BatchChecked}, To: BatchDropped, Refused: "batch.state"},
	},
})
