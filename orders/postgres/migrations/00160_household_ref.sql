-- Households are copied from the catalogue's events. A row of before has version 0, which every fact is later than.

-- +goose Up
ALTER TABLE household_ref
    ADD COLUMN version bigint  NOT NULL DEFAULT 0,
    ADD COLUMN retired boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE household_ref DROP COLUMN version, DROP COLUMN retired;
