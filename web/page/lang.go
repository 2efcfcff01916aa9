package page

import (
	"fmt"
	"net/http"
	"strings"
)

type LangKey struct{}

// LangOf is the language of a request.
func LangOf(r *http.Request) Lang {
	if l, ok := r.Context().Value(LangKey{}).(Lang); ok {
		return l
	}
	return ChooseLang(r)
}

const langCookie = "lang"

// ChooseLang looks at ?lang=, then at the cookie, then at the languages of the browser's
// request. Chinese is the default.
func ChooseLang(r *http.Request) Lang {
	if asked := r.URL.Query().Get("lang"); ValidLang(asked) {
		return Lang(asked)
	}
	if c, err := r.Cookie(langCookie); err == nil && ValidLang(c.Value) {
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
		if ValidLang(tag) && q > bestQ {
			best, bestQ = Lang(tag), q
		}
	}
	return best
}

func (s *Site) SetLangCookie(w http.ResponseWriter, l Lang) {
	http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, //nolint:gosec // Secure follows from the configuration
		HttpOnly: true, Secure: s.config.Secure, SameSite: http.SameSiteLaxMode})
}
