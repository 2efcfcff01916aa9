-- +goose Up

-- Above a limit a second person lets a refund go.
ALTER TABLE refund DROP CONSTRAINT refund_state_check;
ALTER TABLE refund ADD CONSTRAINT refund_state_check
    CHECK (state IN ('review', 'ready', 'sending', 'unknown', 'pending', 'succeeded', 'failed', 'by_bank'));
ALTER TABLE refund
    ADD COLUMN needs_approval bool NOT NULL DEFAULT false,
    ADD COLUMN caused_by      text NOT NULL DEFAULT '',
    ADD COLUMN approved_by    text NOT NULL DEFAULT '',
    ADD COLUMN approved_at    timestamptz,
    ADD CONSTRAINT refund_approved CHECK (state = 'review' OR NOT needs_approval OR approved_by <> '');

-- A payment that its buyer takes back through the bank.
CREATE TABLE dispute (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id  bigint NOT NULL REFERENCES payment (id),
    ref         text   NOT NULL REFERENCES ref (ref),
    method      text   NOT NULL,
    provider_id text   NOT NULL,
    state       text   NOT NULL CHECK (state IN ('inquiry', 'open', 'won', 'lost', 'closed')),
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    reason      text   NOT NULL DEFAULT '',
    changes     int    NOT NULL DEFAULT 0, -- counts what is posted
    opened_at   timestamptz NOT NULL,
    respond_by  timestamptz,
    ended_at    timestamptz,
    CONSTRAINT dispute_provider UNIQUE (method, provider_id)
);
CREATE INDEX dispute_payment ON dispute (payment_id);
CREATE INDEX dispute_state ON dispute (state, id);
ALTER TABLE provider_event ADD COLUMN dispute_id text NOT NULL DEFAULT '';

-- What a provider did with our money by its own books; kept because it costs fees and is paid out without asking us.
CREATE TABLE provider_movement (
    provider   text   NOT NULL,
    id         text   NOT NULL,
    kind       text   NOT NULL CHECK (kind IN ('payment', 'refund', 'dispute', 'fee', 'payout', 'other')),
    payment_id bigint NOT NULL DEFAULT 0, -- ours, where the provider told it
    session_id text   NOT NULL DEFAULT '',
    refund_id  text   NOT NULL DEFAULT '',
    dispute_id text   NOT NULL DEFAULT '',
    amount_fen bigint NOT NULL,
    fee_fen    bigint NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX provider_movement_at ON provider_movement (provider, at);

-- Lines of the bank's statement: what came in is in bank_statement_line, what went out here.
CREATE TABLE bank_outgoing_line (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account      text   NOT NULL DEFAULT 'main',
    bank_ref     text   NOT NULL,
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    payee        text   NOT NULL,
    memo         text   NOT NULL,
    paid_on      date   NOT NULL,
    state        text   NOT NULL CHECK (state IN ('open', 'explained')),
    explained_as text   NOT NULL DEFAULT '',
    actor        text   NOT NULL,
    created_at   timestamptz NOT NULL,
    UNIQUE (account, bank_ref)
);
CREATE INDEX bank_outgoing_line_state ON bank_outgoing_line (state, id);
CREATE INDEX bank_outgoing_line_as ON bank_outgoing_line (explained_as) WHERE explained_as <> '';

ALTER TABLE bank_statement_line
    ADD COLUMN booked_as   text NOT NULL DEFAULT '', -- what was booked before it came: kind:id
    ADD COLUMN return_ref  text NOT NULL DEFAULT '',
    ADD COLUMN returned_on date,
    ADD COLUMN in_file     bool NOT NULL DEFAULT false; -- a statement showed it; what was entered by hand only may be a slip
CREATE INDEX bank_statement_line_booked ON bank_statement_line (booked_as) WHERE booked_as <> '';
CREATE UNIQUE INDEX bank_statement_line_return ON bank_statement_line (return_ref) WHERE return_ref <> '';

-- Which days the imported statements cover: only of those can something be missing.
CREATE TABLE bank_statement_file (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account     text NOT NULL DEFAULT 'main',
    name        text NOT NULL,
    sha256      text NOT NULL,
    from_on     date NOT NULL,
    to_on       date NOT NULL,
    lines       int  NOT NULL,
    imported_by text NOT NULL,
    imported_at timestamptz NOT NULL,
    UNIQUE (account, sha256)
);

CREATE TABLE cash_banking (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slip       text   NOT NULL CONSTRAINT cash_banking_slip UNIQUE,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    paid_on    date   NOT NULL,
    actor      text   NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE reconciliation (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    daily  date CONSTRAINT reconciliation_daily UNIQUE, -- the day that it is the job's for; none when a person asked
    ran_at timestamptz NOT NULL,
    ran_by text  NOT NULL,
    found  int   NOT NULL,
    result jsonb NOT NULL
);

-- The sandbox provider's fees, disputes and payouts.
ALTER TABLE sandbox_session ADD COLUMN fee_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE sandbox_refund ADD COLUMN returned bool NOT NULL DEFAULT false; -- it had succeeded and came back
CREATE TABLE sandbox_dispute (
    id         text   PRIMARY KEY,
    session_id text   NOT NULL REFERENCES sandbox_session (id),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    fee_fen    bigint NOT NULL DEFAULT 0,
    state      text   NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    opened_at  timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX sandbox_dispute_session ON sandbox_dispute (session_id);
CREATE TABLE sandbox_payout (
    id         text   PRIMARY KEY,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    at         timestamptz NOT NULL
);

-- +goose Down
DROP TABLE sandbox_payout, sandbox_dispute, reconciliation, cash_banking, bank_statement_file, bank_outgoing_line, provider_movement, dispute;
ALTER TABLE sandbox_session DROP COLUMN fee_fen;
ALTER TABLE sandbox_refund DROP COLUMN returned;
DROP INDEX bank_statement_line_booked, bank_statement_line_return;
ALTER TABLE bank_statement_line DROP COLUMN booked_as, DROP COLUMN return_ref, DROP COLUMN returned_on, DROP COLUMN in_file;
ALTER TABLE provider_event DROP COLUMN dispute_id;
ALTER TABLE refund DROP CONSTRAINT refund_approved, DROP CONSTRAINT refund_state_check,
    DROP COLUMN needs_approval, DROP COLUMN caused_by, DROP COLUMN approved_by, DROP COLUMN approved_at;
ALTER TABLE refund ADD CONSTRAINT refund_state_check
    CHECK (state IN ('ready', 'sending', 'unknown', 'pending', 'succeeded', 'failed', 'by_bank'));
