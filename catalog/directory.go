package catalog

import (
	"context"
	"time"

	"banmuyuan/internal/entry"
)

// Directory keeps a county's reference data: places, organisations, products, programmes and households, as entries of
// the kinds that Kinds declares. An entry is added, changed or retired, and never deleted: orders of earlier years name it.
//
// A batch takes a workbook: it is filled with rows, checked without changing anything, and loaded on confirmation. The
// module works on it in the background, so that a large county takes its time; a batch that a stop interrupts is
// continued, because the same row twice changes nothing.
//
//link:service catalog v1 raw
type Directory interface {
	// OpenBatch begins a batch. For the county.
	OpenBatch(context.Context, OpenBatch) (Batch, error)
	// AddBatchRows adds up to 1,000 rows of one kind to a batch that is being filled. Rows of a line that it has already
	// replace the earlier ones. Conflict once the batch is being checked.
	AddBatchRows(context.Context, BatchRows) (Batch, error) //link:body
	// RunBatch asks to check a batch, or to load one that is checked. Asking again changes nothing.
	RunBatch(context.Context, RunBatch) (Batch, error)
	// Batch returns the state of a batch.
	Batch(context.Context, BatchRef) (Batch, error)
	// BatchProblems lists the rows that were left out, by kind in the order of Kinds and by line.
	BatchProblems(context.Context, BatchProblemsRequest) (BatchProblemPage, error)
	// BatchWrong reads back the rows of one kind that were left out, by line, as they were sent. Forbidden for everybody but
	// the account that opened the batch: rows hold id numbers in full. They are kept for a day.
	BatchWrong(context.Context, BatchWrongRequest) (BatchRows, error)
	// Batches lists the newest batches.
	Batches(context.Context, BatchesRequest) (BatchList, error)
	// DropBatch forgets a batch and its rows. Changes that it made stay.
	DropBatch(context.Context, BatchRef) (Batch, error)

	// Entries lists entries of a kind by name. For the county.
	Entries(context.Context, EntryFilter) (EntryPage, error)
	// Entry returns an entry with its history, the newest change first. NotFound.
	Entry(context.Context, EntryRef) (Entry, error)
	// SaveEntry adds an entry (ID 0) or changes one, as a form sends it: an empty cell clears a value. Conflict where its
	// key is another's.
	SaveEntry(context.Context, SaveEntry) (Entry, error) //link:body
	// RetireEntry takes an entry out of use, or back into it, with a reason. Conflict where others in use depend on it.
	RetireEntry(context.Context, RetireEntry) (Entry, error)
	// ReplaceHelper gives all households of a helper to another one, with a reason. Each household's history has it, and its
	// consent is asked for anew. Asking again changes nothing.
	ReplaceHelper(context.Context, ReplaceHelper) (HelperReplaced, error)
}

// MaxBatchRows is how many rows one AddBatchRows takes.
const MaxBatchRows = 1000

type OpenBatch struct {
	Name string `json:"name"` // of the file
}

type BatchRef struct {
	ID int64 `json:"id"`
}

type BatchRows struct {
	ID   int64       `json:"id"`
	Kind string      `json:"kind"`
	Rows []entry.Row `json:"rows"`
}

type RunBatch struct {
	ID   int64 `json:"id"`
	Load bool  `json:"load"`
}

// Batch is a workbook on its way into the directory.
type Batch struct {
	ID       int64       `json:"id"`
	Name     string      `json:"name"`
	State    BatchState  `json:"state"`
	By       string      `json:"by"`
	At       time.Time   `json:"at"`
	Rows     int64       `json:"rows"`
	Done     int64       `json:"done"` // rows checked or loaded so far
	Problems int64       `json:"problems"`
	Wrong    int64       `json:"wrong"` // rows with a problem
	Kinds    []BatchKind `json:"kinds"`
	Fault    string      `json:"fault,omitempty"` // message key of the reason why a run stopped
	Opener   int64       `json:"opener"`          // account that opened it
}

