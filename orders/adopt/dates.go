package adopt

import (
	"fmt"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// CutOff is the time at which a box of a day is ordered.
func CutOff(day time.Time) time.Time { return orders.BeginningOf(day).Add(-BoxCutOff).UTC() }

// PayBy is the time until which a box of a day can be paid.
func PayBy(day time.Time) time.Time { return orders.BeginningOf(day).Add(-BoxPayBy).UTC() }

// Regular reports whether a presale sells boxes that come regularly: boxes of gardens that no household is picked for. An
// adoption has a plan of its own.
func Regular(p catalog.PublicPresale) bool {
	kind, ok := orders.KindOfPlot(p.Product.Code)
	return ok && kind == orders.PlotGarden && p.Policy != "direct"
}

// MayCome reports whether a box of a presale can come on a day: within its delivery, and with a cut-off while it is open.
func MayCome(p catalog.PublicPresale, day time.Time) bool {
	cut := CutOff(day)
	return !day.Before(orders.DayOf(p.DeliverFrom)) && !day.After(orders.DayOf(p.DeliverTo)) && !cut.Before(p.OpensAt) && cut.Before(p.ClosesAt)
}

// LastDay is the last day on which a box of the presale can come.
func LastDay(p catalog.PublicPresale) time.Time {
	first := orders.DayOf(p.DeliverFrom)
	for d := orders.DayOf(p.DeliverTo); !d.Before(first); d = d.AddDate(0, 0, -1) {
		if MayCome(p, d) {
			return d
		}
	}
	return first
}

const (
	startsShown  = 14 // days that are offered for the first box
	startsWithin = 60 // days that are looked at for them
)

// Starts lists the days on which a standing order that is taken at now can begin.
func Starts(p catalog.PublicPresale, now time.Time) []string {
	days := []string{}
	first := orders.DayOf(now)
	if from := orders.DayOf(p.DeliverFrom); first.Before(from) {
		first = from
	}
	for i := 0; i < startsWithin && len(days) < startsShown; i++ {
		if d := first.AddDate(0, 0, i); startsOn(p, d, now) {
			days = append(days, d.Format(time.DateOnly))
		}
	}
	return days
}

func startsOn(p catalog.PublicPresale, day, now time.Time) bool {
	return MayCome(p, day) && now.Before(CutOff(day))
}

// StartOn returns the day of the first box: the day that was asked for, or the first possible one when none was. ok is
// false when no box can come then.
func StartOn(p catalog.PublicPresale, asked string, now time.Time) (day time.Time, ok bool) {
	if days := Starts(p, now); asked == "" && len(days) > 0 {
		asked = days[0]
	}
	day, err := time.Parse(time.DateOnly, asked)
	return day, err == nil && startsOn(p, day, now)
}

// CheckRhythm notes a rhythm other than every week or every other week.
func CheckRhythm(everyDays int64, problems *link.Problems) {
	if !rhythm(everyDays) {
		problems.Add("standing.every", "every_days")
	}
}

// Schedule is the plan of a standing order: a box on Next and every EveryDays days from then on.
type Schedule struct {
	State     StandingState
	Next      time.Time // a day in UTC: the first date that nobody has decided on
	EveryDays int64
	Qty       int64
}

// After is the date after Next.
func (s Schedule) After() time.Time { return s.Next.AddDate(0, 0, int(s.EveryDays)) }

// CheckDate lets a date of the schedule be skipped, or taken back, before its cut-off.
func (s Schedule) CheckDate(on, now time.Time) error {
	days := int64(on.Sub(s.Next) / (24 * time.Hour))
	if on.Before(s.Next) || !now.Before(CutOff(on)) {
		return link.E(link.Conflict, "standing.cut_off", "on")
	}
	if days%s.EveryDays != 0 {
		return link.E(link.Invalid, "standing.date", "on")
	}
	return nil
}

// CutOffStep is the event of a date whose cut-off has passed: it is ordered, unless its standing order is paused.
func (s Schedule) CutOffStep() DateStep {
	if s.State == StandingPaused {
		return DatePause
	}
	return DateOrder
}

// datesAhead is the number of dates to come that are shown.
const datesAhead = 6

// Shown reports whether a decided date is listed among the past ones; a skipped date to come is one of Ahead.
func (s Schedule) Shown(on time.Time, state DateState) bool {
	return state != DateSkipped || on.Before(s.Next) || s.State == StandingEnded
}

// Ahead lists the next dates, as far as boxes of the presale can come on them; skipped are the dates that the buyer left
// out.
func (s Schedule) Ahead(p catalog.PublicPresale, skipped map[string]bool, now time.Time) []StandingDate {
	var dates []StandingDate
	for d := s.Next; len(dates) < datesAhead && s.State != StandingEnded && MayCome(p, d); d = d.AddDate(0, 0, int(s.EveryDays)) {
		x := StandingDate{On: d.Format(time.DateOnly), State: DatePlanned, CutOff: CutOff(d), PayBy: PayBy(d), Qty: s.Qty,
			CanSkip: now.Before(CutOff(d))}
		if skipped[x.On] {
			x.State = DateSkipped
		} else if s.State == StandingPaused {
			x.State = DatePaused
		}
		dates = append(dates, x)
	}
	return dates
}

// DateRequest is the order of a date. Its key names standing order and date, so that a date becomes one order however
// often it is asked for.
func DateRequest(standing, presale int64, grade string, qty int64, d orders.Delivery, day time.Time) orders.PlaceRequest {
	return orders.PlaceRequest{
		IdempotencyKey: fmt.Sprintf("box:%d:%s", standing, day.Format(time.DateOnly)), Channel: catalog.ChannelPrivate,
		Lines:    []orders.QuoteLine{{PresaleID: presale, Grade: grade, Qty: qty}},
		Delivery: d, Shortage: orders.ShortageRefund,
		Note: "定期菜箱，" + day.Format("1月2日") + "送",
	}
}

// PayDateBy is the time until which the order of a day can be paid. Conflict when it is over.
func PayDateBy(day, now time.Time) (time.Time, error) {
	by := PayBy(day)
	if !now.Before(by) {
		return by, link.E(link.Conflict, "standing.missed", "")
	}
	return by, nil
}

// FailureKey is the message key of a date that could not be ordered: the first detail of the error, or the error's own.
func FailureKey(err error) string {
	e := link.AsError(err)
	if len(e.Details) > 0 {
		return e.Details[0].Key
	}
	return e.Key
}
