package link

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Listen passes on the events of a subject as they are published, until stop. It keeps no position in the stream: an
// event published while the connection is down, or faster than fn takes it, is lost; every listening process gets all
// others. It is for hints, such as that a page may be read anew; an effect that must happen needs a Consumer.
// An event that cannot be read is passed over. fn is called for one event after another, so it must not wait.
//
// While a listener exists, the relay notices a lost stream later: the broker no longer reports at once that a message has
// no receiver, and the relay waits until the confirmation fails to come.
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
		_ = nc.FlushTimeout(5 * time.Second) // on failure the broker gets the subscription with the next reconnect
	}
	return func() { _ = sub.Unsubscribe() }, nil // a connection that was closed listens no more
}
