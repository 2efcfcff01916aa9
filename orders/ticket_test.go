package orders_test

import (
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func TestTicketsThatAnOrderTakes(t *testing.T) {
	t.Parallel()
	first := map[orders.State]bool{orders.StateConfirmed: true, orders.StateWeighing: true}
	correction := map[orders.State]bool{orders.StateConfirmed: true, orders.StateWeighing: true, orders.StateBilled: true, orders.StatePaid: true}
	reopens := map[orders.State]bool{orders.StateBilled: true, orders.StatePaid: true}
	for _, s := range orders.States {
		err := orders.AdmitTicket(s, false)
		if (err == nil) != first[s] || err != nil && link.AsError(err).Key != "order.cannot_weigh" {
			t.Errorf("a ticket in %s: %v", s, err)
		}
		err = orders.AdmitTicket(s, true)
		if (err == nil) != correction[s] || err != nil && link.AsError(err).Key != "order.cannot_correct" {
			t.Errorf("a correction in %s: %v", s, err)
		}
		if orders.ReopensBill(s) != reopens[s] {
			t.Errorf("a correction in %s: opens the bill again: %v", s, !reopens[s])
		}
	}
}

func TestTicketsThatStand(t *testing.T) {
	t.Parallel()
	for s, want := range map[orders.TicketState]bool{orders.TicketAccepted: true, orders.TicketHeld: true, orders.TicketRefused: false, orders.TicketSuperseded: false} {
		if s.Stands() != want {
			t.Errorf("%s stands: %v", s, !want)
		}
	}
}

func TestDecisionsNeedAReasonToRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r      orders.DecideTicketRequest
		reason string
		ok     bool
	}{
		"accept":                 {orders.DecideTicketRequest{Accept: true}, "", true},
		"accept with a remark":   {orders.DecideTicketRequest{Accept: true, Reason: " seen "}, "seen", true},
		"refuse":                 {orders.DecideTicketRequest{Reason: "another goose"}, "another goose", true},
		"refuse without reason":  {orders.DecideTicketRequest{Reason: "  "}, "", false},
		"accept with a long one": {orders.DecideTicketRequest{Accept: true, Reason: strings.Repeat("x", 201)}, "", false},
	} {
		reason, err := c.r.Check()
		if reason != c.reason || (err == nil) != c.ok {
			t.Errorf("%s: %q, %v", name, reason, err)
		}
		if e := link.AsError(err); err != nil && (e.Key != "ticket.decide.reason" || e.Field != "reason" || e.Args["max"] != "200") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	accept, refuse := orders.DecideTicketRequest{Accept: true}, orders.DecideTicketRequest{Reason: "no"}
	for name, c := range map[string]struct {
		r        orders.DecideTicketRequest
		was      orders.TicketState
		same     bool
		to       orders.TicketState
		repeated bool
		refused  bool
	}{
		"accept":                     {accept, orders.TicketHeld, false, orders.TicketAccepted, false, false},
		"refuse":                     {refuse, orders.TicketHeld, false, orders.TicketRefused, false, false},
		"accept twice":               {accept, orders.TicketAccepted, true, orders.TicketAccepted, true, false},
		"accept after somebody else": {accept, orders.TicketAccepted, false, orders.TicketAccepted, false, true},
		"refuse an accepted one":     {refuse, orders.TicketAccepted, true, orders.TicketAccepted, false, true},
		"accept a refused one":       {accept, orders.TicketRefused, true, orders.TicketRefused, false, true},
		"accept a superseded one":    {accept, orders.TicketSuperseded, true, orders.TicketSuperseded, false, true},
	} {
		to, repeated, err := c.r.Next(c.was, c.same)
		if to != c.to || repeated != c.repeated || (err != nil) != c.refused {
			t.Errorf("%s: %s, repeated %v, %v", name, to, repeated, err)
		}
		if err != nil && link.AsError(err).Key != "ticket.decide.state" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if accept.Step() != orders.TicketAccept || refuse.Step() != orders.TicketRefuse {
		t.Error("a decision asks for the other step")
	}
}

func TestSecondPersonDecides(t *testing.T) {
	t.Parallel()
	if err := orders.MayDecide(7, 8); err != nil {
		t.Error(err)
	}
	if err := orders.MayDecide(7, 7); link.CodeOf(err) != link.Forbidden || link.AsError(err).Key != "ticket.decide.same_person" {
		t.Error(err)
	}
}

func TestMeasureIsWhatThePriceCounts(t *testing.T) {
	t.Parallel()
	if grams, units := orders.Measure(true, 4100, 3), orders.Measure(false, 4100, 3); grams != 4100 || units != 3 {
		t.Errorf("%d g, %d units", grams, units)
	}
}
