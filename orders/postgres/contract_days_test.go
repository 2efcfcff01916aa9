package postgres_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

func windows(t *contract.Terms) {
	t.Windows = []contract.Window{{From: "2026-09-10", To: "2026-09-20"}, {From: "2026-08-02", To: "2026-08-05"}}
	t.Points, t.AdvanceFen = []int64{3, 1}, 0
}

// TestWindowsAndPointsAreAgreed: the days and points that households sign for stand in the text and its hash, and bind
// every call-off, also one that comes round the module.
func TestWindowsAndPointsAreAgreed(t *testing.T) {
	b := setup(t)
	c := b.signing(windows)
	if c.DeliverFrom != "2026-08-02" || c.DeliverTo != "2026-09-20" || len(c.Windows) != 2 || c.Windows[0].From != "2026-08-02" || len(c.PointNames) != 2 {
		t.Fatalf("contract %+v", c.Terms)
	}
	q := b.sign(c.No, 1, 40)
	for _, part := range []string{"2026-08-02 至 2026-08-05；2026-09-10 至 2026-09-20", "1号集货点、3号集货点"} {
		if !strings.Contains(q.Text, part) {
			t.Errorf("%q is not in %s", part, q.Text)
		}
	}
	other := *q.Contract
	other.Windows = other.Windows[:1]
	if q.TextHash != contract.TextHash(q.Text) || contract.TextHash(contract.QuotaText(other, q)) == q.TextHash {
		t.Error("the hash does not cover the windows")
	}
	b.move(officer(), c.No, contract.StepStart)
	call := func(day string, point int64) error {
		_, err := b.orders.CallOff(officer(), contract.CallOff{No: c.No, Qty: 2, Day: day, PointID: point, IdempotencyKey: b.key()})
		return err
	}
	wantCode(t, call("2026-08-06", 1), link.Invalid, "contract.call_off.day", "day")
	wantCode(t, call("2026-09-09", 1), link.Invalid, "contract.call_off.day", "day")
	wantCode(t, call("2026-08-02", 2), link.Invalid, "contract.call_off.point", "point_id")
	wantCode(t, call("2026-08-02", 0), link.Invalid, "contract.call_off.point", "point_id")
	wantCode(t, call("2026-12-20", 1), link.Invalid, "contract.call_off.day", "day")
	if err := call("2026-09-20", 3); err != nil {
		t.Errorf("the last day of the last window: %v", err)
	}
	if err := call("2026-10-05", 3); err != nil {
		t.Errorf("what was held up: %v", err)
	}
	for _, guard := range []struct{ sql, constraint string }{
		{`INSERT INTO call_off (order_id, contract_id, on_day, slot, point_id, actor, at) SELECT 1, id, '2026-08-06', '', 1, 'x', now() FROM contract`, "call_off_window"},
		{`INSERT INTO call_off (order_id, contract_id, on_day, slot, point_id, actor, at) SELECT 1, id, '2026-08-02', '', 2, 'x', now() FROM contract`, "call_off_point"},
		{`UPDATE call_off SET on_day = '2026-08-20'`, "call_off_window"},
	} {
		if _, err := b.db.Exec(guard.sql); link.Constraint(err) != guard.constraint {
			t.Errorf("%s: %v", guard.sql, err)
		}
	}
	// The plan says where, and the scale stands there.
	o, err := b.orders.CallOff(officer(), contract.CallOff{No: c.No, Qty: 5, Day: "2026-08-03", PointID: 3, IdempotencyKey: b.key()})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := b.orders.Plan(officer(), contract.PlanRequest{No: c.No, Day: "2026-08-03"})
	if err != nil || len(plan.Stops) != 1 || plan.Stops[0].Point != "3号集货点" {
		t.Errorf("plan %+v, %v", plan, err)
	}
	s := b.collection(o.No)[0]
	weigh := orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: s.OrderNo, Line: s.Line, LotID: s.LotID, PointID: 1, Units: 5, GrossGrams: 20_000, Grade: "first"}
	_, err = b.orders.Weigh(clerk(), weigh)
	wantCode(t, err, link.Invalid, "weigh.point.agreed", "point_id")
	if s.AgreedPoint != 3 {
		t.Errorf("share %+v", s)
	}
	weigh.PointID = s.AgreedPoint
	if _, err := b.orders.Weigh(clerk(), weigh); err != nil {
		t.Error(err)
	}
}

func TestWindowsThatCannotBe(t *testing.T) {
	b := setup(t)
	for name, c := range map[string]struct {
		windows    []contract.Window
		key, field string
	}{
		"overlap":   {[]contract.Window{{From: "2026-08-02", To: "2026-08-10"}, {From: "2026-08-10", To: "2026-08-20"}}, "contract.windows.apart", "windows[1]"},
		"backwards": {[]contract.Window{{From: "2026-08-22", To: "2026-08-10"}}, "contract.window", "windows[0]"},
		"no date":   {[]contract.Window{{From: "2026-08-22"}}, "date", "windows[0]"},
		"too many": {[]contract.Window{{From: "2026-08-21", To: "2026-08-21"}, {From: "2026-08-22", To: "2026-08-22"}, {From: "2026-08-23", To: "2026-08-23"},
			{From: "2026-08-24", To: "2026-08-24"}, {From: "2026-08-25", To: "2026-08-25"}, {From: "2026-08-26", To: "2026-08-26"}, {From: "2026-08-27", To: "2026-08-27"}}, "contract.windows", "windows"},
	} {
		terms := b.terms()
		terms.Windows = c.windows
		_, err := b.orders.SaveContract(officer(), contract.Save{Terms: terms, IdempotencyKey: b.key()})
		if link.CodeOf(err) != link.Invalid {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantCode(t, err, link.Invalid, c.key, c.field)
	}
	one := b.contract(func(t *contract.Terms) {
		t.Windows = []contract.Window{{From: "2026-08-02", To: "2026-08-30"}}
	})
	if len(one.Windows) != 0 || one.DeliverFrom != "2026-08-02" || one.DeliverTo != "2026-08-30" {
		t.Errorf("one window is written in two ways: %+v", one.Terms)
	}
}
