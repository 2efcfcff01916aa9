package adopt_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
)

func TestCutOff(t *testing.T) {
	t.Parallel()
	d := day("2026-06-08")
	if !adopt.CutOff(d).Equal(at("2026-06-05 20:00:00")) || !adopt.PayBy(d).Equal(at("2026-06-07 12:00:00")) {
		t.Errorf("%v, %v", adopt.CutOff(d), adopt.PayBy(d))
	}
	if by, err := adopt.PayDateBy(d, at("2026-06-07 11:59:59")); err != nil || !by.Equal(adopt.PayBy(d)) {
		t.Error(by, err)
	}
	if _, err := adopt.PayDateBy(d, at("2026-06-07 12:00:00")); keyOf(err) != "standing.missed" {
		t.Error(err)
	}
}

func TestRegular(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		product, policy string
		want            bool
	}{{"veg_box", "fair", true}, {"vegetable_box", "fair", true}, {"veg_box", "direct", false}, {"goose", "fair", false}, {"potato", "fair", false}} {
		p := presale(test.product)
		p.Policy = test.policy
		if adopt.Regular(p) != test.want {
			t.Errorf("%s, %s", test.product, test.policy)
		}
	}
}

func TestMayCome(t *testing.T) {
	t.Parallel()
	p := presale("veg_box")
	p.OpensAt, p.ClosesAt = at("2026-06-01 20:00:00"), at("2026-06-20 20:00:00")
	for d, want := range map[string]bool{"2026-06-03": false, "2026-06-04": true, "2026-06-22": true, "2026-06-23": false} {
		if adopt.MayCome(p, day(d)) != want {
			t.Errorf("open: %s", d)
		}
	}
	if got := adopt.LastDay(p).Format(time.DateOnly); got != "2026-06-22" {
		t.Errorf("last %s", got)
	}
	p = presale("veg_box")
	for d, want := range map[string]bool{"2026-05-31": false, "2026-06-01": true, "2026-06-30": true, "2026-07-01": false} {
		if adopt.MayCome(p, day(d)) != want {
			t.Errorf("delivery: %s", d)
		}
	}
	if got := adopt.LastDay(p).Format(time.DateOnly); got != "2026-06-30" {
		t.Errorf("last %s", got)
	}
	p.ClosesAt = at("2026-06-20 19:59:59")
	if got := adopt.LastDay(p).Format(time.DateOnly); got != "2026-06-22" {
		t.Errorf("last %s before the cut-off of the next day", got)
	}
	p.ClosesAt = at("2026-06-19 20:00:01")
	if got := adopt.LastDay(p).Format(time.DateOnly); got != "2026-06-22" {
		t.Errorf("last %s", got)
	}
	p.ClosesAt = at("2026-06-19 20:00:00")
	if got := adopt.LastDay(p).Format(time.DateOnly); got != "2026-06-21" {
		t.Errorf("last %s", got)
	}
	p.ClosesAt = p.OpensAt
	if got := adopt.LastDay(p).Format(time.DateOnly); got != "2026-06-01" {
		t.Errorf("never: %s", got)
	}
}

func TestStarts(t *testing.T) {
	t.Parallel()
	p := presale("veg_box")
	got := adopt.Starts(p, at("2026-05-10 08:00:00"))
	if len(got) != 14 || got[0] != "2026-06-01" || got[13] != "2026-06-14" {
		t.Errorf("%v", got)
	}
	// The cut-off is at 20:00 three days before.
	if got := adopt.Starts(p, at("2026-06-05 19:59:59")); got[0] != "2026-06-08" {
		t.Errorf("%v", got)
	}
	if got := adopt.Starts(p, at("2026-06-05 20:00:00")); got[0] != "2026-06-09" {
		t.Errorf("%v", got)
	}
	if got := adopt.Starts(p, at("2026-06-26 20:00:00")); !slices.Equal(got, []string{"2026-06-30"}) {
		t.Errorf("%v", got)
	}
	if got := adopt.Starts(p, at("2026-06-27 20:00:00")); got == nil || len(got) != 0 {
		t.Errorf("%v", got)
	}
	p.DeliverFrom, p.DeliverTo = at("2026-08-15 00:00:00"), at("2026-08-31 00:00:00")
	if got := adopt.Starts(p, at("2026-05-10 08:00:00")); len(got) != 14 || got[0] != "2026-08-15" {
		t.Errorf("a presale that delivers in three months: %v", got)
	}
	// Sixty days are looked at: a presale that opens later has none yet.
	p = presale("veg_box")
	p.DeliverFrom, p.OpensAt, p.DeliverTo, p.ClosesAt = at("2026-06-01 00:00:00"), at("2026-07-28 20:00:00"), at("2026-12-31 00:00:00"), at("2026-12-31 00:00:00")
	if got := adopt.Starts(p, at("2026-05-10 08:00:00")); len(got) != 0 {
		t.Errorf("%v", got)
	}
	p.OpensAt = at("2026-07-27 20:00:00")
	if got := adopt.Starts(p, at("2026-05-10 08:00:00")); !slices.Equal(got, []string{"2026-07-30"}) {
		t.Errorf("%v", got)
	}
}

