package orders_test

import (
	"slices"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func TestStateTables(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"Machine":         orders.Machine.Check(),
		"TicketMachine":   orders.TicketMachine.Check(),
		"QuestionMachine": orders.QuestionMachine.Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every event that confirms an order leads to one state, which the statement of a batch writes.
func TestOrdersAreConfirmedToOneState(t *testing.T) {
	t.Parallel()
	for _, step := range []orders.Step{orders.StepDepositPaid, orders.StepNoDeposit, orders.StepRevive, orders.StepReclaim} {
		if to := orders.Machine.To(step); to != orders.StateConfirmed {
			t.Errorf("%s leads to %s", step, to)
		}
	}
}

func TestOrderStates(t *testing.T) {
	t.Parallel()
	unpaid := []orders.State{orders.StatePlaced, orders.StateExpiring}
	collecting := []orders.State{orders.StateConfirmed, orders.StateWeighing}
	over := []orders.State{orders.StateExpired, orders.StateCompleted, orders.StateCancelled}
	for _, s := range orders.States {
		if s.Unpaid() != slices.Contains(unpaid, s) || s.Collecting() != slices.Contains(collecting, s) || s.Over() != slices.Contains(over, s) {
			t.Errorf("%s: unpaid %v, collecting %v, over %v", s, s.Unpaid(), s.Collecting(), s.Over())
		}
	}
	if _, err := orders.StatePaid.Next(orders.StepWeigh); !isError(err, link.Conflict, "order.cannot_weigh") {
		t.Error(err)
	}
	if to, err := orders.TicketHeld.Next(orders.TicketAccept); err != nil || to != orders.TicketAccepted {
		t.Errorf("%s, %v", to, err)
	}
	if _, err := orders.TicketAccepted.Next(orders.TicketAccept); !isError(err, link.Conflict, "ticket.decide.state") {
		t.Error(err)
	}
}

// A question is answered once.
func TestQuestionsAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	answers := []orders.ShortageAnswer{orders.AnswerRefill, orders.AnswerLess, orders.AnswerCancel}
	for _, a := range answers {
		if !orders.QuestionMachine.Can(orders.Unanswered, a) || orders.QuestionMachine.To(a) != a {
			t.Errorf("%q is no answer", a)
		}
		for _, b := range answers {
			if orders.QuestionMachine.Can(a, b) {
				t.Errorf("%q is answered %q afterwards", a, b)
			}
		}
	}
}
