package orders

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Bounds of texts that people type, in characters.
const (
	keyMin, keyMax = 8, 64
	NameMax        = 40
	AddressMin     = 5
	AddressMax     = 200
	NoteMax        = 500
	ReasonMax      = 200
)

// PhonePattern matches the phone number of a recipient, and UUIDPattern an id that a device made.
var (
	PhonePattern = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,18}[0-9]$`)
	UUIDPattern  = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
)

// ClockSkew is how far the clock of a device may be ahead.
const ClockSkew = 15 * time.Minute

// CheckKey notes an idempotency key that is too short, too long or not printable ASCII.
func CheckKey(problems *link.Problems, key string) {
	ok := len(key) >= keyMin && len(key) <= keyMax
	for _, c := range []byte(key) {
		ok = ok && c > ' ' && c < 0x7f
	}
	if !ok {
		problems.Add("order.key.invalid", "idempotency_key", "min", fmt.Sprint(keyMin), "max", fmt.Sprint(keyMax))
	}
}

// Clean drops blanks around a text that people typed. ok is false when it has control characters or a wrong length.
func Clean(s string, low, high int) (string, bool) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	return s, utf8.ValidString(s) && n >= low && n <= high && strings.IndexFunc(s, unicode.IsControl) < 0
}

// CleanText is Clean for texts that may have several lines.
func CleanText(s string, high int) (string, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	_, ok := Clean(strings.NewReplacer("\n", " ", "\t", " ").Replace(s), 0, high)
	return s, ok
}