func TestStartOn(t *testing.T) {
	t.Parallel()
	p, now := presale("veg_box"), at("2026-06-05 20:00:00")
	for asked, want := range map[string]string{"": "2026-06-09", "2026-06-09": "2026-06-09", "2026-06-30": "2026-06-30", "2026-06-08": "", "2026-07-01": "", "soon": ""} {
		d, ok := adopt.StartOn(p, asked, now)
		if ok != (want != "") || ok && d.Format(time.DateOnly) != want {
			t.Errorf("%q: %v, %v", asked, d, ok)
		}
	}
	if _, ok := adopt.StartOn(p, "", at("2026-06-29 00:00:00")); ok {
		t.Error("a standing order begins after the last day")
	}
	for days, want := range map[int64]int{7: 0, 14: 0, 0: 1, 8: 1, 13: 1, 21: 1} {
		var problems link.Problems
		if adopt.CheckRhythm(days, &problems); len(problems) != want || want == 1 && problems[0].Key != "standing.every" {
			t.Errorf("%d days: %v", days, problems)
		}
	}
}

func TestCheckDate(t *testing.T) {
	t.Parallel()
	s := adopt.Schedule{Next: day("2026-06-08"), EveryDays: 14, State: adopt.StandingActive}
	early := at("2026-06-01 00:00:00")
	for _, test := range []struct {
		on, want string
		now      time.Time
	}{
		{"2026-06-08", "", early}, {"2026-06-22", "", early}, {"2026-07-06", "", early}, {"2026-06-15", "standing.date", early},
		{"2026-05-25", "standing.cut_off", early}, {"2026-06-07", "standing.cut_off", early},
		{"2026-06-08", "", at("2026-06-05 19:59:59")}, {"2026-06-08", "standing.cut_off", at("2026-06-05 20:00:00")},
	} {
		if got := keyOf(s.CheckDate(day(test.on), test.now)); got != test.want {
			t.Errorf("%s at %v: %q", test.on, test.now, got)
		}
	}
	if got := s.After().Format(time.DateOnly); got != "2026-06-22" {
		t.Errorf("after: %s", got)
	}
	for state, want := range map[adopt.StandingState]adopt.DateStep{adopt.StandingActive: adopt.DateOrder, adopt.StandingPaused: adopt.DatePause} {
		if s.State = state; s.CutOffStep() != want {
			t.Errorf("%s: %s", state, s.CutOffStep())
		}
	}
}

