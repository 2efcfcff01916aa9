package orders_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

var midday = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// isError reports whether err has the code and key; an empty code wants no error.
func isError(err error, code link.Code, key string) bool {
	if code == "" {
		return err == nil
	}
	return errors.Is(err, link.E(code, key, ""))
}

func TestDue(t *testing.T) {
	t.Parallel()
	for _, s := range orders.States {
		want := map[orders.State]int64{orders.StatePlaced: 30, orders.StateBilled: 70}[s]
		if got := (orders.Funds{State: s, DepositFen: 30, BalanceFen: 70}).DueFen(); got != want {
			t.Errorf("%s: %d is due, want %d", s, got, want)
		}
	}
}

func TestPayable(t *testing.T) {
	t.Parallel()
	const within = 30 * time.Hour
	placed := orders.Funds{State: orders.StatePlaced, DepositFen: 30, BalanceFen: 9, ExpiresAt: midday}
	with := func(change func(*orders.Funds)) orders.Funds {
		f := placed
		change(&f)
		return f
	}
	state := func(s orders.State) orders.Funds { return with(func(f *orders.Funds) { f.State = s }) }
	for name, c := range map[string]struct {
		f    orders.Funds
		now  time.Time
		want orders.Bill
		code link.Code
		key  string
	}{
		"deposit":                 {f: placed, now: midday.Add(-1), want: orders.Bill{Fen: 30, Purpose: orders.PurposeDeposit, Expires: midday}},
		"deposit at the last":     {f: placed, now: midday, code: link.Conflict, key: "order.pay.expired"},
		"its stock is lost":       {f: with(func(f *orders.Funds) { f.HoldLost = true }), now: midday.Add(-1), code: link.Conflict, key: "order.pay.expired"},
		"deposit paid":            {f: with(func(f *orders.Funds) { f.DepositPaid = true }), now: midday.Add(-1), code: link.Conflict, key: "order.pay.nothing"},
		"no deposit":              {f: with(func(f *orders.Funds) { f.DepositFen = 0 }), now: midday.Add(-1), code: link.Conflict, key: "order.pay.nothing"},
		"expiring":                {f: state(orders.StateExpiring), now: midday.Add(-1), code: link.Conflict, key: "order.pay.expired"},
		"expired":                 {f: state(orders.StateExpired), now: midday.Add(-1), code: link.Conflict, key: "order.pay.expired"},
		"confirmed":               {f: state(orders.StateConfirmed), now: midday, code: link.Conflict, key: "order.pay.nothing"},
		"balance":                 {f: state(orders.StateBilled), now: midday.Add(1), want: orders.Bill{Fen: 9, Purpose: orders.PurposeBalance, Expires: midday.Add(1 + within)}},
		"balance not closed":      {f: orders.Funds{State: orders.StateBilled, DepositFen: 30}, now: midday, code: link.Unavailable, key: "order.pay.wait"},
		"paid":                    {f: state(orders.StatePaid), now: midday, code: link.Conflict, key: "order.pay.nothing"},
		"balance of a lost stock": {f: orders.Funds{State: orders.StateBilled, BalanceFen: 9, HoldLost: true, DepositPaid: true}, now: midday, want: orders.Bill{Fen: 9, Purpose: orders.PurposeBalance, Expires: midday.Add(within)}},
	} {
		got, err := c.f.Payable(c.now, within)
		if got != c.want || !isError(err, c.code, c.key) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if c.code == link.Unavailable && link.AsError(err).RetryAfter != 1 {
			t.Errorf("%s: come back after %d", name, link.AsError(err).RetryAfter)
		}
	}
}

func TestReceived(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before  bool
		purpose orders.Purpose
		late    bool
		after   bool
	}{
		{false, orders.PurposeDeposit, false, true},
		{false, orders.PurposeDeposit, true, false},
		{false, orders.PurposeBalance, false, false},
		{true, orders.PurposeBalance, false, true},
		{true, orders.PurposeDeposit, true, true},
	} {
		f := orders.Funds{PaidFen: 5, DepositPaid: c.before}.Received(c.purpose, 7, 0, c.late)
		if f.PaidFen != 12 || f.DepositPaid != c.after || f.LateFen != 0 || f.RefundFen != 0 {
			t.Errorf("%+v: %+v", c, f)
		}
	}
	// More than was due goes back and pays nothing.
	f := orders.Funds{State: orders.StateBilled, AmountFen: 100, PaidFen: 40}.Received(orders.PurposeBalance, 61, 1, false)
	if f.PaidFen != 101 || f.InTimeFen() != 100 || f.RefundFen != 1 {
		t.Errorf("paid 1 too much: %+v", f)
	}
	if f, ok := f.Billed(100, 0); !ok || f.RefundFen != 1 {
		t.Errorf("billed: %+v, %v", f, ok)
	}
	if f := f.Ended(10); f.RefundFen != 91 {
		t.Errorf("ended: %+v", f)
	}
}

