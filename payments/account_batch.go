package payments

import (
	"context"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// AccountBatches take many payout accounts at once: a sheet of the county or a bank's list of cards; or, by the same steps, the
// county's income of earlier years. One person fills a batch, has it checked and submits it; a second person sees the unusual
// rows first and approves or refuses it. The module checks and applies it in the background, and goes on with it after a stop.
//
//   - an account goes through the same steps as one that is entered by itself;
//   - a row is applied only while nothing else is found about it than the second person was shown: see StillHolds;
//   - account numbers leave the module masked, but for the wrong rows, which their sender reads for a day.
//
//link:service payments v1 raw
type AccountBatches interface {
	// OpenAccountBatch begins a batch. For the county.
	OpenAccountBatch(context.Context, OpenAccountBatch) (AccountBatch, error)
	// AddAccountRows adds up to MaxAccountRows rows, by its opener. A line that the batch has already is replaced. Conflict
	// once it is being checked.
	AddAccountRows(context.Context, AccountRows) (AccountBatch, error) //link:body
	// CheckAccountBatch asks to check it, by its opener; again, after the register was mended. Asking twice changes nothing.
	// With Submit the checked batch is handed to the second person, where approval would change something.
	CheckAccountBatch(context.Context, CheckAccountBatch) (AccountBatch, error)
	// SubmitAccountBatch hands a checked batch to the second person, by its opener. Conflict where a batch with the same rows
	// waits already, and while households of its workbook are not registered.
	SubmitAccountBatch(context.Context, AccountBatchRef) (AccountBatch, error)
	// ExcludeAccountRow leaves a row of a waiting batch out with a reason, or takes it in again. For the second person.
	ExcludeAccountRow(context.Context, ExcludeAccountRow) (AccountBatch, error)
	// DecideAccountBatch approves or refuses it; a refusal needs a reason. Forbidden for its opener. The same decision
	// again is answered as before; another one is a Conflict.
	DecideAccountBatch(context.Context, DecideAccountBatch) (AccountBatch, error)
	// DropAccountBatch gives up a batch that is not decided, by its opener.
	DropAccountBatch(context.Context, AccountBatchRef) (AccountBatch, error)
	// AccountBatch returns a batch with its counts. For the county. NotFound.
	AccountBatch(context.Context, AccountBatchRef) (AccountBatch, error)
	// AccountBatchRows lists rows by line, masked. For the county.
	AccountBatchRows(context.Context, AccountBatchRowsRequest) (AccountBatchPage, error)
	// AccountBatchWrong reads back the rows that were not taken, as they were sent. For the opener, for a day.
	AccountBatchWrong(context.Context, AccountBatchWrongRequest) (AccountRows, error)
	// AccountBatches lists the newest. For the county.
	AccountBatches(context.Context, AccountBatchesRequest) (AccountBatchList, error)
}

// Bounds of batches of accounts.
const (
	MaxAccountRows  = 1000   // of one AddAccountRows
	MostAccountRows = 30_000 // of a batch
	MostIncomeRows  = 120_000
)

type OpenAccountBatch struct {
	Name string `json:"name"`           // of the file
	Kind string `json:"kind,omitempty"` // KindAccount, also where it is empty, or KindIncome
	// Workbook is the catalogue's batch of the workbook that the rows came in: until that is loaded, its households count as
	// registered where a check looks for them.
	Workbook int64 `json:"workbook,omitempty"`
}

type CheckAccountBatch struct {
	ID     int64 `json:"id"`
	Submit bool  `json:"submit,omitempty"`
}

type AccountBatchRef struct {
	ID int64 `json:"id"`
}

// AccountRows are rows of the batch's kind.
type AccountRows struct {
	ID   int64       `json:"id"`
	Rows []entry.Row `json:"rows"`
}

type ExcludeAccountRow struct {
	ID   int64  `json:"id"`
	Line int    `json:"line"`
	Why  string `json:"why"`
	Undo bool   `json:"undo,omitempty"`
}

type DecideAccountBatch struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Why     string `json:"why"`
}

// AccountBatch is a sheet of accounts on its way. The counts are of the last check: New, Replaces, Unchanged and Wrong
// together are Rows; Unusual, Excluded, Applied and Skipped are among the first two.
type AccountBatch struct {
	ID        int64             `json:"id"`
	Kind      string            `json:"kind"`
	Name      string            `json:"name"`
	State     AccountBatchState `json:"state"`
	By        string            `json:"by"`
	Opener    int64             `json:"opener"` // account
	At        time.Time         `json:"at"`
	Workbook  int64             `json:"workbook,omitempty"` // the catalogue's batch that it came with
	Same      int64             `json:"same,omitempty"`     // a batch with the same rows that waits already
	Rows      int64             `json:"rows"`
	New       int64             `json:"new"`
	Replaces  int64             `json:"replaces"`
	Unchanged int64             `json:"unchanged"`
	Wrong     int64             `json:"wrong"`
	Unusual   int64             `json:"unusual"`
	Excluded  int64             `json:"excluded"`
	Applied   int64             `json:"applied"`
	Skipped   int64             `json:"skipped"`
	Fault     string            `json:"fault,omitempty"` // message key of the reason why a check stopped
	DecidedBy string            `json:"decided_by,omitempty"`
	DecidedAt *time.Time        `json:"decided_at,omitempty"`
	Why       string            `json:"why,omitempty"`
}

