package web_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// Whose a token is, is remembered for a second and no longer: who is switched off or logs out elsewhere is out within
// it, and who logs out here at once.
func TestTokensAreRememberedForAMoment(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s := webtest.New(t, func(c *web.Config, _ *web.Deps) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	a := s.Account(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	const asks = "/api/v1/orders" // needs a login, and modules that do not answer here: 503 is being let through
	through := http.StatusServiceUnavailable
	send := s.Program(t, a.Login)
	if got := send("GET", asks); got != through {
		t.Fatalf("logged in: %d", got)
	}
	if err := s.Store.SetDisabled(t.Context(), auth.Command, a.ID, true); err != nil {
		t.Fatal(err)
	}
	offset.Add(int64(web.TokenFor))
	if got := send("GET", asks); got != http.StatusUnauthorized {
		t.Errorf("switched off a second ago: %d", got)
	}
	if err := s.Store.SetDisabled(t.Context(), auth.Command, a.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := send("GET", asks); got != http.StatusUnauthorized {
		t.Errorf("switched on again, the old session works: %d", got)
	}
	send = s.Program(t, a.Login)
	if got := send("GET", asks); got != through {
		t.Errorf("switched on and logged in again: %d", got)
	}
	if got := send("DELETE", "/api/v1/sessions/current"); got != http.StatusOK {
		t.Errorf("log out: %d", got)
	}
	if got := send("GET", asks); got != http.StatusUnauthorized {
		t.Errorf("logged out: %d", got)
	}
	// What was remembered needs no session; a page is not reached by a token at all.
	send = s.Program(t, a.Login)
	send("GET", asks)
	if got := send("GET", "/account"); got == http.StatusOK {
		t.Errorf("a token opened a page")
	}
	if s.Web.Remembered() == 0 {
		t.Error("nothing is remembered")
	}
}
