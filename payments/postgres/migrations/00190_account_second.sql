-- +goose Up

-- An account that a person entered is in use only after another person approved it, and is paid to from pay_from on.
-- Accounts of before have no approver here: NULL, which the rule lets stand.
ALTER TABLE payout_account
    ADD COLUMN approver        bigint, -- account id, 0 while nobody has
    ADD COLUMN pay_from        timestamptz,
    ADD COLUMN holder_why      text NOT NULL DEFAULT '', -- where the holder is not the household's head
    ADD COLUMN holder_document text NOT NULL DEFAULT '';
ALTER TABLE payout_account ALTER COLUMN approver SET DEFAULT 0;
ALTER TABLE payout_account ADD CONSTRAINT payout_account_second_person
    CHECK (approver IS NULL OR creator = 0 OR approver <> creator AND (state NOT IN ('active', 'closed') OR approver <> 0));

-- +goose Down
ALTER TABLE payout_account DROP CONSTRAINT payout_account_second_person,
    DROP COLUMN holder_document, DROP COLUMN holder_why, DROP COLUMN pay_from, DROP COLUMN approver;
