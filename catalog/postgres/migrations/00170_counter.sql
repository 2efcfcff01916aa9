-- +goose Up

-- Goods that shops bought from households at their counters. They are no lot's: what a household offers is lowered by them.
CREATE TABLE counter_take (
    buyin_id     bigint PRIMARY KEY, -- of orders
    household_id bigint NOT NULL REFERENCES household,
    product_id   bigint NOT NULL REFERENCES product,
    season       int    NOT NULL REFERENCES season,
    measure      bigint NOT NULL CHECK (measure > 0),
    units        bigint NOT NULL CHECK (units >= 0),
    over         bigint NOT NULL CHECK (over BETWEEN 0 AND units), -- beyond what the household still offered
    taken_at     timestamptz NOT NULL
);
CREATE INDEX counter_take_household ON counter_take (household_id, season, product_id);
CREATE INDEX counter_take_season ON counter_take (season, product_id);

-- The lots that a take made smaller.
CREATE TABLE counter_take_lot (
    buyin_id bigint NOT NULL REFERENCES counter_take,
    lot_id   bigint NOT NULL REFERENCES lot,
    units    bigint NOT NULL CHECK (units > 0),
    PRIMARY KEY (buyin_id, lot_id)
);

-- +goose Down
DROP TABLE counter_take_lot;
DROP TABLE counter_take;
