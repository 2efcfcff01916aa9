-- +goose Up

-- An account that its owner closed keeps its number, which orders and the audit trail name, and nothing of the person.
ALTER TABLE account ADD COLUMN closed_at timestamptz;

-- Requests of people to correct what is held of them, answered by the county.
CREATE TABLE correction (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL CONSTRAINT correction_account REFERENCES account,
    text        text   NOT NULL CONSTRAINT correction_text CHECK (text <> '' AND length(text) <= 2000),
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer      text   NOT NULL DEFAULT '',
    answered_by bigint NOT NULL DEFAULT 0,
    answered_at timestamptz,
    CONSTRAINT correction_answered CHECK ((answered_at IS NULL) = (answered_by = 0))
);
CREATE INDEX correction_open ON correction (asked_at) WHERE answered_at IS NULL;
CREATE INDEX correction_of ON correction (account_id, asked_at);

-- +goose Down
DROP TABLE correction;
ALTER TABLE account DROP COLUMN closed_at;
