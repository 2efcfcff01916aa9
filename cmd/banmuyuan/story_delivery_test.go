package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/cmd/banmuyuan/county"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

func (s *tale) income(t *testing.T, who session) orders.Income {
	t.Helper()
	return get[orders.Income](t, who, "/households/"+s.household+"/income")
}

// fromHerd finds the entry of the cooperative's order in the household's statement.
func (s *tale) fromHerd(i orders.Income) (orders.IncomeEntry, bool) {
	at := slices.IndexFunc(i.Entries, func(e orders.IncomeEntry) bool { return e.OrderNo == s.herd.No })
	if at < 0 {
		return orders.IncomeEntry{}, false
	}
	return i.Entries[at], true
}

func householdsSeeShare(t *testing.T, s *tale) {
	for _, login := range []string{"household", "helper"} {
		who := s.as(t, login)
		entry := await(t, login+" seeing what the household sold", func() (orders.IncomeEntry, bool) {
			e, ok := s.fromHerd(s.income(t, who))
			return e, ok
		})
		if entry.Qty <= 0 || entry.ExpectedFen <= 0 || entry.OwedFen != 0 || entry.PaidFen != 0 || entry.Policy == "" ||
			entry.ExpectedFen != entry.GrossFen-entry.FeeFen || entry.Channel != catalog.ChannelContract {
			t.Errorf("%s sees %+v", login, entry)
		}
		income := s.income(t, who)
		if income.HouseholdID != s.householdID || income.Sum.ExpectedFen < entry.ExpectedFen || len(income.Years) < 3 {
			t.Errorf("%s reads %+v over %d years", login, income.Sum, len(income.Years))
		}
		for _, y := range income.Years[:len(income.Years)-1] {
			if y.PaidFen <= 0 || y.CountyPerPersonFen <= 0 {
				t.Errorf("an earlier year is %+v", y)
			}
		}
	}
	own := get[orders.CollectionPage](t, s.as(t, "household"), "/collection?order_no="+s.herd.No)
	if len(own.Items) != 1 || own.Items[0].HouseholdID != s.householdID || own.Items[0].Qty <= 0 || own.Items[0].Policy == "" || own.Items[0].LevelFen < 0 {
		t.Errorf("the household's part of the order is %+v", own)
	}
	// Other households are none of its business, nor its helper's.
	for _, login := range []string{"household", "helper"} {
		refuse(t, s.as(t, login), request{method: "GET", path: "/households/" + s.strangeHousehold() + "/income"}, http.StatusNotFound)
	}
	refuse(t, s.buyer, request{method: "GET", path: "/households/" + s.household}, http.StatusNotFound)
}

// strangeHousehold is the code of a household that the demo helper does not help.
func (s *tale) strangeHousehold() string {
	helper := -1
	for _, l := range s.county.Logins {
		if l.Login == "helper" {
			helper = l.Helper
		}
	}
	i := slices.IndexFunc(s.county.Households, func(h county.Household) bool { return h.Helper != helper && h.Code != s.household })
	return s.county.Households[i].Code
}

