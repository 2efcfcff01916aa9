// Package report makes the county's long lists as workbooks, in the background: a list of 11,187 households takes longer
// than anybody waits for a page. It reads from the modules as the person who asked, a page at a time, and says how far
// it is.
//
// What must always hold: a report holds only what the person who asked may see; one that was asked for is made once,
// however many processes there are, and begun again when the process that made it ended; a workbook is kept for a few
// days and then removed, because it holds names.
package report

import (
	"context"
	"errors"
	"slices"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// Kind is what a report lists.
type Kind string

const (
	Incomes  Kind = "incomes"  // every household's income, against the year before
	Unsold   Kind = "unsold"   // households with nothing sold in the season
	Villages Kind = "villages" // each village's households, sales and income
	Orders   Kind = "orders"   // all orders and their money
)

// Kinds in the order in which they are offered.
var Kinds = []Kind{Incomes, Unsold, Villages, Orders}

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

// Job is a report that somebody asked for.
type Job struct {
	ID         int64      `json:"id"`
	Kind       Kind       `json:"kind"`
	Season     int        `json:"season,omitempty"` // 0: the current one
	Lang       string     `json:"lang"`
	State      State      `json:"state"`
	Rows       int64      `json:"rows"`  // written so far
	Total      int64      `json:"total"` // 0 while it is not known
	AccountID  int64      `json:"account_id"`
	AskedBy    string     `json:"asked_by"`
	FailureKey string     `json:"failure_key,omitempty"` // message key
	File       string     `json:"file,omitempty"`
	Bytes      int        `json:"bytes,omitempty"`
	AskedAt    time.Time  `json:"asked_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	Attempts   int        `json:"-"`
}

// Keep is how long a workbook can be downloaded.
const Keep = 7 * 24 * time.Hour

// ErrNotFound says that there is no such report, or that its workbook is no longer kept.
var ErrNotFound = errors.New("no such report")

// Store keeps jobs and workbooks.
type Store interface {
	// Ask stores a job; one of the same kind, season, language and person that is queued or running is returned instead.
	Ask(ctx context.Context, j Job) (Job, error)
	// Claim takes the oldest job that waits, or whose lease ended, for lease. ErrNotFound when there is none.
	Claim(ctx context.Context, lease time.Duration) (Job, error)
	// Progress says how far a claimed job is and renews its lease.
	Progress(ctx context.Context, id int64, rows, total int64, lease time.Duration) error
	Finish(ctx context.Context, id int64, file string, data []byte) error
	Fail(ctx context.Context, id int64, key string) error
	// Jobs lists the newest first.
	Jobs(ctx context.Context, limit int) ([]Job, error)
	Job(ctx context.Context, id int64) (Job, error)
	// File returns a finished report's workbook. ErrNotFound.
	File(ctx context.Context, id int64) (name string, data []byte, err error)
	// Forget removes what was asked for before a time.
	Forget(ctx context.Context, before time.Time) error
}

// Sources are the modules that reports read.
type Sources struct {
	Catalog catalog.Service
	Orders  orders.Service
}

// Words says values of the modules in the reader's language: the glossary's word of "group.value", or the value.
type Words func(lang, group, value string) string

// pick returns the text of a language.
func pick(lang, zh, en string) string {
	if lang == "en" {
		return en
	}
	return zh
}
