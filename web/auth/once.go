package auth

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrKeyReused says that a key was sent before with another request.
var ErrKeyReused = errors.New("auth: idempotency key used for another request")

// Once names a write by the key that its caller gave it: the same key and request are carried out once, however often they
// are sent. What is asked for stands in Request as far as it may be read by anybody: a PIN is no part of it.
// Without a key, as a job of ours writes, nothing is remembered.
type Once struct {
	Account int64
	Key     string
	Request string
}

// Digests makes keyed digests: of a text always the same, and of nobody else's making. There is one for each key that is in
// use while keys are changed, the one of now first.
type Digests interface {
	Indexes(text string) [][]byte
}

// CardSecrets are what a card's code holds that was asked for by a request: the same whenever it is asked again, so that
// nothing of it has to be kept.
func CardSecrets(d Digests, once Once, household int64) []string {
	all := d.Indexes(fmt.Sprintf("card %d %s %d", once.Account, once.Key, household))
	secrets := make([]string, len(all))
	for i, digest := range all {
		secrets[i] = base64.RawURLEncoding.EncodeToString(digest[:secretBytes])
	}
	return secrets
}

// CardWords are the one-time words of a household's card that were asked for by a request: the same whenever it is asked
// again. Eight digits are easy to type; tries are counted.
func CardWords(d Digests, once Once, household int64) []string {
	all := d.Indexes(fmt.Sprintf("card word %d %s %d", once.Account, once.Key, household))
	words := make([]string, len(all))
	for i, digest := range all {
		words[i] = fmt.Sprintf("%08d", binary.BigEndian.Uint64(digest)%1e8)
	}
	return words
}

// WordHashes are the keyed digests of a card's word: without the product's key the table gives no word away.
func WordHashes(d Digests, card int64, word string) [][]byte {
	return d.Indexes(fmt.Sprintf("word of card %d %s", card, word))
}
