package banktransfer

import (
	"slices"
	"strings"
	"unicode"
)

// Open is a payment that waits for a transfer.
type Open struct {
	ID    int64
	Code  string // as the buyer sees it
	Payer string
	Fen   int64 // still lacking
}

// Part is the part of a line that pays an open payment.
type Part struct {
	Open int // index
	Fen  int64
}

// maxOfPayer is the largest number of open payments of one payer that are tried in all combinations.
const maxOfPayer = 12

// SuggestByCodes divides a line over the payments with the codes that its memo quotes, in the order of the list, and returns
// what is left. Without a quoted code there is no part.
func SuggestByCodes(l Line, open []Open) (parts []Part, rest int64) {
	tokens := Tokens(l.Memo)
	rest = l.Fen
	for i, p := range open {
		if code := Normal(p.Code); code == "" || p.Fen <= 0 || rest == 0 || !slices.Contains(tokens, code) {
			continue
		}
		fen := min(p.Fen, rest)
		parts, rest = append(parts, Part{i, fen}), rest-fen
	}
	return parts, rest
}

// SuggestByPayer returns the fewest open payments of the line's payer that are exactly its amount together, or none.
func SuggestByPayer(l Line, payer string, open []Open) []Part {
	var own []Part
	for i, p := range open {
		if p.Fen > 0 && p.Fen <= l.Fen && samePayer(payer, p.Payer) && len(own) < maxOfPayer {
			own = append(own, Part{i, p.Fen})
		}
	}
	var best []Part
	for set := 1; set < 1<<len(own); set++ {
		var parts []Part
		var sum int64
		for i, p := range own {
			if set&(1<<i) != 0 {
				parts, sum = append(parts, p), sum+p.Fen
			}
		}
		if sum == l.Fen && (best == nil || len(parts) < len(best)) {
			best = parts
		}
	}
	return best
}

// samePayer compares names without spaces, punctuation, width and case. An empty name is nobody's.
func samePayer(a, b string) bool {
	bare := func(name string) string {
		return strings.Map(func(r rune) rune {
			switch r = unicode.ToLower(fold(r)); {
			case unicode.IsLetter(r), unicode.IsDigit(r):
				return r
			}
			return -1
		}, name)
	}
	x := bare(a)
	return x != "" && x == bare(b)
}
