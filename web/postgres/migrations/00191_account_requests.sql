-- +goose Up

-- What one administrator asks for and another decides: accounts of the county's staff and of organisations' approvers are
-- opened, reset, given rights and switched on by two.
CREATE TABLE account_request (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text   NOT NULL CONSTRAINT account_request_known CHECK (kind IN ('open', 'reset', 'change', 'on')),
    state        text   NOT NULL,
    account_id   bigint CONSTRAINT account_request_account REFERENCES account, -- none until it is opened
    seen         bigint NOT NULL DEFAULT 0, -- last entry of the account's history that the asker saw
    login        text   NOT NULL,
    name         text   NOT NULL,
    phone        text   NOT NULL,
    role         text   NOT NULL,
    org_id       bigint NOT NULL,
    household_id bigint NOT NULL,
    helper_id    bigint NOT NULL,
    lang         text   NOT NULL,
    asker        bigint NOT NULL,
    asked_by     text   NOT NULL,
    asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    decider      bigint NOT NULL DEFAULT 0,
    decided_by   text   NOT NULL DEFAULT '',
    decided_at   timestamptz,
    CONSTRAINT account_request_second_person CHECK (decider = 0 OR decider <> asker)
);
CREATE INDEX account_request_open ON account_request (id) WHERE decided_at IS NULL;

-- +goose Down
DROP TABLE account_request;