func TestDatesOfASchedule(t *testing.T) {
	t.Parallel()
	p := presale("veg_box")
	s := adopt.Schedule{Next: day("2026-06-08"), EveryDays: 7, Qty: 2, State: adopt.StandingActive}
	now := at("2026-06-05 20:00:00")
	got := s.Ahead(p, map[string]bool{"2026-06-22": true}, now)
	want := []adopt.StandingDate{
		{On: "2026-06-08", State: adopt.DatePlanned}, {On: "2026-06-15", State: adopt.DatePlanned, CanSkip: true},
		{On: "2026-06-22", State: adopt.DateSkipped, CanSkip: true}, {On: "2026-06-29", State: adopt.DatePlanned, CanSkip: true},
	}
	for i := range want {
		want[i].CutOff, want[i].PayBy, want[i].Qty = adopt.CutOff(day(want[i].On)), adopt.PayBy(day(want[i].On)), 2
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	p.DeliverTo = at("2026-08-30 00:00:00")
	if got := s.Ahead(p, nil, now); len(got) != 6 {
		t.Errorf("%d dates", len(got))
	}
	s.State = adopt.StandingPaused
	if got := s.Ahead(p, map[string]bool{"2026-06-15": true}, now); got[0].State != adopt.DatePaused || got[1].State != adopt.DateSkipped {
		t.Errorf("%+v", got)
	}
	s.State = adopt.StandingEnded
	if got := s.Ahead(p, nil, now); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for _, test := range []struct {
		state adopt.StandingState
		date  adopt.DateState
		on    string
		want  bool
	}{
		{adopt.StandingActive, adopt.DateSkipped, "2026-06-08", false}, {adopt.StandingActive, adopt.DateSkipped, "2026-06-07", true},
		{adopt.StandingPaused, adopt.DateSkipped, "2026-06-15", false}, {adopt.StandingEnded, adopt.DateSkipped, "2026-06-15", true},
		{adopt.StandingActive, adopt.DateOrdered, "2026-06-15", true}, {adopt.StandingActive, adopt.DateFailed, "2026-06-01", true},
	} {
		if s.State = test.state; s.Shown(day(test.on), test.date) != test.want {
			t.Errorf("%+v", test)
		}
	}
}

func TestADateIsShownOnce(t *testing.T) {
	t.Parallel()
	p := presale("veg_box")
	rapid.Check(t, func(t *rapid.T) {
		s := adopt.Schedule{Next: day("2026-06-01").AddDate(0, 0, rapid.IntRange(0, 29).Draw(t, "next")), Qty: 1,
			EveryDays: rapid.SampledFrom([]int64{7, 14}).Draw(t, "every"), State: rapid.SampledFrom(adopt.StandingMachine.States()).Draw(t, "state")}
		now := at("2026-05-20 00:00:00").Add(time.Duration(rapid.IntRange(0, 45*24).Draw(t, "hours")) * time.Hour)
		on := s.Next.AddDate(0, 0, int(s.EveryDays)*rapid.IntRange(-2, 3).Draw(t, "n"))
		shown := s.Shown(on, adopt.DateSkipped)
		ahead := slices.ContainsFunc(s.Ahead(p, nil, now), func(d adopt.StandingDate) bool { return d.On == on.Format(time.DateOnly) })
		if shown && ahead {
			t.Fatalf("%v is shown twice", on)
		}
		if s.CheckDate(on, now) == nil && !now.Before(adopt.CutOff(on)) {
			t.Fatalf("%v is skipped after its cut-off", on)
		}
		for _, d := range s.Ahead(p, nil, now) {
			if d.CanSkip != (s.CheckDate(day(d.On), now) == nil) {
				t.Fatalf("%s is offered for skipping and refused, or the other way round", d.On)
			}
		}
	})
}

func TestDateRequest(t *testing.T) {
	t.Parallel()
	d := orders.Delivery{Kind: orders.DeliverPickup, PointID: 4}
	r := adopt.DateRequest(7, 8, "first", 2, d, day("2026-06-08"))
	if r.IdempotencyKey != "box:7:2026-06-08" || r.Channel != "private" || len(r.Lines) != 1 || r.Lines[0] != (orders.QuoteLine{PresaleID: 8, Grade: "first", Qty: 2}) ||
		r.Delivery != d || r.Shortage != orders.ShortageRefund || r.Note != "定期菜箱，6月8日送" {
		t.Errorf("%+v", r)
	}
}

func TestFailureKey(t *testing.T) {
	t.Parallel()
	var problems link.Problems
	problems.Add("a", "x")
	problems.Add("b", "y")
	if got := adopt.FailureKey(problems.Err()); got != "a" {
		t.Errorf("%q", got)
	}
	if got := adopt.FailureKey(link.E(link.SoldOut, "sold", "")); got != "sold" {
		t.Errorf("%q", got)
	}
	if got := adopt.FailureKey(errors.New("broken")); got != link.AsError(errors.New("broken")).Key {
		t.Errorf("%q", got)
	}
}
