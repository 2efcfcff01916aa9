package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type careServices struct {
	catalog.Service
	catalog.Care
	payments.AccountReviews
	decided []catalog.DecideReviewRequest
	behalf  int64
}

func (c *careServices) Household(_ context.Context, r catalog.HouseholdRef) (catalog.Household, error) {
	switch r.Code {
	case "YA-1":
		return catalog.Household{ID: 77, Code: "YA-1", Consent: true}, nil
	case "YA-2":
		return catalog.Household{ID: 78, Code: "YA-2"}, nil // agreed to nothing, or not any more
	}
	return catalog.Household{}, link.E(link.NotFound, "household.unknown", "code")
}

func (c *careServices) HouseholdLog(ctx context.Context, r catalog.HouseholdRef) (catalog.HouseholdLog, error) {
	c.behalf = link.ActorFrom(ctx).OnBehalfOf
	return catalog.HouseholdLog{Actions: []catalog.Action{{What: "offer", Actor: "li", Role: "helper", OnBehalf: true}}}, nil
}

func (c *careServices) AccountHistory(context.Context, payments.HouseholdRef) (payments.AccountHistory, error) {
	return payments.AccountHistory{Items: []payments.AccountChange{{Number: "**** 1234", EnteredBy: "li"}}}, nil
}

func (c *careServices) DecideReview(_ context.Context, r catalog.DecideReviewRequest) (catalog.Review, error) {
	if r.ID != 5 {
		return catalog.Review{}, link.E(link.NotFound, "review.unknown", "id")
	}
	c.decided = append(c.decided, r)
	return catalog.Review{ID: 5, State: catalog.ReviewRefused}, nil
}

func TestSlipsAndReviewsAreForThoseWhoMay(t *testing.T) {
	c := &careServices{}
	a := New(Services{Catalog: c, Care: c, AccountReviews: c}, nil, nil, "test", func(w http.ResponseWriter, r *http.Request, err error) {
		e := link.AsError(err)
		NewProblem(e, func(e *link.Error) string { return e.Key }, r.URL.Path, "").Write(w)
	})
	r := mux.NewRouter()
	a.Routes(r)
	key := "decide-0001"
	ask := func(role auth.Role, method, path, body string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, Prefix+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
		ctx := auth.WithAccount(req.Context(), &auth.Account{ID: 3, Login: "li", Role: role})
		ctx = link.WithActor(ctx, link.Actor{Account: 3, Login: "li", Role: string(role)})
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(ctx))
		return w
	}
	if w := ask(auth.Helper, "GET", "/households/YA-1/actions", ""); w.Code != http.StatusOK || c.behalf != 77 || !strings.Contains(w.Body.String(), "**** 1234") {
		t.Errorf("the slip: %d %s, on behalf of %d", w.Code, w.Body, c.behalf)
	}
	// Consent that was never given, or ended, holds at once.
	if w := ask(auth.Helper, "GET", "/households/YA-2/actions", ""); w.Code != http.StatusForbidden {
		t.Errorf("the slip without consent: %d", w.Code)
	}
	if w := ask(auth.Household, "GET", "/households/YA-3/actions", ""); w.Code != http.StatusNotFound {
		t.Errorf("another's slip: %d", w.Code)
	}
	if w := ask(auth.Operator, "POST", "/reviews/5/decision", `{"approve":false,"why":"打电话核对，数量填错"}`); w.Code != http.StatusOK || len(c.decided) != 1 || c.decided[0].Approve || c.decided[0].IdempotencyKey != key {
		t.Errorf("decide: %d, %+v", w.Code, c.decided)
	}
	if w := ask(auth.Operator, "POST", "/reviews/6/decision", `{"approve":true,"why":"x"}`); w.Code != http.StatusNotFound {
		t.Errorf("decide what is not there: %d", w.Code)
	}
	if w := ask(auth.Helper, "POST", "/reviews/5/decision", `{"approve":true,"why":"x"}`); w.Code != http.StatusForbidden || len(c.decided) != 1 {
		t.Errorf("a helper decides: %d", w.Code)
	}
	key = ""
	for _, path := range []string{"/reviews/5/decision", "/households/YA-1/account/decision"} {
		if w := ask(auth.Approver, "POST", path, `{"approve":true,"why":"x"}`); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Idempotency-Key") || len(c.decided) != 1 {
			t.Errorf("%s without a key: %d %s", path, w.Code, w.Body)
		}
	}
}
