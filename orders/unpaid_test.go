package orders

import (
	"testing"

	"banmuyuan/internal/link"
)

func TestUnpaidLimitOf(t *testing.T) {
	t.Parallel()
	limits := UnpaidLimits{Orders: 5, OrgOrders: 100, Part: 2}
	for name, test := range map[string]struct {
		actor link.Actor
		want  UnpaidLimit
	}{
		"verified buyer":   {link.Actor{Account: 1, Role: RoleBuyer, Person: "p"}, UnpaidLimit{Orders: 5, Part: 2}},
		"unverified buyer": {link.Actor{Account: 1, Role: RoleBuyer}, UnpaidLimit{Orders: 1, Part: 2}},
		"cooperative":      {link.Actor{Account: 1, Role: RoleOfficer, Org: 3}, UnpaidLimit{Orders: 100}},
		"its approver":     {link.Actor{Account: 1, Role: RoleOrgApprover, Org: 3, Person: "p"}, UnpaidLimit{Orders: 100}},
	} {
		if got := limits.Of(test.actor); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	if got := (UnpaidLimits{}).Of(link.Actor{Account: 1, Role: RoleBuyer}); got != (UnpaidLimit{}) {
		t.Errorf("no limits: %+v", got)
	}
}

func TestUnpaidLimitUnits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ part, capacity, most int64 }{
		{2, 599_758, 11_995}, {1, 599_758, 5_997}, {100, 599_758, 599_758}, {2, 2_549, 50}, {2, 2_550, 51}, {2, 2_551, 51}, {2, 40, 50}, {3, 0, 50},
		{100, 1 << 62, 1 << 62},
	} {
		if got, ok := (UnpaidLimit{Part: test.part}).Units(test.capacity); !ok || got != test.most {
			t.Errorf("%d %% of %d: %d, want %d", test.part, test.capacity, got, test.most)
		}
	}
	if _, ok := (UnpaidLimit{}).Units(100); ok {
		t.Error("no part is a limit")
	}
}