func TestArrived(t *testing.T) {
	t.Parallel()
	for _, s := range orders.States {
		for _, lost := range []bool{false, true} {
			f := orders.Funds{State: s, HoldLost: lost}
			want := orders.ArrivalBooked
			switch s {
			case orders.StatePlaced, orders.StateExpiring:
				want = orders.ArrivalConfirms
				if lost {
					want = orders.ArrivalReclaims
				}
			case orders.StateExpired:
				want = orders.ArrivalReclaims
			case orders.StateCancelled:
				want = orders.ArrivalReturned
			}
			if got := f.Arrived(orders.PurposeDeposit, false); got != want {
				t.Errorf("a deposit of an order that is %s, stock lost %v: %s, want %s", s, lost, got, want)
			}
			if got := f.Arrived(orders.PurposeBalance, false); got != orders.ArrivalBooked {
				t.Errorf("a balance of an order that is %s: %s", s, got)
			}
			for _, p := range []orders.Purpose{orders.PurposeDeposit, orders.PurposeBalance} {
				if got := f.Arrived(p, true); got != orders.ArrivalLate {
					t.Errorf("a late %s of an order that is %s: %s", p, s, got)
				}
			}
		}
	}
}

// A bill leaves a sum to pay or to refund; late money goes back besides.
func TestBilled(t *testing.T) {
	t.Parallel()
	billed := orders.Funds{State: orders.StateBilled, AmountFen: 100}
	for _, c := range []struct {
		paid, late, refund int64
		receivable         int64
		want               int64
	}{
		{paid: 30, receivable: 70, want: 0},
		{paid: 100, receivable: 0, want: 0},
		{paid: 101, receivable: 0, want: 1},
		{paid: 130, receivable: 0, want: 30},
		{paid: 130, late: 30, refund: 30, receivable: 0, want: 30},
		{paid: 160, late: 30, refund: 30, receivable: 0, want: 60},
		{paid: 60, late: 30, refund: 30, receivable: 70, want: 30},
		{paid: 60, late: 30, receivable: 70, want: 30},
		{paid: 100, refund: 12, receivable: 0, want: 12},
	} {
		f := billed
		f.PaidFen, f.LateFen, f.RefundFen, f.BalanceFen, f.ForfeitFen = c.paid, c.late, c.refund, 5, 3
		got, ok := f.Billed(100, c.receivable)
		if !ok || got.RefundFen != c.want || got.BalanceFen != c.receivable || got.PaidFen != c.paid || got.LateFen != c.late || got.ForfeitFen != 3 {
			t.Errorf("%+v: %+v, %v", c, got, ok)
		}
	}
	for _, s := range orders.States {
		f := billed
		f.State = s
		if got, ok := f.Billed(100, 70); ok != (s == orders.StateBilled) || !ok && got != f {
			t.Errorf("the bill of an order that is %s: %+v, %v", s, got, ok)
		}
	}
	for _, fen := range []int64{99, 101} {
		if got, ok := billed.Billed(fen, 70); ok || got != billed {
			t.Errorf("an answer to an earlier bill of %d is taken", fen)
		}
	}
}

func TestEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ paid, late, forfeit, refund int64 }{
		{paid: 30, refund: 30},
		{paid: 30, forfeit: 15, refund: 15},
		{paid: 30, forfeit: 30, refund: 0},
		{paid: 60, late: 30, forfeit: 15, refund: 45},
		{paid: 60, late: 30, forfeit: 30, refund: 30},
		{paid: 60, late: 30, forfeit: 45, refund: 30}, // late money goes back whole
	} {
		f := orders.Funds{PaidFen: c.paid, LateFen: c.late, BalanceFen: 9}.Ended(c.forfeit)
		if f.RefundFen != c.refund || f.ForfeitFen != c.forfeit || f.BalanceFen != 0 || f.PaidFen != c.paid {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}

// Nobody gets back more than was paid, and late money goes back whole, whatever an order goes through.
func TestMoneyIsNeitherLostNorMade(t *testing.T) {
	t.Parallel()
	fen := rapid.Int64Range(0, 1<<40)
	rapid.Check(t, func(t *rapid.T) {
		f := orders.Funds{State: orders.StateBilled, LateFen: fen.Draw(t, "late"), AmountFen: fen.Draw(t, "amount")}
		f.RefundFen = f.LateFen // of late payments, when they are sent back
		f.PaidFen = f.LateFen + fen.Draw(t, "in time")
		if f.InTimeFen() != f.PaidFen-f.LateFen {
			t.Fatalf("in time came %d", f.InTimeFen())
		}
		billed, ok := f.Billed(f.AmountFen, max(f.AmountFen-f.InTimeFen(), 0))
		if !ok || billed.RefundFen < f.LateFen || billed.RefundFen > f.PaidFen {
			t.Fatalf("bill of %+v: %+v", f, billed)
		}
		if kept := f.PaidFen - billed.RefundFen; kept != min(f.InTimeFen(), f.AmountFen) {
			t.Fatalf("of %+v %d are kept", f, kept)
		}
		forfeit := rapid.Int64Range(0, f.InTimeFen()).Draw(t, "forfeit")
		ended := f.Ended(forfeit)
		if ended.RefundFen+ended.ForfeitFen != f.PaidFen || ended.RefundFen < f.LateFen {
			t.Fatalf("end of %+v: %+v", f, ended)
		}
	})
}

func TestLate(t *testing.T) {
	t.Parallel()
	for _, s := range orders.States {
		whole := orders.Funds{State: s, DepositFen: 30}
		want := orders.LateRefunded
		switch s {
		case orders.StateExpiring:
			want = orders.LateWaits
		case orders.StatePlaced:
			want = orders.LateAccepted
		case orders.StateExpired:
			want = orders.LateReserves
		}
		for fen, want := range map[int64]orders.LateMoney{30: want, 31: want} {
			if got := whole.Late(orders.PurposeDeposit, fen); got != want {
				t.Errorf("%d of an order that is %s: %s, want %s", fen, s, got, want)
			}
		}
		refused := orders.LateRefunded
		if s == orders.StateExpiring {
			refused = orders.LateWaits
		}
		paid, lost := whole, whole
		paid.DepositPaid, lost.HoldLost = true, true
		for name, got := range map[string]orders.LateMoney{
			"a part of the deposit": whole.Late(orders.PurposeDeposit, 29), "a balance": whole.Late(orders.PurposeBalance, 30),
			"a second deposit": paid.Late(orders.PurposeDeposit, 30),
		} {
			if got != refused {
				t.Errorf("%s of an order that is %s: %s", name, s, got)
			}
		}
		if got := lost.Late(orders.PurposeDeposit, 30); s == orders.StatePlaced && got != orders.LateRefunded || s == orders.StateExpired && got != orders.LateReserves {
			t.Errorf("a deposit of an order that is %s, whose stock is lost: %s", s, got)
		}
	}
}

func TestReclaim(t *testing.T) {
	t.Parallel()
	for _, s := range orders.States {
		want := orders.ReclaimNothing
		switch s {
		case orders.StateConfirmed:
			want = orders.ReclaimAsks
		case orders.StatePlaced, orders.StateExpiring, orders.StateExpired:
			want = orders.ReclaimReserves
		}
		for name, f := range map[string]orders.Funds{
			"paid": {State: s, DepositFen: 30, DepositPaid: true, HoldLost: true}, "without a deposit": {State: s, HoldLost: true},
		} {
			if got := f.Reclaim(); got != want {
				t.Errorf("%s, %s: %s, want %s", s, name, got, want)
			}
		}
		if got := (orders.Funds{State: s, DepositFen: 30, HoldLost: true}).Reclaim(); got != orders.ReclaimNothing {
			t.Errorf("%s, unpaid: %s", s, got)
		}
		if got := (orders.Funds{State: s, DepositFen: 30, DepositPaid: true}).Reclaim(); s == orders.StatePlaced && got != orders.ReclaimNothing ||
			s != orders.StatePlaced && got != want {
			t.Errorf("%s with its stock: %s", s, got)
		}
	}
	// An order that can be reclaimed can be lost: the catalogue may have nothing left.
	if lost, re := orders.Machine.From(orders.StepLost), orders.Machine.From(orders.StepReclaim); !slices.Equal(lost, re) {
		t.Errorf("lost from %v, reclaimed from %v", lost, re)
	}
}

func TestHoldExpired(t *testing.T) {
	t.Parallel()
	want := map[orders.State]orders.HoldExpiry{orders.StatePlaced: orders.HoldMarked, orders.StateExpiring: orders.HoldMarked,
		orders.StateConfirmed: orders.HoldReclaims}
	for _, s := range orders.States {
		w, ok := want[s]
		if !ok {
			w = orders.HoldIgnored
		}
		if got := s.OnHoldExpired(); got != w {
			t.Errorf("%s: %s, want %s", s, got, w)
		}
	}
}

func TestHoldsAll(t *testing.T) {
	t.Parallel()
	lines := []orders.Line{{No: 1, Allocated: 5, Ordered: 9}, {No: 2, Allocated: 3, Ordered: 9}}
	for _, c := range []struct {
		one, two int64
		want     bool
	}{{5, 3, true}, {6, 4, true}, {4, 3, false}, {5, 2, false}, {8, 0, false}} {
		if got := orders.HoldsAll(map[int]int64{1: c.one, 2: c.two}, lines); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if orders.HoldsAll(nil, lines) || !orders.HoldsAll(nil, nil) {
		t.Error("what is not held is held")
	}
}
