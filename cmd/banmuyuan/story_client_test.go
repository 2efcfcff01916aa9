package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"banmuyuan/web/api"
)

// patience bounds the wait for something that happens by itself, such as an event that reaches another module. Nothing is
// asserted about how long it takes; two cores under the race detector may be busy.
const patience = 4 * time.Minute

// await asks until done, and fails with the last answer when it never is.
func await[T any](t *testing.T, what string, ask func() (T, bool)) T {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		seen, done := ask()
		if done {
			return seen
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen; last seen: %+v", what, seen)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// session is a program that speaks the JSON API as somebody, or as a stranger without a token.
type session struct {
	url, token string
}

// answer is a response with its whole body.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request is one call of the API. Body is written as JSON, bytes and text go as they are.
type request struct {
	method, path string
	key          string // Idempotency-Key
	body         any
	header       map[string]string
}

var apiClient = &http.Client{Timeout: 2 * time.Minute}

func (s session) try(r request) (answer, error) {
	var body io.Reader
	switch b := r.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	case string:
		body = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(r.method, s.url+api.Prefix+r.path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	resp, err := apiClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, text}, err
}

func (s session) send(t *testing.T, r request) answer {
	t.Helper()
	a, err := s.try(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	return a
}

// must sends a request that has to succeed and reads its answer.
func must[T any](t *testing.T, s session, r request) T {
	t.Helper()
	a := s.send(t, r)
	var out T
	if a.status/100 != 2 {
		t.Fatalf("%s %s: %d\n%s", r.method, r.path, a.status, a.body)
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("%s %s: %v\n%s", r.method, r.path, err, a.body)
	}
	return out
}

func get[T any](t *testing.T, s session, path string) T {
	t.Helper()
	return must[T](t, s, request{method: "GET", path: path})
}

func post[T any](t *testing.T, s session, path, key string, body any) T {
	t.Helper()
	return must[T](t, s, request{method: "POST", path: path, key: key, body: body})
}

// refuse sends a request that has to be refused with a problem document, which it returns.
func refuse(t *testing.T, s session, r request, status int) api.Problem {
	t.Helper()
	return wantProblem(t, r, s.send(t, r), status)
}

func wantProblem(t *testing.T, r request, a answer, status int) api.Problem {
	t.Helper()
	var p api.Problem
	if a.status != status {
		t.Errorf("%s %s: %d, want %d\n%s", r.method, r.path, a.status, status, a.body)
	}
	if ct := a.header.Get("Content-Type"); ct != api.ProblemType {
		t.Errorf("%s %s: an error of type %q", r.method, r.path, ct)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%s %s: %v\n%s", r.method, r.path, err, a.body)
	}
	if p.Status != a.status || p.Key == "" || p.Title == "" {
		t.Errorf("%s %s: a problem that says little: %s", r.method, r.path, a.body)
	}
	// Internal text stays inside.
	for _, word := range []string{"pq:", "SQLSTATE", "panic", "goroutine", ".go:", "nats:", "sql:"} {
		if bytes.Contains(a.body, []byte(word)) {
			t.Errorf("%s %s: the answer speaks of %q: %s", r.method, r.path, word, a.body)
		}
	}
	return p
}

// fields are the fields that a problem names.
func fields(p api.Problem) []string {
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Field)
	}
	return names
}

// play presses a button on the sandbox gateway's page, as a person's browser does: it reads the page, then sends the
// form. It returns the address that the browser is sent to.
func play(t *testing.T, base, page, button string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if to, err = to.Parse(page); err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	shown, err := browser.Get(to.String())
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(shown.Body)
	if err = errors.Join(err, shown.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if shown.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(`value="`+button+`"`)) {
		t.Fatalf("the pay page %s answers %s and has no button %q:\n%s", to, shown.Status, button, text)
	}
	done, err := browser.PostForm(to.String(), url.Values{"play": {button}})
	if err != nil {
		t.Fatal(err)
	}
	defer done.Body.Close()
	if done.StatusCode != http.StatusSeeOther {
		t.Fatalf("pay page %s: %q is answered with %s", to, button, done.Status)
	}
	return done.Header.Get("Location")
}

func decoded[T any](t *testing.T, a answer) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("%v\n%s", err, a.body)
	}
	return out
}
