package desk

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Refused tells a clear no from an answer that may still come.
func Refused(err error) bool {
	switch link.CodeOf(err) {
	case link.SoldOut, link.Invalid, link.Conflict, link.NotFound, link.Forbidden, link.TooLarge:
		return true
	}
	return false
}

var PhonePattern = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,18}[0-9]$`)

const (
	keyMin, keyMax = 8, 64
	NameMax        = 40
	AddressMin     = 5
	AddressMax     = 200
	NoteMax        = 500
	ReasonMax      = 200
)

func CheckKey(problems *link.Problems, key string) {
	ok := len(key) >= keyMin && len(key) <= keyMax
	for _, c := range []byte(key) {
		ok = ok && c > ' ' && c < 0x7f
	}
	if !ok {
		problems.Add("order.key.invalid", "idempotency_key", "min", fmt.Sprint(keyMin), "max", fmt.Sprint(keyMax))
	}
}

// Clean drops blanks around a text that people typed. ok is false when it has control signs or a wrong length.
func Clean(s string, low, high int) (string, bool) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	return s, utf8.ValidString(s) && n >= low && n <= high && strings.IndexFunc(s, unicode.IsControl) < 0
}

// CleanText is clean for texts that may have several lines.
func CleanText(s string, high int) (string, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	_, ok := Clean(strings.NewReplacer("\n", " ", "\t", " ").Replace(s), 0, high)
	return s, ok
}

func ErrBusy() error {
	e := link.E(link.Unavailable, "busy", "")
	e.RetryAfter = 1
	return e
}

var UUIDPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// ClockSkew is how far a phone's clock may be ahead.
const ClockSkew = 15 * time.Minute
