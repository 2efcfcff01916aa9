-- +goose Up

-- A season has a state: planned, current, closing, closed. "current" stays for a release as a column that follows the
-- state, because processes of the version before read it.
DROP INDEX season_one_current;
ALTER TABLE season
    ADD COLUMN title      jsonb       NOT NULL DEFAULT '{}',
    ADD COLUMN state      text        NOT NULL DEFAULT 'planned' CONSTRAINT season_state CHECK (state IN ('planned', 'current', 'closing', 'closed')),
    ADD COLUMN planned_at timestamptz,
    ADD COLUMN begun_at   timestamptz,
    ADD COLUMN closed_at  timestamptz;

-- What happened to a season: who planned, began, closed or reopened it, and why. Nothing is ever taken out of it.
CREATE TABLE season_act (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    season  int         NOT NULL REFERENCES season,
    step    text        NOT NULL,
    account bigint      NOT NULL,
    login   text        NOT NULL,
    role    text        NOT NULL DEFAULT '',
    reason  text        NOT NULL DEFAULT '',
    at      timestamptz NOT NULL
);
CREATE INDEX season_act_season ON season_act (season, id);

-- The same of presales: opened, closed, reopened.
CREATE TABLE presale_act (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    presale_id bigint      NOT NULL REFERENCES presale,
    step       text        NOT NULL,
    account    bigint      NOT NULL,
    login      text        NOT NULL,
    role       text        NOT NULL DEFAULT '',
    reason     text        NOT NULL DEFAULT '',
    at         timestamptz NOT NULL
);
CREATE INDEX presale_act_presale ON presale_act (presale_id, id);

-- +goose StatementBegin
CREATE FUNCTION act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation', CONSTRAINT = 'act_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER season_act_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON season_act FOR EACH STATEMENT EXECUTE FUNCTION act_stays();
CREATE TRIGGER presale_act_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON presale_act FOR EACH STATEMENT EXECUTE FUNCTION act_stays();

-- Seasons of before: the current one has begun, the ones before it are closing until the county closes them, the ones
-- after it are planned. Where none is current all are planned, until the county begins one.
UPDATE season s SET state = CASE WHEN s.current THEN 'current' WHEN s.id < c.id THEN 'closing' ELSE 'planned' END
FROM season c WHERE c.current;
UPDATE season SET planned_at = now(), begun_at = CASE WHEN state <> 'planned' THEN now() END;
INSERT INTO season_act (season, step, account, login, reason, at)
SELECT id, 'begin', 0, 'migration', 'begun before seasons had a history', begun_at FROM season WHERE begun_at IS NOT NULL ORDER BY id;

ALTER TABLE season DROP COLUMN current;
ALTER TABLE season ADD COLUMN current boolean GENERATED ALWAYS AS (state = 'current') STORED;
ALTER TABLE season
    ADD CONSTRAINT season_begun CHECK ((state = 'planned') = (begun_at IS NULL)),
    ADD CONSTRAINT season_ended CHECK ((state = 'closed') = (closed_at IS NOT NULL));
CREATE UNIQUE INDEX season_one_current ON season (state) WHERE state = 'current';

-- +goose Down
DROP INDEX season_one_current;
ALTER TABLE season DROP COLUMN current;
ALTER TABLE season ADD COLUMN current boolean NOT NULL DEFAULT false;
UPDATE season SET current = true WHERE state = 'current';
DROP TABLE presale_act, season_act;
DROP FUNCTION act_stays;
ALTER TABLE season DROP COLUMN title, DROP COLUMN state, DROP COLUMN planned_at, DROP COLUMN begun_at, DROP COLUMN closed_at;
CREATE UNIQUE INDEX season_one_current ON season (current) WHERE current;
