-- +goose Up

-- The key that a decision came with, {account}:{key}: the same again is the same word.
ALTER TABLE review ADD COLUMN decided_key text CONSTRAINT review_decided_key UNIQUE;

-- +goose Down
ALTER TABLE review DROP COLUMN decided_key;
