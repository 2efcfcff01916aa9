-- +goose Up

-- The least part of the buyers' money of a presale that reaches households, in 1/10,000, and what that is for a unit at the
-- best grade: least_fen is fixed with unit_fen. 0 in presales of before.
ALTER TABLE presale
    ADD COLUMN households_bp int NOT NULL DEFAULT 0 CONSTRAINT presale_households_bp CHECK (households_bp BETWEEN 0 AND 10000),
    ADD COLUMN least_fen bigint NOT NULL DEFAULT 0 CONSTRAINT presale_least_fen CHECK (least_fen >= 0 AND (least_fen = 0 OR households_bp > 0));

-- +goose Down
ALTER TABLE presale DROP COLUMN least_fen, DROP COLUMN households_bp;
