package link_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

func TestCodeOf(t *testing.T) {
	var none *link.Error
	for _, c := range []struct {
		err  error
		want link.Code
	}{
		{nil, ""},
		{link.E(link.SoldOut, "order.sold_out", ""), link.SoldOut},
		{fmt.Errorf("reserve: %w", link.E(link.NotFound, "not_found", "")), link.NotFound},
		{none, link.Internal},
		{&link.Error{}, link.Internal},
		{io.ErrUnexpectedEOF, link.Internal},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), link.Unavailable},
		{context.Canceled, link.Unavailable},
		{nats.ErrNoResponders, link.Unavailable},
		{nats.ErrTimeout, link.Unavailable},
		{nats.ErrMaxPayload, link.TooLarge},
		{driver.ErrBadConn, link.Unavailable},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, link.Unavailable},
		{&pq.Error{Code: "57P03"}, link.Unavailable},
		{&pq.Error{Code: "22021"}, link.Invalid},
		{&pq.Error{Code: "22003"}, link.Invalid},
		{&pq.Error{Code: "53300"}, link.Unavailable},
		{&pq.Error{Code: "40001"}, link.Unavailable},
		{&pq.Error{Code: "57014"}, link.Unavailable},
		{&pq.Error{Code: "23505"}, link.Internal},
		{&pq.Error{Code: "28P01"}, link.Internal},
	} {
		if got := link.CodeOf(c.err); got != c.want {
			t.Errorf("CodeOf(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}

func TestAsError(t *testing.T) {
	if link.AsError(nil) != nil {
		t.Error("AsError(nil) is something")
	}
	secret := errors.New("password of the database")
	e := link.AsError(secret)
	if e.Code != link.Internal || e.Key != "internal" || !errors.Is(e, secret) {
		t.Errorf("AsError = %v", e)
	}
	b, err := json.Marshal(e)
	if err != nil || strings.Contains(string(b), "password") {
		t.Errorf("the cause is written out: %s %v", b, err)
	}
	typed := link.E(link.Conflict, "order.closed", "")
	if got := link.AsError(fmt.Errorf("close: %w", typed)); got != typed {
		t.Errorf("AsError = %v, want the one inside", got)
	}
}

func TestProblems(t *testing.T) {
	var p link.Problems
	if err := p.Err(); err != nil {
		t.Fatalf("no problem gives %v", err)
	}
	p.Add("order.quantity.below_min", "lines[0].quantity", "min", "5")
	if e := link.AsError(p.Err()); e.Key != "order.quantity.below_min" || e.Field != "lines[0].quantity" || e.Args["min"] != "5" || len(e.Details) != 0 {
		t.Errorf("one problem gives %v", e)
	}
	p.Add("order.quantity.off_step", "lines[1].quantity")
	if e := link.AsError(p.Err()); e.Code != link.Invalid || len(e.Details) != 2 || e.Details[1].Field != "lines[1].quantity" {
		t.Errorf("two problems give %v", e)
	}
}

func TestErrorIs(t *testing.T) {
	err := fmt.Errorf("x: %w", link.E(link.Conflict, "order.closed", "id"))
	if !errors.Is(err, link.E(link.Conflict, "", "")) || !errors.Is(err, link.E(link.Conflict, "order.closed", "")) {
		t.Error("does not match itself")
	}
	if errors.Is(err, link.E(link.Conflict, "order.open", "")) || errors.Is(err, link.E(link.Invalid, "", "")) {
		t.Error("matches another")
	}
}

func TestMessagesCoverKeys(t *testing.T) {
	for _, code := range []link.Code{link.Invalid, link.Unauthenticated, link.Forbidden, link.NotFound, link.Conflict,
		link.SoldOut, link.TooLarge, link.Unavailable, link.Internal, "malformed", "timeout", "busy"} {
		if m := link.Messages[string(code)]; m[0] == "" || m[1] == "" {
			t.Errorf("no sentence for %q", code)
		}
	}
}

func TestActor(t *testing.T) {
	ctx := context.Background()
	if link.ActorFrom(ctx) != (link.Actor{}) || link.RequestID(ctx) != "" {
		t.Error("an empty context has an actor or a request id")
	}
	ctx = link.System(ctx, "expire orders")
	if a := link.ActorFrom(ctx); !a.System || a.Login != "expire orders" || link.RequestID(ctx) == "" {
		t.Errorf("system context: %+v %q", a, link.RequestID(ctx))
	}
	if link.NewRequestID() == link.NewRequestID() {
		t.Error("request ids repeat")
	}
}

// Private buyers log in with their phone number: events identify them by account only.
func TestNoEventCarriesAPhoneNumber(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]string{
		"13800138000": `{"actor":{"a":501,"r":"buyer"}}`,
		"operator":    `{"actor":{"a":501,"l":"operator","r":"buyer"}}`,
		"1380013800":  `{"actor":{"a":501,"l":"1380013800","r":"buyer"}}`, // no phone's length
	} {
		ctx := link.WithActor(context.Background(), link.Actor{Account: 501, Login: login, Role: "buyer"})
		_, _, headers, err := link.Encode(ctx, link.Message{Subject: "evt.orders.v1.order.placed", Data: 1})
		if err != nil || string(headers) != want {
			t.Errorf("%s: headers %s, %v", login, headers, err)
		}
	}
}

// A server without room is one to ask again later, and nothing was done.
func TestFullDiskIsUnavailable(t *testing.T) {
	t.Parallel()
	for code, key := range map[string]string{"53100": "disk_full", "53200": "unavailable", "53300": "unavailable"} {
		e := link.AsError(fmt.Errorf("write: %w", &pq.Error{Code: pqerror.Code(code)}))
		if e.Code != link.Unavailable || e.Key != key || (key == "disk_full") != (e.RetryAfter > 0) {
			t.Errorf("%s: %+v", code, e)
		}
	}
}
