-- +goose Up

-- Cards that households log in with. Only a digest of what the QR code holds is kept.
CREATE TABLE household_card (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    household_id bigint NOT NULL,
    account_id   bigint NOT NULL REFERENCES account,
    hash         bytea  NOT NULL CONSTRAINT household_card_hash UNIQUE CHECK (length(hash) = 32),
    issued_at    timestamptz NOT NULL DEFAULT now(),
    issued_by    text   NOT NULL,
    used_at      timestamptz,
    revoked_at   timestamptz,
    revoked_by   text   NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX household_card_one ON household_card (household_id) WHERE revoked_at IS NULL;
CREATE INDEX account_household ON account (household_id) WHERE role = 'household';
CREATE INDEX account_household_phone ON account (phone) WHERE role = 'household';

-- +goose Down
DROP INDEX account_household_phone;
DROP INDEX account_household;
DROP TABLE household_card;
