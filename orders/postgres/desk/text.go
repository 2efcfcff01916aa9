package desk

import (
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Refused tells a clear no from an answer that may still come.
func Refused(err error) bool {
	switch link.CodeOf(err) {
	case link.SoldOut, link.Invalid, link.Conflict, link.NotFound, link.Forbidden, link.TooLarge:
		return true
	}
	return false
}

// Bounds and patterns of texts, of package orders.
const (
	NameMax    = orders.NameMax
	AddressMin = orders.AddressMin
	AddressMax = orders.AddressMax
	NoteMax    = orders.NoteMax
	ReasonMax  = orders.ReasonMax
	ClockSkew  = orders.ClockSkew
)

var (
	PhonePattern = orders.PhonePattern
	UUIDPattern  = orders.UUIDPattern
)

// CheckKey is orders.CheckKey.
func CheckKey(problems *link.Problems, key string) { orders.CheckKey(problems, key) }

// Clean is orders.Clean.
func Clean(s string, low, high int) (string, bool) { return orders.Clean(s, low, high) }

// CleanText is orders.CleanText.
func CleanText(s string, high int) (string, bool) { return orders.CleanText(s, high) }

func ErrBusy() error {
	e := link.E(link.Unavailable, "busy", "")
	e.RetryAfter = 1
	return e
}
