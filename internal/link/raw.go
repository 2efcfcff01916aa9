package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Raw is the JSON of a T as it crossed, for a reader that passes it on.
type Raw[T any] []byte

// Decode returns the value.
func (r Raw[T]) Decode() (T, error) {
	var v T
	if err := Unmarshal(r, &v); err != nil {
		return v, AsError(fmt.Errorf("decode %T: %w", v, err))
	}
	return v, nil
}

// MarshalJSON returns the bytes as they are.
func (r Raw[T]) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return nil, errors.New("raw value is empty")
	}
	return r, nil
}

// JSON returns the bytes.
func (r Raw[T]) JSON() []byte { return r }

// Sample returns a pointer to a zero T, for descriptions of the answer.
func (r Raw[T]) Sample() any { return new(T) }

// RawOf encodes the answer of a service that runs in this process.
func RawOf[T any](v T, err error) (Raw[T], error) {
	if err != nil {
		return nil, err
	}
	b, err := MarshalPlain(v)
	if err != nil {
		return nil, AsError(fmt.Errorf("encode %T: %w", v, err))
	}
	return b, nil
}

// CallRaw is Call without decoding: it returns the answer's bytes. A request that is a Raw crosses as it is.
func CallRaw[Res any](ctx context.Context, nc *nats.Conn, subject string, req any) (Raw[Res], error) {
	body, err := encodeRequest(subject, req)
	if err != nil {
		return nil, err
	}
	return call(ctx, nc, subject, body)
}

// ServeRaw calls a method of a service that runs in this process with an encoded request.
func ServeRaw[Req, Res any](ctx context.Context, body Raw[Req], h func(context.Context, Req) (Res, error)) (Raw[Res], error) {
	b, err := answerWith(h)(ctx, body)
	return b, err
}

func encodeRequest(subject string, req any) ([]byte, error) {
	if raw, ok := req.(interface{ JSON() []byte }); ok {
		return raw.JSON(), nil
	}
	body, err := Marshal(req)
	if err != nil {
		return nil, AsError(fmt.Errorf("encode request %s: %w", subject, err))
	}
	return body, nil
}

// WithMember returns the object in body with one more member, the first: a value that arrived beside the body, such as an
// idempotency key. The body is valid JSON and has no member of that name; null and an empty object are objects without
// members.
func WithMember[T any](body []byte, name, value string) (Raw[T], error) {
	quoted := []byte(`"` + value + `"`)
	if !plain(value) {
		var err error
		if quoted, err = Marshal(value); err != nil {
			return nil, fmt.Errorf("encode %s: %w", name, err)
		}
	}
	rest := []byte("}")
	if inner, ok := bytes.CutPrefix(bytes.TrimSpace(body), []byte("{")); ok {
		rest = bytes.TrimSpace(inner)
	}
	b := make([]byte, 0, len(name)+len(quoted)+len(rest)+len(`{"":,`))
	b = append(b, `{"`+name+`":`...)
	b = append(b, quoted...)
	if rest[0] != '}' {
		b = append(b, ',')
	}
	return append(b, rest...), nil
}

type bodyKey[Req any] struct{}

// BodyFrom returns the bytes in which the Req arrived that the handler of ctx answers, or nil if ctx belongs to no such
// request. A repeated idempotency key is compared by them.
func BodyFrom[Req any](ctx context.Context) Raw[Req] {
	b, _ := ctx.Value(bodyKey[Req]{}).(Raw[Req])
	return b
}
