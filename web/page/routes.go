package page

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// handler answers a request, or returns an error that fail turns into a page or a
// problem document. It must not have written anything when it returns one.
type handler func(w http.ResponseWriter, r *http.Request) error

// Open registers a page that anybody may see.
func (s *Site) Open(method, path, name string, h handler) {
	s.Router.Handle(path, s.Plain(h)).Methods(methods(method)...).Name(name)
}

// Guarded registers a page for the given roles only; there must be one. Use
// auth.Roles... for everybody who is logged in.
func (s *Site) Guarded(method, path, name string, h handler, roles ...auth.Role) {
	if len(roles) == 0 {
		panic("web: route " + name + " names no role")
	}
	s.Router.Handle(path, s.Plain(s.require(h, roles...))).Methods(methods(method)...).Name(name)
}

// AllowBody raises the bound on requests to paths below prefix.
func (s *Site) AllowBody(prefix string, bytes int64) { s.Uploads[prefix] = bytes }

// A page that can be read can be asked for without its body.
func methods(method string) []string {
	if method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{method}
}

func (s *Site) Plain(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.Fail(w, r, err)
		}
	})
}

// require is the one place where roles are checked. What an account may do with a
// certain order or household is checked by the module that owns it.
func (s *Site) require(h handler, roles ...auth.Role) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a := auth.FromContext(r.Context())
		switch {
		case a == nil:
			return link.E(link.Unauthenticated, "unauthenticated", "")
		case !a.Role.In(roles...):
			return link.E(link.Forbidden, "forbidden", "")
		}
		return h(w, r)
	}
}