// shares reads a collection list to its end.
func (w *world) shares(t *testing.T, who session, query string) []orders.Share {
	t.Helper()
	var all []orders.Share
	for cursor := ""; ; {
		page := get[orders.CollectionPage](t, who, "/collection?limit=500&"+query+"&cursor="+cursor)
		all = append(all, page.Items...)
		if cursor = page.Cursor; cursor == "" {
			if len(all) != page.Total {
				t.Errorf("collection of %s lists %d of %d", query, len(all), page.Total)
			}
			return all
		}
	}
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// weighing is a share brought to the scale of its village whole, each unit at percent of its usual weight.
func (s *tale) weighing(share orders.Share, percent int64) orders.WeighRequest {
	const tare = 12_500
	point := slices.IndexFunc(s.ref.Points, func(p catalog.CollectionPoint) bool { return p.VillageID == share.VillageID })
	return orders.WeighRequest{ClientID: newUUID(), OrderNo: share.OrderNo, Line: share.Line, LotID: share.LotID, PointID: s.ref.Points[point].ID,
		Units: share.Qty, GrossGrams: tare + share.Qty*share.GramsPerUnit*percent/100, TareGrams: tare, Grade: share.Grade, WeighedAt: time.Now().UTC()}
}

func (s *tale) weigh(t *testing.T, who session, r orders.WeighRequest, want orders.TicketState) orders.Ticket {
	t.Helper()
	ticket := post[orders.Ticket](t, who, "/tickets", "", r)
	if ticket.State != want || ticket.NetGrams != r.GrossGrams-r.TareGrams || ticket.Units != r.Units || ticket.No == "" {
		t.Fatalf("weighing %+v gave %+v, want it %s", r, ticket, want)
	}
	return ticket
}

func cooperativeWeighs(t *testing.T, s *tale) {
	clerk, operator := s.as(t, "clerk"), s.as(t, "operator")

	// The goods to fetch, village by village.
	villages := get[orders.CollectionVillages](t, clerk, "/collection/villages?order_no="+s.herd.No)
	var geese int64
	for _, v := range villages.Items {
		geese += v.Qty
		if v.Open != v.Households || v.Received != 0 {
			t.Errorf("before collection a village has %+v", v)
		}
	}
	if geese != s.herd.Lines[0].Ordered {
		t.Fatalf("the collection list has %d geese, ordered were %d", geese, s.herd.Lines[0].Ordered)
	}

	// The clerk's own village, household by household.
	village := s.shares(t, clerk, fmt.Sprintf("order_no=%s&village=%d", s.herd.No, s.villageID))
	if len(village) == 0 || village[0].Head == "" {
		t.Fatalf("in the clerk's village there is nothing to weigh for order %s", s.herd.No)
	}
	var ours orders.Ticket
	for i, share := range village {
		r := s.weighing(share, 97+int64(i%7))
		switch {
		case share.HouseholdID == s.householdID:
			// One of its geese is refused at the scale and nothing more will come.
			r.Units, r.Rejected, r.Reason, r.Final = share.Qty-1, 1, "quality", true
			r.GrossGrams = r.TareGrams + r.Units*share.GramsPerUnit
			ours = s.weigh(t, clerk, r, orders.TicketAccepted)
			if again := post[orders.Ticket](t, clerk, "/tickets", "", r); again.ID != ours.ID {
				t.Errorf("the same weighing sent twice gave tickets %s and %s", ours.No, again.No)
			}
		default:
			s.weigh(t, clerk, r, orders.TicketAccepted)
		}
	}
	if ours.ID == 0 {
		t.Fatal("the demo household's geese were not on its village's list")
	}
	// Elsewhere nothing comes: collection is closed village by village, and the buyer wants the money back.
	for _, v := range villages.Items {
		post[orders.DeliveryNotes](t, operator, fmt.Sprintf("/orders/%s/lines/1/villages/%d/close", s.herd.No, v.VillageID), s.key(), map[string]any{})
	}

	// The private buyer's order: one lot far from the estimate, one short and refilled.
	var lots []orders.Share
	await(t, "shares of order "+s.order.No, func() (int64, bool) {
		lots = s.shares(t, operator, "order_no="+s.order.No)
		var units int64
		for _, l := range lots {
			units += l.Qty
		}
		return units, units == 50
	})
	held, missing := true, true
	for _, share := range lots {
		who := clerk
		if share.Line == 2 {
			who = operator // the beans are another cooperative's, the county weighs for it
		}
		switch {
		case share.Line == 1 && held:
			held = false
			ticket := s.weigh(t, who, s.weighing(share, 160), orders.TicketHeld)
			if ticket.HeldFor == "" {
				t.Errorf("the ticket does not say why it is held: %+v", ticket)
			}
			refuse(t, who, request{method: "POST", path: fmt.Sprintf("/tickets/%d/decision", ticket.ID), body: map[string]any{"accept": true}}, http.StatusForbidden)
			if got := get[orders.Order](t, s.buyer, "/orders/"+s.order.No); got.Lines[0].Received != 0 {
				t.Errorf("a held ticket counts already: %+v", got.Lines[0])
			}
			done := post[orders.Ticket](t, operator, fmt.Sprintf("/tickets/%d/decision", ticket.ID), "", map[string]any{"accept": true, "reason": "复秤无误"})
			if done.State != orders.TicketAccepted || done.ConfirmedBy == "" || done.ConfirmedBy == done.Actor {
				t.Errorf("confirmed, the ticket is %+v", done)
			}
		case share.Line == 2 && missing:
			missing = false
			key := s.key()
			short := await(t, "other households asked", func() (orders.ShortResult, bool) {
				res := post[orders.ShortResult](t, who, fmt.Sprintf("/orders/%s/lines/2/short", s.order.No), key,
					map[string]any{"lot_id": share.LotID, "units": share.Qty, "reason": "harvest", "lost": true})
				return res, res.Looking == 0
			})
			if short.Refilled != share.Qty || short.Short != 0 {
				t.Fatalf("what a household cannot bring was not found elsewhere: %+v", short)
			}
		default:
			s.weigh(t, who, s.weighing(share, 104), orders.TicketAccepted)
		}
	}
	var refilled []orders.Share
	await(t, "the refill on the collection list", func() (int, bool) {
		refilled = s.shares(t, operator, "state=expected&order_no="+s.order.No)
		return len(refilled), len(refilled) > 0
	})
	for _, share := range refilled {
		s.weigh(t, operator, s.weighing(share, 100), orders.TicketAccepted)
	}
	// Billed by orders; the sum due is known when payments has closed the bill.
	s.order = s.world.order(t, s.buyer, s.order.No, "billed", func(o orders.Order) bool { return o.State == orders.StateBilled && o.DueFen != 0 })
	s.herd = s.world.order(t, s.as(t, "coop"), s.herd.No, "billed and more", in(orders.StateBilled, orders.StatePaid, orders.StateCompleted))
	for _, o := range []orders.Order{s.order, s.herd} {
		s.wantBill(t, o)
	}
	if l := s.order.Lines; l[0].Received != 20 || l[1].Received != 30 || l[1].Short != 0 {
		t.Errorf("the private buyer was brought %+v", l)
	}
	if l := s.herd.Lines[0]; l.Received+l.Short != l.Ordered || l.Received == 0 || l.Short == 0 || !l.Complete {
		t.Errorf("the cooperative was brought %+v", l)
	}
}

func (w *world) tickets(t *testing.T, no string) []orders.Ticket {
	t.Helper()
	var all []orders.Ticket
	for cursor := ""; ; {
		page := get[orders.TicketPage](t, w.as(t, "operator"), "/tickets?limit=100&state=accepted&order_no="+no+"&cursor="+cursor)
		all = append(all, page.Items...)
		if cursor = page.Cursor; cursor == "" {
			return all
		}
	}
}

// wantBill computes the cost of an order anew from its tickets: each grade of a delivery is priced over its whole weight.
func (s *tale) wantBill(t *testing.T, o orders.Order) {
	t.Helper()
	type part struct {
		line    int
		village int64
		grade   string
	}
	grams, prices := map[part]int64{}, map[part]money.Price{}
	var gross, netIncome, raisers, fees int64
	for _, ticket := range s.tickets(t, o.No) {
		at := part{ticket.Line, ticket.VillageID, ticket.Grade}
		grams[at] += ticket.NetGrams
		prices[at] = ticket.Price
		gross, fees, raisers, netIncome = gross+ticket.AmountFen, fees+ticket.FeeFen, raisers+ticket.AgentFen, netIncome+ticket.NetFen
		if !ticket.Settled {
			t.Errorf("order %s is billed, its ticket %s is not settled", o.No, ticket.No)
		}
	}
	var want int64
	for at, g := range grams {
		fen, err := prices[at].Amount(g)
		if err != nil {
			t.Fatal(err)
		}
		want += fen
	}
	var notes int64
	for _, n := range get[orders.DeliveryNotes](t, s.as(t, "operator"), "/orders/"+o.No+"/deliveries").Items {
		notes += n.AmountFen
	}
	if o.AmountFen != want || notes != want || gross != want || netIncome+raisers != want-fees || fees <= 0 {
		t.Errorf("order %s is billed %d fen; its weights make %d, its deliveries %d, its households' tickets %d, of which %d fee, %d raisers' and %d households'",
			o.No, o.AmountFen, want, notes, gross, fees, raisers, netIncome)
	}
}

func balancesSettle(t *testing.T, s *tale) {
	if due := s.order.AmountFen - s.order.PaidFen; s.order.DueFen != due || due <= 0 {
		t.Fatalf("of %d fen %d are paid and %d due", s.order.AmountFen, s.order.PaidFen, s.order.DueFen)
	}
	p := s.pay(t, s.buyer, s.order, "sandbox")
	if p.AmountFen != s.order.DueFen {
		t.Fatalf("the balance is %d, to be paid %d", s.order.DueFen, p.AmountFen)
	}
	play(t, s.url, p.URL, "pay")
	s.order = s.world.order(t, s.buyer, s.order.No, "completed", in(orders.StateCompleted))
	if s.order.PaidFen != s.order.AmountFen || s.order.DueFen != 0 || s.order.RefundFen != 0 {
		t.Errorf("completed, the order is %+v", s.order)
	}
	s.herd = s.world.order(t, s.as(t, "coop"), s.herd.No, "completed with the rest refunded", func(o orders.Order) bool {
		return o.State == orders.StateCompleted && o.RefundFen == o.PaidFen-o.AmountFen
	})
	if s.herd.AmountFen >= s.herd.DepositFen || s.herd.RefundFen <= 0 || s.herd.ForfeitFen != 0 {
		t.Errorf("the cooperative's order is %+v", s.herd)
	}
	refuse(t, s.buyer, request{method: "POST", path: "/orders/" + s.order.No + "/payments", key: s.key(), body: map[string]string{"method": "sandbox"}}, http.StatusConflict)
}
