package contract_test

import (
	"testing"

	"banmuyuan/orders/contract"
)

func TestStateTables(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"Machine":      contract.Machine.Check(),
		"QuotaMachine": contract.QuotaMachine.Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
