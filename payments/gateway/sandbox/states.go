package sandbox

import (
	"fmt"

	"banmuyuan/internal/state"
)

// sessionState is the state of a session at the sandbox.
type sessionState string

const (
	sessionOpen       sessionState = "open"       // the buyer can pay
	sessionProcessing sessionState = "processing" // the buyer paid and the bank takes its time
	sessionPaid       sessionState = "paid"
	sessionFailed     sessionState = "failed"
	sessionExpired    sessionState = "expired"
)

// sessionStep is an event of a session.
type sessionStep string

const (
	sessionPay       sessionStep = "pay"      // the buyer paid, and Switches.PayDelay makes it wait
	sessionPayAtOnce sessionStep = "pay_once" // the buyer paid
	sessionSettle    sessionStep = "settle"   // the delay is over
	sessionDecline   sessionStep = "decline"  // the buyer's bank refused
	sessionExpire    sessionStep = "expire"   // its time is over, or the seller ended it
)

var sessionMachine = state.New(state.Table[sessionState, sessionStep]{
	Name:    "sandbox session",
	States:  []sessionState{sessionOpen, sessionProcessing, sessionPaid, sessionFailed, sessionExpired},
	Initial: []sessionState{sessionOpen},
	Final:   []sessionState{sessionPaid, sessionFailed, sessionExpired},
	Rows: []state.Row[sessionState, sessionStep]{
		{On: sessionPay, From: []sessionState{sessionOpen}, To: sessionProcessing},
		{On: sessionPayAtOnce, From: []sessionState{sessionOpen}, To: sessionPaid},
		{On: sessionSettle, From: []sessionState{sessionProcessing}, To: sessionPaid},
		{On: sessionDecline, From: []sessionState{sessionOpen}, To: sessionFailed},
		{On: sessionExpire, From: []sessionState{sessionOpen}, To: sessionExpired},
	},
})

// refundState is the state of a refund at the sandbox; payments reads it as a payments.RefundState.
type refundState string

const (
	refundPending   refundState = "pending"
	refundSucceeded refundState = "succeeded"
	refundFailed    refundState = "failed"
)

// refundStep is an event of a refund.
type refundStep string

const (
	refundSettle refundStep = "settle" // its delay is over
	refundFail   refundStep = "fail"   // its delay is over, and Switches make it fail or come back
)

var refundMachine = state.New(state.Table[refundState, refundStep]{
	Name:    "sandbox refund",
	States:  []refundState{refundPending, refundSucceeded, refundFailed},
	Initial: []refundState{refundPending, refundSucceeded},
	Final:   []refundState{refundSucceeded, refundFailed},
	Rows: []state.Row[refundState, refundStep]{
		{On: refundSettle, From: []refundState{refundPending}, To: refundSucceeded},
		{On: refundFail, From: []refundState{refundPending, refundSucceeded}, To: refundFailed},
	},
})

// disputeState is the state of a dispute at the sandbox; payments reads it as a payments.DisputeState.
type disputeState string

const (
	disputeOpen disputeState = "open"
	disputeWon  disputeState = "won"  // by the seller
	disputeLost disputeState = "lost" // by the seller
)

// disputeStep is an event of a dispute.
type disputeStep string

const (
	disputeWin  disputeStep = "win"
	disputeLose disputeStep = "lose"
)

var disputeMachine = state.New(state.Table[disputeState, disputeStep]{
	Name:    "sandbox dispute",
	States:  []disputeState{disputeOpen, disputeWon, disputeLost},
	Initial: []disputeState{disputeOpen},
	Final:   []disputeState{disputeWon, disputeLost},
	Rows: []state.Row[disputeState, disputeStep]{
		{On: disputeWin, From: []disputeState{disputeOpen}, To: disputeWon},
		{On: disputeLose, From: []disputeState{disputeOpen}, To: disputeLost},
	},
})

// settleDue writes the transitions that are due at $1 and returns them as announcements. Its text is assembled once,
// because the partial indexes of the schema match constants only.
var settleDue = fmt.Sprintf(`
			WITH paid AS (
				UPDATE sandbox_session SET state = '%[1]s', paid_at = settles_at
				WHERE id IN (SELECT id FROM sandbox_session WHERE state = '%[2]s' AND settles_at <= $1 ORDER BY id FOR UPDATE)
				RETURNING id),
			expired AS (
				UPDATE sandbox_session SET state = '%[3]s'
				WHERE id IN (SELECT id FROM sandbox_session WHERE state = '%[4]s' AND expires_at <= $1 ORDER BY id FOR UPDATE)
				RETURNING id),
			refunded AS (
				UPDATE sandbox_refund SET state = CASE WHEN fails THEN '%[5]s' ELSE '%[6]s' END, returned = state = '%[6]s', done_at = $1
				WHERE id IN (SELECT id FROM sandbox_refund WHERE settles_at <= $1 AND (state = '%[7]s' OR (state = '%[6]s' AND fails))
				             ORDER BY id FOR UPDATE)
				RETURNING id, session_id)
			SELECT 'session.%[1]s' AS type, id AS session, '' AS refund FROM paid
			UNION ALL SELECT 'session.%[3]s', id, '' FROM expired
			UNION ALL SELECT 'refund.updated', session_id, id FROM refunded`,
	sessionMachine.To(sessionSettle), sessionMachine.From(sessionSettle)[0],
	sessionMachine.To(sessionExpire), sessionMachine.From(sessionExpire)[0],
	refundMachine.To(refundFail), refundMachine.To(refundSettle), refundMachine.From(refundSettle)[0])
