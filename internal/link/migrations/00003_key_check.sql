-- +goose Up
-- Values derived from the keys that this schema's secrets are sealed with: a process with another key does not start.
CREATE TABLE key_check (
    value bytea PRIMARY KEY CHECK (length(value) = 16),
    since timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE key_check;
