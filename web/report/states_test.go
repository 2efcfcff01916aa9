package report

import "testing"

func TestMachine(t *testing.T) {
	t.Parallel()
	if err := Machine.Check(); err != nil {
		t.Error(err)
	}
	for _, s := range []State{Done, Failed} {
		if Machine.Can(s, StepClaim) || Machine.Can(s, StepFinish) || Machine.Can(s, StepFail) {
			t.Errorf("%s is no end", s)
		}
	}
}
