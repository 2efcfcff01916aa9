package household_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"banmuyuan/web"
	"banmuyuan/web/notify"
	"banmuyuan/web/webtest"
)

// smsGateway is a provider's gateway that keeps what it is handed.
func smsGateway(t *testing.T) (string, func() []notify.Message) {
	t.Helper()
	var mu sync.Mutex
	var got []notify.Message
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m)
	}))
	t.Cleanup(gateway.Close)
	return gateway.URL, func() []notify.Message {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

func TestHouseholdIsToldWhatItsHelperDid(t *testing.T) {
	t.Parallel()
	gateway, messages := smsGateway(t)
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Notifier = notify.HTTP{URL: gateway} })
	p := d.Helper(t)
	p.Post("/my/lots/1?h=YA-01-001-0007", "capacity", "60")
	p.Post("/my/account/change?h=YA-01-001-0007", "holder", "王大山", "bank", "农信社", "number", "6210000000001234")
	got := messages()
	if len(got) != 2 || !strings.Contains(got[0].Text, "李明") || !strings.Contains(got[0].Text, "60") || got[1].Kind != "account" {
		t.Fatalf("messages: %+v", got)
	}
	// What it does itself it knows.
	own := d.Household(t)
	own.Post("/my/lots/1", "capacity", "61")
	if n := len(messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}
