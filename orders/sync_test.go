package orders_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func clientID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012X", n+0xA0) }

func queued(n int, after ...int) orders.QueuedWeighing {
	q := orders.QueuedWeighing{WeighRequest: orders.WeighRequest{ClientID: clientID(n)}}
	for _, a := range after {
		q.After = append(q.After, clientID(a))
	}
	return q
}

func TestSyncRequestsAreChecked(t *testing.T) {
	t.Parallel()
	many := orders.SyncRequest{Tickets: make([]orders.QueuedWeighing, 101)}
	for i := range many.Tickets {
		many.Tickets[i] = queued(i)
	}
	most := orders.SyncRequest{Tickets: many.Tickets[:100]}
	if err := most.Check(); err != nil {
		t.Error(err)
	}
	err := many.Check()
	if e := link.AsError(err); e.Key != "sync.many" || e.Field != "tickets" || e.Args["max"] != "100" {
		t.Error(err)
	}
	corrects := queued(2)
	corrects.SupersedesClient = "x"
	after := queued(2)
	after.After = []string{""}
	for want, r := range map[string]orders.SyncRequest{
		"sync.empty tickets":                   {},
		"weigh.client_id tickets[0].client_id": {Tickets: []orders.QueuedWeighing{{}}},
		"weigh.client_id tickets[1].client_id": {Tickets: []orders.QueuedWeighing{queued(1), corrects}},
		"weigh.client_id tickets[2].client_id": {Tickets: []orders.QueuedWeighing{queued(1), queued(2), after}},
	} {
		if err := r.Check(); !slices.Equal(problemsOf(err), []string{want}) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestNamesOfAQueuedWeighing(t *testing.T) {
	t.Parallel()
	q := queued(1, 2, 3)
	if got := q.Names(); !slices.Equal(got, []string{clientID(2), clientID(3), clientID(1)}) || len(q.After) != 2 {
		t.Error(got)
	}
	q.SupersedesClient = clientID(4)
	if got := q.Names(); !slices.Equal(got, []string{clientID(2), clientID(3), clientID(1), clientID(4)}) {
		t.Error(got)
	}
}

func TestWeighingsWaitForTheirPredecessors(t *testing.T) {
	t.Parallel()
	arrived := orders.Arrivals{strings.ToLower(clientID(1)): 11, strings.ToLower(clientID(2)): 0}
	corrects := func(n int) orders.QueuedWeighing {
		q := queued(9, 1)
		q.SupersedesClient = clientID(n)
		return q
	}
	for name, c := range map[string]struct {
		q     orders.QueuedWeighing
		ready bool
	}{
		"alone":                 {queued(9), true},
		"after both":            {queued(9, 1, 2), true},
		"after one that is not": {queued(9, 1, 3), false},
		"corrects":              {corrects(2), true},
		"corrects none":         {corrects(3), false},
	} {
		if arrived.Ready(c.q) != c.ready {
			t.Errorf("%s: ready %v", name, !c.ready)
		}
	}
	if r, err := arrived.Request(corrects(1)); err != nil || r.Supersedes != 11 || r.ClientID != clientID(9) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := arrived.Request(corrects(2)); link.CodeOf(err) != link.Conflict || !slices.Equal(problemsOf(err), []string{"sync.corrected.gone supersedes_client"}) {
		t.Error(err)
	}
	plain := queued(9)
	plain.Supersedes = 5
	if r, err := arrived.Request(plain); err != nil || r.Supersedes != 5 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWeighingsAreBroughtInOrder(t *testing.T) {
	t.Parallel()
	var order []string
	here := orders.Arrivals{}
	items := here.BringInOrder([]orders.QueuedWeighing{queued(3, 2), queued(2, 1), queued(1), queued(4, 5), queued(6, 7), queued(7)}, func(q orders.QueuedWeighing) orders.SyncItem {
		order = append(order, q.ClientID)
		if q.ClientID == strings.ToLower(clientID(7)) {
			return orders.SyncItem{ClientID: q.ClientID, Outcome: orders.SyncFailed}
		}
		return orders.SyncItem{ClientID: q.ClientID, Outcome: orders.SyncRecorded, TicketID: int64(len(order))}
	})
	want := []string{clientID(1), clientID(7), clientID(2), clientID(3)}
	for i := range want {
		want[i] = strings.ToLower(want[i])
	}
	if !slices.Equal(order, want) {
		t.Errorf("brought %q", order)
	}
	for i, o := range []orders.SyncOutcome{orders.SyncRecorded, orders.SyncRecorded, orders.SyncRecorded, orders.SyncWaiting, orders.SyncWaiting, orders.SyncFailed} {
		if items[i].Outcome != o {
			t.Errorf("item %d: %+v", i, items[i])
		}
	}
	if w := items[3]; w.ClientID != strings.ToLower(clientID(4)) || w.Problem == nil || w.Problem.Code != link.Conflict || w.Problem.Key != "sync.waiting" || w.Problem.Field != "after" {
		t.Errorf("%+v", w)
	}
	if _, there := here[strings.ToLower(clientID(7))]; there || len(here) != 3 || here[strings.ToLower(clientID(3))] != 4 {
		t.Errorf("arrived: %v", here)
	}
}

// Weighings arrive in any order and are brought in one that respects their predecessors.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(t, "weighings")
		all := make([]orders.QueuedWeighing, n)
		for i := range all {
			all[i] = queued(i)
			for before := range i {
				if rapid.Bool().Draw(t, "after") {
					all[i].After = append(all[i].After, clientID(before))
				}
			}
		}
		brought := map[string]bool{}
		items := orders.Arrivals{}.BringInOrder(rapid.Permutation(all).Draw(t, "arrival"), func(q orders.QueuedWeighing) orders.SyncItem {
			for _, id := range q.After {
				if !brought[strings.ToLower(id)] {
					t.Fatalf("%s is brought before %s", q.ClientID, id)
				}
			}
			if brought[q.ClientID] {
				t.Fatalf("%s is brought twice", q.ClientID)
			}
			brought[q.ClientID] = true
			return orders.SyncItem{ClientID: q.ClientID, Outcome: orders.SyncRecorded}
		})
		if len(brought) != n || slices.ContainsFunc(items, func(i orders.SyncItem) bool { return i.Outcome != orders.SyncRecorded }) {
			t.Fatalf("%+v", items)
		}
	})
}

