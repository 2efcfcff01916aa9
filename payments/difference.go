package payments

import "time"

// MovementDifference names the difference of an object that the books (here) and a provider (there) know differently, and
// reports whether to name it: movements after recent are not named, because their webhooks may be on the way, and neither
// are objects that are missing there when the provider did not answer.
func MovementDifference(here, there bool, at, recent time.Time, answered bool) (kind string, name bool) {
	switch {
	case !here:
		kind = "clearing.unbooked"
	case !there:
		kind = "clearing.missing"
	default:
		kind = "clearing.amount"
	}
	return kind, at.Before(recent) && (there || answered)
}
