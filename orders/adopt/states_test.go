package adopt_test

import (
	"testing"

	"banmuyuan/orders/adopt"
)

func TestStateTables(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"Machine":    adopt.Machine.Check(),
		"BoxMachine": adopt.BoxMachine.Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
