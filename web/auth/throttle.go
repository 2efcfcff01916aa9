package auth

import (
	"context"
	"time"
)

// Limit is how many tries a key has within a window that starts with the first. The window after one with too many is twice as
// long, and so on, until a day was quiet.
type Limit struct {
	Tries  int
	Window time.Duration
}

// The limits of one account, and of registrations from one address.
var (
	PerAccount  = Limit{Tries: 10, Window: 15 * time.Minute}
	NewAccounts = Limit{Tries: 20, Window: time.Hour}
)

// Throttle counts tries. Counting and asking are one step, so that many tries at
// once cannot all be the last one allowed.
type Throttle interface {
	// Try counts a try of key. It returns 0 if it is allowed, or how long to wait.
	Try(ctx context.Context, key string, limit Limit) (time.Duration, error)
	// Tries returns how many tries a key has within its window by now, and counts none.
	Tries(ctx context.Context, key string) (int, error)
	// Forget clears a key, after the right password.
	Forget(ctx context.Context, key string) error
	// GiveBack takes back one try of a key that others share.
	GiveBack(ctx context.Context, key string) error
}
