-- +goose Up

-- Accounts that come with a county's workbook: the catalogue's batch of it, and the answer to "submit it once it is checked".
-- asked counts how often a check was asked for, so that one that began before the last is not taken for its answer.
-- same_as is another batch with the same rows that waits already; content is the blind index of a batch's rows.
ALTER TABLE account_batch ADD COLUMN workbook bigint NOT NULL DEFAULT 0;
ALTER TABLE account_batch ADD COLUMN submit boolean NOT NULL DEFAULT false;
ALTER TABLE account_batch ADD COLUMN asked bigint NOT NULL DEFAULT 0;
ALTER TABLE account_batch ADD COLUMN content bytea;
ALTER TABLE account_batch ADD COLUMN same_as bigint NOT NULL DEFAULT 0;
CREATE INDEX account_batch_workbook ON account_batch (workbook) WHERE workbook <> 0;

-- +goose Down
ALTER TABLE account_batch DROP COLUMN same_as;
ALTER TABLE account_batch DROP COLUMN content;
ALTER TABLE account_batch DROP COLUMN asked;
ALTER TABLE account_batch DROP COLUMN submit;
ALTER TABLE account_batch DROP COLUMN workbook;
