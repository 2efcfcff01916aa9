-- +goose Up

-- The files that were made for the bank: kept encrypted for some days, so that the same file can be fetched again, then
-- without their content. What they said can be made anew: content_sha256 is over its rows, whatever the format.
CREATE TABLE payout_file (
    batch_id       bigint NOT NULL REFERENCES payout_batch (id),
    format         text   NOT NULL CHECK (format IN ('csv', 'xlsx')),
    layout         jsonb  NOT NULL, -- its columns, as they were configured
    content_sha256 text   NOT NULL,
    sha256         text   NOT NULL,
    sealed         bytea,
    made_at        timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    PRIMARY KEY (batch_id, format)
);
CREATE INDEX payout_file_due ON payout_file (expires_at) WHERE sealed IS NOT NULL;

-- +goose Down
DROP TABLE payout_file;
