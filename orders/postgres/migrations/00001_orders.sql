-- +goose Up

-- Ids are taken a thousand at a time by each process, see ids.go.
CREATE SEQUENCE order_block START 1000000000 INCREMENT 1000 MINVALUE 1000000000;

-- What a presale said when somebody ordered: prices, terms, names. A row never changes, and a presale that changes gets
-- a new one; lines name the row they were placed under.
CREATE TABLE offer (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       bytea  NOT NULL CONSTRAINT offer_hash UNIQUE,
    presale_id bigint NOT NULL,
    season     int    NOT NULL,
    product    text   NOT NULL,
    programme  text   NOT NULL,
    body       jsonb  NOT NULL
);

CREATE TABLE orders (
    id            bigint   PRIMARY KEY,
    channel       text     NOT NULL CHECK (channel IN ('contract', 'market', 'private')),
    state         text     NOT NULL CHECK (state IN ('placed', 'expiring', 'expired', 'confirmed', 'weighing', 'billed', 'paid', 'completed', 'cancelled')),
    account_id    bigint   NOT NULL,
    org_id        bigint   NOT NULL DEFAULT 0,
    buyer         text     NOT NULL,
    idem_key      text     NOT NULL,
    body_hash     bytea    NOT NULL,
    delivery_kind text     NOT NULL CHECK (delivery_kind IN ('pickup', 'address')),
    point_id      bigint   NOT NULL DEFAULT 0,
    point         text     NOT NULL DEFAULT '',
    recipient     text     NOT NULL,
    phone         text     NOT NULL,
    address       text     NOT NULL DEFAULT '',
    shortage      text     NOT NULL CHECK (shortage IN ('refill', 'refund')),
    note          text     NOT NULL DEFAULT '',
    estimate_fen  bigint   NOT NULL CHECK (estimate_fen >= 0),
    deposit_fen   bigint   NOT NULL CHECK (deposit_fen >= 0),
    amount_fen    bigint   NOT NULL DEFAULT 0 CHECK (amount_fen >= 0),
    paid_fen      bigint   NOT NULL DEFAULT 0 CHECK (paid_fen >= 0),
    refund_fen    bigint   NOT NULL DEFAULT 0 CHECK (refund_fen >= 0),
    late_fen      bigint   NOT NULL DEFAULT 0 CHECK (late_fen BETWEEN 0 AND refund_fen), -- of it: late and double payments
    forfeit_fen   bigint   NOT NULL DEFAULT 0 CHECK (forfeit_fen >= 0),
    balance_fen   bigint   NOT NULL DEFAULT 0 CHECK (balance_fen >= 0), -- due once the bill is closed, as payments says
    close_seq     int      NOT NULL DEFAULT 0,
    hold_lost     boolean  NOT NULL DEFAULT false, -- the catalogue gave the stock away before the order was paid
    deposit_paid  boolean  NOT NULL DEFAULT false, -- a payment was taken as the deposit, though the order may not be confirmed yet
    placed_at     timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    check_at      timestamptz,  -- of an expiring order: when the provider is asked again
    confirmed_at  timestamptz,
    billed_at     timestamptz,
    paid_at       timestamptz,
    inspect_until timestamptz,
    version       bigint   NOT NULL DEFAULT 1,
    CONSTRAINT orders_idem UNIQUE (account_id, idem_key)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX orders_account ON orders (account_id, id);
CREATE INDEX orders_org ON orders (org_id, id) WHERE org_id <> 0;
CREATE INDEX orders_unpaid ON orders (expires_at) WHERE state = 'placed';
CREATE INDEX orders_free ON orders (id) WHERE state = 'placed' AND deposit_fen = 0;
CREATE INDEX orders_expiring ON orders (check_at) WHERE state = 'expiring';
CREATE INDEX orders_inspected ON orders (inspect_until) WHERE state = 'paid';
CREATE INDEX orders_live ON orders (state, id) WHERE state NOT IN ('placed', 'expired', 'cancelled', 'completed');

-- A line's split is kept as columns from the reservation; it becomes rows of share when the order is confirmed.
CREATE TABLE order_line (
    order_id     bigint   NOT NULL,
    no           int      NOT NULL,
    offer_id     bigint   NOT NULL,
    presale_id   bigint   NOT NULL,
    seller_org   bigint   NOT NULL,
    grade        text     NOT NULL,
    price_fen    bigint   NOT NULL,
    price_per    bigint   NOT NULL CHECK (price_per > 0),
    unit_measure bigint   NOT NULL CHECK (unit_measure > 0), -- grams of one unit, or 1 where goods are counted
    fee_bp       int      NOT NULL CHECK (fee_bp BETWEEN 0 AND 10000),
    policy       text     NOT NULL,
    ordered      bigint   NOT NULL CHECK (ordered > 0),
    allocated    bigint   NOT NULL CHECK (allocated BETWEEN 0 AND ordered),
    received     bigint   NOT NULL DEFAULT 0,
    short        bigint   NOT NULL DEFAULT 0,
    net_grams    bigint   NOT NULL DEFAULT 0 CHECK (net_grams >= 0),
    estimate_fen bigint   NOT NULL CHECK (estimate_fen >= 0),
    deposit_fen  bigint   NOT NULL CHECK (deposit_fen >= 0),
    amount_fen   bigint   NOT NULL DEFAULT 0 CHECK (amount_fen >= 0),
    complete     boolean  NOT NULL DEFAULT false,
    lots         bigint[] NOT NULL,
    households   bigint[] NOT NULL,
    villages     bigint[] NOT NULL,
    quantities   bigint[] NOT NULL,
    levels       bigint[] NOT NULL,
    PRIMARY KEY (order_id, no),
    CONSTRAINT order_line_units CHECK (allocated + short = ordered),
    CONSTRAINT order_line_received CHECK (received BETWEEN 0 AND allocated),
    CONSTRAINT order_line_split CHECK (cardinality(lots) > 0 AND cardinality(lots) = cardinality(quantities)
        AND cardinality(lots) = cardinality(households) AND cardinality(lots) = cardinality(villages)
        AND cardinality(lots) = cardinality(levels))
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX order_line_seller ON order_line (seller_org, order_id);

-- One household's part of a line of a confirmed order. What is settled stands in a closed delivery, what is returned the
-- catalogue was told of; held units are on a ticket that waits for a second person.
CREATE TABLE share (
    order_id     bigint  NOT NULL,
    line         int     NOT NULL,
    lot_id       bigint  NOT NULL,
    household_id bigint  NOT NULL,
    village_id   bigint  NOT NULL,
    seller_org   bigint  NOT NULL,
    qty          bigint  NOT NULL CHECK (qty > 0),
    received     bigint  NOT NULL DEFAULT 0 CHECK (received >= 0),
    held         bigint  NOT NULL DEFAULT 0 CHECK (held >= 0),
    short        bigint  NOT NULL DEFAULT 0 CHECK (short >= 0),
    settled      bigint  NOT NULL DEFAULT 0 CHECK (settled BETWEEN 0 AND received),
    returned     bigint  NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND short),
    net_grams    bigint  NOT NULL DEFAULT 0 CHECK (net_grams >= 0),
    final        boolean NOT NULL DEFAULT false,
    state        text    NOT NULL DEFAULT 'expected' CHECK (state IN ('expected', 'weighed', 'short')),
    policy       text    NOT NULL,
    level_fen    bigint  NOT NULL,
    ticket_id    bigint  NOT NULL DEFAULT 0, -- the latest that counts
    PRIMARY KEY (order_id, line, lot_id),
    CONSTRAINT share_units CHECK (received + held + short <= qty)
);
CREATE INDEX share_household ON share (household_id, order_id);
CREATE INDEX share_collection ON share (seller_org, village_id, order_id);
CREATE INDEX share_village ON share (village_id, order_id);

CREATE TABLE delivery (
    id          bigint GENERATED BY DEFAULT AS IDENTITY (START 1000) PRIMARY KEY,
    order_id    bigint NOT NULL,
    line        int    NOT NULL,
    village_id  bigint NOT NULL,
    units       bigint NOT NULL CHECK (units > 0),
    net_grams   bigint NOT NULL CHECK (net_grams >= 0),
    amount_fen  bigint NOT NULL CHECK (amount_fen >= 0),
    fee_fen     bigint NOT NULL CHECK (fee_fen BETWEEN 0 AND amount_fen),
    closed_at   timestamptz NOT NULL,
    closed_by   text   NOT NULL,
    reversed_at timestamptz,
    reversed_by text   NOT NULL DEFAULT ''
);
CREATE INDEX delivery_order ON delivery (order_id, line, village_id);

CREATE TABLE ticket (
    id            bigint GENERATED BY DEFAULT AS IDENTITY (START 1000) PRIMARY KEY,
    client_id     uuid   NOT NULL CONSTRAINT ticket_client UNIQUE,
    body_hash     bytea  NOT NULL,
    order_id      bigint NOT NULL,
    line          int    NOT NULL,
    lot_id        bigint NOT NULL,
    household_id  bigint NOT NULL,
    village_id    bigint NOT NULL,
    seller_org    bigint NOT NULL,
    point_id      bigint NOT NULL,
    units         bigint NOT NULL CHECK (units >= 0),
    rejected      bigint NOT NULL CHECK (rejected >= 0),
    reason        text   NOT NULL,
    gross_grams   bigint NOT NULL,
    tare_grams    bigint NOT NULL CHECK (tare_grams BETWEEN 0 AND gross_grams),
    net_grams     bigint GENERATED ALWAYS AS (gross_grams - tare_grams) STORED,
    grade         text   NOT NULL,
    price_fen     bigint NOT NULL,
    price_per     bigint NOT NULL,
    final         boolean NOT NULL,
    state         text   NOT NULL CHECK (state IN ('accepted', 'held', 'refused', 'superseded')),
    held_for      text   NOT NULL DEFAULT '',
    delivery_id   bigint,
    settled       boolean NOT NULL DEFAULT false,
    bills         int    NOT NULL DEFAULT 0, -- how many deliveries it was in, all but the last reversed
    amount_fen    bigint NOT NULL DEFAULT 0,
    fee_fen       bigint NOT NULL DEFAULT 0,
    weighed_at    timestamptz NOT NULL,
    written_at    timestamptz NOT NULL,
    account_id    bigint NOT NULL,
    actor         text   NOT NULL,
    decided_id    bigint NOT NULL DEFAULT 0, -- account of the second person
    decided_by    text   NOT NULL DEFAULT '',
    decided_why   text   NOT NULL DEFAULT '',
    supersedes    bigint NOT NULL DEFAULT 0,
    superseded_by bigint NOT NULL DEFAULT 0
);
CREATE INDEX ticket_share ON ticket (order_id, line, village_id, lot_id);
CREATE INDEX ticket_household ON ticket (household_id, id);
CREATE INDEX ticket_seller ON ticket (seller_org, id);
CREATE INDEX ticket_delivery ON ticket (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX ticket_held ON ticket (id) WHERE state = 'held';

-- A weigh ticket is paper: it gets a second person, a delivery, a successor, but what it says stays.
-- +goose StatementBegin
CREATE FUNCTION ticket_keeps_its_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.client_id, NEW.order_id, NEW.line, NEW.lot_id, NEW.household_id, NEW.units, NEW.rejected, NEW.gross_grams,
        NEW.tare_grams, NEW.grade, NEW.price_fen, NEW.price_per, NEW.weighed_at, NEW.account_id)
       IS DISTINCT FROM
       (OLD.client_id, OLD.order_id, OLD.line, OLD.lot_id, OLD.household_id, OLD.units, OLD.rejected, OLD.gross_grams,
        OLD.tare_grams, OLD.grade, OLD.price_fen, OLD.price_per, OLD.weighed_at, OLD.account_id) THEN
        RAISE EXCEPTION 'weigh ticket % cannot be edited: supersede it', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ticket_immutable';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ticket_immutable BEFORE UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION ticket_keeps_its_word();
-- +goose StatementBegin
CREATE FUNCTION ticket_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'weigh tickets are kept' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ticket_immutable';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER ticket_kept BEFORE DELETE OR TRUNCATE ON ticket FOR EACH STATEMENT EXECUTE FUNCTION ticket_stays();

-- Units of a share that will not come, and who said so.
CREATE TABLE shortage (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint NOT NULL,
    line         int    NOT NULL,
    lot_id       bigint NOT NULL,
    household_id bigint NOT NULL,
    units        bigint NOT NULL CHECK (units > 0),
    reason       text   NOT NULL,
    lost         boolean NOT NULL,
    refill_id    bigint NOT NULL DEFAULT 0,
    actor        text   NOT NULL,
    at           timestamptz NOT NULL
);
CREATE INDEX shortage_line ON shortage (order_id, line);

-- Units looked for at other households. asking is stored before the catalogue is asked, so that an answer nobody heard
-- is asked for again under the same key.
CREATE TABLE refill (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL,
    line     int    NOT NULL,
    units    bigint NOT NULL CHECK (units > 0),
    asking   bigint NOT NULL,
    found    bigint NOT NULL DEFAULT 0 CHECK (found BETWEEN 0 AND units),
    done     boolean NOT NULL DEFAULT false
);
CREATE INDEX refill_line ON refill (order_id, line);

-- Work that needs another module's answer, and therefore no transaction. run_at is also the lease of who works on it.
CREATE TABLE task (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text   NOT NULL CHECK (kind IN ('late', 'reclaim', 'refill', 'facts')),
    about      bigint NOT NULL, -- payment, order or refill
    order_id   bigint NOT NULL,
    amount_fen bigint NOT NULL DEFAULT 0,  -- of a late payment
    purpose    text   NOT NULL DEFAULT '', -- of a late payment
    run_at     timestamptz NOT NULL,
    attempts   int    NOT NULL DEFAULT 0,
    last_error text   NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    done_at    timestamptz,
    outcome    text   NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX task_once ON task (kind, about) WHERE done_at IS NULL OR kind = 'late';
CREATE INDEX task_due ON task (run_at) WHERE done_at IS NULL;
CREATE INDEX task_order ON task (order_id) WHERE done_at IS NULL;

-- The order's story after it was placed.
CREATE TABLE order_event (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint NOT NULL,
    at           timestamptz NOT NULL,
    key          text   NOT NULL,
    args         jsonb  NOT NULL DEFAULT '{}',
    account_id   bigint NOT NULL,
    actor        text   NOT NULL,
    role         text   NOT NULL,
    on_behalf_of bigint NOT NULL DEFAULT 0,
    request_id   text   NOT NULL DEFAULT ''
);
CREATE INDEX order_event_order ON order_event (order_id, id);

-- Keys of the requests that have no unique row of their own.
CREATE TABLE request_key (
    account_id bigint NOT NULL,
    key        text   NOT NULL,
    body_hash  bytea  NOT NULL,
    about      bigint NOT NULL DEFAULT 0,
    at         timestamptz NOT NULL,
    PRIMARY KEY (account_id, key)
);

-- The income ledger: one row for each source, in exactly one stage. order_id 0: a fact of payments that no order stands behind.
CREATE TABLE income_entry (
    source_key   text     PRIMARY KEY,
    household_id bigint   NOT NULL,
    season       int      NOT NULL,
    month        smallint NOT NULL,
    programme    text     NOT NULL,
    channel      text     NOT NULL,
    product      text     NOT NULL,
    offer_id     bigint   NOT NULL DEFAULT 0,
    qty          bigint   NOT NULL DEFAULT 0,
    net_grams    bigint   NOT NULL DEFAULT 0,
    gross_fen    bigint   NOT NULL,
    fee_fen      bigint   NOT NULL,
    amount_fen   bigint   NOT NULL,
    stage        text     NOT NULL CHECK (stage IN ('expected', 'owed', 'released', 'paid')),
    version      int      NOT NULL DEFAULT 0, -- of the payable
    occurred_on  date     NOT NULL,
    paid_on      date,
    payout_item  bigint   NOT NULL DEFAULT 0,
    order_id     bigint   NOT NULL DEFAULT 0,
    line         int      NOT NULL DEFAULT 0,
    lot_id       bigint   NOT NULL DEFAULT 0,
    ticket_id    bigint   NOT NULL DEFAULT 0,
    policy       text     NOT NULL DEFAULT '',
    level_fen    bigint   NOT NULL DEFAULT 0,
    CONSTRAINT income_entry_adds_up CHECK (amount_fen = gross_fen - fee_fen)
);
CREATE INDEX income_entry_household ON income_entry (household_id, season);
CREATE INDEX income_entry_order ON income_entry (order_id, line, lot_id) WHERE order_id <> 0;

-- How far the facts of payments were read, and a place to put them while the ledger is read anew.
CREATE TABLE income_cursor (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    fact_id bigint  NOT NULL DEFAULT 0
);
INSERT INTO income_cursor DEFAULT VALUES;

CREATE UNLOGGED TABLE income_fact (
    id          bigint   PRIMARY KEY,
    source_key  text     NOT NULL,
    ref         text     NOT NULL,
    household   bigint   NOT NULL,
    gross_fen   bigint   NOT NULL,
    fee_fen     bigint   NOT NULL,
    stage       text     NOT NULL,
    payout_item bigint   NOT NULL,
    paid_on     date,
    occurred_on date     NOT NULL,
    season      int      NOT NULL,
    month       smallint NOT NULL,
    programme   text     NOT NULL,
    channel     text     NOT NULL,
    product     text     NOT NULL,
    qty         bigint   NOT NULL,
    net_grams   bigint   NOT NULL
);

-- Persons and village of each household, copied from the catalogue: what is earned is compared per person.
CREATE TABLE household_ref (
    id         bigint PRIMARY KEY,
    village_id bigint NOT NULL,
    persons    int    NOT NULL
);

-- What a household may expect of units, by the rule of orders.ExpectedIncome: rounded half up, like every amount.
-- +goose StatementBegin
CREATE FUNCTION gross_of(price_fen bigint, price_per bigint, unit_measure bigint, units bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT div(price_fen::numeric * unit_measure * units * 2 + price_per, price_per::numeric * 2)::bigint
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION fee_of(gross_fen bigint, fee_bp int) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT div(gross_fen::numeric * fee_bp * 2 + 10000, 20000)::bigint
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION gross_of, fee_of;
DROP TABLE household_ref, income_fact, income_cursor, income_entry, request_key, order_event, task, refill, shortage,
    ticket, delivery, share, order_line, orders, offer;
DROP FUNCTION ticket_keeps_its_word, ticket_stays;
DROP SEQUENCE order_block;
