package contract_test

import (
	"slices"
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

func TestGroupsOfStates(t *testing.T) {
	t.Parallel()
	private := []string{"draft", "approval"}
	for _, s := range contract.States {
		if s.Private() != slices.Contains(private, string(s)) {
			t.Errorf("%s is private: %v", s, s.Private())
		}
	}
	holding := []string{"proposed", "booking", "signed", "ended"}
	for _, s := range contract.QuotaMachine.States() {
		if s.Holds() != slices.Contains(holding, string(s)) {
			t.Errorf("%s holds: %v", s, s.Holds())
		}
	}
	if !slices.Equal(contract.PrivateStates(), private) || !slices.Equal(contract.HoldingStates(), holding) ||
		!slices.Equal(contract.JoinableStates(), []string{"published", "signing"}) {
		t.Error("SQL is asked for other states")
	}
}

// A household's own wish begins in booking, and only a signed quota ends with its contract.
func TestLifeOfAQuota(t *testing.T) {
	t.Parallel()
	for step, want := range map[contract.QuotaStep]string{contract.QuotaAgree: "proposed", contract.QuotaBooked: "booking", contract.QuotaRefused: "booking",
		contract.QuotaDecline: "proposed", contract.QuotaLapse: "proposed", contract.QuotaEnd: "signed"} {
		if from := contract.QuotaMachine.From(step); !slices.Equal(from, []string{want}) {
			t.Errorf("%s leaves %q", step, from)
		}
	}
}
