package ledger

// ByHousehold adds amounts by household, in the order of first mention. The zero value is empty.
type ByHousehold struct {
	ids []int64
	fen map[int64]int64
}

// Add adds an amount to a household.
func (s *ByHousehold) Add(household, fen int64) {
	if s.fen == nil {
		s.fen = map[int64]int64{}
	}
	if _, ok := s.fen[household]; !ok {
		s.ids = append(s.ids, household)
	}
	s.fen[household] += fen
}

// Lines debits (side 1) or credits (side -1) each household's account.
func (s *ByHousehold) Lines(account func(int64) Account, side int64) []Line {
	lines := make([]Line, 0, len(s.ids))
	for _, id := range s.ids {
		lines = append(lines, Line{Account: account(id), Amount: side * s.fen[id]})
	}
	return lines
}

// Move returns lines that take every household's amount out of one account and put it into another: they sum to zero.
func (s *ByHousehold) Move(from, to func(int64) Account) []Line {
	return append(s.Lines(from, 1), s.Lines(to, -1)...)
}

// Empty reports whether no line moves money: such a transaction is not posted.
func Empty(lines []Line) bool {
	for _, l := range lines {
		if l.Amount != 0 {
			return false
		}
	}
	return true
}

// PayoutPart is a household's part of a payout: its payables, and the overpayment that is kept back of them. Both are fen and
// not negative; OwedFen − KeptFen is paid.
type PayoutPart struct {
	Household int64 `db:"household"`
	OwedFen   int64 `db:"owed"`
	KeptFen   int64 `db:"kept"`
}

// PayoutLines books payouts out of the households' accounts (side 1), or back into them (side -1), against another account.
// The lines sum to zero.
func PayoutLines(parts []PayoutPart, against Account, side int64) []Line {
	var total int64
	lines := make([]Line, 0, len(parts)+1)
	for _, p := range parts {
		lines = append(lines, Line{Account: Payable(p.Household), Amount: side * p.OwedFen})
		if p.KeptFen != 0 {
			lines = append(lines, Line{Account: HouseholdReceivable(p.Household), Amount: -side * p.KeptFen})
		}
		total += p.OwedFen - p.KeptFen
	}
	return append(lines, Line{Account: against, Amount: -side * total})
}
