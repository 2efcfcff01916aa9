package desk

import "banmuyuan/internal/link"

// Refused tells a clear no from an answer that may still come.
func Refused(err error) bool {
	switch link.CodeOf(err) {
	case link.SoldOut, link.Invalid, link.Conflict, link.NotFound, link.Forbidden, link.TooLarge:
		return true
	}
	return false
}

func ErrBusy() error {
	e := link.E(link.Unavailable, "busy", "")
	e.RetryAfter = 1
	return e
}
