package report

import "banmuyuan/internal/state"

// State is the state of a job.
type State string

const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Step is an event of a job.
type Step string

const (
	StepClaim  Step = "claim" // by a process, also of a running job whose process ended
	StepFinish Step = "finish"
	StepFail   Step = "fail"
)

// Machine is the table of jobs.
var Machine = state.New(state.Table[State, Step]{
	Name: "report", States: []State{Queued, Running, Done, Failed}, Initial: []State{Queued}, Final: []State{Done, Failed},
	Rows: []state.Row[State, Step]{
		{On: StepClaim, From: []State{Queued, Running}, To: Running},
		{On: StepFinish, From: []State{Running}, To: Done},
		{On: StepFail, From: []State{Running}, To: Failed},
	},
})
