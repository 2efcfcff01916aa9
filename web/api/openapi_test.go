package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
)

func setup(t *testing.T) (*API, http.Handler) {
	t.Helper()
	a := New(Services{}, nil, nil, "test", func(w http.ResponseWriter, r *http.Request, err error) {
		e := link.AsError(err)
		NewProblem(e, func(e *link.Error) string { return e.Key }, r.URL.Path, "").Write(w)
	})
	r := mux.NewRouter()
	a.Routes(r)
	return a, r
}

func TestDocumentIsOpenAPI31AndDescribesEveryRoute(t *testing.T) {
	a, _ := setup(t)
	document, err := a.document()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" && !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi = %q", doc.OpenAPI)
	}
	seen := map[string]bool{}
	for _, e := range a.endpoints {
		item := doc.Paths.Value(Prefix + e.path)
		if item == nil || item.GetOperation(e.method) == nil {
			t.Errorf("%s %s is served and not described", e.method, e.path)
			continue
		}
		op := item.GetOperation(e.method)
		if op.Summary == "" || op.OperationID != e.name {
			t.Errorf("%s %s: summary %q, id %q", e.method, e.path, op.Summary, op.OperationID)
		}
		if seen[e.name] {
			t.Errorf("name %s is used twice", e.name)
		}
		seen[e.name] = true
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(e.path, -1) {
			if op.Parameters.GetByInAndName("path", m[1]) == nil {
				t.Errorf("%s %s: path parameter %s is not read", e.method, e.path, m[1])
			}
		}
		if !e.access.public && op.Security == nil {
			t.Errorf("%s %s needs a login and does not say so", e.method, e.path)
		}
	}
}

func TestBadInputNamesTheField(t *testing.T) {
	_, h := setup(t)
	for _, c := range []struct {
		name, method, path, media, body string
		status                          int
		key, field                      string
	}{
		{"no media type", "POST", "/sessions", "", `{}`, 415, "media_type", ""},
		{"not JSON", "POST", "/sessions", "application/json", `{`, 400, "malformed", ""},
		{"two values", "POST", "/sessions", "application/json", `{} {}`, 400, "malformed", ""},
		{"wrong type", "POST", "/sessions", "application/json", `{"login":1}`, 422, "api.type", "login"},
		{"unknown field", "POST", "/sessions", "application/json", `{"logni":"a"}`, 422, "api.unknown_field", "logni"},
		{"unknown parameter", "GET", "/presales?towship=3", "", "", 422, "api.unknown_parameter", "towship"},
		{"bad parameter", "GET", "/presales?limit=many", "", "", 422, "api.parameter", "limit"},
		{"not logged in", "GET", "/orders", "", "", 401, "unauthenticated", ""},
		{"unknown path", "GET", "/nothing", "", "", 404, "not_found", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, Prefix+c.path, strings.NewReader(c.body))
			if c.media != "" {
				r.Header.Set("Content-Type", c.media)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var p Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("%d %s: %v", w.Code, w.Body, err)
			}
			if w.Code != c.status || p.Key != c.key || w.Header().Get("Content-Type") != ProblemType {
				t.Errorf("%d %s %s", w.Code, p.Key, w.Header().Get("Content-Type"))
			}
			if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != c.field) {
				t.Errorf("errors %+v, want field %s", p.Errors, c.field)
			}
		})
	}
}
