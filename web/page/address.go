package page

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"banmuyuan/orders"
)

// Redirect sends the browser elsewhere with GET, also when htmx asked.
func Redirect(w http.ResponseWriter, r *http.Request, to string) {
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusOK)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// URL is the path of a named route. Pairs that the path does not hold become the
// query; an empty value is left out of it.
func (s *Site) URL(name string, pairs ...any) (string, error) {
	route := s.Router.Get(name)
	if route == nil {
		return "", fmt.Errorf("no route %q", name)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("route %q: a name without a value", name)
	}
	inPath, err := route.GetVarNames()
	if err != nil {
		return "", fmt.Errorf("route %q: %w", name, err)
	}
	var vars []string
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		key, value := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		switch {
		case slices.Contains(inPath, key):
			vars = append(vars, key, value)
		case value != "":
			q.Set(key, value)
		}
	}
	u, err := route.URLPath(vars...)
	if err != nil {
		return "", fmt.Errorf("route %q: %w", name, err)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// LoggedPath is an address as the log shows it, without the secret of a card or of a set-up link.
func LoggedPath(r *http.Request) string {
	for _, secret := range []string{"/card/", "/setup/"} {
		if strings.HasPrefix(r.URL.Path, secret) {
			return secret + "…"
		}
	}
	return r.URL.Path
}

// ClientIP is the address of the client. A proxy is believed only if it is one of ours: the last
// address that is not ours counts.
func (s *Site) ClientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ours := func(text string) bool {
		ip, err := netip.ParseAddr(text)
		return err == nil && slices.ContainsFunc(s.config.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
	}
	if !ours(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
		if !ours(hop) {
			break
		}
	}
	return host
}

// SafeNext returns an address on this site, or "" for anything else: a link to
// our login page may not send people to a stranger afterwards.
func SafeNext(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
		return ""
	}
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return ""
	}
	if p := u.Path; p == "/login" || p == "/logout" || p == "/register" || p == "/account/password" || p == "/my/pin" || p == "/login/code" {
		return ""
	}
	return u.RequestURI()
}

// refererPath is the page a form was sent from.
func refererPath(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	return u.RequestURI()
}

// PathInt reads a number that the route's pattern has checked.
func PathInt(r *http.Request, name string) int64 {
	n, _ := strconv.ParseInt(mux.Vars(r)[name], 10, 64) // out of range is 0, which nothing has
	return n
}

// OrderRef reads the number in the path.
func OrderRef(r *http.Request) orders.OrderRef { return orders.OrderRef{No: mux.Vars(r)["no"]} }

// GoTo redirects to a named route.
func (s *Site) GoTo(w http.ResponseWriter, r *http.Request, name string, pairs ...any) error {
	to, err := s.URL(name, pairs...)
	if err != nil {
		return errors.Join(errors.New("redirect"), err)
	}
	Redirect(w, r, to)
	return nil
}
