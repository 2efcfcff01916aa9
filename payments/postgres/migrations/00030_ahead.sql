-- +goose Up

-- A balance that is paid before anything is billed: kept like a deposit until deliveries use it up.
ALTER TABLE payment ADD COLUMN ahead bool NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE payment DROP COLUMN ahead;