func TestUnpaidLimitCheck(t *testing.T) {
	t.Parallel()
	limit := UnpaidLimit{Orders: 2, Part: 10}
	line := func(qty int64) UnpaidLine { return UnpaidLine{PresaleID: 1, Qty: qty, Capacity: 1000} }
	other := UnpaidLine{PresaleID: 2, Qty: 60, Capacity: 1000}
	for name, test := range map[string]struct {
		limit      UnpaidLimit
		held       Unpaid
		lines      []UnpaidLine
		key, field string
		left       string
	}{
		"first":                 {limit, Unpaid{}, []UnpaidLine{line(100)}, "", "", ""},
		"too much of a presale": {limit, Unpaid{}, []UnpaidLine{line(101)}, "order.unpaid.units", "lines[0].quantity", "100"},
		"in two grades":         {limit, Unpaid{}, []UnpaidLine{other, line(60), line(41)}, "order.unpaid.units", "lines[2].quantity", "100"},
		"with an earlier order": {limit, Unpaid{Orders: 1, Units: map[int64]int64{1: 70}}, []UnpaidLine{line(31)}, "order.unpaid.units", "lines[0].quantity", "30"},
		"up to the limit":       {limit, Unpaid{Orders: 1, Units: map[int64]int64{1: 70}}, []UnpaidLine{line(30)}, "", "", ""},
		"other presale":         {limit, Unpaid{Orders: 1, Units: map[int64]int64{1: 100}}, []UnpaidLine{other}, "", "", ""},
		"one order too many":    {limit, Unpaid{Orders: 2}, []UnpaidLine{line(1)}, "order.unpaid.orders", "", ""},
		"an organisation":       {UnpaidLimit{Orders: 100}, Unpaid{Orders: 99, Units: map[int64]int64{1: 900}}, []UnpaidLine{line(900)}, "", "", ""},
		"no limits":             {UnpaidLimit{}, Unpaid{Orders: 999, Units: map[int64]int64{1: 900}}, []UnpaidLine{line(900)}, "", "", ""},
	} {
		err := test.limit.Check(test.held, test.lines)
		if test.key == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := link.AsError(err); err == nil || e.Code != link.Conflict || e.Key != test.key || e.Field != test.field || e.Args["left"] != test.left {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

func TestUnpaidLimitSpare(t *testing.T) {
	t.Parallel()
	lines := []UnpaidLine{{PresaleID: 1, Qty: 60, Capacity: 1000}, {PresaleID: 2, Qty: 10, Capacity: 1000}, {PresaleID: 1, Qty: 15, Capacity: 1000}}
	for i, want := range []int64{25, 90, 25} {
		if got := (UnpaidLimit{Part: 10}).Spare(lines)[i]; got != want {
			t.Errorf("line %d: %d, want %d", i, got, want)
		}
		if got := (UnpaidLimit{}).Spare(lines)[i]; got != -1 {
			t.Errorf("line %d without limit: %d", i, got)
		}
	}
}

func TestMaySetUnpaid(t *testing.T) {
	t.Parallel()
	before := UnpaidLimits{Orders: 5, OrgOrders: 100, Part: 2}
	operator, approver := link.Actor{Account: 1, Role: RoleOperator}, link.Actor{Account: 2, Role: roleApprover}
	for name, test := range map[string]struct {
		actor         link.Actor
		before, after UnpaidLimits
		want          string
	}{
		"tighter":           {operator, before, UnpaidLimits{Orders: 1, OrgOrders: 100, Part: 1}, ""},
		"as it is":          {operator, before, before, ""},
		"more orders":       {operator, before, UnpaidLimits{Orders: 6, OrgOrders: 1, Part: 1}, "rules.unpaid.looser"},
		"more of an office": {operator, before, UnpaidLimits{Orders: 1, OrgOrders: 101, Part: 1}, "rules.unpaid.looser"},
		"a greater part":    {operator, before, UnpaidLimits{Orders: 1, OrgOrders: 1, Part: 3}, "rules.unpaid.looser"},
		"no limit":          {operator, before, UnpaidLimits{OrgOrders: 1, Part: 1}, "rules.unpaid.looser"},
		"a first limit":     {operator, UnpaidLimits{}, before, ""},
		"looser, approver":  {approver, before, UnpaidLimits{Orders: 6, OrgOrders: 101, Part: 3}, ""},
		"administrator":     {link.Actor{Account: 3, Role: "admin"}, before, before, "forbidden"},
		"cooperative":       {link.Actor{Account: 3, Role: RoleOfficer, Org: 1}, before, before, "forbidden"},
		"job":               {link.Actor{System: true}, before, before, "forbidden"},
		"nobody":            {link.Actor{}, before, before, "unauthenticated"},
	} {
		got := ""
		if err := MaySetUnpaid(test.actor, test.before, test.after); err != nil {
			got = link.AsError(err).Key
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestUnpaidLimitsBounds(t *testing.T) {
	t.Parallel()
	good := UnpaidLimits{Orders: 1, OrgOrders: 1, Part: 1}
	for field, l := range map[string]UnpaidLimits{
		"":             {Orders: UnpaidOrdersMost, OrgOrders: UnpaidOrgOrdersMost, Part: UnpaidPartMost},
		"orders":       {Orders: UnpaidOrdersMost + 1, OrgOrders: 1, Part: 1},
		"org_orders":   {Orders: 1, OrgOrders: 0, Part: 1},
		"part_percent": {Orders: 1, OrgOrders: 1, Part: 101},
	} {
		got := ""
		if err := l.Check(); err != nil {
			got = link.AsError(err).Field
		}
		if got != field {
			t.Errorf("%+v: %q, want %q", l, got, field)
		}
	}
	for _, l := range []UnpaidLimits{{OrgOrders: 1, Part: 1}, {Orders: 1, OrgOrders: 1}, {Orders: 1, OrgOrders: UnpaidOrgOrdersMost + 1, Part: 1}} {
		if l.Check() == nil {
			t.Errorf("%+v passes", l)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestTooManyUnpaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit, open int
		refused     bool
	}{{2, 1, false}, {2, 2, true}, {2, 3, true}, {0, 9, false}} {
		err := UnpaidLimit{Orders: c.limit}.TooMany("sale.unpaid", c.open)
		if (err != nil) != c.refused || err != nil && (link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "sale.unpaid") {
			t.Errorf("%d open of %d: %v", c.open, c.limit, err)
		}
	}
}
