package link

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/lib/pq"
)

// connectTimeout bounds the wait for one host where the address says nothing about it: one that swallows packets must not
// hide the hosts behind it.
const connectTimeout = 10 * time.Second

// DatabaseConfig reads a database's address: a URL or key=value pairs, each with one host or several.
func DatabaseConfig(address string) (pq.Config, error) {
	pairs, err := severalHosts(address)
	if err != nil {
		return pq.Config{}, err
	}
	cfg, err := pq.NewConfig(pairs)
	if err != nil {
		return pq.Config{}, fmt.Errorf("read database address: %w", err)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	return cfg, nil
}

// severalHosts writes a URL with several hosts as key=value pairs, because lib/pq takes several hosts in that form only: of
// postgres://a:1,b:2/db it makes one host that never answers. Every other address stays as it is.
func severalHosts(address string) (string, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || scheme != "postgres" && scheme != "postgresql" {
		return address, nil
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	user, hosts := "", authority
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		user, hosts = authority[:i+1], authority[i+1:]
	}
	if !strings.Contains(hosts, ",") {
		return address, nil
	}
	var names, ports []string
	for one := range strings.SplitSeq(hosts, ",") {
		name, port := strings.Trim(one, "[]"), "5432"
		if h, p, err := net.SplitHostPort(one); err == nil {
			name, port = h, p
		}
		if name == "" {
			return "", fmt.Errorf("read database address: a host is missing in %q", hosts)
		}
		names, ports = append(names, name), append(ports, port)
	}
	u, err := url.Parse(scheme + "://" + user + "host" + tail)
	if err != nil {
		return "", fmt.Errorf("read database address: %w", err)
	}
	pairs := []string{"host=" + quotePair(strings.Join(names, ",")), "port=" + quotePair(strings.Join(ports, ","))}
	add := func(name, value string) {
		if value != "" {
			pairs = append(pairs, name+"="+quotePair(value))
		}
	}
	add("dbname", strings.TrimPrefix(u.Path, "/"))
	add("user", u.User.Username())
	password, _ := u.User.Password()
	add("password", password)
	for name, values := range u.Query() {
		add(name, values[len(values)-1])
	}
	return strings.Join(pairs, " "), nil
}

func quotePair(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
