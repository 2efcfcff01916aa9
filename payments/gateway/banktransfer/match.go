package banktransfer

import (
	"slices"
	"strings"
)

// CodeOf is a code of a payment: the Ref that it pays. Code is normal (see Normal).
type CodeOf struct {
	Code string
	Ref  string
}

// Line is a line of money in on the bank's statement.
type Line struct {
	ID      int64
	BankRef string
	Memo    string
	Fen     int64
}

// Match is a line and the one code that its memo quotes.
type Match struct {
	Line int // index of the line
	Code string
	Ref  string
}

// MatchCodes returns the lines that quote exactly one code of exactly one Ref, sorted by Ref and line. A memo with two codes,
// or a code that two Refs have, is left to a person. Refs are to be locked in the order of the result.
func MatchCodes(lines []Line, known []CodeOf) []Match {
	codes, refs := map[string]bool{}, map[string]string{}
	for _, k := range known {
		if other, twice := refs[k.Code]; twice && other != k.Ref {
			k.Ref = ""
		}
		codes[k.Code], refs[k.Code] = true, k.Ref
	}
	var matches []Match
	for i, l := range lines {
		if found := Find(l.Memo, codes); len(found) == 1 && refs[found[0]] != "" {
			matches = append(matches, Match{Line: i, Code: found[0], Ref: refs[found[0]]})
		}
	}
	slices.SortStableFunc(matches, func(a, b Match) int {
		if n := strings.Compare(a.Ref, b.Ref); n != 0 {
			return n
		}
		return int(lines[a.Line].ID - lines[b.Line].ID)
	})
	return matches
}

// Booked is money that was booked before the statement showed it, under a name that the bank may quote: the slip of cash
// brought to the bank, or the number of a payout batch. Fen is the part that the statement has not shown.
type Booked struct {
	Name string
	Fen  int64
}

// RecogniseSlips returns for each line the index of the booking of the same amount with the slip that it quotes, as
// a word of its memo or as its reference, or -1. No booking is used twice.
func RecogniseSlips(lines []Line, known []Booked) []int {
	used := make([]bool, len(known))
	out := make([]int, len(lines))
	for n, l := range lines {
		tokens := append(Tokens(l.Memo), Normal(l.BankRef))
		out[n] = -1
		for i, b := range known {
			if !used[i] && b.Fen == l.Fen && slices.Contains(tokens, Normal(b.Name)) {
				used[i], out[n] = true, i
				break
			}
		}
	}
	return out
}

// RecogniseBatches returns for each line of money out the index of the batch with a number that its reference or memo contains,
// or -1. All lines of a batch together are never more than the batch's Fen.
func RecogniseBatches(lines []Line, known []Booked) []int {
	left := make([]int64, len(known))
	for i, b := range known {
		left[i] = b.Fen
	}
	out := make([]int, len(lines))
	for n, l := range lines {
		text := Normal(l.BankRef + " " + l.Memo)
		out[n] = -1
		for i, b := range known {
			if strings.Contains(text, Normal(b.Name)) && l.Fen <= left[i] {
				left[i] -= l.Fen
				out[n] = i
				break
			}
		}
	}
	return out
}
