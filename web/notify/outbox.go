package notify

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"time"
)

// Queued is a message to a buyer: of what it tells, and how far it got. Its text is written when it is sent, from the facts of
// that moment.
type Queued struct {
	ID      int64     `db:"id"`
	Event   string    `db:"event"` // that caused it: an event and a kind make one message
	Kind    string    `db:"kind"`
	About   string    `db:"about"` // order:12, adoption:61, sale:5
	Account int64     `db:"account_id"`
	Subject int64     `db:"subject"` // of the kind: a question, a refund in fen
	SendAt  time.Time `db:"send_at"`

	State    State      `db:"state"`
	Attempts int        `db:"attempts"`
	Channel  Channel    `db:"channel"` // by which it was sent
	DoneAt   *time.Time `db:"done_at"`
}

// Channel is the way by which a buyer wants messages.
type Channel string

const (
	ByText Channel = "text" // text message to the account's phone
	ByNone Channel = "none" // only on the pages
)

// Valid reports whether c is one of the channels.
func (c Channel) Valid() bool { return c == ByText || c == ByNone }

// Outbox keeps messages until they are sent, and the buyers' choices.
type Outbox interface {
	// Queue adds messages; a message of a known event and kind is left out.
	Queue(ctx context.Context, messages []Queued) error
	// Claim takes up to limit messages that are due at now, for this process until the lease ends, and counts the attempt.
	Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Queued, error)
	// Done writes the end of a claimed message. A message that ended already stays as it is.
	Done(ctx context.Context, id int64, step Step, channel Channel, digest []byte, at time.Time) error
	// Later puts a claimed message off; without an attempt where nothing was tried.
	Later(ctx context.Context, id int64, at time.Time, tried bool) error
	// Said reports whether the account was sent the same text about the same thing before.
	Said(ctx context.Context, account int64, about string, digest []byte) (bool, error)
	// About lists the messages about a thing to an account, oldest first.
	About(ctx context.Context, account int64, about string) ([]Queued, error)
	// ChannelOf and SetChannel are the buyer's choice: text messages until another is made.
	ChannelOf(ctx context.Context, account int64) (Channel, error)
	SetChannel(ctx context.Context, account int64, channel Channel) error
}

// Verdict is the result of writing a message at the moment of sending.
type Verdict int

const (
	Say    Verdict = iota // it is true: send it
	Untrue                // it is not true any more: send nothing
	NotYet                // a fact that it needs is still to come
)

// Composer writes a message from the facts of the moment. An empty phone means that the buyer has none.
type Composer func(ctx context.Context, q Queued) (text, phone string, v Verdict, err error)

// Patience of sending.
const (
	// MaxTries is the number of attempts after which a message has failed.
	MaxTries   = 6
	lease      = 2 * time.Minute
	notYetWait = 20 * time.Second
	round      = 2 * time.Second
	atOnce     = 20
)

// RetryAfter is how long a message waits after so many attempts: a minute, then four times as long each time.
func RetryAfter(attempts int) time.Duration {
	wait := time.Minute
	for range min(max(attempts-1, 0), MaxTries) {
		wait *= 4
	}
	return min(wait, 12*time.Hour)
}

// Sender sends queued messages. Several may run; each message is sent by one of them.
type Sender struct {
	Outbox   Outbox
	Notifier Notifier
	Compose  Composer
	Now      func() time.Time
	Log      *slog.Logger
}

// Run sends messages as they fall due, until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	tick := time.NewTicker(round)
	defer tick.Stop()
	for {
		if err := s.Round(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "messages to buyers", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Round sends the messages that are due now.
func (s *Sender) Round(ctx context.Context) error {
	due, err := s.Outbox.Claim(ctx, s.Now(), lease, atOnce)
	if err != nil {
		return err
	}
	for _, q := range due {
		if err := s.one(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sender) one(ctx context.Context, q Queued) error {
	text, phone, verdict, err := s.Compose(ctx, q)
	if err != nil {
		s.Log.WarnContext(ctx, "message to a buyer not written", "kind", q.Kind, "about", q.About, "error", err)
		return s.again(ctx, q, "")
	}
	switch verdict {
	case Untrue:
		return s.Outbox.Done(ctx, q.ID, StepDrop, "", nil, s.Now())
	case NotYet:
		return s.Outbox.Later(ctx, q.ID, s.Now().Add(notYetWait), false)
	}
	channel, err := s.Outbox.ChannelOf(ctx, q.Account)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(text))
	said, err := s.Outbox.Said(ctx, q.Account, q.About, sum[:])
	switch {
	case err != nil:
		return err
	case said, channel == ByNone:
		return s.Outbox.Done(ctx, q.ID, StepDrop, channel, nil, s.Now())
	case phone == "":
		return s.Outbox.Done(ctx, q.ID, StepFail, channel, nil, s.Now())
	}
	if err := s.Notifier.Notify(ctx, Message{Phone: phone, Text: text, Kind: q.Kind, Key: q.Event + "/" + q.Kind}); err != nil {
		s.Log.WarnContext(ctx, "message to a buyer not sent", "kind", q.Kind, "about", q.About, "attempt", q.Attempts, "error", err)
		return s.again(ctx, q, channel)
	}
	return s.Outbox.Done(ctx, q.ID, StepSend, channel, sum[:], s.Now())
}

// again puts a message off, or gives it up after its last try.
func (s *Sender) again(ctx context.Context, q Queued, channel Channel) error {
	if q.Attempts >= MaxTries {
		return s.Outbox.Done(ctx, q.ID, StepFail, channel, nil, s.Now())
	}
	return s.Outbox.Later(ctx, q.ID, s.Now().Add(RetryAfter(q.Attempts)), true)
}

// RemindAt is the moment to remind of a deadline: when a quarter of the time is left, a day before at the earliest. ok is
// false where less than ten minutes are left altogether.
func RemindAt(from, until time.Time) (at time.Time, ok bool) {
	span := until.Sub(from)
	if span < 10*time.Minute {
		return time.Time{}, false
	}
	return until.Add(-min(span/4, 24*time.Hour)), true
}
