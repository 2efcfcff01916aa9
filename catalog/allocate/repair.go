package allocate

import "fmt"

// Repair moves the units that households cannot deliver to other households of the presale, by the policy of the request,
// and touches no other share. Each of short names a lot, its household, the units that will not come, and in ValueFen the
// income that falls away with them; the units are lost to the lot. The households of short, and those the request
// excludes, get nothing; the request's quantity is the sum of short. It returns the new shares, or the errors of Take and
// then changes nothing: where only part can be moved, SoldOutError says how much.
//
// What is moved is the least that can be: exactly the missing units. The division is that of an order which is placed now,
// with the levels that are true now.
func (p *Pool) Repair(r Request, short []Share) ([]Share, error) {
	r.Qty = 0
	r.Exclude = append([]int64(nil), r.Exclude...)
	for n, s := range short {
		hat, known := p.householdAt[s.Household]
		switch {
		case !known:
			p.regain(short[:n])
			return nil, fmt.Errorf("repair share of household %d: %w", s.Household, ErrUnknown)
		case s.Qty < 1 || s.Qty > MaxUnits || s.ValueFen < 0 || s.ValueFen > MaxFen ||
			p.households[hat].ExpectedFen-s.ValueFen < -MaxFen:
			p.regain(short[:n])
			return nil, fmt.Errorf("repair share of household %d: %w", s.Household, ErrRange)
		}
		p.addExpected(hat, -s.ValueFen)
		r.Qty = min(r.Qty+s.Qty, MaxUnits+1)
		r.Exclude = append(r.Exclude, s.Household)
	}
	moved, err := p.Take(r)
	if err != nil {
		p.regain(short)
		return nil, fmt.Errorf("repair: %w", err)
	}
	return moved, nil
}

// UndoRepair undoes a repair whose storing failed, exactly.
func (p *Pool) UndoRepair(moved, short []Share) error {
	if err := p.Release(moved); err != nil {
		return err
	}
	p.regain(short)
	return nil
}

func (p *Pool) regain(short []Share) {
	for _, s := range short {
		p.addExpected(p.householdAt[s.Household], s.ValueFen)
	}
}
