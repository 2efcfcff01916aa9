package page

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/link"
)

// Lang is a language pages are written in.
type Lang string

// The languages. Chinese comes first everywhere.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// Langs are all languages.
var Langs = []Lang{ZH, EN}

// Tag is the language for the lang attribute and for Content-Language.
func (l Lang) Tag() string {
	if l == EN {
		return "en"
	}
	return "zh-CN"
}

// Pick returns the text of this language.
func (l Lang) Pick(zh, en string) string {
	if l == EN {
		return en
	}
	return zh
}

func ValidLang(s string) bool { return s == string(ZH) || s == string(EN) }

// Glossary maps a key to its Chinese and its English words. Status words, units,
// roles and every sentence an error can become live here, and nowhere else, so
// that they are the same on every page, in the API and in exports.
type Glossary map[string][2]string

// NewGlossary merges the lists of the modules. A key that two lists explain
// differently, or that lacks a language, is an error of the program.
func NewGlossary(lists ...map[string][2]string) (Glossary, error) {
	g := Glossary{}
	var errs []error
	for _, list := range lists {
		for _, key := range slices.Sorted(maps.Keys(list)) {
			words := list[key]
			if words[0] == "" || words[1] == "" {
				errs = append(errs, fmt.Errorf("glossary key %q lacks a language", key))
			}
			if had, ok := g[key]; ok && had != words {
				errs = append(errs, fmt.Errorf("glossary key %q has two meanings", key))
			}
			if zh, en := placeholders(words[0]), placeholders(words[1]); !slices.Equal(zh, en) {
				errs = append(errs, fmt.Errorf("glossary key %q: Chinese has %v, English has %v", key, zh, en))
			}
			g[key] = words
		}
	}
	return g, errors.Join(errs...)
}

// A placeholder is {name} or {name:kind}; kind is money (fen), jin, kg or weight
// (grams), num, date, datetime or word (another key), and says how the value is
// written. {name:n egg|eggs} writes a number with the word for one or for several.
// Without a kind a number is written with separators and text as it is.
var placeholder = regexp.MustCompile(`\{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-z]+|n [^{}|]+\|[^{}|]+))?\}`)

func placeholders(s string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Has reports whether the glossary knows the key.
func (g Glossary) Has(key string) bool { _, ok := g[key]; return ok }

// Say writes the sentence of a key. The second result is false for an unknown
// key, of which nothing may reach a person.
func (g Glossary) Say(l Lang, key string, args map[string]any) (string, bool) {
	words, ok := g[key]
	if !ok {
		return "", false
	}
	return g.fill(l, l.Pick(words[0], words[1]), args), true
}

// SayError writes the sentence of an error for a person. An error whose key the
// glossary lacks is described by its code alone: internal text reaches nobody.
func (g Glossary) SayError(l Lang, e *link.Error) string {
	args := make(map[string]any, len(e.Args))
	for name, value := range e.Args {
		args[name] = value
	}
	for _, key := range []string{e.Key, string(e.Code), string(link.Internal)} {
		if s, ok := g.Say(l, key, args); ok {
			return s
		}
	}
	return ""
}

func (g Glossary) fill(l Lang, text string, args map[string]any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	f := Format{Lang: l}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		parts := placeholder.FindStringSubmatch(m)
		v, ok := args[parts[1]]
		if !ok {
			return "…"
		}
		return g.value(l, f, v, parts[2])
	})
}

func (g Glossary) value(l Lang, f Format, v any, kind string) string {
	if kind == "word" {
		if s, ok := g.Say(l, fmt.Sprint(v), nil); ok {
			return s
		}
		return fmt.Sprint(v)
	}
	if t, ok := asTime(v); ok && (kind == "date" || kind == "datetime") {
		f.Now = t // no year: a sentence is about now
		if kind == "date" {
			return f.date(t)
		}
		return f.dateTime(t)
	}
	n, isNumber := asInt(v)
	if s, isText := v.(string); isText && kind != "" {
		// Errors of the modules carry their numbers as text.
		parsed, err := strconv.ParseInt(s, 10, 64)
		n, isNumber = parsed, err == nil
	}
	if !isNumber {
		return fmt.Sprint(v)
	}
	if words, ok := strings.CutPrefix(kind, "n "); ok {
		one, several, _ := strings.Cut(words, "|")
		if n == 1 {
			return f.num(n) + " " + one
		}
		return f.num(n) + " " + several
	}
	switch kind {
	case "money":
		return f.Money(n)
	case "jin", "kg":
		return f.weight(n, kind)
	case "weight":
		return f.weight(n, "")
	}
	return f.num(n)
}

// asInt takes numbers as they are in Go and as they arrive through JSON.
func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		if n == float64(int64(n)) {
			return int64(n), true
		}
	}
	return 0, false
}

func asTime(v any) (time.Time, bool) {
	switch t := v.(type) {
	case time.Time:
		return t, true
	case *time.Time:
		if t != nil {
			return *t, true
		}
	case string:
		parsed, err := time.Parse(time.RFC3339, t)
		return parsed, err == nil
	}
	return time.Time{}, false
}
