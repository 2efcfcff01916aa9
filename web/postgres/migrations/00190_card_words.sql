-- +goose Up

-- A card is proved by the household's own PIN, or once by a word that another person than the card's issuer printed.
ALTER TABLE household_card
    ADD COLUMN issuer       bigint NOT NULL DEFAULT 0, -- account id, 0 where only a name is known
    ADD COLUMN word_hash    bytea,                     -- a keyed digest
    ADD COLUMN word_by      bigint NOT NULL DEFAULT 0,
    ADD COLUMN word_at      timestamptz,
    ADD COLUMN word_until   timestamptz,
    ADD COLUMN word_used_at timestamptz;
UPDATE household_card c SET issuer = a.id FROM account a WHERE a.login = c.issued_by;
ALTER TABLE household_card ADD CONSTRAINT household_card_word_second CHECK (word_by = 0 OR issuer <> 0 AND word_by <> issuer);

-- The card through which an account's password or PIN was set, which ends with it; 0 is none. Nobody knows it of a
-- household's PIN of before: it counts as set through the card.
ALTER TABLE account ADD COLUMN secret_card bigint NOT NULL DEFAULT 0;
UPDATE account a SET secret_card = c.id FROM household_card c WHERE c.account_id = a.id AND a.role = 'household' AND c.revoked_at IS NULL;

-- +goose Down
ALTER TABLE account DROP COLUMN secret_card;
ALTER TABLE household_card DROP CONSTRAINT household_card_word_second,
    DROP COLUMN word_used_at, DROP COLUMN word_until, DROP COLUMN word_at, DROP COLUMN word_by, DROP COLUMN word_hash, DROP COLUMN issuer;
