package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"
	"github.com/klauspost/compress/gzhttp"

	"banmuyuan/internal/link"
	"banmuyuan/web/api"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// info collects the access log's values on the way in.
type info struct {
	route   string
	account int64
}

type infoKey struct{}

func infoOf(r *http.Request) *info {
	if i, ok := r.Context().Value(infoKey{}).(*info); ok {
		return i
	}
	return &info{}
}

// recorder remembers status and size of the response. Unwrap lets http.ResponseController reach
// the connection, which live pages flush.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var saneRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// identify gives every request an id, takes one that a proxy gave, and writes one
// line to the log when the answer is out.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.Now()
		id := r.Header.Get("X-Request-ID")
		if !saneRequestID.MatchString(id) {
			id = link.NewRequestID()
		}
		w.Header().Set("X-Request-ID", id)
		i := &info{}
		ctx := context.WithValue(link.WithRequestID(r.Context(), id), infoKey{}, i)
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(ctx)
		defer func() {
			took := s.Now().Sub(started)
			if s.deps.Observe != nil {
				s.deps.Observe(r.Method, i.route, rec.status, took)
			}
			level := slog.LevelInfo
			if i.route == "static" {
				level = slog.LevelDebug
			}
			s.Log.LogAttrs(ctx, level, "request", slog.String("method", r.Method), slog.String("route", i.route),
				slog.String("path", page.LoggedPath(r)), slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
				slog.Duration("took", took), slog.Int64("account", i.account), slog.String("request_id", id))
		}()
		next.ServeHTTP(rec, r)
	})
}

func stack() string { return string(debug.Stack()) }

// secure sets the headers that limit a page in the browser. There
// is no inline script or style anywhere, so the policy needs no exceptions; forms
// may lead to the payment providers' pages, because browsers also check where a
// form is redirected to.
func (s *Server) secure(next http.Handler) http.Handler {
	formAction := strings.Join(append([]string{"'self'"}, s.config.PayOrigins...), " ")
	csp := strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'",
		"connect-src 'self'", "manifest-src 'self'", "form-action " + formAction, "frame-ancestors 'none'", "base-uri 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if s.config.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// compress shrinks pages and JSON. Static files come compressed already and live
// pages must not wait in a buffer.
func compress() (func(http.Handler) http.HandlerFunc, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ContentTypeFilter(func(t string) bool {
		t, _, _ = strings.Cut(t, ";")
		return t == "text/html" || t == "text/plain" || t == "text/csv" || t == "application/json" || t == "application/problem+json"
	}))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	return wrap, nil
}

// refuseBinary refuses addresses with a zero byte or broken UTF-8 in them: no name, number or search has one.
func (s *Server) refuseBinary(next http.Handler) http.Handler {
	text := func(t string) bool { return utf8.ValidString(t) && !strings.ContainsRune(t, 0) }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !text(r.URL.Path) {
			s.Fail(w, r, link.E(link.NotFound, "not_found", ""))
			return
		}
		if r.URL.RawQuery != "" {
			for name, values := range r.URL.Query() {
				if !text(name) || !text(strings.Join(values, "")) {
					s.Fail(w, r, link.E(link.Invalid, "malformed", strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "")))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// limitBody bounds the size of a request. Routes that take files raise the
// bound with allowBody.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := s.config.MaxBody
		for prefix, n := range s.Uploads {
			if strings.HasPrefix(r.URL.Path, prefix) {
				limit = n
			}
		}
		if r.ContentLength > limit {
			s.Fail(w, r, link.E(link.TooLarge, "too_large", ""))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// speak fixes the language of the request and remembers a choice made by link; it also notes its network.
func (s *Server) speak(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := page.ChooseLang(r)
		if asked := r.URL.Query().Get("lang"); page.ValidLang(asked) {
			s.SetLangCookie(w, l)
		}
		ctx := audit.WithNetwork(context.WithValue(r.Context(), page.LangKey{}, l), auth.Network(s.ClientIP(r)))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// recognise finds the account of a request, for pages and for the modules behind them.
func (s *Server) recognise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.sessionAccount(r)
		if err != nil {
			s.Fail(w, r, link.E(link.Unavailable, "unavailable", "").Because(err))
			return
		}
		if a != nil {
			r = asAccount(r, a)
			// Logging out reads the session once more, and must not leave it remembered.
			if token := bearerToken(r); token != "" && !strings.HasPrefix(r.URL.Path, api.Sessions) {
				s.tokens.remember(token, a, s.Now())
			}
		}
		next.ServeHTTP(w, r)
	})
}

// asAccount returns the request with its account and actor.
func asAccount(r *http.Request, a *auth.Account) *http.Request {
	infoOf(r).account = a.ID
	ctx := auth.WithAccount(r.Context(), a)
	return r.WithContext(link.WithActor(ctx, link.Actor{Account: a.ID, Login: a.Login, Role: string(a.Role),
		Org: a.OrgID, Household: a.HouseholdID, Helper: a.HelperID, Begun: a.Begun, Person: a.Person()}))
}

// nameRoute tells the access log and the metrics which route matched: names are
// few, paths are not.
func nameRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := mux.CurrentRoute(r); route != nil {
			infoOf(r).route = route.GetName()
		}
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into a 500 of the usual form.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			s.Log.ErrorContext(r.Context(), "panic", "panic", v, "path", page.LoggedPath(r),
				"request_id", link.RequestID(r.Context()), "stack", stack())
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler) // half a page is out: break it off
			}
			s.Fail(w, r, link.E(link.Internal, "internal", ""))
		}()
		next.ServeHTTP(w, r)
	})
}

