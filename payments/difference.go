package payments

import "time"

// MovementDifference names the difference of an object that the books (here) and a provider (there) know differently, and
// reports whether to name it: not what moved after recent, because its announcement may be on its way, and nothing that is
// missing there when the provider did not answer.
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
