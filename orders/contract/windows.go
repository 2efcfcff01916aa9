package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

const maxWindows = 6

// checkWindows brings delivery windows in order. The days of a contract are then its windows' days.
func (t *Terms) checkWindows(problems *link.Problems) {
	if len(t.Windows) == 0 {
		return
	}
	slices.SortFunc(t.Windows, func(a, b Window) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	for i, w := range t.Windows {
		field := fmt.Sprintf("windows[%d]", i)
		switch {
		case !isDay(w.From) || !isDay(w.To):
			problems.Add("date", field)
			return
		case w.To < w.From:
			problems.Add("contract.window", field)
			return
		case i > 0 && w.From <= t.Windows[i-1].To:
			problems.Add("contract.windows.apart", field)
			return
		}
	}
	if len(t.Windows) > maxWindows {
		problems.Add("contract.windows", "windows", "max", fmt.Sprint(maxWindows))
	}
	t.DeliverFrom, t.DeliverTo = t.Windows[0].From, t.Windows[len(t.Windows)-1].To
	if len(t.Windows) == 1 { // one and the same contract is written in one way only
		t.Windows = nil
	}
}

// checkDays checks the last day of signing and the days of delivery. Days written as YYYY-MM-DD sort like text.
func (t *Terms) checkDays(problems *link.Problems, today string) {
	for _, d := range []struct{ field, day string }{{"sign_by", t.SignBy}, {"deliver_from", t.DeliverFrom}, {"deliver_to", t.DeliverTo}} {
		if !isDay(d.day) {
			problems.Add("date", d.field)
			return
		}
	}
	switch {
	case t.SignBy < today:
		problems.Add("contract.sign_by", "sign_by")
	case t.DeliverTo < t.DeliverFrom:
		problems.Add("presale.delivery", "deliver_to")
	case t.SignBy > t.DeliverTo:
		problems.Add("contract.sign_by", "sign_by")
	}
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// EndOf is the moment at which a day is over in China.
func EndOf(day time.Time) time.Time { return orders.BeginningOf(day).AddDate(0, 0, 1) }

// WindowsText writes windows so that readers of both languages understand them.
func WindowsText(windows []Window) string {
	parts := make([]string, len(windows))
	for i, w := range windows {
		parts[i] = w.From + " – " + w.To
	}
	return strings.Join(parts, ", ")
}
