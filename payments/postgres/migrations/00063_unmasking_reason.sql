-- +goose Up
-- Why somebody looked at an account number, and whose it was.
ALTER TABLE unmasking ADD COLUMN reason text NOT NULL DEFAULT '', ADD COLUMN household bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE unmasking DROP COLUMN reason, DROP COLUMN household;
