-- +goose Up

-- What the QR code on a label leads to: 48 random bits, so that nobody finds goods by counting.
-- +goose StatementBegin
CREATE FUNCTION trace_code() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT left(replace(gen_random_uuid()::text, '-', ''), 12)
$$;
-- +goose StatementEnd
ALTER TABLE delivery ADD COLUMN trace text NOT NULL DEFAULT trace_code() CONSTRAINT delivery_trace UNIQUE;

-- Orders that come again and again. lines are what orders.QuoteLine says.
CREATE TABLE shelf_list (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org_id     bigint NOT NULL,
    name       text   NOT NULL,
    weekdays   int[]  NOT NULL DEFAULT '{}' CHECK (weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]),
    lines      jsonb  NOT NULL,
    delivery   jsonb  NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    ordered_at timestamptz,
    order_id   bigint NOT NULL DEFAULT 0,
    changed_by text   NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX shelf_list_org ON shelf_list (org_id, id);

-- One grade of a product in a shop, and what it sells for.
CREATE TABLE shelf_item (
    id         bigint GENERATED ALWAYS AS IDENTITY (START 101) PRIMARY KEY, -- three digits: typed at the till
    org_id     bigint  NOT NULL,
    product    text    NOT NULL,
    grade      text    NOT NULL,
    price_fen  bigint  NOT NULL CHECK (price_fen > 0),
    price_per  bigint  NOT NULL CHECK (price_per > 0),
    barcode    text    NOT NULL DEFAULT '',
    online     boolean NOT NULL,
    changed_by text    NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT shelf_item_once UNIQUE (org_id, product, grade)
);
CREATE UNIQUE INDEX shelf_item_barcode ON shelf_item (org_id, barcode) WHERE barcode <> '';

CREATE TABLE shelf_lot (
    id            bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    code          text   NOT NULL DEFAULT trace_code() CONSTRAINT shelf_lot_code UNIQUE,
    org_id        bigint NOT NULL,
    item_id       bigint NOT NULL REFERENCES shelf_item (id),
    source        text   NOT NULL CHECK (source IN ('delivery', 'buyin')),
    order_id      bigint NOT NULL DEFAULT 0,
    line          int    NOT NULL DEFAULT 0,
    village_id    bigint NOT NULL,
    point_id      bigint NOT NULL DEFAULT 0,
    households    bigint NOT NULL CHECK (households > 0),
    units         bigint NOT NULL CHECK (units >= 0), -- as they were counted at the scale
    net_grams     bigint NOT NULL CHECK (net_grams >= 0),
    received      bigint NOT NULL CHECK (received > 0),
    sold          bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
    kept          bigint NOT NULL DEFAULT 0 CHECK (kept >= 0),
    held          bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    lost          bigint NOT NULL DEFAULT 0 CHECK (lost >= 0),
    donated       bigint NOT NULL DEFAULT 0 CHECK (donated >= 0),
    found         bigint NOT NULL DEFAULT 0 CHECK (found >= 0),
    cost_fen      bigint NOT NULL CHECK (cost_fen >= 0),
    household_fen bigint NOT NULL CHECK (household_fen BETWEEN 0 AND cost_fen),
    gathered_on   date   NOT NULL, -- weighed, or bought
    delivered_on  date,
    shelved_at    timestamptz NOT NULL,
    best_before   date   NOT NULL,
    actor         text   NOT NULL,
    -- Nothing is sold, kept or written off that is not there, whatever the code does.
    CONSTRAINT shelf_lot_stock CHECK (sold + kept + held + lost + donated <= received + found)
);
CREATE INDEX shelf_lot_item ON shelf_lot (item_id, best_before, id);
CREATE INDEX shelf_lot_org ON shelf_lot (org_id, best_before, id);

-- The tickets behind lots: what is here is on a shelf.
CREATE TABLE shelf_ticket (
    ticket_id bigint PRIMARY KEY,
    lot_id    bigint NOT NULL REFERENCES shelf_lot (id)
);

CREATE TABLE shelf_sheet (
    id         bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    org_id     bigint NOT NULL,
    state      text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed', 'settled')),
    amount_fen bigint NOT NULL DEFAULT 0 CHECK (amount_fen >= 0),
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    closed_by  text   NOT NULL DEFAULT '',
    settled_at timestamptz
);
CREATE UNIQUE INDEX shelf_sheet_open ON shelf_sheet (org_id) WHERE state = 'open';
CREATE INDEX shelf_sheet_org ON shelf_sheet (org_id, id);

-- What was bought from a household at the counter. Its payable in payments has the key buyin:{id}; the delivery it is
-- told in has a number from the same sequence as those of orders.
CREATE TABLE shelf_buyin (
    id           bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    org_id       bigint NOT NULL,
    sheet_id     bigint NOT NULL REFERENCES shelf_sheet (id),
    lot_id       bigint NOT NULL UNIQUE REFERENCES shelf_lot (id),
    delivery_id  bigint NOT NULL UNIQUE,
    household_id bigint NOT NULL,
    village_id   bigint NOT NULL,
    season       int    NOT NULL,
    programme    text   NOT NULL,
    product      text   NOT NULL,
    grade        text   NOT NULL,
    measure      bigint NOT NULL CHECK (measure > 0),
    qty          bigint NOT NULL, -- in the product's order unit, 0 where it was weighed and is ordered by the piece
    net_grams    bigint NOT NULL,
    price_fen    bigint NOT NULL CHECK (price_fen > 0),
    price_per    bigint NOT NULL CHECK (price_per > 0),
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0),
    bought_at    timestamptz NOT NULL,
    account_id   bigint NOT NULL,
    actor        text   NOT NULL
);
CREATE INDEX shelf_buyin_sheet ON shelf_buyin (sheet_id, id);
CREATE INDEX shelf_buyin_org ON shelf_buyin (org_id, id);
CREATE INDEX shelf_buyin_household ON shelf_buyin (household_id, id);

