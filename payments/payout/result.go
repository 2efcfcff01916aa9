// Package payout holds the effects of a bank's answer to a payout file on the items of its batch.
//
// What must always hold: with any problem nothing of a file is applied; a result that is repeated changes nothing; an item that
// no file has named stays on its way.
package payout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"banmuyuan/payments"
)

// ResultRow is a line of the bank's answer to a payout file.
type ResultRow struct {
	Line   int    // in the file, for messages
	Item   string // see ItemNo
	Fen    int64
	Paid   bool
	Reason string    // the bank's, when returned
	Date   time.Time // zero: the file has none
}

// ResultItem is a payout item that a result may be about.
type ResultItem struct {
	ID        int64
	Line      int // in the batch
	AmountFen int64
	State     payments.ItemState
	Account   int64 // of the payout account that it goes to
}

// PaidItem and ReturnedItem are the effects of a result on an item.
type (
	PaidItem struct {
		ID int64
		On string // day, YYYY-MM-DD
	}
	ReturnedItem struct {
		ID     int64
		Reason string // the bank's, at most 200 characters
		Recall bool   // it had been reported paid
	}
)

// ResultEffect is the effect of a result file.
type ResultEffect struct {
	Paid     []PaidItem
	PaidFen  int64 // Σ of Paid
	Returned []ReturnedItem
	Missing  int     // items on their way that the file does not name
	Unusable []int64 // payout accounts that must be changed before anything is sent there again
}

// ItemNo is the number by which the bank names an item.
func ItemNo(batch string, line int) string { return fmt.Sprintf("%s-%05d", batch, line) }

// Bounds of a result's date, in days. Banks write the day of the order or of the value, so that a day somewhat before the
// batch is no fault; a day of another month or year is.
const (
	ResultKnownAhead  = 2  // after now
	ResultKnownBefore = 31 // before the batch was made
)

// DecideResult compares a result file with the items of a batch. A bank may answer in parts and in any order: an item that
// no part has named stays on its way. A later file may send back items that had been reported paid, and may repeat results.
// made is when the batch was made. It returns the problems of all lines; with any, nothing of the file may be applied.
func DecideResult(batch string, items []ResultItem, rows []ResultRow, made, now time.Time) (ResultEffect, []payments.FileProblem) {
	d := resultDecision{made: made, now: now}
	byNo := make(map[string]ResultItem, len(items))
	for _, i := range items {
		byNo[ItemNo(batch, i.Line)] = i
	}
	seen := make(map[string]bool, len(rows))
	for _, r := range rows {
		item, known := byNo[r.Item]
		switch {
		case !known:
			d.fail(r, "payout.result.unknown_item")
		case seen[r.Item]:
			d.fail(r, "payout.result.duplicate_item")
		default:
			seen[r.Item] = true
			d.row(item, r)
		}
	}
	for _, i := range items {
		if i.State == payments.ItemSent && !seen[ItemNo(batch, i.Line)] {
			d.effect.Missing++
		}
	}
	return d.effect, d.problems
}

type resultDecision struct {
	made     time.Time
	now      time.Time
	effect   ResultEffect
	problems []payments.FileProblem
}

func (d *resultDecision) fail(r ResultRow, key string, args ...string) {
	m := map[string]string{"item": r.Item}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	d.problems = append(d.problems, payments.FileProblem{Line: r.Line, Key: key, Args: m})
}

func (d *resultDecision) row(item ResultItem, r ResultRow) {
	e := &d.effect
	switch {
	case r.Fen != item.AmountFen:
		d.fail(r, "payout.result.amount_differs", "want", yuan(item.AmountFen), "got", yuan(r.Fen))
	case !r.Date.IsZero() && !d.made.IsZero() && r.Date.Before(d.made.AddDate(0, 0, -ResultKnownBefore)):
		d.fail(r, "payout.result.before_batch", "value", r.Date.Format(time.DateOnly), "batch", payments.Day(d.made))
	case r.Date.After(d.now.AddDate(0, 0, ResultKnownAhead)):
		d.fail(r, "payout.result.bad_date", "value", r.Date.Format(time.DateOnly))
	case r.Paid && item.State == payments.ItemPaid, !r.Paid && item.State == payments.ItemReturned:
		// The result is known.
	case r.Paid && payments.ItemMachine.Can(item.State, payments.ItemPay):
		on := payments.Day(d.now)
		if !r.Date.IsZero() {
			on = r.Date.Format(time.DateOnly)
		}
		e.Paid = append(e.Paid, PaidItem{item.ID, on})
		e.PaidFen += item.AmountFen
	case r.Paid:
		d.fail(r, "payout.result.already_returned")
	default:
		e.Returned = append(e.Returned, ReturnedItem{item.ID, clip(r.Reason, 200), item.State == payments.ItemPaid})
		if UnusableAccount(r.Reason) {
			e.Unusable = append(e.Unusable, item.Account)
		}
	}
}

// yuan writes fen as a bank reads it: 1234.50.
func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// UnusableAccount reports whether the bank's reason of a return means that the account must be changed before anything is
// sent there again.
func UnusableAccount(reason string) bool {
	return slices.ContainsFunc([]string{"销户", "注销", "不存在", "户名", "冻结", "挂失", "账号错误"}, func(word string) bool {
		return strings.Contains(reason, word)
	})
}
