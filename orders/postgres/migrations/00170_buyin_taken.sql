-- +goose Up

-- Goods that households brought to a counter, from the moment they were taken. Nothing of them is posted before the catalogue
-- has taken them out of the household's offers, or a second person agreed to more than that. The number of a posted one is that
-- of its buy-in.
CREATE TABLE shelf_taking (
    id           bigint PRIMARY KEY DEFAULT nextval(pg_get_serial_sequence('shelf_buyin', 'id')),
    org_id       bigint NOT NULL,
    state        text   NOT NULL CONSTRAINT shelf_taking_state CHECK (state IN ('taken', 'waiting', 'agreed', 'posted', 'refused')),
    household_id bigint NOT NULL,
    village_id   bigint NOT NULL,
    season       int    NOT NULL,
    product      text   NOT NULL,
    grade        text   NOT NULL,
    measure      bigint NOT NULL CHECK (measure > 0),
    price_fen    bigint NOT NULL CHECK (price_fen > 0),
    price_per    bigint NOT NULL CHECK (price_per > 0),
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    best_before  date   NOT NULL,
    left_units   bigint NOT NULL DEFAULT 0,
    taken_at     timestamptz NOT NULL,
    account_id   bigint NOT NULL,
    actor        text   NOT NULL,
    decided_id   bigint NOT NULL DEFAULT 0,
    decided_by   text   NOT NULL DEFAULT '',
    decided_at   timestamptz,
    reason       text   NOT NULL DEFAULT '',
    asked_at     timestamptz NOT NULL DEFAULT 'epoch', -- when a process began to ask the catalogue
    CONSTRAINT shelf_taking_second_person CHECK (decided_id = 0 OR decided_id <> account_id)
);
CREATE INDEX shelf_taking_held ON shelf_taking (org_id, id) WHERE state <> 'posted';

-- +goose Down
DROP TABLE shelf_taking;
