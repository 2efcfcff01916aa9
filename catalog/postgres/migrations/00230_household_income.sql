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

-- What the lots of fair presales of the season before had brought each household when this season began: of equals who got
-- least comes first. It stays as it was then, so that every process has the same order all season.
CREATE TABLE season_before (
    season       int    NOT NULL REFERENCES season,
    household_id bigint NOT NULL,
    fen          bigint NOT NULL CHECK (fen > 0),
    PRIMARY KEY (season, household_id)
);
INSERT INTO season_before (season, household_id, fen)
SELECT s.id, l.household_id, sum((l.reserved + l.delivered) * (p.unit_fen - div(p.unit_fen::numeric * l.agent_bp, 10000)))::bigint
FROM season s JOIN presale p ON p.season = s.id - 1 AND p.policy = 'fair' JOIN lot l ON l.presale_id = p.id
WHERE s.begun_at IS NOT NULL AND l.reserved + l.delivered > 0 AND p.unit_fen > 0 AND l.agent_bp < 10000
GROUP BY s.id, l.household_id
HAVING sum((l.reserved + l.delivered) * (p.unit_fen - div(p.unit_fen::numeric * l.agent_bp, 10000))) > 0;

-- The households of which a version changed the income, so that other processes read only these.
ALTER TABLE season_change ADD COLUMN incomes bigint[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN household.base_fen IS 'no longer read: household_income holds what a household earns elsewhere';

-- +goose Down
COMMENT ON COLUMN household.base_fen IS NULL;
ALTER TABLE season_change DROP COLUMN incomes;
DROP TABLE household_income, season_before;
