package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/auth"
)

// asks is a program: it sends a token, where it has one, and a key.
func (s *site) asks(t *testing.T, token, method, path, body string, into any, key ...string) int {
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

func (s *site) token(t *testing.T, a auth.Account) string {
	t.Helper()
	s.account(t, a)
	var out struct{ Token string }
	if code := s.asks(t, "", "POST", "/sessions", `{"login":"`+a.Login+`","password":"`+password+`"}`, &out); code != http.StatusCreated {
		t.Fatalf("log in: %d", code)
	}
	return out.Token
}
