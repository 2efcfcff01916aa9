-- +goose Up

-- More is sold than the register says there is, because the register became smaller afterwards. What was not sold yet is
-- kept from being sold until the county has looked.
ALTER TABLE review DROP CONSTRAINT review_kind_check;
ALTER TABLE review ADD CONSTRAINT review_kind_check CHECK (kind IN ('capacity', 'duplicate_id', 'oversold'));
CREATE TABLE review_lot (
    review_id bigint NOT NULL REFERENCES review,
    lot_id    bigint NOT NULL REFERENCES lot,
    units     bigint NOT NULL CHECK (units > 0), -- taken off its capacity
    PRIMARY KEY (review_id, lot_id)
);

-- +goose Down
DROP TABLE review_lot;
DELETE FROM review WHERE kind = 'oversold';
ALTER TABLE review DROP CONSTRAINT review_kind_check;
ALTER TABLE review ADD CONSTRAINT review_kind_check CHECK (kind IN ('capacity', 'duplicate_id'));
