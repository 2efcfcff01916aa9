package payments

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
	State     ItemState
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
	Unusable []int64 // payout accounts that must be changed before anything is sent there again
}

// ItemNo is the number by which the bank names an item.
func ItemNo(batch string, line int) string { return fmt.Sprintf("%s-%05d", batch, line) }

// ResultKnownAhead is how far ahead of now a result's date may be.
const ResultKnownAhead = 2 // days

// DecideResult compares a result file with the items of a batch. The first file must name every item that is on its way; a
// later one may send back items that had been reported paid, and may repeat results. It returns the problems of all lines;
// with any, nothing of the file may be applied.
func DecideResult(batch string, items []ResultItem, rows []ResultRow, now time.Time) (ResultEffect, []FileProblem) {
	d := resultDecision{now: now}
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
		if n := ItemNo(batch, i.Line); i.State == ItemSent && !seen[n] {
			d.problems = append(d.problems, FileProblem{Key: "payout.result.missing_item", Args: map[string]string{"item": n}})
		}
	}
	return d.effect, d.problems
}

type resultDecision struct {
	now      time.Time
	effect   ResultEffect
	problems []FileProblem
}

func (d *resultDecision) fail(r ResultRow, key string, args ...string) {
	m := map[string]string{"item": r.Item}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	d.problems = append(d.problems, FileProblem{Line: r.Line, Key: key, Args: m})
}

func (d *resultDecision) row(item ResultItem, r ResultRow) {
	e := &d.effect
	switch {
	case r.Fen != item.AmountFen:
		d.fail(r, "payout.result.amount_differs", "want", yuan(item.AmountFen), "got", yuan(r.Fen))
	case r.Date.After(d.now.AddDate(0, 0, ResultKnownAhead)):
		d.fail(r, "payout.result.bad_date", "value", r.Date.Format(time.DateOnly))
	case r.Paid && item.State == ItemPaid, !r.Paid && item.State == ItemReturned:
		// The result is known.
	case r.Paid && ItemMachine.Can(item.State, ItemPay):
		on := Day(d.now)
		if !r.Date.IsZero() {
			on = r.Date.Format(time.DateOnly)
		}
		e.Paid = append(e.Paid, PaidItem{item.ID, on})
		e.PaidFen += item.AmountFen
	case r.Paid:
		d.fail(r, "payout.result.already_returned")
	default:
		e.Returned = append(e.Returned, ReturnedItem{item.ID, clip(r.Reason, 200), item.State == ItemPaid})
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
