package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

// strangersUpdate is an update whose photos are not the caller's.
type strangersUpdate struct {
	adopt.Service
	bytes int
}

func (s *strangersUpdate) AddPhoto(_ context.Context, r adopt.AddPhoto) (adopt.Photo, error) {
	s.bytes += len(r.JPEG)
	return adopt.Photo{}, link.E(link.NotFound, "adoption.update.unknown", "update_id")
}

type oneHousehold struct{ catalog.Service }

func (oneHousehold) Household(context.Context, catalog.HouseholdRef) (catalog.Household, error) {
	return catalog.Household{ID: 5}, nil
}

// A picture is not unfolded for somebody whose update it is not: what would be refused as no picture is refused as not theirs.
func TestPicturesAreUnfoldedAfterRights(t *testing.T) {
	stub := &strangersUpdate{}
	r := router(Services{Catalog: oneHousehold{}, Adoptions: stub})
	req := httptest.NewRequest("POST", Prefix+"/households/YA-1/updates/7/photos", strings.NewReader(`{"photo":"bm8gcGljdHVyZQ=="}`))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req.WithContext(auth.WithAccount(req.Context(), &auth.Account{ID: 3, Login: "h", Role: auth.Household})))
	if w.Code != http.StatusNotFound || stub.bytes != 0 {
		t.Errorf("%d with %d bytes sent on: %s", w.Code, stub.bytes, w.Body)
	}
}

// keptTrail keeps entries in memory, or fails.
type keptTrail struct {
	audit.Trail
	entries []audit.Entry
	fail    error
}

func (k *keptTrail) Append(_ context.Context, entries ...audit.Entry) error {
	k.entries = append(k.entries, entries...)
	return k.fail
}

type someHouseholds struct{ catalog.Service }

func (someHouseholds) Households(context.Context, catalog.HouseholdFilter) (catalog.HouseholdPage, error) {
	return catalog.HouseholdPage{Items: []catalog.Household{{ID: 5, Head: "王大山"}}}, nil
}

// A list of people that somebody of the county reads is in the audit trail before it is sent; of others nothing is noted.
func TestListsOfPeopleAreInTheTrail(t *testing.T) {
	trail := &keptTrail{}
	r := router(Services{Catalog: someHouseholds{}, Trail: trail})
	get := func(role auth.Role) *httptest.ResponseRecorder {
		req := httptest.NewRequest("GET", Prefix+"/households", nil)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(auth.WithAccount(req.Context(), &auth.Account{ID: 3, Login: "x", Role: role})))
		return w
	}
	if w := get(auth.Operator); w.Code != http.StatusOK || len(trail.entries) != 1 || trail.entries[0].Kind != audit.ReadByProgram ||
		trail.entries[0].Object != "households.list" || trail.entries[0].Account != 3 {
		t.Errorf("%d, %+v", w.Code, trail.entries)
	}
	if w := get(auth.Helper); w.Code != http.StatusOK || len(trail.entries) != 1 {
		t.Errorf("a helper: %d, %+v", w.Code, trail.entries)
	}
	trail.fail = errors.New("no database")
	if w := get(auth.Operator); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "王大山") {
		t.Errorf("without an entry: %d %s", w.Code, w.Body)
	}
}

// A limit is no conflict with others, and its title says so.
func TestLimitsHaveATitle(t *testing.T) {
	say := func(e *link.Error) string { return e.Key }
	for key, want := range map[string]string{"order.unpaid.orders": "title.limit", "adoption.unpaid": "title.limit", "sale.unpaid": "title.limit",
		"order.cannot_cancel": "conflict"} {
		if p := NewProblem(link.E(link.Conflict, key, ""), say, "", ""); p.Title != want || p.Status != http.StatusConflict || p.Detail != key {
			t.Errorf("%s: %+v", key, p)
		}
	}
	if p := NewProblem(link.E(link.Unavailable, "throttled", ""), say, "", ""); p.Title != "title.too_often" || p.Status != http.StatusTooManyRequests {
		t.Errorf("throttled: %+v", p)
	}
}

// A number of an address out of the bounds of its description is refused by name: a page of no entries is not the usual page.
func TestLeastNumbersOfAddresses(t *testing.T) {
	type in struct {
		Limit int   `query:"limit" minimum:"1" maximum:"200"`
		After int64 `query:"after" minimum:"0"`
	}
	for query, want := range map[string]string{"limit=0": "page.limit", "limit=-1": "page.limit", "limit=201": "page.limit", "limit=200": "", "after=-1": "api.parameter", "limit=1&after=0": "", "": "", "limit=": ""} {
		err := decode(httptest.NewRequest("GET", "/x?"+query, nil), new(in))
		if got := link.AsError(err); want == "" && err != nil || want != "" && (err == nil || got.Key != want) {
			t.Errorf("%q: %v, want %s", query, err, want)
		}
	}
}

// Numbers out of the bounds of their columns are refused where addresses are read, by name.
func TestNumbersOfAddressesAreBounded(t *testing.T) {
	type in struct {
		ID       int64   `path:"id"`
		Village  int64   `query:"village"`
		Villages []int64 `query:"villages"`
		Season   int     `query:"season"`
		Txn      int64   `query:"txn"`
		Before   int64   `query:"before"`
	}
	for query, field := range map[string]string{
		"village=2147483648": "village", "villages=1,2147483648": "villages", "season=99999999999": "season", "season=-2147483649": "season",
		"txn=9223372036854775807": "txn", "before=9007199254740992": "before", "txn=9223372036854775808": "txn", "season=1.5": "season",
	} {
		var got in
		r := mux.SetURLVars(httptest.NewRequest("GET", "/x?"+query, nil), map[string]string{"id": "1"})
		e := link.AsError(decode(r, &got))
		if e == nil || e.Code != link.Invalid || e.Field != field {
			t.Errorf("%s: %v", query, e)
		}
	}
	var got in
	r := mux.SetURLVars(httptest.NewRequest("GET", "/x", nil), map[string]string{"id": "9223372036854775807"})
	if e := link.AsError(decode(r, &got)); e == nil || e.Code != link.NotFound || e.Field != "id" {
		t.Errorf("a path of nothing: %v", e)
	}
	r = mux.SetURLVars(httptest.NewRequest("GET", "/x?village=7&villages=1,2&season=2026&txn=9007199254740991&before=3", nil), map[string]string{"id": "9"})
	if err := decode(r, &got); err != nil || !reflect.DeepEqual(got, in{9, 7, []int64{1, 2}, 2026, 9007199254740991, 3}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func router(s Services) http.Handler {
	a := New(s, nil, nil, "test", func(w http.ResponseWriter, r *http.Request, err error) {
		e := link.AsError(err)
		NewProblem(e, func(e *link.Error) string { return e.Key }, r.URL.Path, "").Write(w)
	})
	r := mux.NewRouter()
	a.Routes(r)
	return r
}
