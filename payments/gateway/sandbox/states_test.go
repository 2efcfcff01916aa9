package sandbox

import "testing"

func TestStateTables(t *testing.T) {
	t.Parallel()
	for _, err := range []error{sessionMachine.Check(), refundMachine.Check(), disputeMachine.Check()} {
		if err != nil {
			t.Error(err)
		}
	}
}
