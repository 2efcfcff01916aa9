package link_test

import (
	"context"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

func TestRawAnswersPassThrough(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{})
	var body link.Raw[ask]
	var other link.Raw[told]
	handler := func(ctx context.Context, q ask) (told, error) {
		body, other = link.BodyFrom[ask](ctx), link.BodyFrom[told](ctx)
		if q.N < 0 {
			return told{}, link.E(link.Invalid, "below", "n")
		}
		return told{N: q.N, Text: "a < b & c"}, nil
	}
	link.Handle(s, "rpc.catalog.v1.raw", handler)
	nc, ctx := ns.Connect(t), context.Background()

	const sent = `{ "text":"x", "n":3 }`
	const want = `{"n":3,"text":"a < b & c","actor":{},"request":""}`
	e0, d0 := link.Codings()
	got, err := link.CallRaw[told](ctx, nc, "rpc.catalog.v1.raw", link.Raw[ask](sent))
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if e, d := link.Codings(); e < e0+1 || d < d0+1 {
		t.Errorf("counted %d encodings and %d decodings of one each", e-e0, d-d0)
	}
	if string(body) != sent || other != nil {
		t.Errorf("the handler saw the body %q, and for another type %q", body, other)
	}
	if v, err := got.Decode(); err != nil || v.N != 3 || v.Text != "a < b & c" {
		t.Errorf("decoded %+v, %v", v, err)
	}
	// The same service in this process gives the same bytes.
	if local, err := link.ServeRaw(ctx, link.Raw[ask](sent), handler); err != nil || string(local) != want {
		t.Errorf("in this process: %s, %v", local, err)
	}
	if local, err := link.RawOf(handler(ctx, ask{N: 3})); err != nil || string(local) != want {
		t.Errorf("encoded here: %s, %v", local, err)
	}
	if _, err := link.CallRaw[told](ctx, nc, "rpc.catalog.v1.raw", ask{N: -1}); link.CodeOf(err) != link.Invalid {
		t.Errorf("an error: %v", err)
	}
	if _, err := link.CallRaw[told](ctx, nc, "rpc.catalog.v1.raw", link.Raw[ask](`{"n":"three"}`)); link.CodeOf(err) != link.Invalid {
		t.Errorf("a body of another type: %v", err)
	}
}

func TestWithMember(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":1}`:         `{"key":"k-1","a":1}`,
		" {\n \"a\":1}\n": `{"key":"k-1","a":1}`,
		`{}`:              `{"key":"k-1"}`,
		`{ }`:             `{"key":"k-1"}`,
		`null`:            `{"key":"k-1"}`,
	} {
		got, err := link.WithMember[ask]([]byte(body), "key", "k-1")
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v, want %s", body, got, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		b, err := link.WithMember[ask]([]byte(`{"n":1}`), "key", value)
		var got map[string]any
		if err != nil || json.Unmarshal(b, &got) != nil || got["key"] != value || got["n"] != 1.0 {
			t.Errorf("%q became %s (%v)", value, b, err)
		}
	})
}

func TestOriginIsJSON(t *testing.T) {
	t.Parallel()
	type origin struct {
		RequestID string      `json:"request,omitempty"`
		Actor     *link.Actor `json:"actor,omitempty"`
	}
	rapid.Check(t, func(t *rapid.T) {
		var want origin
		ctx := context.Background()
		if rapid.Bool().Draw(t, "request") {
			want.RequestID = rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`)).Draw(t, "id")
			ctx = link.WithRequestID(ctx, want.RequestID)
		}
		if rapid.Bool().Draw(t, "actor") {
			want.Actor = &link.Actor{Account: rapid.Int64Range(1, 9).Draw(t, "account"), Login: rapid.SampledFrom([]string{"", "王", "a\"b"}).Draw(t, "login"),
				Role: "buyer", System: rapid.Bool().Draw(t, "system")}
			ctx = link.WithActor(ctx, *want.Actor)
		}
		_, _, got, err := link.Encode(ctx, link.Message{Subject: "evt.catalog.v1.lot.offered", Data: 1})
		wanted, merr := json.Marshal(want)
		if err != nil || merr != nil || string(got) != string(wanted) {
			t.Errorf("got %s, %v, want %s", got, err, wanted)
		}
	})
}
