// Package paging is the one definition of a page of a list: how many entries it has, and the cursor of the next.
//
// A cursor names its list, so that one of another list is refused and never taken for the first page.
package paging

import (
	"encoding/base64"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
)

// Size is the number of entries of a page: byDefault for 0. Invalid below 0 and above most.
func Size(n, byDefault, most int) (int, error) {
	switch {
	case n == 0:
		return byDefault, nil
	case n < 0 || n > most:
		return 0, link.E(link.Invalid, "page.limit", "limit", "max", strconv.Itoa(most))
	}
	return n, nil
}

// After is the cursor of the entries of a list after a place.
func After(list string, place ...int64) string {
	parts := make([]string, len(place))
	for i, v := range place {
		parts[i] = strconv.FormatInt(v, 36)
	}
	return AfterText(list, strings.Join(parts, "."))
}

// Place reads a cursor of After with n numbers; nil is the beginning of the list. Invalid for anything else.
func Place(list, cursor string, n int) ([]int64, error) {
	text, err := PlaceText(list, cursor)
	if err != nil || cursor == "" {
		return nil, err
	}
	parts := strings.Split(text, ".")
	if len(parts) != n {
		return nil, unknown()
	}
	place := make([]int64, n)
	for i, p := range parts {
		if place[i], err = strconv.ParseInt(p, 36, 64); err != nil {
			return nil, unknown()
		}
	}
	return place, nil
}

// ID reads a cursor of After with an id; 0 is the beginning of the list.
func ID(list, cursor string) (int64, error) {
	place, err := Place(list, cursor, 1)
	switch {
	case err != nil || place == nil:
		return 0, err
	case place[0] <= 0:
		return 0, unknown()
	}
	return place[0], nil
}

// AfterText is After for lists that go by a text.
func AfterText(list, place string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + place))
}

// PlaceText reads a cursor of AfterText; "" is the beginning of the list.
func PlaceText(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	place, ours := strings.CutPrefix(string(b), list+":")
	if err != nil || !ours || place == "" {
		return "", unknown()
	}
	return place, nil
}

func unknown() error { return link.E(link.Invalid, "page.cursor", "cursor") }
