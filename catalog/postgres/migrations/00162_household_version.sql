-- +goose Up

-- Grows with every change of the household: of two events about it the one with the higher version is the later one.
ALTER TABLE household ADD COLUMN version bigint NOT NULL DEFAULT 1 CONSTRAINT household_version CHECK (version > 0);

-- +goose Down
ALTER TABLE household DROP COLUMN version;
