// Package notify tells people by text message: households of actions in their name, buyers of events of their orders.
//
// What must always hold: a message is sent after the event that it tells of, and a failure to send undoes nothing; a message
// to a buyer is written when it is sent, and not sent when it is no longer true; an event tells a buyer of a kind once;
// receiver and text do not reach the log.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Message is a text for one phone.
type Message struct {
	Phone string `json:"phone"`
	Email string `json:"email,omitempty"` // instead of the phone, for a mail server
	Text  string `json:"text"`
	Kind  string `json:"kind"`          // of what it tells, such as offer
	Key   string `json:"key,omitempty"` // the same each time a message is tried, so that a gateway can send it once
}

// Notifier sends messages.
type Notifier interface {
	Notify(ctx context.Context, m Message) error
}

// Code is the kind of a message with a code, without which nobody registers.
const Code = "code"

// Log sends nothing and notes that it would have: for places without a provider.
type Log struct {
	Log   *slog.Logger
	Codes bool // show codes, so that one can register where the product is developed or tried out; never in production
}

// Notify implements Notifier.
func (l Log) Notify(ctx context.Context, m Message) error {
	to := masked(m.Phone)
	if m.Email != "" {
		to = masked(m.Email)
	}
	if l.Codes && m.Kind == Code {
		l.Log.InfoContext(ctx, "message with a code (shown because no provider is set)", "to", to, "text", m.Text)
		return nil
	}
	l.Log.InfoContext(ctx, "text message", "phone", to, "kind", m.Kind, "characters", len([]rune(m.Text)))
	return nil
}

func masked(phone string) string {
	if len(phone) < 7 {
		return "***"
	}
	return phone[:3] + "****" + phone[len(phone)-4:]
}

// HTTP hands messages to a provider's gateway: a POST of the message as JSON, which 2xx accepts.
type HTTP struct {
	URL    string
	Client *http.Client // with a timeout; one of five seconds if nil
}

// Notify implements Notifier.
func (h HTTP) Notify(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("address of the gateway: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	client := h.Client
	if client == nil {
		// A gateway that moved is set anew: a message goes to no address that nobody set.
		client = &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	res, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send message: the gateway answers %s", res.Status)
	}
	return nil
}
