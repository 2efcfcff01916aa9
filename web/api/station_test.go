package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

type takesQueues struct {
	orders.Stations
	got []orders.QueuedWeighing
}

func (s *takesQueues) SyncTickets(_ context.Context, r orders.SyncRequest) (orders.SyncResult, error) {
	s.got = r.Tickets
	return orders.SyncResult{Items: make([]orders.SyncItem, len(r.Tickets))}, nil
}

// A weighing with a time that cannot be read goes on with one that cannot be right, and the others of its queue as they are. A
// field that there is not is still refused.
func TestOneBadTimeRefusesNoQueue(t *testing.T) {
	t.Parallel()
	stub := &takesQueues{}
	r := router(Services{Stations: stub, Say: func(context.Context, *link.Error) string { return "" }})
	send := func(body string) *httptest.ResponseRecorder {
		req := httptest.NewRequest("POST", Prefix+"/tickets/sync", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(auth.WithAccount(req.Context(), &auth.Account{ID: 3, Login: "c", Role: auth.Clerk, OrgID: 5})))
		return w
	}
	for _, bad := range []string{`"昨天"`, `"2026-02-30T10:00:00Z"`, `"2026-09-18"`, `5`, `{}`} {
		w := send(`{"tickets":[{"client_id":"a","units":3,"after":["b"],"weighed_at":"2026-09-18T02:00:00Z"},{"client_id":"b","units":2,"weighed_at":` + bad + `},{"client_id":"c","units":1}]}`)
		if w.Code != http.StatusOK || len(stub.got) != 3 {
			t.Fatalf("%s: %d %s", bad, w.Code, w.Body)
		}
		one, two, three := stub.got[0], stub.got[1], stub.got[2]
		if one.WeighedAt.Hour() != 2 || one.Units != 3 || one.After[0] != "b" || two.ClientID != "b" || two.Units != 2 || two.WeighedAt.Year() != 1970 || !three.WeighedAt.IsZero() {
			t.Errorf("%s: %+v", bad, stub.got)
		}
	}
	if w := send(`{"tickets":[{"client_id":"a","colour":"white"}]}`); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "colour") {
		t.Errorf("a field that there is not: %d %s", w.Code, w.Body)
	}
}
