-- +goose Up

-- Batches of sheets other than accounts: income of earlier years. An applied row of it has its payable. Old processes write
-- batches of accounts.
ALTER TABLE account_batch ADD COLUMN kind text NOT NULL DEFAULT 'payout_account';
ALTER TABLE account_batch_row ADD COLUMN payable_id bigint CONSTRAINT account_batch_row_payable REFERENCES payable (id);

-- +goose Down
ALTER TABLE account_batch_row DROP COLUMN payable_id;
ALTER TABLE account_batch DROP COLUMN kind;
