-- +goose Up

-- How often the window of tries was doubled, because the one before it had too many.
ALTER TABLE login_try ADD COLUMN level integer NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE login_try DROP COLUMN level;