func TestOutcomeOfAWeighing(t *testing.T) {
	t.Parallel()
	for want, errs := range map[orders.SyncOutcome][]error{
		orders.SyncRecorded: {nil},
		orders.SyncFailed:   {link.E(link.Unavailable, "busy", ""), link.E(link.Internal, "internal", ""), errors.New("no connection")},
		orders.SyncConflict: {link.E(link.Invalid, "weigh.time", ""), link.E(link.Conflict, "ticket.supersede.state", ""), link.E(link.NotFound, "share.unknown", ""), link.E(link.Forbidden, "forbidden", "")},
	} {
		for _, err := range errs {
			if got := orders.OutcomeOf(err); got != want {
				t.Errorf("%v: %s", err, got)
			}
		}
	}
	held := orders.SyncItem{TicketID: 7, Outcome: orders.SyncRecorded}
	if held.Became(orders.TicketHeld); held.Outcome != orders.SyncHeld || held.State != orders.TicketHeld || held.TicketNo != orders.TicketNumber(7) || !strings.HasPrefix(held.TicketNo, "GB0000000") {
		t.Errorf("%+v", held)
	}
	accepted := orders.SyncItem{TicketID: 7, Outcome: orders.SyncRecorded}
	if accepted.Became(orders.TicketAccepted); accepted.Outcome != orders.SyncRecorded || accepted.State != orders.TicketAccepted {
		t.Errorf("%+v", accepted)
	}
}

func TestConflictsNeedAFinding(t *testing.T) {
	t.Parallel()
	if why, err := (orders.SettleConflictRequest{Why: " counted twice "}).CheckReason(); err != nil || why != "counted twice" {
		t.Errorf("%q, %v", why, err)
	}
	for _, why := range []string{"", "  ", strings.Repeat("x", 201)} {
		_, err := orders.SettleConflictRequest{Why: why}.CheckReason()
		if e := link.AsError(err); e == nil || e.Key != "conflict.why" || e.Field != "why" || e.Args["max"] != "200" {
			t.Errorf("%q: %v", why, err)
		}
	}
}
