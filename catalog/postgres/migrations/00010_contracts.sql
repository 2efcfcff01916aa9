-- +goose Up

-- The presale of a purchase contract: nobody else sees it.
ALTER TABLE presale ADD COLUMN contract_id bigint NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX presale_contract ON presale (contract_id) WHERE contract_id <> 0;

-- Where the units of a signed quota came from: what the household had offered elsewhere. They go back there.
CREATE TABLE quota_source (
    lot_id   bigint NOT NULL REFERENCES lot (id), -- of the contract
    from_lot bigint NOT NULL REFERENCES lot (id),
    units    bigint NOT NULL CHECK (units > 0),
    PRIMARY KEY (lot_id, from_lot)
);

-- +goose Down
DROP TABLE quota_source;
DROP INDEX presale_contract;
ALTER TABLE presale DROP COLUMN contract_id;
