package page

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/web/api"
)

func statusOf(e *link.Error) int { return api.Status(e) }

// WantsJSON reports whether an error is for a program.
func WantsJSON(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// SayError is an error as a sentence in the language of a request.
func (s *Site) SayError(ctx context.Context, e *link.Error) string {
	l, ok := ctx.Value(LangKey{}).(Lang)
	if !ok {
		l = ZH
	}
	return s.Glossary.SayError(l, e)
}

// problemPage is the data of templates/problem.html.
type problemPage struct {
	Status       int
	Title        string
	Text         string   // what happened
	Next         []string // next steps
	Home, Retry  string
	Unauthorized bool
}

// Fail answers with an error: a problem document for programs, a page for people.
// Defects are logged with their cause; people see a sentence and the request id.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	e := link.AsError(err)
	status := statusOf(e)
	if status >= 500 {
		// A closed connection is not an error of the server.
		level := slog.LevelError
		if r.Context().Err() != nil {
			level = slog.LevelInfo
		}
		s.Log.LogAttrs(r.Context(), level, "request failed", slog.String("error", err.Error()),
			slog.String("path", LoggedPath(r)), slog.String("request_id", link.RequestID(r.Context())))
	}
	l := LangOf(r)
	if WantsJSON(r) {
		w.Header().Set("Content-Language", l.Tag())
		api.NewProblem(e, func(e *link.Error) string { return s.Glossary.SayError(l, e) },
			r.URL.Path, link.RequestID(r.Context())).Write(w)
		return
	}
	if e.Code == link.Unauthenticated {
		s.askLogin(w, r)
		return
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	page := problemPage{Status: status, Text: s.Glossary.SayError(l, e)}
	for _, d := range e.Details {
		page.Next = append(page.Next, s.Glossary.SayError(l, d))
	}
	page.Title = s.problemTitle(l, status)
	if key, ok := api.TitleKey(e); ok {
		page.Title, _ = s.Glossary.Say(l, key, nil)
	}
	if r.Method == http.MethodGet && status >= 500 {
		page.Retry = r.URL.RequestURI()
	}
	if renderErr := s.Render(w, r, status, "page/problem", page); renderErr != nil {
		s.Log.ErrorContext(r.Context(), "problem page failed", "error", renderErr)
		http.Error(w, page.Title+"\n\n"+page.Text, status)
	}
}

func (s *Site) problemTitle(l Lang, status int) string {
	if text, ok := s.Glossary.Say(l, "problem."+strconv.Itoa(status), nil); ok {
		return text
	}
	text, _ := s.Glossary.Say(l, "problem.500", nil)
	return text
}

// askLogin sends somebody to the login page and back to where they were.
func (s *Site) askLogin(w http.ResponseWriter, r *http.Request) {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		next = refererPath(r)
	}
	to, err := s.URL("login", "next", SafeNext(next))
	if err != nil {
		s.Log.ErrorContext(r.Context(), "no login page", "error", err)
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
		return
	}
	s.Flash(r, Care, "login.needed")
	Redirect(w, r, to)
}
