package adopt_test

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
)

func TestPartsOfAnAdoption(t *testing.T) {
	t.Parallel()
	open := []adopt.BoxState{adopt.BoxPlanned, adopt.BoxDelivered, adopt.BoxDisputed, adopt.BoxSeeking}
	begun := []adopt.BoxState{adopt.BoxDelivered, adopt.BoxSettled, adopt.BoxDisputed}
	handed := []adopt.BoxState{adopt.BoxDelivered, adopt.BoxSettled}
	givenUp := []adopt.BoxState{adopt.BoxSeeking, adopt.BoxFailed}
	worthless := []adopt.BoxState{adopt.BoxFailed, adopt.BoxVoid}
	for _, s := range adopt.BoxMachine.States() {
		boxes := []adopt.Part{{State: adopt.BoxVoid, AmountFen: 5}, {State: s, AmountFen: 7}}
		if adopt.AnyOpen(boxes) != slices.Contains(open, s) || s.Open() != slices.Contains(open, s) {
			t.Errorf("%s: open", s)
		}
		if adopt.Begun(boxes) != slices.Contains(begun, s) || (keyOf(adopt.CheckCancel(boxes)) == "adoption.cancel.begun") != slices.Contains(begun, s) {
			t.Errorf("%s: begun", s)
		}
		if s.Handed() != slices.Contains(handed, s) || s.GivenUp() != slices.Contains(givenUp, s) {
			t.Errorf("%s: handed or given up", s)
		}
		if want := int64(7); slices.Contains(worthless, s) && adopt.Worth(boxes) != 0 || !slices.Contains(worthless, s) && adopt.Worth(boxes) != want {
			t.Errorf("%s: worth %d", s, adopt.Worth(boxes))
		}
		for _, came := range []bool{true, false} {
			r := adopt.DecideBox{Came: came}
			if r.Decided(s) != (came && s == adopt.BoxSettled || !came && s == adopt.BoxFailed) {
				t.Errorf("%s: decided", s)
			}
		}
	}
	if (adopt.DecideBox{Came: true}).Step() != adopt.BoxUphold || (adopt.DecideBox{}).Step() != adopt.BoxReject {
		t.Error("a decision leads elsewhere")
	}
	if adopt.FailStep(adopt.FailureReplace) != adopt.BoxSeek || adopt.FailStep(adopt.FailureRefund) != adopt.BoxFail {
		t.Error("a failure does not do what the adopter chose")
	}
}

