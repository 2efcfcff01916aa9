package contract

import (
	"fmt"
	"slices"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// OrderDays is for how many days after the last day of delivery delayed goods can still be called off.
const OrderDays = 60

// Check returns the trimmed note of a call-off. Invalid names everything in it that the contract does not have.
func (r CallOff) Check(t Terms, today string) (note string, err error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if r.Qty <= 0 || r.Qty > t.Quantity {
		problems.Add("contract.call_off.quantity", "quantity", "max", figure(t.Quantity))
	}
	if !isDay(r.Day) {
		problems.Add("date", "day")
	} else if r.Day < today || !t.Delivers(r.Day) && !t.deliversLate(r.Day) {
		problems.Add("contract.call_off.day", "day", "windows", WindowsText(t.Delivery()))
	}
	if _, ok := t.PointFor(r.PointID); !ok {
		problems.Add("contract.call_off.point", "point_id")
	}
	if !slices.Contains([]CallSlot{SlotDay, SlotMorning, SlotAfternoon}, r.Slot) {
		problems.Add("form.choose", "slot")
	}
	note, ok := orders.CleanText(r.Note, orders.NoteMax)
	if !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(orders.NoteMax))
	}
	return note, problems.Err()
}

// deliversLate reports whether a day is after the last window, but early enough for delayed goods.
func (t Terms) deliversLate(day string) bool {
	last, err := time.Parse(time.DateOnly, t.DeliverTo)
	return err == nil && day > t.DeliverTo && day <= last.AddDate(0, 0, OrderDays).Format(time.DateOnly)
}

// PointFor is the collection point of a call-off: one of the agreed points, which need not be named when there is only one.
func (t Terms) PointFor(asked int64) (point int64, ok bool) {
	switch {
	case len(t.Points) == 0:
		return 0, asked == 0
	case asked == 0 && len(t.Points) == 1:
		return t.Points[0], true
	}
	return asked, slices.Contains(t.Points, asked)
}

// CheckRunning refuses a call-off of a contract that does not run, or that the catalogue keeps no goods for yet.
func CheckRunning(s State, presale int64) error {
	if s != Running || presale == 0 {
		return link.E(link.Conflict, "contract.not_running", "")
	}
	return nil
}

// Overdue reports whether the day of a call-off is over and goods are missing that can still be weighed.
func (k CallOffRow) Overdue(today string) bool {
	return k.Day < today && k.Received+k.Short < k.Ordered && k.State.Can(orders.StepWeigh)
}
