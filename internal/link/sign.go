package link

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	headerSignature = "Link-Signature" // milliseconds since 1970, a dot, and the HMAC in base64

	// SignatureLife is how long after it was signed a request is accepted. Waiting for a worker does not count.
	SignatureLife = 30 * time.Second
	// ClockSkew is how far the clocks of two machines may differ.
	ClockSkew = 10 * time.Second
)

// Signer signs requests between processes, so that a module believes their actor: an HMAC over subject, time, actor, request
// id and body. Reaching the broker without the key, one acts for nobody. It is safe for concurrent use.
type Signer struct {
	keys []*sync.Pool // of hash.Hash; the first signs, all verify
	now  func() time.Time
}

// NewSigner derives the keys from secrets by HKDF (RFC 5869). The first signs; the others are accepted while secrets are
// changed. now may be nil.
func NewSigner(secrets [][]byte, now func() time.Time) (*Signer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("a signer needs a secret")
	}
	if now == nil {
		now = time.Now
	}
	s := &Signer{now: now}
	for _, secret := range secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, "banmuyuan actor", sha256.Size)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }})
	}
	return s, nil
}

// signers are the signers of connections.
var signers sync.Map // *nats.Conn → *Signer

// Sign makes calls over nc signed, and a Server on nc refuse unsigned ones. Call it before the connection is used.
// A connection without a signer trusts all others: it must be to a broker that only this process reaches.
func Sign(nc *nats.Conn, s *Signer) {
	signers.Store(nc, s)
	nc.SetClosedHandler(func(nc *nats.Conn) { signers.Delete(nc) })
}

func signerOf(nc *nats.Conn) *Signer {
	s, _ := signers.Load(nc)
	signer, _ := s.(*Signer)
	return signer
}

// Reasons for which a request is refused as unsigned.
const (
	unsigned = "unsigned"
	stale    = "stale"
	forged   = "forged"
)

// sign writes the signature of m; headers and body are complete by now.
func (s *Signer) sign(m *nats.Msg) {
	at := strconv.FormatInt(s.now().UnixMilli(), 10)
	var sum [sha256.Size]byte
	m.Header[headerSignature] = []string{at + "." + base64.RawURLEncoding.EncodeToString(mac(s.keys[0], at, m, sum[:0]))}
}

// check returns why a request is refused, or "". received is when it arrived.
func (s *Signer) check(m *nats.Msg, received time.Time) string {
	at, text, ok := strings.Cut(m.Header.Get(headerSignature), ".")
	if !ok {
		return unsigned
	}
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return forged
	}
	given, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return forged
	}
	var sum [sha256.Size]byte
	for _, key := range s.keys {
		if !hmac.Equal(given, mac(key, at, m, sum[:0])) {
			continue
		}
		if age := received.Sub(time.UnixMilli(ms)); age > SignatureLife || age < -ClockSkew {
			return stale
		}
		return ""
	}
	return forged
}

// mac appends the HMAC to sum. Every part is preceded by its length, so that no two requests have the same text.
func mac(key *sync.Pool, at string, m *nats.Msg, sum []byte) []byte {
	h := key.Get().(hash.Hash)
	defer key.Put(h)
	h.Reset()
	b := make([]byte, 0, 512)
	for _, part := range [...]string{m.Subject, at, m.Header.Get(headerActor), m.Header.Get(headerRequestID), m.Header.Get(headerEncoding)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) // the broker takes at most 1 MiB
		b = append(b, part...)
	}
	h.Write(b)
	h.Write(m.Data)
	return h.Sum(sum)
}

// trusted refuses a request without a valid signature.
func (s *Server) trusted(ctx context.Context, j job) error {
	if s.signer == nil {
		return nil
	}
	why := s.signer.check(j.msg, j.received)
	if why == "" {
		return nil
	}
	if s.refused != nil {
		s.refused(why)
	}
	s.log.WarnContext(ctx, "request refused: it is not from one of our processes, or their BANMU_KEY or clocks differ",
		"subject", j.msg.Subject, "request", j.msg.Header.Get(headerRequestID), "why", why)
	return E(Forbidden, "unsigned", "")
}
