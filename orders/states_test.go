package orders_test

import (
	"testing"

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
