package orders

import (
	"testing"

	"banmuyuan/internal/link"
)

func TestOpenItemsNameEachKindOnce(t *testing.T) {
	t.Parallel()
	s := OpenItemsOf(2026, []OpenItem{{OpenUnpaid, 2, 300}, {OpenOrders, 1, 0}, {OpenUnpaid, 3, 50}, {OpenTickets, 0, 0}})
	if s.Season != 2026 || len(s.Items) != len(OpenKinds) {
		t.Fatalf("%+v", s)
	}
	for i, item := range s.Items {
		if item.Kind != OpenKinds[i] {
			t.Errorf("item %d is %s, want %s", i, item.Kind, OpenKinds[i])
		}
	}
	open := s.Open()
	if len(open) != 2 || open[0] != (OpenItem{OpenOrders, 1, 0}) || open[1] != (OpenItem{OpenUnpaid, 5, 350}) {
		t.Errorf("open: %+v", open)
	}
	if e := link.AsError(s.CheckClose()); e == nil || e.Code != link.Conflict || e.Key != "season.not_settled" || e.Args["kind"] != "orders" {
		t.Errorf("closing it: %v", e)
	}
	for _, kind := range OpenKinds {
		if err := OpenItemsOf(2026, []OpenItem{{Kind: kind, Count: 1}}).CheckClose(); err == nil {
			t.Errorf("%s keeps nothing open", kind)
		}
	}
	if err := OpenItemsOf(2026, nil).CheckClose(); err != nil {
		t.Errorf("nothing open: %v", err)
	}
}
