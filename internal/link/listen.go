package link

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Listen passes on the events of a subject as they are published, until stop. It keeps no position in the stream: what
// is published while the connection is down or faster than fn takes it is lost, and every process that listens hears
// everything else. It is for hints, such as that something may be looked at anew; what has to happen needs a Consumer.
// An event that cannot be read is passed over. The events come one after another, so fn must not wait.
//
// A stream that the broker has lost is missed later while somebody listens: the relay is no longer told at once that
// nobody takes what it publishes, but finds that no confirmation comes.
func Listen(nc *nats.Conn, subject string, fn func(Event)) (stop func(), err error) {
	sub, err := nc.Subscribe(subject, func(m *nats.Msg) {
		ev := Event{ID: m.Header.Get(jetstream.MsgIDHeader), Subject: m.Subject, OccurredAt: time.Now(), Data: m.Data, Deliveries: 1}
		if ev.fill(m.Header) == nil {
			fn(ev)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("listen to %s: %w", subject, err)
	}
	if nc.IsConnected() {
		_ = nc.FlushTimeout(5 * time.Second) // the broker learns of it later then, as it does when it comes back
	}
	return func() { _ = sub.Unsubscribe() }, nil // a connection that was closed listens no more
}
