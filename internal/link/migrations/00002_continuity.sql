-- +goose Up

-- A database that went back, to a backup or to a standby, counts seq from an earlier number. The salt keeps its new events
-- apart from events of the lost time: streams and inboxes know an event by schema, seq and salt. Rows written before have
-- none, and the id they always had.
ALTER TABLE outbox ADD COLUMN salt integer;
ALTER TABLE outbox ALTER COLUMN salt SET DEFAULT (random() * 2147483647)::integer;

-- The relay's view of each stream that it publishes to: its last confirmed message, and the time before which every
-- consumer had applied everything.
CREATE TABLE stream_seen (
    module     text PRIMARY KEY,
    created    timestamptz NOT NULL, -- of the stream
    last_seq   bigint      NOT NULL DEFAULT 0,
    last_id    text        NOT NULL DEFAULT '',
    applied_to timestamptz NOT NULL DEFAULT now(),
    noted_at   timestamptz NOT NULL DEFAULT now() -- rows marked since then are behind last_seq
);

-- A consumer's place in its stream, as this database knows it: everything up to floor is in the inbox.
CREATE TABLE consumer_seen (
    consumer text        NOT NULL,
    module   text        NOT NULL,
    created  timestamptz NOT NULL, -- of the stream
    floor    bigint      NOT NULL,
    PRIMARY KEY (consumer, module)
);

-- +goose Down
DROP TABLE consumer_seen;
DROP TABLE stream_seen;
ALTER TABLE outbox DROP COLUMN salt;
