package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/live"
)

// oneOrder has an order, number 12, and counts how often it is read.
type oneOrder struct {
	orders.Service
	mu    sync.Mutex
	state orders.State
	reads int
	read  func() // after a reading, before it is answered
}

func (o *oneOrder) Order(_ context.Context, r orders.OrderRef) (orders.Order, error) {
	o.mu.Lock()
	res := orders.Order{ID: 12, No: orders.Number(12), State: o.state}
	o.reads++
	again := o.reads
	o.mu.Unlock()
	if again > 5000 {
		return orders.Order{}, errors.New("is read again and again")
	}
	if r.No != res.No {
		return orders.Order{}, link.E(link.NotFound, "order.number", "no")
	}
	if o.read != nil {
		o.read()
	}
	return res, nil
}

func (o *oneOrder) become(s orders.State) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.state = s
}

// look is a request for order 12 with a later answer.
type look struct {
	*httptest.ResponseRecorder
	answered chan struct{}
	leave    context.CancelFunc
}

func (l *look) state(t *testing.T) orders.State {
	t.Helper()
	<-l.answered
	var o orders.Order
	if err := json.Unmarshal(l.Body.Bytes(), &o); err != nil || l.Code != http.StatusOK || l.Header().Get("ETag") == "" {
		t.Errorf("%d %v: %s", l.Code, l.Header(), l.Body)
	}
	return o.State
}

func (o *oneOrder) looks(t *testing.T, changes *live.Changes) (get func(path string, headers ...string) *look) {
	a := New(Services{Orders: o, Changes: changes}, nil, nil, "test", func(w http.ResponseWriter, r *http.Request, err error) {
		NewProblem(link.AsError(err), func(e *link.Error) string { return e.Key }, r.URL.Path, "").Write(w)
	})
	router := mux.NewRouter()
	a.Routes(router)
	return func(path string, headers ...string) *look {
		ctx, leave := context.WithCancel(auth.WithAccount(t.Context(), &auth.Account{ID: 3, Role: auth.Buyer}))
		t.Cleanup(leave)
		r := httptest.NewRequestWithContext(ctx, "GET", Prefix+path, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		l := &look{httptest.NewRecorder(), make(chan struct{}), leave}
		go func() {
			defer close(l.answered)
			router.ServeHTTP(l, r)
		}()
		return l
	}
}

var waitsWhilePlaced = "/orders/" + orders.Number(12) + "?while=placed"

// The clock of these tests stands still while anything can go on, and jumps when everything waits: a look that took no
// time was answered without waiting for the clock.
func TestLookThatWaits(t *testing.T) {
	t.Parallel()
	type waiting struct {
		*oneOrder
		changes *live.Changes
		get     func(path string, headers ...string) *look
	}
	for name, test := range map[string]func(*testing.T, waiting){
		"is answered at once when the state is another": func(t *testing.T, w waiting) {
			w.become(orders.StateConfirmed)
			if s := w.get(waitsWhilePlaced).state(t); s != orders.StateConfirmed || w.reads != 1 {
				t.Errorf("%s after %d readings", s, w.reads)
			}
		},
		"and leaves its place to others then": func(t *testing.T, w waiting) {
			w.become(orders.StateConfirmed)
			for range 1000 {
				w.get(waitsWhilePlaced).state(t)
			}
			if _, _, err := w.changes.Watch(12); err != nil {
				t.Error(err)
			}
		},
		"at once when it does not say to wait": func(t *testing.T, w waiting) {
			if s := w.get("/orders/" + orders.Number(12)).state(t); s != orders.StatePlaced || w.reads != 1 {
				t.Errorf("%s after %d readings", s, w.reads)
			}
		},
		"when the change is told": func(t *testing.T, w waiting) {
			l := w.get(waitsWhilePlaced)
			synctest.Wait()
			w.changes.Tell(13) // somebody else's
			synctest.Wait()
			if w.reads != 1 {
				t.Errorf("another order's change had it read %d times", w.reads)
			}
			w.changes.Tell(12) // but it is still placed
			synctest.Wait()
			w.become(orders.StateConfirmed)
			w.changes.Tell(12)
			if s := l.state(t); s != orders.StateConfirmed || w.reads != 3 {
				t.Errorf("%s after %d readings", s, w.reads)
			}
		},
		"when the change comes right after the reading": func(t *testing.T, w waiting) {
			w.read = func() {
				w.read = nil
				w.become(orders.StateConfirmed)
				w.changes.Tell(12)
			}
			if s := w.get(waitsWhilePlaced).state(t); s != orders.StateConfirmed || w.reads != 2 {
				t.Errorf("%s after %d readings", s, w.reads)
			}
		},
		"at once when too many wait": func(t *testing.T, w waiting) {
			for {
				if _, _, err := w.changes.Watch(12); err != nil {
					break
				}
			}
			if s := w.get(waitsWhilePlaced).state(t); s != orders.StatePlaced || w.reads != 1 {
				t.Errorf("%s after %d readings", s, w.reads)
			}
		},
		"when the changes are closed, as it is": func(t *testing.T, w waiting) {
			l := w.get(waitsWhilePlaced)
			synctest.Wait()
			w.changes.Close()
			if s := l.state(t); s != orders.StatePlaced {
				t.Errorf("%s", s)
			}
		},
		"when its client leaves or the server ends, as it is": func(t *testing.T, w waiting) {
			l := w.get(waitsWhilePlaced)
			synctest.Wait()
			l.leave()
			if s := l.state(t); s != orders.StatePlaced {
				t.Errorf("%s", s)
			}
		},
		"when there is no such order": func(t *testing.T, w waiting) {
			for _, no := range []string{orders.Number(13), "12"} {
				l := w.get("/orders/" + no + "?while=placed")
				if <-l.answered; l.Code != http.StatusNotFound {
					t.Errorf("%s: %d %s", no, l.Code, l.Body)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, changes := &oneOrder{state: orders.StatePlaced}, live.NewChanges()
				began := time.Now()
				test(t, waiting{o, changes, o.looks(t, changes)})
				if took := time.Since(began); took != 0 {
					t.Errorf("waited for the clock: %s", took)
				}
			})
		})
	}
}

