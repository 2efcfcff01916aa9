package payments_test

import (
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/payments"
)

func TestArrival(t *testing.T) {
	t.Parallel()
	deposit := payments.Arrival{Purpose: payments.PurposeDeposit, AskedFen: 100, GotFen: 100, Stop: payments.StopNo}
	balance := payments.Arrival{Purpose: payments.PurposeBalance, AskedFen: 100, GotFen: 100, Stop: payments.StopNo, ReceivableFen: 100}
	ahead := payments.Arrival{Purpose: payments.PurposeBalance, Ahead: true, AskedFen: 100, GotFen: 100, Stop: payments.StopNo}
	with := func(a payments.Arrival, change func(*payments.Arrival)) payments.Arrival { change(&a); return a }
	late := payments.Receipt{Late: true, ReturnFen: 100}
	for name, c := range map[string]struct {
		a    payments.Arrival
		want payments.Receipt
	}{
		"deposit":                        {deposit, payments.Receipt{DepositFen: 100}},
		"deposit, asking providers":      {with(deposit, func(a *payments.Arrival) { a.Stop = payments.StopAsking }), payments.Receipt{DepositFen: 100}},
		"deposit, stopped":               {with(deposit, func(a *payments.Arrival) { a.Stop = payments.StopYes }), late},
		"deposit, cancelled":             {with(deposit, func(a *payments.Arrival) { a.Cancelled = true }), late},
		"deposit, a second time":         {with(deposit, func(a *payments.Arrival) { a.PaidBefore = true }), late},
		"deposit, after the bill":        {with(deposit, func(a *payments.Arrival) { a.Closed = true }), late},
		"deposit, too much":              {with(deposit, func(a *payments.Arrival) { a.GotFen = 130 }), payments.Receipt{DepositFen: 100, ReturnFen: 30, ExcessFen: 30}},
		"deposit, short":                 {with(deposit, func(a *payments.Arrival) { a.GotFen = 99 }), payments.Receipt{Short: true, Late: true, ReturnFen: 99}},
		"balance":                        {balance, payments.Receipt{ReceivableFen: 100}},
		"balance, a second time, is due": {with(balance, func(a *payments.Arrival) { a.PaidBefore = true }), payments.Receipt{ReceivableFen: 100}},
		"balance, nothing due":           {with(balance, func(a *payments.Arrival) { a.ReceivableFen = 0 }), late},
		"balance, less due":              {with(balance, func(a *payments.Arrival) { a.ReceivableFen = 60 }), payments.Receipt{ReceivableFen: 60, ReturnFen: 40, ExcessFen: 40}},
		"balance, short":                 {with(balance, func(a *payments.Arrival) { a.GotFen = 60 }), payments.Receipt{Short: true, Late: true, ReturnFen: 60}},
		"ahead, nothing due":             {ahead, payments.Receipt{DepositFen: 100}},
		"ahead, a second time":           {with(ahead, func(a *payments.Arrival) { a.PaidBefore = true }), late},
	} {
		if got := c.a.Decide(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func arrivals() *rapid.Generator[payments.Arrival] {
	return rapid.Custom(func(t *rapid.T) payments.Arrival {
		return payments.Arrival{
			Purpose:   rapid.SampledFrom([]string{payments.PurposeDeposit, payments.PurposeBalance}).Draw(t, "purpose"),
			Ahead:     rapid.Bool().Draw(t, "ahead"),
			AskedFen:  rapid.Int64Range(1, 1000).Draw(t, "asked"),
			GotFen:    rapid.Int64Range(0, 1500).Draw(t, "got"),
			Stop:      rapid.SampledFrom(payments.StopMachine.States()).Draw(t, "stop"),
			Cancelled: rapid.Bool().Draw(t, "cancelled"), Closed: rapid.Bool().Draw(t, "closed"), PaidBefore: rapid.Bool().Draw(t, "paid"),
			ReceivableFen: rapid.Int64Range(0, 1500).Draw(t, "receivable"),
		}
	})
}

func TestArrivalLosesNoFen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := arrivals().Draw(t, "arrival")
		r := a.Decide()
		if r.DepositFen < 0 || r.ReceivableFen < 0 || r.ReturnFen < 0 || r.DepositFen+r.ReceivableFen+r.ReturnFen != a.GotFen {
			t.Fatalf("%d fen became %+v", a.GotFen, r)
		}
		if r.ReceivableFen > a.ReceivableFen || r.DepositFen > a.AskedFen {
			t.Fatalf("more was used than is due: %+v of %+v", r, a)
		}
		if r.Late && (r.ReturnFen != a.GotFen || r.ExcessFen != 0) || !r.Late && r.ExcessFen != r.ReturnFen {
			t.Fatalf("late money waits for a decision, the rest goes back: %+v", r)
		}
	})
}

func TestUseDeposit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		deposit, receivable, forfeit int64
		want                         payments.DepositUse
	}{
		{100, 40, 0, payments.DepositUse{ReceivableFen: 40, RefundFen: 60}},
		{100, 140, 0, payments.DepositUse{ReceivableFen: 100}},
		{100, 0, 30, payments.DepositUse{ForfeitFen: 30, RefundFen: 70}},
		{100, 80, 30, payments.DepositUse{ReceivableFen: 80, ForfeitFen: 20}}, // deliveries are paid first
		{0, 50, 30, payments.DepositUse{}},
	} {
		if got := payments.UseDeposit(c.deposit, c.receivable, c.forfeit); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1000)
		d := n.Draw(t, "deposit")
		u := payments.UseDeposit(d, n.Draw(t, "receivable"), n.Draw(t, "forfeit"))
		if u.ReceivableFen < 0 || u.ForfeitFen < 0 || u.RefundFen < 0 || u.ReceivableFen+u.ForfeitFen+u.RefundFen != d {
			t.Fatalf("%d fen became %+v", d, u)
		}
	})
}

func TestAcceptLateMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left, receivable int64
		closed           bool
		want             payments.AcceptedLate
	}{
		{100, 0, false, payments.AcceptedLate{DepositFen: 100}},
		{100, 70, false, payments.AcceptedLate{DepositFen: 100}},
		{100, 70, true, payments.AcceptedLate{ReceivableFen: 70, RefundFen: 30}},
		{100, 0, true, payments.AcceptedLate{RefundFen: 100}},
		{100, 170, true, payments.AcceptedLate{ReceivableFen: 100}},
	} {
		if got := payments.AcceptLateMoney(c.left, c.receivable, c.closed); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}
