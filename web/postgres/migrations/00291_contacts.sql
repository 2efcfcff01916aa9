-- +goose Up

-- A phone or an e-mail address that the account's owner proved by a code; of earlier accounts none is proved.
-- privacy_version is the version of the privacy notice that the owner agreed to; 0 is none.
ALTER TABLE account
    ADD COLUMN email           text NOT NULL DEFAULT '',
    ADD COLUMN verified_at     timestamptz,
    ADD COLUMN privacy_version integer NOT NULL DEFAULT 0,
    ADD COLUMN privacy_at      timestamptz;

-- Codes that were sent to phones and addresses. key is a keyed digest of purpose and receiver, hash of the code.
CREATE TABLE contact_code (
    key   bytea PRIMARY KEY,
    hash  bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    until timestamptz NOT NULL
);
CREATE INDEX contact_code_until_idx ON contact_code (until);

-- +goose Down
DROP TABLE contact_code;
ALTER TABLE account DROP COLUMN email, DROP COLUMN verified_at, DROP COLUMN privacy_version, DROP COLUMN privacy_at;
