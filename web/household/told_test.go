package household_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
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
	got := messages()
	if len(got) != 1 || !strings.Contains(got[0].Text, "李明") || !strings.Contains(got[0].Text, "60") {
		t.Fatalf("messages: %+v", got)
	}
	// By a program as by the pages.
	token := d.Token(t, auth.Account{Login: "liming2", Name: "李明", Role: auth.Helper, HelperID: 4, Lang: "zh"})
	if code := d.Asks(t, token, "PUT", "/households/YA-01-001-0007/lots/1", `{"capacity":62}`, nil, "told-by-program"); code != http.StatusOK {
		t.Fatalf("offer by the API: %d", code)
	}
	if got = messages(); len(got) != 2 || !strings.Contains(got[1].Text, "62") {
		t.Fatalf("messages: %+v", got)
	}
	// What it does itself it knows.
	own := d.Household(t)
	own.Post("/my/lots/1", "capacity", "61")
	if n := len(messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// A household is told of its payout account whoever entered it, at the phones of register and login.
func TestHouseholdIsToldOfItsAccount(t *testing.T) {
	t.Parallel()
	gateway, messages := smsGateway(t)
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Notifier = notify.HTTP{URL: gateway} })
	d.Site.Account(t, auth.Account{Login: "wang", Name: "王大山", Phone: "13911112222", Role: auth.Household, HouseholdID: 77})
	for _, e := range []payments.PayoutAccountEvent{
		{Household: 77, Step: payments.AccountEnter, Tail: "1234", InUse: "0017"},
		{Household: 77, Step: payments.AccountApprove, Tail: "1234", InUse: "0017", PayFrom: 1796000000},
		{Household: 77, Step: payments.AccountRefuse, Tail: "1234"},
	} {
		if err := d.Web.TellPayoutAccount(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got := messages()
	if len(got) != 6 || got[0].Phone == got[1].Phone || got[0].Kind != "account.enter" || !strings.Contains(got[0].Text, "0017 → 1234") || !strings.Contains(got[2].Text, "起打款") {
		t.Fatalf("messages: %+v", got)
	}
	if err := d.Web.TellPayoutAccount(t.Context(), payments.PayoutAccountEvent{Household: 77, Step: "dance"}); link.CodeOf(err) != link.Invalid {
		t.Errorf("a step without words: %v", err)
	}
}
