package shelf_test

import (
	"testing"

	"banmuyuan/orders/shelf"
)

func TestStateTables(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"SaleMachine":     shelf.SaleMachine.Check(),
		"SheetMachine":    shelf.SheetMachine.Check(),
		"BuyInMachine":    shelf.BuyInMachine.Check(),
		"MovementMachine": shelf.MovementMachine.Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
