-- +goose Up

-- The part of the fee that the village collective of the household gets, in 1/10,000 of the fee. It stands with the order.
ALTER TABLE order_line ADD COLUMN village_bp int NOT NULL DEFAULT 0 CHECK (village_bp BETWEEN 0 AND 10000);
ALTER TABLE adoption ADD COLUMN village_bp int NOT NULL DEFAULT 0 CHECK (village_bp BETWEEN 0 AND 10000);

-- The amount, once goods were delivered.
ALTER TABLE delivery ADD COLUMN village_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD CONSTRAINT delivery_village CHECK (village_fen BETWEEN 0 AND fee_fen);
ALTER TABLE adoption_box ADD COLUMN village_fen bigint NOT NULL DEFAULT 0;
ALTER TABLE adoption_box ADD CONSTRAINT box_village CHECK (village_fen BETWEEN 0 AND fee_fen);

-- +goose Down
ALTER TABLE adoption_box DROP COLUMN village_fen;
ALTER TABLE delivery DROP COLUMN village_fen;
ALTER TABLE adoption DROP COLUMN village_bp;
ALTER TABLE order_line DROP COLUMN village_bp;
