package web

import (
	"fmt"
	"net/http"
	"strings"
)

type langKey struct{}

// langOf is the language of a request.
func langOf(r *http.Request) Lang {
	if l, ok := r.Context().Value(langKey{}).(Lang); ok {
		return l
	}
	return chooseLang(r)
}

const langCookie = "lang"

// chooseLang looks at ?lang=, then at the cookie, then at what the browser asks
// for. Chinese is what is spoken when nothing is said.
func chooseLang(r *http.Request) Lang {
	if asked := r.URL.Query().Get("lang"); validLang(asked) {
		return Lang(asked)
	}
	if c, err := r.Cookie(langCookie); err == nil && validLang(c.Value) {
		return Lang(c.Value)
	}
	best, bestQ := ZH, 0.0
	for one := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(one), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			if _, err := fmt.Sscanf(v, "%g", &q); err != nil {
				continue
			}
		}
		if validLang(tag) && q > bestQ {
			best, bestQ = Lang(tag), q
		}
	}
	return best
}

func (s *Site) setLangCookie(w http.ResponseWriter, l Lang) {
	http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: s.config.Secure, SameSite: http.SameSiteLaxMode})
}
