package catalog

import (
	"slices"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

func checkMachine[S, E ~string](t *testing.T, m *state.Machine[S, E]) {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	for _, on := range m.Events() {
		if key := m.Refused(on); Messages[key] == [2]string{} && CareMessages[key] == [2]string{} && SeasonMessages[key] == [2]string{} && DirectoryMessages[key] == [2]string{} && TurnMessages[key] == [2]string{} {
			t.Errorf("%s: %s is refused with %q, which has no sentence", m.Name(), on, key)
		}
	}
}

func TestMachines(t *testing.T) {
	t.Parallel()
	checkMachine(t, PresaleMachine)
	checkMachine(t, HoldMachine)
	checkMachine(t, ReviewMachine)
	checkMachine(t, SeasonMachine)
	checkMachine(t, BatchMachine)
	checkMachine(t, ObjectionMachine)
}

func TestPresaleNeverGoesBackToDraft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, to PresaleState
		step     PresaleStep // empty: refused
	}{
		{PresaleDraft, PresaleDraft, ""}, {PresaleDraft, PresaleOpen, PresaleStepOpen}, {PresaleDraft, PresaleClosed, ""},
		{PresaleOpen, PresaleDraft, ""}, {PresaleOpen, PresaleOpen, ""}, {PresaleOpen, PresaleClosed, PresaleStepClose},
		{PresaleClosed, PresaleDraft, ""}, {PresaleClosed, PresaleOpen, PresaleStepReopen}, {PresaleClosed, PresaleClosed, ""},
		{PresaleDraft, "gone", ""}, {PresaleOpen, "", ""},
	} {
		got, err := test.from.StepTo(test.to)
		if test.step == "" {
			if e := link.AsError(err); e == nil || e.Code != link.Conflict || e.Key != "presale.state" || e.Field != "state" || got != "" {
				t.Errorf("%s → %s: %s, %v", test.from, test.to, got, err)
			}
		} else if err != nil || got != test.step {
			t.Errorf("%s → %s: %s, %v", test.from, test.to, got, err)
		}
	}
}

func TestPresaleOfContractFollows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, wanted, want PresaleState }{
		{PresaleDraft, PresaleDraft, PresaleDraft}, {PresaleDraft, PresaleOpen, PresaleOpen}, {PresaleDraft, PresaleClosed, PresaleClosed},
		{PresaleOpen, PresaleDraft, PresaleOpen}, {PresaleOpen, PresaleOpen, PresaleOpen}, {PresaleOpen, PresaleClosed, PresaleClosed},
		{PresaleClosed, PresaleDraft, PresaleClosed}, {PresaleClosed, PresaleOpen, PresaleClosed}, {PresaleClosed, PresaleClosed, PresaleClosed},
	} {
		if got, err := test.from.Follow(test.wanted); err != nil || got != test.want {
			t.Errorf("%s, wanted %s: %s, %v", test.from, test.wanted, got, err)
		}
	}
	if got, err := PresaleDraft.Follow("gone"); link.CodeOf(err) != link.Invalid || got != PresaleDraft {
		t.Errorf("an unknown state: %s, %v", got, err)
	}
}

func TestHoldSteps(t *testing.T) {
	t.Parallel()
	for step, from := range map[HoldStep][]string{
		HoldStepConfirm: {"held"}, HoldStepRelease: {"held", "confirmed"}, HoldStepWithdraw: {"held"}, HoldStepExpire: {"held"},
	} {
		if got := HoldMachine.From(step); !slices.Equal(got, from) {
			t.Errorf("%s from %v, want %v", step, got, from)
		}
	}
}

func TestReviewIsDecidedOnce(t *testing.T) {
	t.Parallel()
	for approve, want := range map[bool]ReviewState{true: ReviewApproved, false: ReviewRefused} {
		step := DecideReviewRequest{Approve: approve}.Step()
		if got, err := link.Next(ReviewMachine, ReviewOpen, step); err != nil || got != want {
			t.Errorf("approve %v: %s, %v", approve, got, err)
		}
		for _, over := range []ReviewState{ReviewApproved, ReviewRefused} {
			if _, err := link.Next(ReviewMachine, over, step); link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "review.decided" {
				t.Errorf("%s again: %v", over, err)
			}
		}
	}
}
