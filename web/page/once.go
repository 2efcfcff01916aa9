package page

import (
	"errors"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// OnceBy names a write of a logged-in account by the key that came with it.
func OnceBy(a *auth.Account, key, request string) (auth.Once, error) {
	if !saneKey.MatchString(key) {
		return auth.Once{}, link.E(link.Invalid, "api.idempotency_key", "Idempotency-Key")
	}
	return auth.Once{Account: a.ID, Key: key, Request: request}, nil
}

// ErrOnce turns a store's error about a key into the error for people and programs.
func ErrOnce(err error) error {
	if errors.Is(err, auth.ErrKeyReused) {
		return link.E(link.Conflict, "account.key_reused", "idempotency_key").Because(err)
	}
	return err
}
