package orders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
)

// Names returns the client ids of a queued weighing and of its predecessors, which it builds on or corrects.
func (q QueuedWeighing) Names() []string {
	names := append(slices.Clone(q.After), q.ClientID)
	if q.SupersedesClient != "" {
		names = append(names, q.SupersedesClient)
	}
	return names
}

// Check refuses a request that brings nothing, too much, or weighings without a proper id.
func (r SyncRequest) Check() error {
	switch {
	case len(r.Tickets) == 0:
		return link.E(link.Invalid, "sync.empty", "tickets")
	case len(r.Tickets) > MaxSync:
		return link.E(link.Invalid, "sync.many", "tickets", "max", strconv.Itoa(MaxSync))
	}
	for i, q := range r.Tickets {
		for _, id := range q.Names() {
			if !UUIDPattern.MatchString(id) { // it cannot be told from another one, and no page of ours made it
				return link.E(link.Invalid, "weigh.client_id", fmt.Sprintf("tickets[%d].client_id", i))
			}
		}
	}
	return nil
}

// Arrivals are the weighings that have arrived, by client id in lower case, with the id of each one's ticket: 0 when it
// became a conflict.
type Arrivals map[string]int64

// Ready reports whether everything that a weighing builds on has arrived.
func (a Arrivals) Ready(q QueuedWeighing) bool {
	for _, id := range q.After {
		if _, ok := a[strings.ToLower(id)]; !ok {
			return false
		}
	}
	if q.SupersedesClient == "" {
		return true
	}
	_, ok := a[strings.ToLower(q.SupersedesClient)]
	return ok
}

// Request returns the weighing with the ticket that it corrects. Conflict when the corrected weighing has no ticket.
func (a Arrivals) Request(q QueuedWeighing) (WeighRequest, error) {
	r := q.WeighRequest
	if q.SupersedesClient == "" {
		return r, nil
	}
	if r.Supersedes = a[strings.ToLower(q.SupersedesClient)]; r.Supersedes == 0 {
		return r, link.E(link.Conflict, "sync.corrected.gone", "supersedes_client")
	}
	return r, nil
}

// BringInOrder calls bring for every weighing once its predecessors have arrived, and returns an item for each, in
// the order in which they were sent. Weighings with missing predecessors wait. A weighing that failed has not
// arrived.
func (a Arrivals) BringInOrder(queued []QueuedWeighing, bring func(QueuedWeighing) SyncItem) []SyncItem {
	items := make([]SyncItem, len(queued))
	waiting := make([]int, len(queued))
	for i := range queued {
		waiting[i] = i
	}
	for progress := true; progress && len(waiting) > 0; {
		progress = false
		var still []int
		for _, i := range waiting {
			q := queued[i]
			q.ClientID = strings.ToLower(q.ClientID)
			if !a.Ready(q) {
				items[i] = SyncItem{ClientID: q.ClientID, Outcome: SyncWaiting, Problem: link.E(link.Conflict, "sync.waiting", "after")}
				still = append(still, i)
				continue
			}
			progress = true
			items[i] = bring(q)
			if items[i].Outcome != SyncFailed {
				a[q.ClientID] = items[i].TicketID
			}
		}
		waiting = still
	}
	return items
}

// OutcomeOf is the outcome of recording a weighing: a refusal is a conflict that a person has to look at, everything else
// that went wrong may go right a moment later.
func OutcomeOf(err error) SyncOutcome {
	switch link.CodeOf(err) {
	case "":
		return SyncRecorded
	case link.Unavailable, link.Internal:
		return SyncFailed
	}
	return SyncConflict
}

// Became fills in the ticket of a weighing.
func (i *SyncItem) Became(s TicketState) {
	i.TicketNo, i.State = TicketNumber(i.TicketID), s
	if s == TicketHeld {
		i.Outcome = SyncHeld
	}
}

// CheckReason returns the trimmed finding of the person that settled a conflict. Invalid when there is none.
func (r SettleConflictRequest) CheckReason() (string, error) {
	why, ok := Clean(r.Why, 1, ReasonMax)
	if !ok {
		return "", link.E(link.Invalid, "conflict.why", "why", "max", strconv.Itoa(ReasonMax))
	}
	return why, nil
}
