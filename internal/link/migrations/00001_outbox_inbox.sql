-- +goose Up
CREATE TABLE outbox (
    seq          bigserial PRIMARY KEY,
    subject      text        NOT NULL,
    data         json        NOT NULL,
    headers      json        NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    -- What could never be published must not get in: it would hold up what stands behind it.
    CONSTRAINT outbox_subject_publishable CHECK (subject ~ '^(evt|cmd)\.[a-z][a-z0-9_-]*(\.[A-Za-z0-9_-]+)+$'),
    CONSTRAINT outbox_data_fits CHECK (octet_length(data::text) + octet_length(headers::text) <= 900000)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.1);
CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;
CREATE INDEX outbox_created ON outbox USING brin (created_at);

-- Consumers know an event by schema and seq. A schema made anew must not reuse the numbers of the one before, or its
-- first events would be taken for old ones: count from the clock.
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('ALTER SEQUENCE outbox_seq_seq START WITH %s RESTART',
                   (extract(epoch FROM clock_timestamp()) * 1000)::bigint * 1000 + 1);
END
$$;
-- +goose StatementEnd

CREATE TABLE inbox (
    consumer    text        NOT NULL,
    event_id    text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_received ON inbox USING brin (received_at);

-- Attempts that failed, of events that will be tried again.
CREATE TABLE inbox_attempt (
    consumer   text NOT NULL,
    event_id   text NOT NULL,
    attempts   int  NOT NULL,
    last_error text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);

CREATE TABLE dead_letter (
    id          bigserial PRIMARY KEY,
    consumer    text        NOT NULL,
    event_id    text        NOT NULL,
    subject     text        NOT NULL,
    data        text        NOT NULL, -- as it came, JSON or not
    headers     json        NOT NULL DEFAULT '{}',
    error       text        NOT NULL,
    deliveries  int         NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (consumer, event_id)
);

-- +goose Down
DROP TABLE dead_letter;
DROP TABLE inbox_attempt;
DROP TABLE inbox;
DROP TABLE outbox;
