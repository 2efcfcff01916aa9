package postgres

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Keys seals values that must not be readable in the database: AES-256-GCM with random nonces, bound to the value's owner,
// and a keyed hash by which equal values are found without being read.
type Keys struct {
	seals []seal // the first seals, all open
	index []byte
	mac   []byte

	indexes [][]byte // of all keys, the first first
	checks  [][]byte // the same
}

type seal struct {
	id   [4]byte
	aead cipher.AEAD
}

// NewKey makes a key for ParseKeys.
func NewKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // does not fail
	return base64.StdEncoding.EncodeToString(b)
}

// ParseKeys reads keys of 32 bytes in base64, separated by commas. New values are sealed with the first; the others are
// older and still open their values.
func ParseKeys(text string) (*Keys, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("no key to encrypt account numbers with: set BANMU_KEY to 32 random bytes in base64")
	}
	k := &Keys{}
	for i, part := range strings.Split(text, ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(part))
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("key %d of BANMU_KEY is not 32 bytes in base64", i+1)
		}
		derive := func(use string, n int) []byte {
			b, err := hkdf.Key(sha256.New, key, nil, "banmuyuan "+use, n)
			if err != nil {
				panic(err) // only for lengths far above these
			}
			return b
		}
		block, err := aes.NewCipher(derive("seal", 32))
		if err != nil {
			return nil, fmt.Errorf("make cipher: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("make cipher: %w", err)
		}
		s := seal{aead: aead}
		copy(s.id[:], derive("id", 4))
		k.seals = append(k.seals, s)
		k.indexes = append(k.indexes, derive("index", 32))
		k.checks = append(k.checks, derive("check", 16))
		if i == 0 {
			k.index, k.mac = derive("index", 32), derive("webhook", 32)
		}
	}
	return k, nil
}

// Seal encrypts value for owner: only Open with the same owner gives it back.
func (k *Keys) Seal(value, owner string) []byte {
	s := k.seals[0]
	return append(s.id[:], s.aead.Seal(nil, nil, []byte(value), []byte(owner))...) //nolint:gosec // NewGCMWithRandomNonce makes the nonce itself
}

// Open decrypts a sealed value.
func (k *Keys) Open(sealed []byte, owner string) (string, error) {
	if len(sealed) > 4 {
		for _, s := range k.seals {
			if string(s.id[:]) != string(sealed[:4]) {
				continue
			}
			b, err := s.aead.Open(nil, nil, sealed[4:], []byte(owner))
			if err != nil {
				return "", fmt.Errorf("open sealed value of %s: %w", owner, err)
			}
			return string(b), nil
		}
	}
	return "", fmt.Errorf("open sealed value of %s: it was sealed with a key that is not given", owner)
}

// Index is the blind index of value.
func (k *Keys) Index(value string) []byte {
	h := hmac.New(sha256.New, k.index)
	h.Write([]byte(value))
	return h.Sum(nil)
}

// WebhookSecret is a secret for the sandbox provider, so that it needs no configuration of its own.
func (k *Keys) WebhookSecret() []byte { return k.mac }

// Indexes are the blind indexes of value by all keys, the one that is written first: while keys are changed, a value may
// still be found under an older one.
func (k *Keys) Indexes(value string) [][]byte {
	all := make([][]byte, len(k.indexes))
	for i, key := range k.indexes {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(value))
		all[i] = h.Sum(nil)
	}
	return all
}

// Current is the prefix of values that the first key sealed.
func (k *Keys) Current() []byte { return slices.Clone(k.seals[0].id[:]) }

// Reseal opens a value with whichever key sealed it and seals it with the first one.
func (k *Keys) Reseal(sealed []byte, owner string) (fresh []byte, value string, err error) {
	if value, err = k.Open(sealed, owner); err != nil {
		return nil, "", err
	}
	return k.Seal(value, owner), value, nil
}

// Checks returns a value of each key, the first first, by which a database knows its keys and nobody learns them.
func (k *Keys) Checks() [][]byte { return slices.Clone(k.checks) }
