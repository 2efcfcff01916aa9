-- +goose Up

-- Why the second person put an account into use, or did not.
ALTER TABLE payout_account ADD COLUMN decided_why text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE payout_account DROP COLUMN decided_why;