CREATE TABLE shelf_movement (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id     bigint NOT NULL REFERENCES shelf_lot (id),
    kind       text   NOT NULL CHECK (kind IN ('loss', 'donation', 'found')),
    state      text   NOT NULL CHECK (state IN ('done', 'held', 'refused')),
    measure    bigint NOT NULL CHECK (measure > 0),
    cost_fen   bigint NOT NULL,
    reason     text   NOT NULL DEFAULT '',
    note       text   NOT NULL DEFAULT '',
    account_id bigint NOT NULL,
    actor      text   NOT NULL,
    at         timestamptz NOT NULL,
    decided_id bigint NOT NULL DEFAULT 0,
    decided_by text   NOT NULL DEFAULT '',
    decided_at timestamptz,
    CONSTRAINT shelf_movement_second_person CHECK (decided_id = 0 OR decided_id <> account_id)
);
CREATE INDEX shelf_movement_lot ON shelf_movement (lot_id, id);
CREATE INDEX shelf_movement_held ON shelf_movement (id) WHERE state = 'held';

CREATE TABLE shelf_sale (
    id          bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    org_id      bigint NOT NULL,
    channel     text   NOT NULL CHECK (channel IN ('till', 'online')),
    state       text   NOT NULL CHECK (state IN ('placed', 'expiring', 'expired', 'paid', 'done', 'cancelled')),
    client_id   text   NOT NULL, -- made by the till, or the account and key of who buys online
    body_hash   bytea  NOT NULL,
    method      text   NOT NULL DEFAULT '',
    account_id  bigint NOT NULL, -- the buyer's, or the cashier's
    buyer       text   NOT NULL DEFAULT '',
    phone       text   NOT NULL DEFAULT '',
    pickup      text   NOT NULL DEFAULT '',
    cashier     text   NOT NULL DEFAULT '',
    total_fen   bigint NOT NULL CHECK (total_fen > 0),
    given_fen   bigint NOT NULL DEFAULT 0,
    sold_at     timestamptz NOT NULL,
    written_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    check_at    timestamptz,
    paid_at     timestamptz,
    done_at     timestamptz,
    delivery_id bigint, -- in which payments was told of it
    CONSTRAINT shelf_sale_client UNIQUE (org_id, client_id)
);
CREATE UNIQUE INDEX shelf_sale_pickup ON shelf_sale (org_id, pickup) WHERE pickup <> '' AND state IN ('placed', 'expiring', 'paid');
CREATE INDEX shelf_sale_org ON shelf_sale (org_id, sold_at, id);
CREATE INDEX shelf_sale_account ON shelf_sale (account_id, id) WHERE channel = 'online';
CREATE INDEX shelf_sale_unpaid ON shelf_sale (expires_at) WHERE state = 'placed';
CREATE INDEX shelf_sale_expiring ON shelf_sale (check_at) WHERE state = 'expiring';

CREATE TABLE shelf_sale_line (
    sale_id    bigint NOT NULL REFERENCES shelf_sale (id),
    no         int    NOT NULL,
    item_id    bigint NOT NULL REFERENCES shelf_item (id),
    measure    bigint NOT NULL CHECK (measure > 0),
    price_fen  bigint NOT NULL CHECK (price_fen > 0),
    list_fen   bigint NOT NULL, -- the shelf's price at that time
    price_per  bigint NOT NULL CHECK (price_per > 0),
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    uncovered  bigint NOT NULL DEFAULT 0 CHECK (uncovered BETWEEN 0 AND measure), -- sold by a till beyond the books
    PRIMARY KEY (sale_id, no)
);
CREATE INDEX shelf_sale_line_item ON shelf_sale_line (item_id, sale_id);

-- The lots a line came out of.
CREATE TABLE shelf_sale_lot (
    sale_id  bigint NOT NULL,
    no       int    NOT NULL,
    lot_id   bigint NOT NULL REFERENCES shelf_lot (id),
    measure  bigint NOT NULL CHECK (measure > 0),
    cost_fen bigint NOT NULL,
    PRIMARY KEY (sale_id, no, lot_id),
    FOREIGN KEY (sale_id, no) REFERENCES shelf_sale_line (sale_id, no)
);
CREATE INDEX shelf_sale_lot_lot ON shelf_sale_lot (lot_id);

-- +goose Down
DROP TABLE shelf_sale_lot, shelf_sale_line, shelf_sale, shelf_movement, shelf_buyin, shelf_sheet, shelf_ticket, shelf_lot, shelf_item, shelf_list;
ALTER TABLE delivery DROP COLUMN trace;
DROP FUNCTION trace_code;
