-- +goose Up

-- The day on the paper of a consent that came in a sheet. Others were given when they were recorded.
ALTER TABLE consent ADD COLUMN given_on date;

-- +goose Down
ALTER TABLE consent DROP COLUMN given_on;
