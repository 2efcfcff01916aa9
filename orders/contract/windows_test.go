package contract_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/orders/contract"
)

func TestWindowsAreChecked(t *testing.T) {
	t.Parallel()
	days := func(n int) []contract.Window {
		all := make([]contract.Window, n)
		for i := range all {
			day := "2026-08-2" + string(rune('0'+i))
			all[i] = contract.Window{From: day, To: day}
		}
		return all
	}
	for name, c := range map[string]struct {
		windows []contract.Window
		want    string
	}{
		"none":         {nil, ""},
		"apart":        {[]contract.Window{{From: "2026-08-02", To: "2026-08-10"}, {From: "2026-08-11", To: "2026-08-20"}}, ""},
		"out of order": {[]contract.Window{{From: "2026-08-21", To: "2026-08-30"}, {From: "2026-08-02", To: "2026-08-10"}}, ""},
		"overlap":      {[]contract.Window{{From: "2026-08-02", To: "2026-08-20"}, {From: "2026-08-20", To: "2026-08-22"}}, "contract.windows.apart windows[1]"},
		"same day":     {[]contract.Window{{From: "2026-08-21", To: "2026-08-22"}, {From: "2026-08-21", To: "2026-08-21"}}, "contract.windows.apart windows[1]"},
		"backwards":    {[]contract.Window{{From: "2026-08-22", To: "2026-08-21"}}, "contract.window windows[0]"},
		"one day":      {[]contract.Window{{From: "2026-08-22", To: "2026-08-22"}}, ""},
		"no first day": {[]contract.Window{{From: "x", To: "2026-08-22"}}, "date windows[0]"},
		"no last day":  {[]contract.Window{{From: "2026-08-22", To: "2026-02-30"}}, "date windows[0]"},
		"six":          {days(6), ""},
		"seven":        {days(7), "contract.windows windows"},
	} {
		_, err := check(t, func(k *contract.Terms) { k.Windows, k.SignBy = c.windows, "2026-07-20" })
		if got := strings.Join(problemsOf(err), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	_, err := check(t, func(k *contract.Terms) { k.Windows, k.SignBy = days(7), "2026-07-20" })
	if link.AsError(err).Args["max"] != "6" {
		t.Errorf("%+v", link.AsError(err))
	}
}

func TestDaysFollowFromWindows(t *testing.T) {
	t.Parallel()
	k, err := check(t, func(k *contract.Terms) {
		k.Windows = []contract.Window{{From: "2026-09-10", To: "2026-09-20"}, {From: "2026-08-02", To: "2026-08-05"}}
	})
	if err != nil || k.DeliverFrom != "2026-08-02" || k.DeliverTo != "2026-09-20" || len(k.Windows) != 2 || k.Windows[0].From != "2026-08-02" {
		t.Errorf("%+v, %v", k, err)
	}
	one, err := check(t, func(k *contract.Terms) {
		k.Windows = []contract.Window{{From: "2026-08-02", To: "2026-09-05"}}
	})
	if err != nil || one.Windows != nil || one.DeliverFrom != "2026-08-02" || one.DeliverTo != "2026-09-05" {
		t.Errorf("%+v, %v", one, err)
	}
	for day, want := range map[string]bool{"2026-08-01": false, "2026-08-02": true, "2026-08-05": true, "2026-08-06": false, "2026-09-09": false,
		"2026-09-10": true, "2026-09-20": true, "2026-09-21": false} {
		if k.Delivers(day) != want {
			t.Errorf("delivers on %s: %v", day, !want)
		}
	}
	if !one.Delivers("2026-08-20") || one.Delivers("2026-08-01") || one.Delivers("2026-09-06") {
		t.Error("one window")
	}
	if text := contract.WindowsText(k.Windows); text != "2026-08-02 – 2026-08-05, 2026-09-10 – 2026-09-20" {
		t.Error(text)
	}
}

func TestDaysAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sign, from, to, want string
	}{
		"signing today":             {today, "2026-08-01", "2026-10-01", ""},
		"signing yesterday":         {"2026-06-30", "2026-08-01", "2026-10-01", "contract.sign_by sign_by"},
		"signing till the last day": {"2026-10-01", "2026-08-01", "2026-10-01", ""},
		"signing after it":          {"2026-10-02", "2026-08-01", "2026-10-01", "contract.sign_by sign_by"},
		"one day of delivery":       {today, "2026-08-01", "2026-08-01", ""},
		"delivery backwards":        {today, "2026-08-02", "2026-08-01", "presale.delivery deliver_to"},
		"no day of signing":         {"soon", "x", "y", "date sign_by"},
		"no first day":              {today, "x", "y", "date deliver_from"},
		"no last day":               {today, "2026-08-01", "2026-8-2", "date deliver_to"},
	} {
		_, err := check(t, func(k *contract.Terms) { k.SignBy, k.DeliverFrom, k.DeliverTo = c.sign, c.from, c.to })
		if got := strings.Join(problemsOf(err), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Windows that are taken are in order and apart, whatever order they were typed in, and checking them again changes
// nothing.
func TestWindowsAreWrittenInOneForm(t *testing.T) {
	t.Parallel()
	day := rapid.Custom(func(t *rapid.T) string {
		return time.Date(2026, 8, 1+rapid.IntRange(0, 40).Draw(t, "day"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	})
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) contract.Window {
			return contract.Window{From: day.Draw(t, "from"), To: day.Draw(t, "to")}
		}), 1, 4).Draw(t, "windows")
		typed := slices.Clone(windows)
		k, err := checkOf(goose, func(k *contract.Terms) { k.Windows, k.SignBy = windows, "2026-07-20" })
		again, errAgain := checkOf(goose, func(k *contract.Terms) {
			k.Windows, k.SignBy = rapid.Permutation(typed).Draw(t, "order"), "2026-07-20"
		})
		if (err == nil) != (errAgain == nil) || err == nil && !slices.Equal(k.Windows, again.Windows) {
			t.Fatalf("%v and %v, %v and %v", k.Windows, again.Windows, err, errAgain)
		}
		if err != nil {
			return
		}
		all := k.Delivery()
		for i, w := range all {
			if w.To < w.From || i > 0 && w.From <= all[i-1].To {
				t.Fatalf("%v", all)
			}
		}
		if k.DeliverFrom != all[0].From || k.DeliverTo != all[len(all)-1].To {
			t.Fatalf("%s to %s: %v", k.DeliverFrom, k.DeliverTo, all)
		}
	})
}

func TestEndOfDay(t *testing.T) {
	t.Parallel()
	if got := contract.EndOf(time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC)).UTC(); got != time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC) {
		t.Error(got)
	}
}
