package adopt_test

import (
	"slices"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
)

func TestStateTables(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"Machine":         adopt.Machine.Check(),
		"BoxMachine":      adopt.BoxMachine.Check(),
		"StandingMachine": adopt.StandingMachine.Check(),
		"DateMachine":     adopt.DateMachine.Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatesThatStatementsName(t *testing.T) {
	t.Parallel()
	// The partial indexes of the migrations are on these states: another row of the table needs another index.
	for name, test := range map[string]struct {
		got  []string
		want string
	}{
		"adoption_unpaid":        {adopt.Machine.From(adopt.StepExpire), "placed"},
		"adoption_expiring":      {adopt.Machine.From(adopt.StepGone), "expiring"},
		"adoption_balance":       {adopt.Machine.From(adopt.StepLapse), "reserved"},
		"adoption_box_inspected": {adopt.BoxMachine.From(adopt.BoxSettle), "delivered"},
		"adoption_box_sought":    {adopt.BoxMachine.From(adopt.BoxReplace), "seeking"},
		"standing_due":           {[]string{string(adopt.StandingMachine.To(adopt.StandingEnd))}, "ended"},
		"standing_date_due":      {adopt.DateMachine.From(adopt.DatePlaced), "ordering"},
	} {
		if !slices.Equal(test.got, []string{test.want}) {
			t.Errorf("%s: %v", name, test.got)
		}
	}
}

func TestSetStanding(t *testing.T) {
	t.Parallel()
	states := adopt.StandingMachine.States()
	for _, from := range states {
		for _, to := range states {
			got, err := from.Set(to)
			if from == adopt.StandingEnded && to != from {
				if link.CodeOf(err) != link.Conflict || keyOf(err) != "standing.ended" || got != from {
					t.Errorf("%s to %s: %s, %v", from, to, got, err)
				}
				continue
			}
			if got != to || err != nil {
				t.Errorf("%s to %s: %s, %v", from, to, got, err)
			}
		}
		if from.Over() != (from == adopt.StandingEnded) || (adopt.SetStanding{State: from}).Check() != nil {
			t.Errorf("%s", from)
		}
	}
	if err := (adopt.SetStanding{State: "lost"}).Check(); keyOf(err) != "standing.state" {
		t.Error(err)
	}
}

func TestStateAnswers(t *testing.T) {
	t.Parallel()
	if to, err := adopt.Placed.Next(adopt.StepDeposit); to != adopt.Reserved || err != nil {
		t.Error(to, err)
	}
	if _, err := adopt.Completed.Next(adopt.StepCancel); keyOf(err) != "adoption.cannot_cancel" {
		t.Error(err)
	}
	if !adopt.Placed.Can(adopt.StepCancel) || adopt.Expiring.Can(adopt.StepCancel) || adopt.Growing.Over() || !adopt.Cancelled.Over() {
		t.Error("the answers do not follow the table")
	}
	if to, err := adopt.BoxDisputed.Next(adopt.BoxReject); to != adopt.BoxFailed || err != nil {
		t.Error(to, err)
	}
	if _, err := adopt.BoxSettled.Next(adopt.BoxDispute); keyOf(err) != "adoption.box.too_late" {
		t.Error(err)
	}
}
