-- +goose Up
-- A report is made in the background by whichever process claims it; run_until is the lease of who makes it.
CREATE TABLE report (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text    NOT NULL,
    season      integer NOT NULL,
    lang        text    NOT NULL,
    state       text    NOT NULL CONSTRAINT report_state_known CHECK (state IN ('queued', 'running', 'done', 'failed')),
    rows        integer NOT NULL DEFAULT 0,
    total       integer NOT NULL DEFAULT 0,
    account_id  bigint  NOT NULL REFERENCES account (id),
    failure_key text    NOT NULL DEFAULT '',
    file        text    NOT NULL DEFAULT '',
    data        bytea,
    attempts    integer NOT NULL DEFAULT 0,
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_until   timestamptz,
    ended_at    timestamptz,
    CONSTRAINT report_done_has_file CHECK ((state = 'done') = (data IS NOT NULL))
);
-- Asking twice is asking once.
CREATE UNIQUE INDEX report_asked_once ON report (account_id, kind, season, lang) WHERE state IN ('queued', 'running');
CREATE INDEX report_waiting ON report (id) WHERE state IN ('queued', 'running');

-- +goose Down
DROP TABLE report;
