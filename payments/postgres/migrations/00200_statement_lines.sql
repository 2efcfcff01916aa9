-- A line of a statement is identified by its reference, day, amount and the balance behind it: some banks number the
-- lines of each day anew. A process of the release before this one refuses statements until it is replaced.

-- +goose Up
ALTER TABLE bank_statement_line
    ADD COLUMN line_key    text NOT NULL DEFAULT '',
    ADD COLUMN balance_fen bigint,
    ADD COLUMN reversal    bool NOT NULL DEFAULT false; -- it takes back what went out
UPDATE bank_statement_line SET line_key = bank_ref;
ALTER TABLE bank_statement_line
    DROP CONSTRAINT bank_statement_line_account_bank_ref_key,
    ADD CONSTRAINT bank_statement_line_key UNIQUE (account, line_key),
    ADD CONSTRAINT bank_statement_line_named CHECK (line_key <> '');
CREATE INDEX bank_statement_line_ref ON bank_statement_line (bank_ref);

ALTER TABLE bank_outgoing_line
    ADD COLUMN line_key    text NOT NULL DEFAULT '',
    ADD COLUMN balance_fen bigint,
    ADD COLUMN reversal    bool NOT NULL DEFAULT false; -- it takes back what came in
UPDATE bank_outgoing_line SET line_key = bank_ref;
ALTER TABLE bank_outgoing_line
    DROP CONSTRAINT bank_outgoing_line_account_bank_ref_key,
    ADD CONSTRAINT bank_outgoing_line_key UNIQUE (account, line_key);
CREATE INDEX bank_outgoing_line_ref ON bank_outgoing_line (bank_ref);

-- Lines that a person has to decide on. They are in no book.
CREATE TABLE bank_doubtful_line (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account     text   NOT NULL DEFAULT 'main',
    line_key    text   NOT NULL,
    bank_ref    text   NOT NULL,
    fen         bigint NOT NULL CHECK (fen <> 0), -- + came in, - went out
    either      bool   NOT NULL,                  -- nobody knows which
    party       text   NOT NULL,
    memo        text   NOT NULL,
    paid_on     date   NOT NULL,
    balance_fen bigint,
    reversal    bool   NOT NULL,
    currency    text   NOT NULL,
    seen        text   NOT NULL, -- the amount as the file has it
    doubts      text[] NOT NULL CHECK (cardinality(doubts) > 0),
    in_file     bool   NOT NULL,
    state       text   NOT NULL CHECK (state IN ('open', 'booked', 'skipped')),
    actor       text   NOT NULL,
    created_at  timestamptz NOT NULL,
    decided_by  text   NOT NULL DEFAULT '',
    decided_at  timestamptz,
    CONSTRAINT bank_doubtful_line_key UNIQUE (account, line_key)
);
CREATE INDEX bank_doubtful_line_state ON bank_doubtful_line (state, id);
CREATE INDEX bank_doubtful_line_ref ON bank_doubtful_line (bank_ref);

ALTER TABLE bank_statement_file ADD COLUMN opening_fen bigint, ADD COLUMN closing_fen bigint;

-- +goose Down
ALTER TABLE bank_statement_file DROP COLUMN opening_fen, DROP COLUMN closing_fen;
DROP TABLE bank_doubtful_line;
DROP INDEX bank_outgoing_line_ref, bank_statement_line_ref;
ALTER TABLE bank_outgoing_line DROP CONSTRAINT bank_outgoing_line_key, DROP COLUMN line_key, DROP COLUMN balance_fen, DROP COLUMN reversal,
    ADD CONSTRAINT bank_outgoing_line_account_bank_ref_key UNIQUE (account, bank_ref);
ALTER TABLE bank_statement_line DROP CONSTRAINT bank_statement_line_key, DROP CONSTRAINT bank_statement_line_named,
    DROP COLUMN line_key, DROP COLUMN balance_fen, DROP COLUMN reversal,
    ADD CONSTRAINT bank_statement_line_account_bank_ref_key UNIQUE (account, bank_ref);