// A change that nobody told is found before the look ends, which is after 20 s whatever happens.
func TestLookThatIsNotToldLooksByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &oneOrder{state: orders.StatePlaced}
		get := o.looks(t, nil)
		began := time.Now()
		l := get(waitsWhilePlaced)
		synctest.Wait()
		o.become(orders.StateConfirmed)
		if s := l.state(t); s != orders.StateConfirmed || time.Since(began) != waitAgain {
			t.Errorf("%s after %s", s, time.Since(began))
		}

		o.become(orders.StatePlaced)
		began, o.reads = time.Now(), 0
		l = get(waitsWhilePlaced)
		if s := l.state(t); s != orders.StatePlaced || time.Since(began) != waitMost || o.reads != int(waitMost/waitAgain)+1 {
			t.Errorf("%s after %s and %d readings", s, time.Since(began), o.reads)
		}
		same := get(waitsWhilePlaced, "If-None-Match", l.Header().Get("ETag"))
		if <-same.answered; same.Code != http.StatusNotModified {
			t.Errorf("still the same order: %d", same.Code)
		}
	})
}

// Every state can be waited for, the description says so, and nothing else can.
func TestLookWaitsForStatesOnly(t *testing.T) {
	t.Parallel()
	o := &oneOrder{state: "none of them"}
	get := o.looks(t, nil)
	for _, s := range orders.States {
		l := get("/orders/" + orders.Number(12) + "?while=" + string(s))
		if <-l.answered; l.Code != http.StatusOK {
			t.Errorf("while=%s: %d %s", s, l.Code, l.Body)
		}
	}
	o.reads = 0
	for _, s := range []string{"Placed", "none of them", "placed,confirmed"} {
		l := get("/orders/" + orders.Number(12) + "?while=" + url.QueryEscape(s))
		<-l.answered
		var p Problem
		if err := json.Unmarshal(l.Body.Bytes(), &p); err != nil || l.Code != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Field != "while" {
			t.Errorf("while=%s: %d %s", s, l.Code, l.Body)
		}
	}
	if o.reads != 0 {
		t.Error("reads what it then refuses to say")
	}

	a, _ := setup(t)
	document, err := a.document()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	var described []orders.State
	for _, s := range doc.Paths.Value(Prefix+"/orders/{no}").Get.Parameters.GetByInAndName("query", "while").Schema.Value.Enum {
		described = append(described, orders.State(s.(string)))
	}
	if !slices.Equal(described, orders.States) {
		t.Errorf("described are %v, there are %v", described, orders.States)
	}
}
