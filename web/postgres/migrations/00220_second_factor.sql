-- +goose Up

-- Second factors. The secret is sealed with the product's key; a code works once, for its step is kept.
CREATE TABLE second_factor (
    account_id    bigint PRIMARY KEY CONSTRAINT second_factor_account REFERENCES account,
    secret_sealed bytea  NOT NULL,
    last_step     bigint NOT NULL,
    enrolled_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One-use codes for the day on which the phone is lost. Only digests are kept.
CREATE TABLE recovery_code (
    account_id bigint NOT NULL CONSTRAINT recovery_code_factor REFERENCES second_factor ON DELETE CASCADE,
    hash       bytea  NOT NULL CONSTRAINT recovery_code_hashed CHECK (length(hash) = 32),
    used_at    timestamptz,
    PRIMARY KEY (account_id, hash)
);

-- What the county rules about the logins of people who approve, see the county or open accounts. One row.
CREATE TABLE security_rules (
    one          boolean PRIMARY KEY DEFAULT true CONSTRAINT security_rules_one CHECK (one),
    grace_days   integer NOT NULL DEFAULT 30 CONSTRAINT security_rules_grace CHECK (grace_days BETWEEN 0 AND 365),
    idle_minutes integer NOT NULL DEFAULT 60 CONSTRAINT security_rules_idle CHECK (idle_minutes BETWEEN 5 AND 480),
    since        timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO security_rules DEFAULT VALUES;

-- Sessions as their owners see them. One that is not in here, or has ended_at, is nobody's; so everybody logs in once again
-- after this.
CREATE TABLE login_session (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL CONSTRAINT login_session_account REFERENCES account,
    program    text   NOT NULL,
    system     text   NOT NULL,
    network    text   NOT NULL,
    begun_at   timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX login_session_open ON login_session (account_id, seen_at) WHERE ended_at IS NULL;
CREATE INDEX login_session_seen ON login_session (seen_at);

ALTER TABLE account_request DROP CONSTRAINT account_request_known,
    ADD CONSTRAINT account_request_known CHECK (kind IN ('open', 'reset', 'change', 'on', 'factor'));
ALTER TABLE account_change DROP CONSTRAINT account_change_known,
    ADD CONSTRAINT account_change_known CHECK (what IN
        ('opened', 'name', 'phone', 'role', 'org', 'household', 'helper', 'password', 'off', 'on', 'factor'));

-- +goose Down
DROP TABLE login_session;
DROP TABLE security_rules;
DROP TABLE recovery_code;
DROP TABLE second_factor;
