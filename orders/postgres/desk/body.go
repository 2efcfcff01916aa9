package desk

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"banmuyuan/internal/link"
)

// HashBody is the hash of a request encoded anew, by which a repeated key is compared.
func HashBody(v any) ([]byte, error) {
	body, err := link.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return HashBytes(body), nil
}

// HashBytes is the hash of a request as it arrived.
func HashBytes(body []byte) []byte {
	sum := sha256.Sum256(body)
	return sum[:16]
}

// BodyHash is the hash of a request under an idempotency key.
type BodyHash struct {
	Sum []byte
	// Earlier returns the other hash under which the same request may be stored; nil if there is none.
	Earlier func() ([]byte, error)
}

// Is reports whether the stored hash is that of the same request.
func (h BodyHash) Is(stored []byte) (bool, error) {
	if slices.Equal(stored, h.Sum) || h.Earlier == nil {
		return slices.Equal(stored, h.Sum), nil
	}
	earlier, err := h.Earlier()
	return slices.Equal(stored, earlier), err
}
