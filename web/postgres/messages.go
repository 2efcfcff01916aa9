package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/notify"
)

// Outbox keeps the messages to buyers.
type Outbox struct{ db *sqlx.DB }

var _ notify.Outbox = Outbox{}

// Outbox returns the store of messages.
func (s *Store) Outbox() Outbox { return Outbox{s.db} }

const messageColumns = `id, event, kind, about, account_id, subject, send_at, state, attempts, channel, done_at`

// Queue implements notify.Outbox.
func (o Outbox) Queue(ctx context.Context, messages []notify.Queued) error {
	return link.InTx(ctx, o.db, nil, func(tx *sqlx.Tx) error {
		for _, q := range messages {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO message (event, kind, about, account_id, subject, send_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT ON CONSTRAINT message_once DO NOTHING`,
				q.Event, q.Kind, q.About, q.Account, q.Subject, q.SendAt, string(notify.Waiting))
			if err != nil {
				return fmt.Errorf("queue message: %w", err)
			}
		}
		return nil
	})
}

// Claim implements notify.Outbox.
func (o Outbox) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]notify.Queued, error) {
	var due []notify.Queued
	err := o.db.SelectContext(ctx, &due, `
		UPDATE message SET send_at = $2, attempts = attempts + 1
		WHERE id IN (SELECT id FROM message WHERE state = ANY($3) AND send_at <= $1 ORDER BY send_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
		RETURNING `+messageColumns, now, now.Add(lease), waiting(), limit)
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return due, nil
}

// waiting are the states of messages that may still be sent.
func waiting() any {
	return pq.Array(notify.Machine.From(notify.StepSend))
}

// Done implements notify.Outbox.
func (o Outbox) Done(ctx context.Context, id int64, step notify.Step, channel notify.Channel, digest []byte, at time.Time) error {
	to := notify.Machine.To(step)
	_, err := o.db.ExecContext(ctx, `
		UPDATE message SET state = $2, channel = $3, digest = $4, done_at = $5 WHERE id = $1 AND state = ANY($6)`,
		id, string(to), string(channel), digest, at, waiting())
	if err != nil {
		return fmt.Errorf("end message: %w", err)
	}
	return nil
}

// Later implements notify.Outbox.
func (o Outbox) Later(ctx context.Context, id int64, at time.Time, tried bool) error {
	_, err := o.db.ExecContext(ctx, `
		UPDATE message SET send_at = $2, attempts = CASE WHEN $3 THEN attempts ELSE greatest(attempts - 1, 0) END WHERE id = $1 AND state = ANY($4)`,
		id, at, tried, waiting())
	if err != nil {
		return fmt.Errorf("put message off: %w", err)
	}
	return nil
}

// Said implements notify.Outbox.
func (o Outbox) Said(ctx context.Context, account int64, about string, digest []byte) (bool, error) {
	var said bool
	err := o.db.GetContext(ctx, &said, `
		SELECT EXISTS (SELECT FROM message WHERE account_id = $1 AND about = $2 AND state = $3 AND digest = $4)`,
		account, about, string(notify.Sent), digest)
	if err != nil {
		return false, fmt.Errorf("compare message: %w", err)
	}
	return said, nil
}

// About implements notify.Outbox.
func (o Outbox) About(ctx context.Context, account int64, about string) ([]notify.Queued, error) {
	var list []notify.Queued
	err := o.db.SelectContext(ctx, &list, `
		SELECT `+messageColumns+` FROM message WHERE account_id = $1 AND about = $2 ORDER BY coalesce(done_at, send_at), id`, account, about)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return list, nil
}

// ChannelOf implements notify.Outbox.
func (o Outbox) ChannelOf(ctx context.Context, account int64) (notify.Channel, error) {
	var c notify.Channel
	err := o.db.GetContext(ctx, &c, `SELECT channel FROM message_choice WHERE account_id = $1`, account)
	if errors.Is(err, sql.ErrNoRows) {
		return notify.ByText, nil
	}
	if err != nil {
		return "", fmt.Errorf("read choice of messages: %w", err)
	}
	return c, nil
}

// SetChannel implements notify.Outbox.
func (o Outbox) SetChannel(ctx context.Context, account int64, channel notify.Channel) error {
	_, err := o.db.ExecContext(ctx, `
		INSERT INTO message_choice (account_id, channel) VALUES ($1, $2) ON CONFLICT (account_id) DO UPDATE SET channel = excluded.channel`,
		account, string(channel))
	if err != nil {
		return fmt.Errorf("save choice of messages: %w", err)
	}
	return nil
}
