package webtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/auth"
)

// Asks is a program: it sends a token, where it has one, and a key.
func (s *Site) Asks(t *testing.T, token, method, path, body string, into any, key ...string) int {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, k := range key {
		req.Header.Set("Idempotency-Key", k)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if into != nil {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
	return res.StatusCode
}

// Token logs an account in over the API.
func (s *Site) Token(t *testing.T, a auth.Account) string {
	t.Helper()
	s.Account(t, a)
	var out struct{ Token string }
	if code := s.Asks(t, "", "POST", "/sessions", `{"login":"`+a.Login+`","password":"`+Password+`"}`, &out); code != http.StatusCreated {
		t.Fatalf("log in: %d", code)
	}
	return out.Token
}

// Program logs in over the API and sends its token from then on.
func (s *Site) Program(t *testing.T, login string) (send func(method, path string) int) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	call := func(method, path, token, body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return client.Do(r)
	}
	res, err := call("POST", "/api/v1/sessions", "", `{"login":"`+login+`","password":"`+Password+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var in struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&in); err != nil || in.Token == "" {
		t.Fatalf("log in: %s, %v", res.Status, err)
	}
	return func(method, path string) int {
		res, err := call(method, path, in.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
}
