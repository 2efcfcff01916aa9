package catalog

import (
	"strings"
	"testing"

	"banmuyuan/internal/link"
)

func TestDecideReviewCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ why, key, want string }{
		{" 上门数过 ", "k", ""}, {"", "k", "review.why"}, {"  ", "k", "review.why"}, {strings.Repeat("鹅", 200), "k", ""}, {strings.Repeat("鹅", 201), "k", "review.why"},
		{"\xff", "k", "review.why"}, {"a\x00b", "k", "review.why"},
		{"yes", "", "reserve.key.missing"}, {"yes", strings.Repeat("k", 64), ""}, {"yes", strings.Repeat("k", 65), "reserve.key.missing"},
	} {
		d := DecideReviewRequest{Why: test.why, IdempotencyKey: test.key}
		err := d.Check()
		if (err == nil) != (test.want == "") || err != nil && link.AsError(err).Key != test.want {
			t.Errorf("%q under %q: %v", test.why, test.key, err)
		}
		if err == nil && d.Why != strings.TrimSpace(test.why) {
			t.Errorf("the reason is %q", d.Why)
		}
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	const opener, second, third = 1, 2, 3
	open := ReviewRecord{State: ReviewOpen, OpenedBy: opener}
	approved := ReviewRecord{State: ReviewApproved, OpenedBy: opener, DecidedBy: second}
	d := DecideReviewRequest{ID: 5, Approve: true, Why: "seen"}
	same := &PastDecision{5, ReviewApproved, "seen"}
	for name, test := range map[string]struct {
		r       ReviewRecord
		account int64
		same    *PastDecision
		changes bool
		want    error
	}{
		"second person":             {open, second, nil, true, nil},
		"the same person":           {open, opener, nil, false, link.E(link.Forbidden, "review.second_person", "")},
		"a job opened it":           {ReviewRecord{State: ReviewOpen}, 0, nil, true, nil},
		"again":                     {approved, second, same, false, nil},
		"again, another key":        {approved, second, nil, false, nil},
		"decided by another":        {approved, third, nil, false, link.E(link.Conflict, "review.decided", "")},
		"decided otherwise":         {ReviewRecord{State: ReviewRefused, DecidedBy: second}, second, nil, false, link.E(link.Conflict, "review.decided", "")},
		"key of another review":     {open, second, &PastDecision{6, ReviewApproved, "seen"}, false, ErrKeyReused()},
		"key of another word":       {open, second, &PastDecision{5, ReviewRefused, "seen"}, false, ErrKeyReused()},
		"key of another reason":     {approved, second, &PastDecision{5, ReviewApproved, "heard"}, false, ErrKeyReused()},
		"opener after the decision": {approved, opener, nil, false, link.E(link.Conflict, "review.decided", "")},
	} {
		changes, err := d.Decide(test.r, test.account, test.same)
		if changes != test.changes || (err == nil) != (test.want == nil) || err != nil && !link.AsError(err).Is(test.want) {
			t.Errorf("%s: %v, %v", name, changes, err)
		}
	}
}

func TestIDNumbersAreMasked(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{"": "", "12345": "*****", "11010519491231002X": "110105********002X", "12345678901": "***********"} {
		if got := MaskID(number); got != want {
			t.Errorf("%q is shown as %q", number, got)
		}
	}
	for reason, fine := range map[string]bool{"": false, "abc ": false, " abcd ": true, strings.Repeat("因", 200): true, strings.Repeat("因", 201): false} {
		r := UnmaskID{Reason: reason}
		if err := r.Check(); (err == nil) != fine || fine && (r.Position != 1 || r.Reason != strings.TrimSpace(reason)) {
			t.Errorf("%q: %+v, %v", reason, r, err)
		}
	}
}