// Changes returns the number of rows that approval applies.
func (b AccountBatch) Changes() int64 { return b.New + b.Replaces - b.Excluded }

// Income reports whether the batch's rows are income of earlier years.
func (b AccountBatch) Income() bool { return b.Kind == KindIncome }

// Which rows AccountBatchRows lists.
const (
	ShowUnusual = "unusual"
	ShowWrong   = "wrong" // also excluded and skipped ones
	ShowUsual   = "usual" // applied on approval, and nothing unusual about them
	ShowSame    = "unchanged"
)

type AccountBatchRowsRequest struct {
	ID    int64  `json:"id"`
	Show  string `json:"show,omitempty"` // "": all
	After int    `json:"after,omitempty"`
	Limit int    `json:"limit,omitempty"` // 1–500, 100 when 0
}

// AccountBatchRow is a row as it may be shown. Holder and bank are gone when the row was applied or a day has passed.
type AccountBatchRow struct {
	Line      int              `json:"line"`
	Code      string           `json:"code"`
	Household int64            `json:"household,omitempty"`
	Holder    string           `json:"holder,omitempty"`
	Bank      string           `json:"bank,omitempty"`
	Number    string           `json:"number,omitempty"` // masked
	Relation  string           `json:"relation,omitempty"`
	Reason    string           `json:"reason,omitempty"` // as the sheet gives it
	Document  string           `json:"document,omitempty"`
	Year      int              `json:"year,omitempty"` // of income, as Programme and AmountFen
	Programme string           `json:"programme,omitempty"`
	AmountFen int64            `json:"amount_fen,omitempty"`
	Outcome   AccountOutcome   `json:"outcome"`
	Findings  []AccountFinding `json:"findings"`
	Excluded  string           `json:"excluded,omitempty"` // why the second person left it out
	Skipped   string           `json:"skipped,omitempty"`  // message key of the reason why it was not applied
	Applied   bool             `json:"applied,omitempty"`
}

type AccountBatchPage struct {
	Items []AccountBatchRow `json:"items"`
	Next  int               `json:"next,omitempty"` // After of the next page
}

type AccountBatchWrongRequest struct {
	ID    int64 `json:"id"`
	After int   `json:"after,omitempty"`
	Limit int   `json:"limit,omitempty"` // 1–500, 200 when 0
}

type AccountBatchesRequest struct {
	Workbook int64 `json:"workbook,omitempty"` // only those that came with it
	Limit    int   `json:"limit,omitempty"`    // 1–100, 20 when 0
}

type AccountBatchList struct {
	Items []AccountBatch `json:"items"`
}

// Check returns Invalid or TooLarge for rows that cannot be kept, which are of a kind.
func (r AccountRows) Check(kind *entry.Kind) error {
	if len(r.Rows) == 0 || len(r.Rows) > MaxAccountRows {
		return link.E(link.TooLarge, "accounts.part", "rows", "max", "1000")
	}
	for _, row := range r.Rows {
		if row.Line < 1 || len(row.Cells) > len(kind.Fields) || len(row.Faults) > len(kind.Fields) {
			return link.E(link.Invalid, "malformed", "rows")
		}
		for name, cell := range row.Cells {
			if _, known := kind.Field(name); !known || len(cell) > 2000 || !utf8.ValidString(cell) {
				return link.E(link.Invalid, "malformed", "rows")
			}
		}
		for name, key := range row.Faults {
			if _, known := kind.Field(name); !known || len(key) > 100 {
				return link.E(link.Invalid, "malformed", "rows")
			}
		}
	}
	return nil
}

// Check returns the decision with its reason trimmed, or Invalid for a refusal without a reason.
func (r DecideAccountBatch) Check() (DecideAccountBatch, error) {
	var err error
	r.Why, err = CheckDecision(r.Approve, r.Why, 200, "accounts.why", "why")
	return r, err
}

// Check returns the request with its reason trimmed, or Invalid for a row that is left out without a reason.
func (r ExcludeAccountRow) Check() (ExcludeAccountRow, error) {
	var err error
	if r.Why, err = CheckDecision(r.Undo, r.Why, 200, "accounts.exclude.why", "why"); r.Undo {
		r.Why = ""
	}
	return r, err
}

// MayDecideAccounts reports whether the actor may be the second person of a batch: anybody but its opener.
func MayDecideAccounts(actor link.Actor, opener int64, by string) bool {
	return !SamePerson(actor, opener, by)
}
