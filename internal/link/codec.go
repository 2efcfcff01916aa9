package link

import (
	"bytes"
	"encoding/json"
	"io"
	"sync/atomic"
)

// The wire's JSON goes through the functions of this file, so that its cost can be counted: on the path of an order,
// encoding and decoding is most of the work.
var encoded, decoded atomic.Int64

// Codings returns how many values this process has encoded to JSON and decoded from it, on the wire and at the API.
func Codings() (encodings, decodings int64) { return encoded.Load(), decoded.Load() }

// Marshal is json.Marshal, counted.
func Marshal(v any) ([]byte, error) {
	encoded.Add(1)
	return json.Marshal(v)
}

// MarshalPlain encodes v without the escapes that only matter inside HTML. Answers are encoded so, because the API
// passes them on as they are.
func MarshalPlain(v any) ([]byte, error) {
	encoded.Add(1)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Unmarshal is json.Unmarshal, counted.
func Unmarshal(data []byte, v any) error {
	decoded.Add(1)
	return json.Unmarshal(data, v)
}

// NewStrictDecoder returns a decoder that refuses unknown fields. It counts as one decoding.
func NewStrictDecoder(r io.Reader) *json.Decoder {
	decoded.Add(1)
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	return d
}
