-- +goose Up

-- Income of entrusted planting, shares and solar stations that is distributed among households. What is posted stays as
-- it is: who took part, by what weights, and what each got of it.
CREATE TABLE pool (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text     NOT NULL CHECK (kind IN ('seedpotato', 'mushroom', 'solar')),
    title        text     NOT NULL,
    season       smallint NOT NULL,
    month        smallint NOT NULL CHECK (month BETWEEN 1 AND 12),
    org          bigint   NOT NULL DEFAULT 0,
    record_date  date     NOT NULL,
    state        text     NOT NULL CHECK (state IN ('draft', 'waiting', 'posted', 'cancelled')),
    income       jsonb    NOT NULL DEFAULT '[]', -- [{label, amount_fen}]
    costs        jsonb    NOT NULL DEFAULT '[]',
    income_fen   bigint   NOT NULL DEFAULT 0 CHECK (income_fen >= 0),
    cost_fen     bigint   NOT NULL DEFAULT 0 CHECK (cost_fen >= 0),
    reserve_fen  bigint   NOT NULL DEFAULT 0 CHECK (reserve_fen >= 0),
    trade_bp     int      NOT NULL DEFAULT 0 CHECK (trade_bp BETWEEN 0 AND 10000),
    trade_fen    bigint   NOT NULL DEFAULT 0,
    share_fen    bigint   NOT NULL DEFAULT 0,
    snapshot_at  timestamptz,
    version      int      NOT NULL DEFAULT 1,
    idem_key     text     NOT NULL CONSTRAINT pool_idem_key UNIQUE, -- {account}:{key}
    created_at   timestamptz NOT NULL,
    created_by   text     NOT NULL,
    submitted_at timestamptz,
    submitted_by text     NOT NULL DEFAULT '',
    submitter    bigint   NOT NULL DEFAULT 0,
    decided_at   timestamptz,
    decided_by   text     NOT NULL DEFAULT '',
    reason       text     NOT NULL DEFAULT '',
    -- A cooperative's surplus goes back by trade volume for the most part; solar income belongs to no cooperative.
    CONSTRAINT pool_trade_part CHECK (kind = 'solar' OR state NOT IN ('waiting', 'posted') OR trade_bp >= 6000),
    CONSTRAINT pool_surplus CHECK (state NOT IN ('waiting', 'posted') OR income_fen > cost_fen + reserve_fen)
);

-- The snapshot on the record date, and what came of it.
CREATE TABLE pool_member (
    pool_id    bigint NOT NULL REFERENCES pool (id),
    household  bigint NOT NULL,
    persons    int    NOT NULL DEFAULT 0,
    shares     bigint NOT NULL DEFAULT 0 CHECK (shares >= 0),
    trade      bigint NOT NULL DEFAULT 0 CHECK (trade >= 0),
    listed_fen bigint NOT NULL DEFAULT 0 CHECK (listed_fen >= 0),
    trade_fen  bigint NOT NULL DEFAULT 0 CHECK (trade_fen >= 0),
    share_fen  bigint NOT NULL DEFAULT 0 CHECK (share_fen >= 0),
    amount_fen bigint NOT NULL DEFAULT 0 CHECK (amount_fen >= 0),
    PRIMARY KEY (pool_id, household)
);
CREATE INDEX pool_member_household ON pool_member (household, pool_id);

-- +goose StatementBegin
CREATE FUNCTION pool_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'posted' THEN
        RAISE EXCEPTION 'pool % is posted', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pool_sealed';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE FUNCTION pool_member_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pool p WHERE p.state IN ('waiting', 'posted')
               AND p.id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.pool_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.pool_id END)) THEN
        RAISE EXCEPTION 'members of a pool that is closed' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pool_sealed';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER pool_sealed BEFORE UPDATE OR DELETE ON pool FOR EACH ROW EXECUTE FUNCTION pool_sealed();
CREATE TRIGGER pool_member_sealed BEFORE INSERT OR UPDATE OR DELETE ON pool_member FOR EACH ROW EXECUTE FUNCTION pool_member_sealed();
CREATE TRIGGER pool_kept BEFORE TRUNCATE ON pool FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER pool_member_kept BEFORE TRUNCATE ON pool_member FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- +goose Down
DROP TABLE pool_member, pool;
DROP FUNCTION pool_sealed, pool_member_sealed;
