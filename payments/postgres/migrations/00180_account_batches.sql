-- +goose Up

-- Payout accounts that come in a sheet, approved together by a second person.
CREATE TABLE account_batch (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text   NOT NULL,
    state      text   NOT NULL,
    opened_at  timestamptz NOT NULL,
    opened_by  text   NOT NULL,
    opener     bigint NOT NULL, -- account id, 0 for the system
    fault      text   NOT NULL DEFAULT '',
    next_at    timestamptz NOT NULL, -- a check that a stop interrupted is taken up then
    keep_until timestamptz NOT NULL, -- rows that were not taken are gone then
    decider    bigint NOT NULL DEFAULT 0,
    decider_login text NOT NULL DEFAULT '',
    decider_role  text NOT NULL DEFAULT '',
    decided_by text   NOT NULL DEFAULT '',
    decided_at timestamptz,
    why        text   NOT NULL DEFAULT '',
    CONSTRAINT account_batch_second_person CHECK (decider = 0 OR decider <> opener)
);

-- A row is sealed as it was sent, until it is applied or its time is over. Findings hold no names and no numbers.
CREATE TABLE account_batch_row (
    batch_id  bigint NOT NULL REFERENCES account_batch (id),
    line      int    NOT NULL,
    sealed    bytea,
    tail      text   NOT NULL DEFAULT '',
    code      text   NOT NULL DEFAULT '',
    household bigint NOT NULL DEFAULT 0,
    outcome   text   NOT NULL DEFAULT '',
    unusual   boolean NOT NULL DEFAULT false,
    findings  jsonb  NOT NULL DEFAULT '[]',
    holder    text   NOT NULL DEFAULT '', -- head or member
    shared    bigint[] NOT NULL DEFAULT '{}',
    record    text   NOT NULL DEFAULT '', -- the household's accounts when it was checked
    excluded  text   NOT NULL DEFAULT '',
    excluded_by text NOT NULL DEFAULT '',
    skipped   text   NOT NULL DEFAULT '',
    account_id bigint REFERENCES payout_account (id),
    PRIMARY KEY (batch_id, line)
);

ALTER TABLE payout_account ADD COLUMN batch_id bigint REFERENCES account_batch (id);

-- +goose Down
ALTER TABLE payout_account DROP COLUMN batch_id;
DROP TABLE account_batch_row;
DROP TABLE account_batch;
