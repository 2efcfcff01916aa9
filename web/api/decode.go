package api

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
)

// decode fills in from the request: fields tagged path, query or header from there, the rest from the JSON body. An
// unknown field is refused by name, because a misspelt filter that is silently ignored answers another question.
func decode(r *http.Request, in any) error {
	v := reflect.ValueOf(in).Elem()
	if v.Kind() != reflect.Struct {
		return nil
	}
	known := map[string]bool{"lang": true}
	var problems []*link.Error
	var missing *link.Error // an address of something that cannot be there
	body := false
	vars, query := mux.Vars(r), r.URL.Query()
	eachField(v, func(field reflect.StructField, f reflect.Value) {
		var name, text string
		switch {
		case field.Tag.Get("path") != "":
			name = field.Tag.Get("path")
			text = vars[name]
		case field.Tag.Get("query") != "":
			name = field.Tag.Get("query")
			known[name] = true
			text = query.Get(name)
		case field.Tag.Get("header") != "":
			name = field.Tag.Get("header")
			text = r.Header.Get(name)
		default:
			body = true
			return
		}
		if text != "" && !set(f, name, text) {
			if field.Tag.Get("path") != "" {
				missing = link.E(link.NotFound, "not_found", name)
			}
			problems = append(problems, link.E(link.Invalid, "api.parameter", name))
		} else if text != "" && outOfBounds(field, f) {
			problems = append(problems, boundsOf(field, name))
		}
	})
	for name := range query {
		if !known[name] {
			problems = append(problems, link.E(link.Invalid, "api.unknown_parameter", name, "name", name))
		}
	}
	if missing != nil {
		return missing
	}
	if len(problems) > 0 {
		return link.Join(problems)
	}
	if body && r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodDelete {
		return decodeBody(r, in)
	}
	return nil
}

// outOfBounds reports whether a number of the address is out of the bounds of its description. A size of 0 is no size, and not
// the usual one.
func outOfBounds(field reflect.StructField, f reflect.Value) bool {
	if !f.CanInt() {
		return false
	}
	minimum, err := strconv.ParseInt(field.Tag.Get("minimum"), 10, 64)
	if err == nil && f.Int() < minimum {
		return true
	}
	maximum, err := strconv.ParseInt(field.Tag.Get("maximum"), 10, 64)
	return err == nil && f.Int() > maximum
}

func boundsOf(field reflect.StructField, name string) *link.Error {
	if name == "limit" {
		return link.E(link.Invalid, "page.limit", name, "max", field.Tag.Get("maximum"))
	}
	return link.E(link.Invalid, "api.parameter", name)
}

func eachField(v reflect.Value, f func(reflect.StructField, reflect.Value)) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct && field.Tag.Get("json") == "" {
			eachField(v.Field(i), f)
			continue
		}
		if field.IsExported() {
			f(field, v.Field(i))
		}
	}
}

// largest bounds the whole numbers of addresses, which databases keep in columns of 32 bits or more: those of small are in
// 32, the others may be as large as every JSON reader can hold.
const largest = 1<<53 - 1

var small = map[string]bool{"village": true, "villages": true, "township": true, "season": true, "year": true, "days": true, "limit": true,
	"line": true, "box": true}

// set is the one place where a number of an address is read.
func set(f reflect.Value, name, text string) bool {
	switch f.Kind() {
	case reflect.String:
		f.SetString(text)
		return true
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n > largest || n < -largest || small[name] && (n > math.MaxInt32 || n < math.MinInt32) {
			return false
		}
		f.SetInt(n)
		return true
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		f.SetBool(b)
		return err == nil
	case reflect.Slice: // separated by commas
		for one := range strings.SplitSeq(text, ",") {
			e := reflect.New(f.Type().Elem()).Elem()
			if !set(e, name, strings.TrimSpace(one)) {
				return false
			}
			f.Set(reflect.Append(f, e))
		}
		return true
	}
	return false
}

func decodeBody(r *http.Request, in any) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return link.E(link.Invalid, "media_type", "")
	}
	d := link.NewStrictDecoder(r.Body)
	err := d.Decode(in)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.New("more than one value")
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return link.E(link.TooLarge, "too_large", "").Because(err)
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		return link.E(link.Invalid, "api.type", path(t.Field)).Because(err)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, _ = strconv.Unquote(name)
		return link.E(link.Invalid, "api.unknown_field", name, "name", name).Because(err)
	}
	return link.E(link.Invalid, "malformed", "").Because(err)
}

// path writes "lines.0.quantity" the way errors name fields: "lines[0].quantity".
func path(dotted string) string {
	var b strings.Builder
	for i, part := range strings.Split(dotted, ".") {
		if _, err := strconv.Atoi(part); err == nil {
			b.WriteString("[" + part + "]")
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}

// cacheKey is the key of an often asked answer in the cache.
func cacheKey(path string, q url.Values) string {
	q.Del("lang")
	return path + "?" + q.Encode()
}
