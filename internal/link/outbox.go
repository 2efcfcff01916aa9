package link

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Message is an event or a command to be published: Data becomes JSON.
type Message struct {
	Subject string
	Data    any
}

// The limits repeat the outbox's checks, to name the mistake before a transaction is lost to it.
const messageLimit = 900_000

var publishable = regexp.MustCompile(`^(evt|cmd)\.[a-z][a-z0-9_-]*(\.[A-Za-z0-9_-]+)+$`)

// Encode gives the columns subject, data and headers of an outbox row, for statements that insert theirs in a CTE:
//
//	WITH … INSERT INTO outbox (subject, data, headers)
//	SELECT s, d::json, $3::json FROM unnest($1::text[], $2::text[]) AS m (s, d)
func Encode(ctx context.Context, m Message) (subject string, data []byte, headers []byte, err error) {
	if !publishable.MatchString(m.Subject) {
		return "", nil, nil, fmt.Errorf("encode message: subject %q is not evt.<module>.… or cmd.<module>.…", m.Subject)
	}
	if data, err = Marshal(m.Data); err != nil {
		return "", nil, nil, fmt.Errorf("encode message %s: %w", m.Subject, err)
	}
	if headers, err = encodeOrigin(ctx); err != nil {
		return "", nil, nil, err
	}
	if len(data)+len(headers) > messageLimit {
		return "", nil, nil, E(TooLarge, "too_large", "").Because(fmt.Errorf("message %s of %d bytes", m.Subject, len(data)))
	}
	return m.Subject, data, headers, nil
}

// Publish writes messages to the outbox of tx, in this order and in one statement. They are published after the commit,
// within a moment if the process then calls Relay.Notify and within the relay's poll otherwise.
func Publish(ctx context.Context, tx sqlx.ExtContext, msgs ...Message) error {
	if len(msgs) == 0 {
		return nil
	}
	subjects := make([]string, len(msgs))
	data := make([]string, len(msgs))
	var headers []byte
	for i, m := range msgs {
		s, d, h, err := Encode(ctx, m)
		if err != nil {
			return err
		}
		subjects[i], data[i], headers = s, string(d), h
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO outbox (subject, data, headers)
		SELECT s, d::json, $3::json
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS m (s, d, n) ORDER BY n`,
		pq.StringArray(subjects), pq.StringArray(data), string(headers))
	if err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	return nil
}

// Backlog tells how many messages of the schema wait to be published and for how long the oldest has, and how many
// events its consumers gave up on.
func Backlog(ctx context.Context, db *sqlx.DB) (unpublished int, oldest time.Duration, dead int, err error) {
	var seconds float64
	err = db.QueryRowxContext(ctx, `
		SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8,
		       (SELECT count(*) FROM dead_letter)
		FROM outbox WHERE published_at IS NULL`).Scan(&unpublished, &seconds, &dead)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("read backlog: %w", err)
	}
	return unpublished, time.Duration(seconds * float64(time.Second)), dead, nil
}

// Replay has the relay publish again all messages written at or after since: for a broker that lost its streams. Consumers
// that have seen an event do not apply it again.
func Replay(ctx context.Context, db *sqlx.DB, since time.Time) (int64, error) {
	res, err := db.ExecContext(ctx, `
		UPDATE outbox SET published_at = NULL WHERE created_at >= $1 AND published_at IS NOT NULL`, since)
	if err != nil {
		return 0, fmt.Errorf("replay outbox: %w", err)
	}
	return res.RowsAffected()
}

// Again has messages of a subject published again whose data holds the fields of match, if they were written at or after
// since and published before published: for a consumer that should have heard of them long ago.
func Again(ctx context.Context, tx sqlx.ExtContext, subject string, match any, since, published time.Time) (int64, error) {
	fields, err := Marshal(match)
	if err != nil {
		return 0, fmt.Errorf("publish again: %w", err)
	}
	res, err := tx.ExecContext(ctx, `
		UPDATE outbox SET published_at = NULL
		WHERE created_at >= $3 AND subject = $1 AND published_at < $4 AND data::jsonb @> $2::jsonb`, subject, string(fields), since, published)
	if err != nil {
		return 0, fmt.Errorf("publish again: %w", err)
	}
	return res.RowsAffected()
}