// withSession loads the session; hasSession says whether a request came this far.
func (s *Server) withSession(next http.Handler) http.Handler {
	return s.Sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), page.LoadedKey{}, true)))
	}))
}

// sessionAccount returns the account of the session, or nil: a disabled account, a session from before the last change
// of password or rights, and one of a one-time password that ran out are nobody.
func (s *Server) sessionAccount(r *http.Request) (*auth.Account, error) {
	id := s.Sessions.GetInt64(r.Context(), page.SessionAccountID)
	if id == 0 {
		return nil, nil
	}
	a, err := s.deps.Accounts.ByID(r.Context(), id)
	if errors.Is(err, auth.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find account of session: %w", err)
	}
	if a.Disabled() || !s.SessionHolds(r, a) {
		return nil, nil
	}
	if s.Sessions.Exists(r.Context(), page.SessionCardIn) {
		a.OneTimeUntil = time.Time{} // the household's card began this session, and not the password
	}
	if a.OneTimeOver(s.Now()) {
		return nil, nil
	}
	if holds, err := s.lookSession(r, a); err != nil || !holds {
		return nil, err
	}
	a.Begun = s.Begun(r, a)
	return a, nil
}

// lookSession reports whether the session is one that its owner has not ended and that did not end by itself, and notes its
// use, once a minute.
func (s *Server) lookSession(r *http.Request, a *auth.Account) (bool, error) {
	id := s.LoginID(r)
	look, err := s.deps.Logins.LookSession(r.Context(), a.ID, id)
	if errors.Is(err, auth.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := s.Now()
	if look.Over(a, now) {
		return false, nil
	}
	a.MustEnrol = look.MustEnrol(a, now)
	if now.Sub(look.SeenAt) < time.Minute {
		return true, nil
	}
	return true, s.deps.Logins.TouchSession(r.Context(), id, now)
}

// beforeFactor are the routes that an account may use that needs a second factor and has none.
var beforeFactor = map[string]bool{
	"account.factor": true, "account.factor.enrol": true, "logout": true, "account.lang": true,
	"api.accounts.login": true, "api.accounts.logout": true,
	"api.accounts.factor": true, "api.accounts.factor_secret": true, "api.accounts.factor_enrol": true,
}

// askFactor leads an account that needs a second factor to the page on which it gets one, from wherever it goes.
func (s *Server) askFactor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := auth.FromContext(r.Context())
		route := mux.CurrentRoute(r)
		if a == nil || !a.MustEnrol || a.MustChangePassword() || route != nil && beforeFactor[route.GetName()] {
			next.ServeHTTP(w, r)
			return
		}
		if page.WantsJSON(r) {
			s.Fail(w, r, link.E(link.Forbidden, "account.factor.needed", ""))
			return
		}
		if err := s.GoTo(w, r, "account.factor"); err != nil {
			s.Fail(w, r, err)
		}
	})
}

// beforeOwnPassword are the routes that an account with a one-time password may use.
var beforeOwnPassword = map[string]bool{
	"account.password.page": true, "account.password": true, "household.pin": true, "household.pin.save": true, "logout": true,
	"api.accounts.login": true, "api.accounts.card": true, "api.accounts.logout": true, "api.accounts.password": true, "api.accounts.pin": true,
}

// askOwnPassword leads an account that still has its one-time password to the page on which it chooses its own, from
// wherever it goes.
func (s *Server) askOwnPassword(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := auth.FromContext(r.Context())
		route := mux.CurrentRoute(r)
		if a == nil || !a.MustChangePassword() || route != nil && beforeOwnPassword[route.GetName()] {
			next.ServeHTTP(w, r)
			return
		}
		if page.WantsJSON(r) {
			s.Fail(w, r, link.E(link.Forbidden, "account.password.one_time", ""))
			return
		}
		to := "account.password.page"
		if a.Role == auth.Household {
			to = "household.pin"
		}
		after := ""
		if r.Method == http.MethodGet {
			after = page.SafeNext(r.URL.RequestURI())
		}
		if err := s.GoTo(w, r, to, "next", after); err != nil {
			s.Fail(w, r, err)
		}
	})
}

// beforePrivacy are the routes for a buyer without consent to the present privacy notice: to read it, to agree, to take
// the own data out and to leave.
var beforePrivacy = map[string]bool{
	"privacy": true, "privacy.agree": true, "logout": true, "account.lang": true, "account.data": true, "account.data.file": true, "account.data.close": true,
	"api.accounts.login": true, "api.accounts.logout": true, "api.accounts.privacy": true, "api.accounts.data": true, "api.accounts.close": true, "api.accounts.me": true,
}

// askPrivacy leads a buyer without consent to the present privacy notice to it, from wherever it goes.
func (s *Server) askPrivacy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := auth.FromContext(r.Context())
		route := mux.CurrentRoute(r)
		if a == nil || !a.MustAgree() || a.MustChangePassword() || route != nil && beforePrivacy[route.GetName()] {
			next.ServeHTTP(w, r)
			return
		}
		if page.WantsJSON(r) {
			s.Fail(w, r, link.E(link.Forbidden, "account.privacy.needed", ""))
			return
		}
		after := ""
		if r.Method == http.MethodGet {
			after = page.SafeNext(r.URL.RequestURI())
		}
		if err := s.GoTo(w, r, "privacy", "next", after); err != nil {
			s.Fail(w, r, err)
		}
	})
}
