package link

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

// memoMost bounds a memo: people that act at the same time, and a few jobs.
const memoMost = 4096

// memo remembers the results of a pure function. It forgets all of them when it is full.
type memo[K comparable, V any] struct {
	mu     sync.RWMutex
	values map[K]V
}

func (m *memo[K, V]) get(key K, f func(K) (V, error)) (V, error) {
	m.mu.RLock()
	v, ok := m.values[key]
	m.mu.RUnlock()
	if ok {
		return v, nil
	}
	v, err := f(key)
	if err != nil {
		return v, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil || len(m.values) >= memoMost {
		m.values = map[K]V{}
	}
	m.values[key] = v
	return v, nil
}

// Every request and event carries its actor, and the same few act again and again: each actor is encoded and decoded
// once.
var (
	actorText memo[Actor, string]
	actorOf   memo[string, Actor]
)

func encodeActor(a Actor) (string, error) {
	return actorText.get(a, func(a Actor) (string, error) {
		b, err := Marshal(a)
		if err != nil {
			return "", fmt.Errorf("encode actor: %w", err)
		}
		return string(b), nil
	})
}

func decodeActor(text string) (Actor, error) {
	return actorOf.get(text, func(text string) (Actor, error) {
		var a Actor
		if err := Unmarshal([]byte(text), &a); err != nil {
			return Actor{}, fmt.Errorf("decode actor: %w", err)
		}
		return a, nil
	})
}

// origin is the part of a context that the outbox stores, and that Encode returns as headers.
type origin struct {
	RequestID string          `json:"request,omitempty"`
	Actor     json.RawMessage `json:"actor,omitempty"`
}

// originOf describes an event's origin. The actor is left out if there is none.
func originOf(requestID string, a Actor) (origin, error) {
	o := origin{RequestID: requestID}
	if a != (Actor{}) {
		text, err := encodeActor(a)
		if err != nil {
			return origin{}, err
		}
		o.Actor = json.RawMessage(text)
	}
	return o, nil
}

// encode writes the JSON of o. Both of its parts are JSON already, or nearly so.
func (o origin) encode() ([]byte, error) {
	if !plain(o.RequestID) {
		return Marshal(o)
	}
	b := make([]byte, 0, len(o.RequestID)+len(o.Actor)+len(`{"request":"","actor":}`))
	b = append(b, '{')
	if o.RequestID != "" {
		b = append(b, `"request":"`...)
		b = append(b, o.RequestID...)
		b = append(b, '"')
	}
	if len(o.Actor) > 0 {
		if o.RequestID != "" {
			b = append(b, ',')
		}
		b = append(b, `"actor":`...)
		b = append(b, o.Actor...)
	}
	return append(b, '}'), nil
}

// actor returns the actor of o, or the zero Actor.
func (o origin) actor() (Actor, error) {
	if len(o.Actor) == 0 || string(o.Actor) == "null" {
		return Actor{}, nil
	}
	return decodeActor(string(o.Actor))
}

func encodeOrigin(ctx context.Context) ([]byte, error) {
	o, err := originOf(RequestID(ctx), ActorFrom(ctx).public())
	if err != nil {
		return nil, fmt.Errorf("encode message headers: %w", err)
	}
	b, err := o.encode()
	if err != nil {
		return nil, fmt.Errorf("encode message headers: %w", err)
	}
	return b, nil
}

// plain reports whether s stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}
