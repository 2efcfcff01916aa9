// Package api speaks JSON under /api/v1. Invariant: an error is a problem
// document (RFC 9457). A program can rely on its status, key and field, a person
// can read its sentences, and nothing internal is in it.
package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"banmuyuan/internal/link"
)

// ProblemType is the media type of errors.
const ProblemType = "application/problem+json"

// Problem is an error as a client sees it.
type Problem struct {
	Type      string       `json:"type"` // a stable URI reference that ends in the key
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail,omitempty"`
	Instance  string       `json:"instance,omitempty"`
	Code      link.Code    `json:"code"`
	Key       string       `json:"key"`
	RequestID string       `json:"request_id,omitempty"`
	Errors    []FieldError `json:"errors,omitempty"`

	retryAfter int
}

// FieldError is an error in one field, by its JSON path.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Key     string `json:"key"`
}

// statusByCode is the only place where a failure becomes an HTTP status.
var statusByCode = map[link.Code]int{
	link.Invalid:         http.StatusUnprocessableEntity,
	link.Unauthenticated: http.StatusUnauthorized,
	link.Forbidden:       http.StatusForbidden,
	link.NotFound:        http.StatusNotFound,
	link.Conflict:        http.StatusConflict,
	link.SoldOut:         http.StatusConflict,
	link.TooLarge:        http.StatusRequestEntityTooLarge,
	link.Unavailable:     http.StatusServiceUnavailable,
	link.Internal:        http.StatusInternalServerError,
}

// statusByKey holds the failures with a status narrower than their code's.
var statusByKey = map[string]int{
	"malformed":          http.StatusBadRequest,
	"method_not_allowed": http.StatusMethodNotAllowed,
	"throttled":          http.StatusTooManyRequests,
	"unmask.limit":       http.StatusTooManyRequests,
	"media_type":         http.StatusUnsupportedMediaType,
}

// titleByKey holds the failures with a title that says more than their code's: limits, which are no conflict with others.
var titleByKey = map[string]string{
	"throttled":             "title.too_often",
	"unmask.limit":          "title.limit",
	"order.unpaid.orders":   "title.limit",
	"order.unpaid.units":    "title.limit",
	"adoption.unpaid":       "title.limit",
	"adoption.unpaid.units": "title.limit",
	"sale.unpaid":           "title.limit",
}

// TitleKey is the message key of a failure's title, where it says more than that of its status.
func TitleKey(e *link.Error) (key string, ok bool) {
	key, ok = titleByKey[e.Key]
	return key, ok
}

// titleOf is the message key of a failure's title.
func titleOf(e *link.Error) string {
	if key, ok := TitleKey(e); ok {
		return key
	}
	return string(e.Code)
}

// Status is the HTTP status of a failure.
func Status(e *link.Error) int {
	if s, ok := statusByKey[e.Key]; ok {
		return s
	}
	if s, ok := statusByCode[e.Code]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// NewProblem describes an error. say writes a sentence in the client's language.
func NewProblem(e *link.Error, say func(*link.Error) string, instance, requestID string) Problem {
	key := e.Key
	if e.Code == link.Internal || key == "" {
		key = string(e.Code)
	}
	p := Problem{
		Type: "/problems/" + key, Status: Status(e), Code: e.Code, Key: key,
		Title:    say(&link.Error{Code: e.Code, Key: titleOf(e)}),
		Detail:   say(e),
		Instance: instance, RequestID: requestID, retryAfter: e.RetryAfter,
	}
	if len(e.Details) == 0 && e.Field != "" {
		p.Errors = []FieldError{{Field: e.Field, Message: p.Detail, Key: key}}
	}
	for _, d := range e.Details {
		p.Errors = append(p.Errors, FieldError{Field: d.Field, Message: say(d), Key: d.Key})
	}
	return p
}

// Write sends the problem.
func (p Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="banmuyuan"`)
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	w.WriteHeader(p.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) //nolint:errchkjson // the client went away: nobody is left to tell
}
