package payments_test

import (
	"testing"

	"banmuyuan/payments"
)

func TestDeliveryTotals(t *testing.T) {
	t.Parallel()
	share := payments.DeliveryShare{SourceKey: "ticket:1", Household: 17, GrossFen: 1000, FeeFen: 50, Agent: 4, AgentFen: 100}
	delivery := payments.AcceptDelivery{DeliveryID: 1, Ref: "order:1", Coop: 3, Shares: []payments.DeliveryShare{share}}
	with := func(change func(*payments.AcceptDelivery)) payments.AcceptDelivery {
		d := delivery
		d.Shares = []payments.DeliveryShare{share}
		change(&d)
		return d
	}
	of := func(change func(*payments.DeliveryShare)) payments.AcceptDelivery {
		return with(func(d *payments.AcceptDelivery) { change(&d.Shares[0]) })
	}
	for name, c := range map[string]struct {
		d    payments.AcceptDelivery
		want payments.DeliveryTotals
		ok   bool
	}{
		"a share":               {delivery, payments.DeliveryTotals{GrossFen: 1000, FeeFen: 50, AgentFen: 100}, true},
		"own goods are all fee": {with(func(d *payments.AcceptDelivery) { d.OwnFen = 300 }), payments.DeliveryTotals{GrossFen: 1300, FeeFen: 350, AgentFen: 100}, true},
		"own goods alone":       {with(func(d *payments.AcceptDelivery) { d.Shares, d.OwnFen = nil, 300 }), payments.DeliveryTotals{GrossFen: 300, FeeFen: 300}, true},
		"all of it is kept":     {of(func(s *payments.DeliveryShare) { s.AgentFen = 950 }), payments.DeliveryTotals{GrossFen: 1000, FeeFen: 50, AgentFen: 950}, true},
		"nothing":               {with(func(d *payments.AcceptDelivery) { d.Shares = nil }), payments.DeliveryTotals{}, false},
		"no number":             {with(func(d *payments.AcceptDelivery) { d.DeliveryID = 0 }), payments.DeliveryTotals{}, false},
		"fee of nobody":         {with(func(d *payments.AcceptDelivery) { d.Coop = 0 }), payments.DeliveryTotals{}, false},
		"own goods below zero":  {with(func(d *payments.AcceptDelivery) { d.OwnFen = -1 }), payments.DeliveryTotals{}, false},
		"a village's part":      {with(func(d *payments.AcceptDelivery) { d.Village, d.VillageFen = 8, 20 }), payments.DeliveryTotals{GrossFen: 1000, FeeFen: 50, AgentFen: 100, VillageFen: 20}, true},
		"all to the village":    {with(func(d *payments.AcceptDelivery) { d.Village, d.VillageFen = 8, 50 }), payments.DeliveryTotals{GrossFen: 1000, FeeFen: 50, AgentFen: 100, VillageFen: 50}, true},
		"more than the fee":     {with(func(d *payments.AcceptDelivery) { d.Village, d.VillageFen = 8, 51 }), payments.DeliveryTotals{}, false},
		"of own goods":          {with(func(d *payments.AcceptDelivery) { d.Village, d.VillageFen, d.OwnFen = 8, 51, 300 }), payments.DeliveryTotals{}, false},
		"part of no village":    {with(func(d *payments.AcceptDelivery) { d.VillageFen = 1 }), payments.DeliveryTotals{}, false},
		"village below zero":    {with(func(d *payments.AcceptDelivery) { d.Village, d.VillageFen = 8, -1 }), payments.DeliveryTotals{}, false},
		"a source twice":        {with(func(d *payments.AcceptDelivery) { d.Shares = append(d.Shares, share) }), payments.DeliveryTotals{}, false},
		"no source":             {of(func(s *payments.DeliveryShare) { s.SourceKey = "" }), payments.DeliveryTotals{}, false},
		"no household":          {of(func(s *payments.DeliveryShare) { s.Household = 0 }), payments.DeliveryTotals{}, false},
		"fee below zero":        {of(func(s *payments.DeliveryShare) { s.FeeFen = -1 }), payments.DeliveryTotals{}, false},
		"raiser below zero":     {of(func(s *payments.DeliveryShare) { s.AgentFen = -1 }), payments.DeliveryTotals{}, false},
		"raiser is nobody":      {of(func(s *payments.DeliveryShare) { s.Agent = 0 }), payments.DeliveryTotals{}, false},
		"more than the share":   {of(func(s *payments.DeliveryShare) { s.AgentFen = 951 }), payments.DeliveryTotals{}, false},
		"too much":              {of(func(s *payments.DeliveryShare) { s.GrossFen = payments.MaxFen + 1 }), payments.DeliveryTotals{}, false},
	} {
		if got, err := c.d.Totals(); (err == nil) != c.ok || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestUnwind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state payments.PayableState
		fen   int64
		want  payments.Unwinding
	}{
		{payments.PayablePending, 10, payments.UnwindPending}, {payments.PayablePending, 0, payments.UnwindPending},
		{payments.PayableReleased, 10, payments.UnwindReleased},
		{payments.PayableBatched, 10, payments.UnwindPaid}, {payments.PayablePaid, 10, payments.UnwindPaid},
		{payments.PayablePaid, 0, payments.UnwindNothing},
	} {
		if got := payments.Unwind(c.state, c.fen); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	if payments.ReleaseStep(0) != payments.PayableClear || payments.ReleaseStep(1) != payments.PayableRelease {
		t.Error("a payable of nothing is paid at once, any other is released")
	}
}