// Changes returns the number of rows that loading adds or changes.
func (b Batch) Changes() int64 {
	var n int64
	for _, k := range b.Kinds {
		n += k.Added + k.Changed
	}
	return n
}

// BatchKind counts the rows of a kind.
type BatchKind struct {
	Kind      string `json:"kind"`
	Rows      int64  `json:"rows"`
	Added     int64  `json:"added"`
	Changed   int64  `json:"changed"`
	Unchanged int64  `json:"unchanged"`
	Wrong     int64  `json:"wrong"`
}

type BatchProblemsRequest struct {
	ID    int64 `json:"id"`
	After int64 `json:"after,omitempty"` // number of problems already read
	Limit int   `json:"limit,omitempty"` // 1–1000, 200 when 0
}

type BatchProblemPage struct {
	Items []entry.Problem `json:"items"`
	Total int64           `json:"total"`
}

type BatchWrongRequest struct {
	ID    int64  `json:"id"`
	Kind  string `json:"kind"`
	After int64  `json:"after,omitempty"` // line of the last row read
	Limit int    `json:"limit,omitempty"` // 1–500, 200 when 0
}

type BatchesRequest struct {
	Limit int `json:"limit,omitempty"` // 1–100, 10 when 0
}

// BatchList holds batches, the newest first.
type BatchList struct {
	Items []Batch `json:"items"`
}

type EntryFilter struct {
	Kind    string `json:"kind"`
	Query   string `json:"q,omitempty"`
	Retired bool   `json:"retired,omitempty"` // only entries out of use
	After   int64  `json:"after,omitempty"`   // id of the last entry read
	Limit   int    `json:"limit,omitempty"`   // 1–200, 50 when 0
}

type EntryPage struct {
	Items []Entry `json:"items"`
	Total int64   `json:"total"`
	Next  int64   `json:"next,omitempty"`
}

type EntryRef struct {
	Kind string `json:"kind"`
	ID   int64  `json:"id"`
}

// Entry is an entry as cells: each as a workbook or a form shows it. Personal numbers are masked.
type Entry struct {
	Kind    string            `json:"kind"`
	ID      int64             `json:"id"`
	Cells   map[string]string `json:"cells"`
	Retired *time.Time        `json:"retired,omitempty"`
	History []EntryChange     `json:"history,omitempty"`
}

// A helper's history has these lines besides changes of its own cells, with the number of households and the other helper,
// which is empty where there is none.
const (
	HandedOver = "handed_over"
	TakenOver  = "taken_over"

	HandedHouseholds = "households"
	HandedHelper     = "helper"
)

// EntryChange is one change of an entry. From and To hold the cells of the changed fields.
type EntryChange struct {
	At      time.Time         `json:"at"`
	By      string            `json:"by"`
	Command bool              `json:"command,omitempty"` // no account made it: a command on the server did
	What    string            `json:"what"`              // added, changed, retired, restored
	Reason  string            `json:"reason,omitempty"`
	From    map[string]string `json:"from,omitempty"`
	To      map[string]string `json:"to,omitempty"`
}

type SaveEntry struct {
	Kind   string            `json:"kind"`
	ID     int64             `json:"id,omitempty"`
	Cells  map[string]string `json:"cells"`
	Reason string            `json:"reason,omitempty"`
}

type ReplaceHelper struct {
	ID     int64  `json:"id"`
	By     string `json:"by"` // the other helper, as cells name one: by name, or by name（unit）
	Reason string `json:"reason"`
}

// Handover is a change of the helper of households, as one of the two helpers sees it.
type Handover struct {
	At         time.Time `json:"at" db:"at"`
	Got        bool      `json:"got" db:"got"`               // false: given away
	Other      string    `json:"other,omitempty" db:"other"` // helper, as cells name one; "" for none
	Households int       `json:"households" db:"households"`
}

// HelperReplaced counts the households that another helper has now.
type HelperReplaced struct {
	Households int `json:"households"`
}

type RetireEntry struct {
	Kind   string `json:"kind"`
	ID     int64  `json:"id"`
	Undo   bool   `json:"undo,omitempty"`
	Reason string `json:"reason"`
}
