-- +goose Up

-- The parts of a distribution that village collectives keep: [{village, amount_fen, bp}]. Their sum is reserve_fen.
ALTER TABLE pool ADD COLUMN villages jsonb NOT NULL DEFAULT '[]';

-- A village collective is paid like an organisation; org is then the village.
ALTER TABLE org_payout DROP CONSTRAINT org_payout_account_check;
ALTER TABLE org_payout ADD CONSTRAINT org_payout_account_check CHECK (account IN ('coop', 'raiser', 'village'));

-- +goose Down
ALTER TABLE org_payout DROP CONSTRAINT org_payout_account_check;
ALTER TABLE org_payout ADD CONSTRAINT org_payout_account_check CHECK (account IN ('coop', 'raiser'));
ALTER TABLE pool DROP COLUMN villages;