func TestCheckDeliver(t *testing.T) {
	t.Parallel()
	b := adopt.Part{DueOn: day("2026-06-08")}
	first := at("2026-06-05 00:00:00")
	if adopt.TooEarly(b.DueOn, first) || !adopt.TooEarly(b.DueOn, first.Add(-1)) {
		t.Error("a box may come three days before its date")
	}
	for _, s := range adopt.States {
		want := "adoption.wrong_state"
		switch s {
		case adopt.Reserved:
			want = "adoption.box.unpaid"
		case adopt.Growing:
			want = ""
		}
		if got := keyOf(b.CheckDeliver(s, first)); got != want {
			t.Errorf("%s: %q", s, got)
		}
	}
	if got := keyOf(b.CheckDeliver(adopt.Growing, first.Add(-1))); got != "adoption.box.early" {
		t.Errorf("%q", got)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, reason := range adopt.FailReasons {
		if adopt.LosesStock(reason) != (reason == "died" || reason == "hail") {
			t.Errorf("%s", reason)
		}
		if r := (&adopt.FailBox{Reason: reason}); len(r.Check()) != 0 {
			t.Errorf("%s: %v", reason, r.Check())
		}
	}
	long := strings.Repeat("字", 500)
	for _, test := range []struct {
		reason, note string
		want         []string
	}{
		{"", "", []string{"adoption.box.reason reason"}}, {"lazy", "", []string{"adoption.box.reason reason"}},
		{"hail", long, []string{}}, {"hail", long + "字", []string{"order.note note"}},
	} {
		r := adopt.FailBox{Reason: test.reason, Note: test.note}
		if got := keysOf(r.Check()); !slices.Equal(got, test.want) {
			t.Errorf("%q: %v", test.reason, got)
		}
	}
	r := adopt.FailBox{Reason: "hail", Note: " a\r\nb "}
	if r.Check(); r.Note != "a\nb" {
		t.Errorf("%q", r.Note)
	}
}

func TestAffects(t *testing.T) {
	t.Parallel()
	failed := adopt.Part{No: 3, HouseholdID: 7, State: adopt.BoxPlanned}
	for _, test := range []struct {
		name      string
		b         adopt.Part
		one, rest bool
	}{
		{"itself", failed, true, true},
		{"itself, delivered", adopt.Part{No: 3, HouseholdID: 7, State: adopt.BoxDelivered}, true, true},
		{"itself, sought", adopt.Part{No: 3, HouseholdID: 7, State: adopt.BoxSeeking}, false, false},
		{"itself, failed", adopt.Part{No: 3, HouseholdID: 7, State: adopt.BoxFailed}, false, false},
		{"later", adopt.Part{No: 4, HouseholdID: 7, State: adopt.BoxPlanned}, false, true},
		{"later, delivered", adopt.Part{No: 4, HouseholdID: 7, State: adopt.BoxDelivered}, false, false},
		{"later, another household", adopt.Part{No: 4, HouseholdID: 8, State: adopt.BoxPlanned}, false, false},
		{"earlier", adopt.Part{No: 2, HouseholdID: 7, State: adopt.BoxPlanned}, false, false},
	} {
		if got := (adopt.FailBox{No: 3}).Affects(failed, test.b); got != test.one {
			t.Errorf("%s: %v", test.name, got)
		}
		if got := (adopt.FailBox{No: 3, Rest: true}).Affects(failed, test.b); got != test.rest {
			t.Errorf("%s, with the rest: %v", test.name, got)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 500)
	for note, want := range map[string]bool{"": false, "  ": false, "没收到": true, long: true, long + "字": false, "a\x00": false} {
		r := adopt.DisputeBox{Note: note}
		if err := r.Check(); (err == nil) != want || err != nil && keyOf(err) != "adoption.box.note" {
			t.Errorf("dispute %q: %v", note, err)
		}
		d := adopt.DecideBox{Note: note}
		if err := d.Check(); (err == nil) != (want || strings.TrimSpace(note) == "") || err != nil && keyOf(err) != "order.note" {
			t.Errorf("decide %q: %v", note, err)
		}
	}
	for reason, want := range map[string]bool{"": true, strings.Repeat("字", 200): true, strings.Repeat("字", 201): false, "a\nb": false} {
		r := adopt.Cancel{Reason: reason}
		if err := r.Check(); (err == nil) != want || err != nil && (keyOf(err) != "order.cancel.reason" || link.CodeOf(err) != link.Invalid) {
			t.Errorf("cancel %q: %v", reason, err)
		}
	}
	d, r, c := adopt.DisputeBox{Note: " x "}, adopt.DecideBox{Note: " x "}, adopt.Cancel{Reason: " x "}
	if d.Check() != nil || r.Check() != nil || c.Check() != nil || d.Note != "x" || r.Note != "x" || c.Reason != "x" {
		t.Error("blanks stay")
	}
}

func TestReplacedOn(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{"2026-06-05 23:59:59": "2026-06-08", "2026-06-06 00:00:00": "2026-06-09", "2026-06-20 08:00:00": "2026-06-23"} {
		if got := adopt.ReplacedOn(day("2026-06-08"), at(now)).Format("2006-01-02"); got != want {
			t.Errorf("found at %s, it comes on %s", now, got)
		}
	}
}

func TestFromOne(t *testing.T) {
	t.Parallel()
	one := catalog.Shares{Line: 1, Lots: []int64{4}, Households: []int64{7}}
	two := catalog.Shares{Line: 1, Lots: []int64{4, 5}, Households: []int64{7, 8}}
	for _, test := range []struct {
		lines []catalog.Shares
		want  bool
	}{{[]catalog.Shares{one}, true}, {[]catalog.Shares{two}, false}, {[]catalog.Shares{one, one}, false}, {[]catalog.Shares{{Line: 1}}, false}, {nil, false}} {
		share, ok := adopt.FromOne(catalog.Reservation{Lines: test.lines})
		if ok != test.want || ok && share.Lots[0] != 4 {
			t.Errorf("%+v: %+v, %v", test.lines, share, ok)
		}
	}
}
