package postgres_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// sync brings weighings in parts, and returns the result of each.
func (b *station) sync(queue []orders.QueuedWeighing) map[string]orders.SyncItem {
	b.t.Helper()
	out := map[string]orders.SyncItem{}
	for part := range slices.Chunk(queue, orders.MaxSync) {
		res, err := b.orders.SyncTickets(weigher, orders.SyncRequest{Tickets: part})
		b.must(err)
		if len(res.Items) != len(part) {
			b.t.Fatalf("%d answers for %d weighings", len(res.Items), len(part))
		}
		for i, item := range res.Items {
			if item.ClientID != part[i].ClientID {
				b.t.Fatalf("answer %d is for %s, not %s", i, item.ClientID, part[i].ClientID)
			}
			out[item.ClientID] = item
		}
	}
	return out
}

// A phone comes back with 500 weighings, two of each household; the second is the last and builds on the first. They
// arrive in any order, three times over and twice at the same moment, and are 500.
func TestFiveHundredWeighingsStayFiveHundred(t *testing.T) {
	b := newStation(t, 251)
	o := b.order(251 * shareUnits)
	mine := slices.DeleteFunc(b.list(weigher), func(s orders.StationShare) bool { return s.VillageID == 3 })
	if len(mine) != 250 {
		t.Fatalf("%d shares to weigh", len(mine))
	}
	var queue []orders.QueuedWeighing
	var net int64
	for i, s := range mine {
		if !s.Weighed || s.UnitGrams != 4000 || s.ToleranceBP != 2000 || s.PointID != s.VillageID || len(s.Grades) != 2 || s.Head == "" || s.Village == "" {
			t.Fatalf("the list says %+v", s)
		}
		first := orders.QueuedWeighing{WeighRequest: weighing(s, 2, 4000+int64(i))}
		last := orders.QueuedWeighing{WeighRequest: weighing(s, 1, 4100), After: []string{first.ClientID}}
		last.Final = true
		net += 2*(4000+int64(i)) + 4100
		queue = append(queue, first, last)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var last map[string]orders.SyncItem
	for range 3 {
		r.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
		var wg sync.WaitGroup
		wg.Go(func() { b.sync(slices.Clone(queue[:200])) })
		last = b.sync(queue)
		wg.Wait()
	}
	for id, item := range last {
		if item.Outcome != orders.SyncRecorded || item.TicketID == 0 || item.TicketNo == "" || item.State != orders.TicketAccepted || item.Problem != nil {
			t.Fatalf("weighing %s is %+v", id, item)
		}
	}
	if n := b.count(`SELECT count(*) FROM ticket`); n != 500 {
		t.Errorf("500 weighings are %d tickets", n)
	}
	if n := b.count(`SELECT count(*) FROM weigh_conflict`); n != 0 {
		t.Errorf("%d of them are in conflict", n)
	}
	if n := b.count(`SELECT sum(net_grams)::bigint FROM ticket`); n != net {
		t.Errorf("net %d g, want %d", n, net)
	}
	if n := b.count(`SELECT count(*) FROM share WHERE state = 'weighed' AND received = 3 AND short = 1`); n != 250 {
		t.Errorf("%d shares are weighed", n)
	}
	got, err := b.orders.Order(system(), orders.OrderRef{ID: o.ID})
	b.must(err)
	if l := got.Lines[0]; l.Received != 750 || l.NetGrams != net || l.Complete {
		t.Errorf("the line is %+v", l)
	}
}

func TestWhatMeetsSomethingElseIsKeptForAPerson(t *testing.T) {
	b := newStation(t, 5)
	b.order(4 * shareUnits)
	list := b.list(weigher)
	a, c, d, e := list[0], list[1], list[2], list[3]

	// Weighed already, by a colleague; superseded meanwhile; a lot that has no share.
	b.weigh(colleague, weighing(a, a.Qty, 4000), orders.TicketAccepted)
	first := orders.QueuedWeighing{WeighRequest: weighing(c, 2, 4000)}
	b.sync([]orders.QueuedWeighing{first})
	ticket := b.count(`SELECT id FROM ticket WHERE client_id = $1`, first.ClientID)
	better := weighing(c, 2, 4050)
	better.Supersedes = ticket
	b.weigh(colleague, better, orders.TicketAccepted)
	before := b.count(`SELECT sum(net_grams)::bigint FROM ticket`)

	twice := orders.QueuedWeighing{WeighRequest: weighing(a, a.Qty, 4200)}
	late := orders.QueuedWeighing{WeighRequest: weighing(c, 2, 3950), SupersedesClient: first.ClientID}
	nowhere := orders.QueuedWeighing{WeighRequest: weighing(d, 1, 4000)}
	nowhere.LotID = 999
	fine := orders.QueuedWeighing{WeighRequest: weighing(d, 1, 4000)}
	orphan := orders.QueuedWeighing{WeighRequest: weighing(e, 1, 4000), After: []string{uuid.NewString()}}
	queue := []orders.QueuedWeighing{twice, late, nowhere, fine, orphan}
	for range 3 {
		got := b.sync(queue)
		for _, w := range []struct {
			q       orders.QueuedWeighing
			outcome orders.SyncOutcome
			key     string
		}{{twice, orders.SyncConflict, "weigh.units.above_share"}, {late, orders.SyncConflict, "ticket.supersede.state"},
			{nowhere, orders.SyncConflict, "share.unknown"}, {fine, orders.SyncRecorded, ""}, {orphan, orders.SyncWaiting, "sync.waiting"}} {
			item := got[w.q.ClientID]
			if item.Outcome != w.outcome || (item.Problem == nil) != (w.key == "") || item.Problem != nil && item.Problem.Key != w.key {
				t.Errorf("%+v is %+v, want %s %s", w.q, item, w.outcome, w.key)
			}
		}
	}
	if n := b.count(`SELECT sum(net_grams)::bigint FROM ticket WHERE client_id <> $1`, fine.ClientID); n != before {
		t.Errorf("a conflict changed what was weighed: %d g, before %d", n, before)
	}

	page, err := b.orders.Conflicts(weigher, orders.ConflictFilter{})
	b.must(err)
	if page.Open != 3 || len(page.Items) != 3 {
		t.Fatalf("conflicts are %+v", page)
	}
	seen := page.Items[slices.IndexFunc(page.Items, func(w orders.WeighConflict) bool { return w.ClientID == twice.ClientID })]
	if seen.Weighing.GrossGrams != twice.GrossGrams || len(seen.Tickets) != 1 || seen.Tickets[0].Actor != "colleague" || seen.Head == "" || seen.Actor != "clerk" {
		t.Errorf("the conflict shows %+v", seen)
	}
	// It is nobody else's, and is settled once.
	if theirs, err := b.orders.Conflicts(stranger, orders.ConflictFilter{}); err != nil || theirs.Open != 0 {
		t.Errorf("another cooperative sees %+v %v", theirs, err)
	}
	_, err = b.orders.SettleConflict(stranger, orders.SettleConflictRequest{ID: seen.ID, State: orders.ConflictDropped, Why: "?"})
	wantRefusal(t, err, link.NotFound, "conflict.unknown")
	_, err = b.orders.Conflicts(ofHousehold(1), orders.ConflictFilter{})
	wantRefusal(t, err, link.Forbidden, "forbidden")
	_, err = b.orders.SettleConflict(weigher, orders.SettleConflictRequest{ID: seen.ID, State: orders.ConflictDropped})
	wantRefusal(t, err, link.Invalid, "conflict.why")
	settle := orders.SettleConflictRequest{ID: seen.ID, State: orders.ConflictDropped, Why: "同一车，两个人记了"}
	for range 2 {
		done, err := b.orders.SettleConflict(weigher, settle)
		if err != nil || done.State != orders.ConflictDropped || done.SettledBy != "clerk" || done.Why != settle.Why {
			t.Errorf("settled: %+v %v", done, err)
		}
	}
	wantActs(t, b.db, "decision.weigh_conflict dropped")
	settle.State = orders.ConflictReweighed
	_, err = b.orders.SettleConflict(colleague, settle)
	wantRefusal(t, err, link.Conflict, "conflict.settled")
	if item := b.sync([]orders.QueuedWeighing{twice})[twice.ClientID]; item.Outcome != orders.SyncConflict {
		t.Errorf("a settled conflict brought again is %+v", item)
	}
}

// A weighing of an order that was called off meanwhile changes nothing.
func TestWeighingOfACalledOffOrderIsKeptAside(t *testing.T) {
	b := newStation(t, 3)
	o := b.order(shareUnits)
	s := b.list(weigher)[0]
	_, err := b.orders.Cancel(operator, orders.CancelRequest{OrderNo: o.No, Reason: "买方撤单", IdempotencyKey: uuid.NewString()})
	b.must(err)
	q := orders.QueuedWeighing{WeighRequest: weighing(s, 1, 4000)}
	for range 2 {
		if item := b.sync([]orders.QueuedWeighing{q})[q.ClientID]; item.Outcome != orders.SyncConflict || item.Problem.Key != "order.cannot_weigh" {
			t.Errorf("it is %+v", item)
		}
	}
	if n := b.count(`SELECT count(*) FROM ticket`); n != 0 {
		t.Errorf("%d tickets were written", n)
	}
}

// A correction made without a network arrives before the ticket it corrects.
func TestCorrectionMayArriveFirst(t *testing.T) {
	b := newStation(t, 3)
	b.order(shareUnits)
	s := b.list(weigher)[0]
	first := orders.QueuedWeighing{WeighRequest: weighing(s, 2, 4000)}
	second := orders.QueuedWeighing{WeighRequest: weighing(s, 2, 4100), After: []string{first.ClientID}, SupersedesClient: first.ClientID}
	if item := b.sync([]orders.QueuedWeighing{second})[second.ClientID]; item.Outcome != orders.SyncWaiting {
		t.Fatalf("without the first the correction is %+v", item)
	}
	got := b.sync([]orders.QueuedWeighing{second, first}) // the wrong way round in one request
	if got[first.ClientID].State != orders.TicketSuperseded || got[second.ClientID].State != orders.TicketAccepted {
		t.Errorf("they are %+v", got)
	}
	if got := b.sync([]orders.QueuedWeighing{first, second}); got[first.ClientID].State != orders.TicketSuperseded || got[second.ClientID].Outcome != orders.SyncRecorded {
		t.Errorf("brought again they are %+v", got)
	}
}

func TestSyncRefusesWhatCannotBe(t *testing.T) {
	b := newStation(t, 3)
	b.order(shareUnits)
	s := b.list(weigher)[0]
	_, err := b.orders.SyncTickets(weigher, orders.SyncRequest{})
	wantRefusal(t, err, link.Invalid, "sync.empty")
	_, err = b.orders.SyncTickets(weigher, orders.SyncRequest{Tickets: make([]orders.QueuedWeighing, orders.MaxSync+1)})
	wantRefusal(t, err, link.Invalid, "sync.many")
	_, err = b.orders.SyncTickets(weigher, orders.SyncRequest{Tickets: []orders.QueuedWeighing{{WeighRequest: orders.WeighRequest{ClientID: "x"}}}})
	wantRefusal(t, err, link.Invalid, "weigh.client_id")
	q := orders.QueuedWeighing{WeighRequest: weighing(s, 1, 4000)}
	_, err = b.orders.SyncTickets(ofHousehold(s.HouseholdID), orders.SyncRequest{Tickets: []orders.QueuedWeighing{q}})
	wantRefusal(t, err, link.Forbidden, "forbidden")
	// Another cooperative's clerk learns nothing of the order, and its weighing stays its own.
	res, err := b.orders.SyncTickets(stranger, orders.SyncRequest{Tickets: []orders.QueuedWeighing{q}})
	b.must(err)
	if item := res.Items[0]; item.Outcome != orders.SyncConflict || item.Problem.Code != link.NotFound {
		t.Errorf("a stranger's weighing is %+v", item)
	}
	theirs, err := b.orders.Conflicts(stranger, orders.ConflictFilter{})
	b.must(err)
	if len(theirs.Items) != 1 || theirs.Items[0].Head != "" || theirs.Items[0].HouseholdID != 0 {
		t.Errorf("the stranger sees %+v", theirs.Items)
	}
	// That does not keep its own clerk from bringing it. The same id with other figures is no correction.
	if item := b.sync([]orders.QueuedWeighing{q})[q.ClientID]; item.Outcome != orders.SyncRecorded {
		t.Errorf("its own clerk's weighing is %+v", item)
	}
	other := q
	other.GrossGrams += 1000
	if item := b.sync([]orders.QueuedWeighing{other})[q.ClientID]; item.Outcome != orders.SyncConflict || item.Problem.Key != "weigh.client_id.reused" {
		t.Errorf("the same id with other figures is %+v", item)
	}
}
