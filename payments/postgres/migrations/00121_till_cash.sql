-- +goose Up

-- Whose cash a receipt is for: an organisation's at its own counter, or 0 for the county's box. A refund in cash comes out
-- of the same one; those that were paid before this was written down came out of the county's.
ALTER TABLE cash_receipt ADD COLUMN org bigint NOT NULL DEFAULT 0;
UPDATE cash_receipt r SET org = p.party_id FROM payment p
WHERE p.id = r.payment_id AND p.key = 'cash:' || r.receipt AND p.party_kind = 'organisation';
ALTER TABLE refund ADD COLUMN till bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE refund DROP COLUMN till;
ALTER TABLE cash_receipt DROP COLUMN org;
