-- +goose Up

-- The part of a delivery's fee that belongs to the collective of the village that delivered; the organisation keeps the rest.
ALTER TABLE delivery ADD COLUMN village bigint NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN village_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD CONSTRAINT delivery_village CHECK (village_fen BETWEEN 0 AND fee_fen AND (village > 0 OR village_fen = 0));
CREATE INDEX delivery_village_fee ON delivery (village) WHERE village_fen > 0 AND NOT reversed;

-- +goose Down
DROP INDEX delivery_village_fee;
ALTER TABLE delivery DROP CONSTRAINT delivery_village, DROP COLUMN village_fen, DROP COLUMN village;
