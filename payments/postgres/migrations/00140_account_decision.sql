-- +goose Up

-- The key that a decision about an account came with, {account}:{key}, and what was decided then: the same again is
-- answered as it was, though the household may have got another account since.
ALTER TABLE payout_account
    ADD COLUMN decided_key text CONSTRAINT payout_account_decided_key UNIQUE,
    ADD COLUMN decided_as  text NOT NULL DEFAULT '' CHECK (decided_as IN ('', 'active', 'superseded')),
    ADD COLUMN decided_at  timestamptz;

-- +goose Down
ALTER TABLE payout_account DROP COLUMN decided_at, DROP COLUMN decided_as, DROP COLUMN decided_key;
