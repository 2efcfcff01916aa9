package bankfile

import (
	"fmt"
	"slices"

	"banmuyuan/internal/entry"
)

// KnownLine is a line that was taken before, or that waits for a decision.
type KnownLine struct {
	Ref     string
	Day     string // YYYY-MM-DD
	Fen     int64  // + came in, - went out
	Either  bool   // its direction is not known
	Party   string
	Memo    string
	Balance *int64
}

// Verdict is what is to be done with a line of a statement. Key identifies a line that is new; Same is the index of the
// known line that it is, or -1. A line with a doubt is not booked by itself.
type Verdict struct {
	Same   int
	Key    string
	Doubts []string
}

// Compare holds the lines of one statement against the lines that are known. A line is identified by its reference, its day,
// its amount and the balance behind it: banks that number the lines of each day anew use a reference again. Lines of one
// statement never make each other doubtful: a fee may have the reference of its transfer.
//
// A reference that was seen on another day, with another amount or from another payer makes a line doubtful, unless both
// balances are known and differ. A short number is one of its day only, and comes again on another day for other money.
func Compare(lines []StatementLine, known []KnownLine, closedThrough string) []Verdict {
	out := make([]Verdict, len(lines))
	near := map[string][]int{} // by reference, day and amount in either direction
	for i, k := range known {
		key := nearKey(k.Ref, k.Day, k.Fen)
		near[key] = append(near[key], i)
	}
	used := make([]bool, len(known))
	times := map[string]int{}
	for i, l := range lines {
		out[i].Same = -1
		key := lineKey(l)
		if times[key]++; times[key] > 1 {
			out[i].Key = fmt.Sprintf("%s#%d", key, times[key])
		} else {
			out[i].Key = key
		}
		place := nearKey(l.Ref, l.Day(), l.Fen)
		if j := slices.IndexFunc(near[place], func(k int) bool { return same(l, known[k]) }); j >= 0 {
			k := near[place][j]
			used[k], out[i].Same = true, k
			near[place] = slices.Delete(near[place], j, j+1)
		}
	}
	others := map[string][]int{} // lines that this statement does not show, by reference
	for i, k := range known {
		if !used[i] {
			others[k.Ref] = append(others[k.Ref], i)
		}
	}
	for i, l := range lines {
		if out[i].Same >= 0 {
			continue
		}
		doubts := slices.Clone(l.Doubts)
		for _, k := range others[l.Ref] {
			if d := again(l, known[k]); d != "" {
				doubts = append(doubts, d)
				break
			}
		}
		if day := l.Day(); closedThrough != "" && day <= closedThrough {
			doubts = append(doubts, DoubtClosed)
		}
		out[i].Doubts = doubts
	}
	return out
}

func nearKey(ref, day string, fen int64) string {
	return fmt.Sprint(ref, "\x00", day, "\x00", max(fen, -fen))
}

func lineKey(l StatementLine) string {
	key := fmt.Sprintf("%s@%s:%d", l.Ref, l.Day(), l.Fen)
	if l.Balance != nil {
		key += fmt.Sprintf(":%d", *l.Balance)
	}
	return key
}

// same reports whether a line is a known one.
func same(l StatementLine, k KnownLine) bool {
	fen := l.Fen == k.Fen || (l.Unknown || k.Either) && max(l.Fen, -l.Fen) == max(k.Fen, -k.Fen)
	return fen && l.Day() == k.Day && sameParty(l.Party, k.Party) && !differ(l.Balance, k.Balance)
}

// sameParty reports whether two names can be one; a name that is not there is nobody else's.
func sameParty(a, b string) bool {
	return a == "" || b == "" || entry.FoldName(a) == entry.FoldName(b)
}

// differ reports whether both balances are known and are not the same.
func differ(a, b *int64) bool { return a != nil && b != nil && *a != *b }

// again returns the doubt about a line whose reference another line had, or "".
func again(l StatementLine, k KnownLine) string {
	if differ(l.Balance, k.Balance) || l.Reversal {
		return ""
	}
	switch {
	case l.Day() != k.Day:
		if ofDay(l.Ref) && (l.Fen != k.Fen || l.Memo != k.Memo || !sameParty(l.Party, k.Party)) {
			return ""
		}
		return DoubtRefDay
	case l.Fen != k.Fen:
		return DoubtRefAmount
	}
	return DoubtRefPayer
}

// ofDay reports whether a reference is a number that begins again each day: up to eight digits.
func ofDay(ref string) bool {
	for _, r := range ref {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(ref) <= 8
}
