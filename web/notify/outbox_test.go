package notify_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"banmuyuan/web/notify"
)

func TestMachine(t *testing.T) {
	t.Parallel()
	if err := notify.Machine.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{0: time.Minute, 1: time.Minute, 2: 4 * time.Minute, 3: 16 * time.Minute, 6: 12 * time.Hour, 60: 12 * time.Hour} {
		if got := notify.RetryAfter(attempts); got != want {
			t.Errorf("after %d: %v, want %v", attempts, got, want)
		}
	}
}

func TestRemindAt(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for span, want := range map[time.Duration]time.Duration{30 * time.Minute: 22*time.Minute + 30*time.Second, 48 * time.Hour: 36 * time.Hour,
		72 * time.Hour: 54 * time.Hour, 30 * 24 * time.Hour: 29 * 24 * time.Hour, 10 * time.Minute: 7*time.Minute + 30*time.Second} {
		if at, ok := notify.RemindAt(from, from.Add(span)); !ok || !at.Equal(from.Add(want)) {
			t.Errorf("of %v: after %v, want %v", span, at.Sub(from), want)
		}
	}
	if _, ok := notify.RemindAt(from, from.Add(9*time.Minute)); ok {
		t.Error("a deadline of nine minutes is reminded of")
	}
}

// memory is an outbox with one message.
type memory struct {
	notify.Outbox
	q       notify.Queued
	channel notify.Channel
	said    bool
	later   []time.Time
	tried   bool
}

func (m *memory) Claim(context.Context, time.Time, time.Duration, int) ([]notify.Queued, error) {
	m.q.Attempts++
	return []notify.Queued{m.q}, nil
}

func (m *memory) Done(_ context.Context, _ int64, step notify.Step, channel notify.Channel, _ []byte, _ time.Time) error {
	m.q.State, m.q.Channel = notify.Machine.To(step), channel
	return nil
}

func (m *memory) Later(_ context.Context, _ int64, at time.Time, tried bool) error {
	m.later, m.tried = append(m.later, at), tried
	return nil
}

func (m *memory) Said(context.Context, int64, string, []byte) (bool, error) { return m.said, nil }

func (m *memory) ChannelOf(context.Context, int64) (notify.Channel, error) { return m.channel, nil }

type provider struct {
	err  error
	sent []notify.Message
}

func (p *provider) Notify(_ context.Context, m notify.Message) error {
	p.sent = append(p.sent, m)
	return p.err
}

func TestSender(t *testing.T) {
	t.Parallel()
	broken := errors.New("gateway is down")
	for name, test := range map[string]struct {
		verdict   notify.Verdict
		phone     string
		channel   notify.Channel
		said      bool
		attempts  int // before this one
		refuse    error
		unwritten error
		sent      int
		state     notify.State // Waiting: put off
	}{
		"sent":                     {notify.Say, "13800138000", notify.ByText, false, 0, nil, nil, 1, notify.Sent},
		"no longer true":           {notify.Untrue, "13800138000", notify.ByText, false, 0, nil, nil, 0, notify.Dropped},
		"a fact is missing":        {notify.NotYet, "13800138000", notify.ByText, false, 0, nil, nil, 0, notify.Waiting},
		"said before":              {notify.Say, "13800138000", notify.ByText, true, 0, nil, nil, 0, notify.Dropped},
		"wants none":               {notify.Say, "13800138000", notify.ByNone, false, 0, nil, nil, 0, notify.Dropped},
		"has no phone":             {notify.Say, "", notify.ByText, false, 0, nil, nil, 0, notify.Failed},
		"refused, tried again":     {notify.Say, "13800138000", notify.ByText, false, 0, broken, nil, 1, notify.Waiting},
		"refused for the last try": {notify.Say, "13800138000", notify.ByText, false, notify.MaxTries - 1, broken, nil, 1, notify.Failed},
		"the module is away":       {notify.Say, "13800138000", notify.ByText, false, 0, nil, broken, 0, notify.Waiting},
	} {
		m := &memory{q: notify.Queued{ID: 1, Event: "orders-7-x", Kind: "order.placed", State: notify.Waiting, Attempts: test.attempts}, channel: test.channel, said: test.said}
		p := &provider{err: test.refuse}
		var log bytes.Buffer
		now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
		s := notify.Sender{Outbox: m, Notifier: p, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Compose: func(context.Context, notify.Queued) (string, string, notify.Verdict, error) {
				return "订单 100000012 已提交", test.phone, test.verdict, test.unwritten
			}}
		if err := s.Round(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if m.q.State != test.state || len(p.sent) != test.sent || (len(m.later) > 0) != (test.state == notify.Waiting) {
			t.Errorf("%s: %s, sent %d, put off to %v", name, m.q.State, len(p.sent), m.later)
		}
		if test.state == notify.Waiting && m.tried != (test.verdict != notify.NotYet) {
			t.Errorf("%s: counts as a try: %v", name, m.tried)
		}
		if test.sent == 1 && p.sent[0].Key != "orders-7-x/order.placed" {
			t.Errorf("%s: key %q", name, p.sent[0].Key)
		}
		if bytes.Contains(log.Bytes(), []byte("100000012")) || bytes.Contains(log.Bytes(), []byte("13800138000")) {
			t.Errorf("%s: the log says %s", name, log.String())
		}
	}
}
