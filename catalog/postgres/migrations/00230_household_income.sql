-- +goose Up

-- Income of households as the income ledger of orders tells it, by season. It is what the fair policy compares; the ledger is
-- the truth, and this follows it by events. lots and units are the units of lots that expected_fen stands for.
CREATE TABLE household_income (
    season       int      NOT NULL,
    household_id bigint   NOT NULL,
    expected_fen bigint   NOT NULL,
    owed_fen     bigint   NOT NULL,
    paid_fen     bigint   NOT NULL,
    lots         bigint[] NOT NULL DEFAULT '{}',
    units        bigint[] NOT NULL DEFAULT '{}',
    version      bigint   NOT NULL,
    PRIMARY KEY (season, household_id),
    CONSTRAINT household_income_lots CHECK (cardinality(lots) = cardinality(units))
) WITH (fillfactor = 70);

-- The households of which a version changed the income, so that other processes read only these.
ALTER TABLE season_change ADD COLUMN incomes bigint[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN household.base_fen IS 'no longer read: household_income holds what a household earns elsewhere';

-- +goose Down
COMMENT ON COLUMN household.base_fen IS NULL;
ALTER TABLE season_change DROP COLUMN incomes;
DROP TABLE household_income;
