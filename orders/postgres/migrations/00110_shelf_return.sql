-- +goose Up

ALTER TABLE shelf_sale ADD COLUMN returned_fen bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT shelf_sale_returned CHECK (returned_fen BETWEEN 0 AND total_fen);
-- Nothing comes back that was not sold, whatever the code does.
ALTER TABLE shelf_sale_line ADD COLUMN returned bigint NOT NULL DEFAULT 0, ADD COLUMN returned_fen bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT shelf_sale_line_returned CHECK (returned BETWEEN 0 AND measure AND returned_fen BETWEEN 0 AND amount_fen);
ALTER TABLE shelf_sale_lot ADD COLUMN returned bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT shelf_sale_lot_returned CHECK (returned BETWEEN 0 AND measure);

-- Goods that came back, or a receipt that was voided.
CREATE TABLE shelf_return (
    id         bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    org_id     bigint NOT NULL,
    sale_id    bigint NOT NULL REFERENCES shelf_sale (id),
    kind       text   NOT NULL CHECK (kind IN ('void', 'goods')),
    client_id  text   NOT NULL,
    body_hash  bytea  NOT NULL,
    reason     text   NOT NULL,
    note       text   NOT NULL DEFAULT '',
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    account_id bigint NOT NULL,
    actor      text   NOT NULL,
    at         timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT shelf_return_client UNIQUE (org_id, client_id)
);
CREATE INDEX shelf_return_sale ON shelf_return (sale_id, id);
CREATE INDEX shelf_return_org ON shelf_return (org_id, at, id);

CREATE TABLE shelf_return_line (
    return_id  bigint NOT NULL REFERENCES shelf_return (id),
    sale_id    bigint NOT NULL,
    no         int    NOT NULL,
    measure    bigint NOT NULL CHECK (measure > 0),
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    to_shelf   boolean NOT NULL,
    uncovered  bigint NOT NULL DEFAULT 0 CHECK (uncovered BETWEEN 0 AND measure), -- of what a till had sold beyond the books
    PRIMARY KEY (return_id, no),
    FOREIGN KEY (sale_id, no) REFERENCES shelf_sale_line (sale_id, no)
);

-- The lots it went back to, or was written off from.
CREATE TABLE shelf_return_lot (
    return_id bigint NOT NULL,
    no        int    NOT NULL,
    lot_id    bigint NOT NULL REFERENCES shelf_lot (id),
    measure   bigint NOT NULL CHECK (measure > 0),
    cost_fen  bigint NOT NULL CHECK (cost_fen >= 0),
    PRIMARY KEY (return_id, no, lot_id),
    FOREIGN KEY (return_id, no) REFERENCES shelf_return_line (return_id, no)
);

-- +goose Down
DROP TABLE shelf_return_lot, shelf_return_line, shelf_return;
ALTER TABLE shelf_sale_lot DROP COLUMN returned;
ALTER TABLE shelf_sale_line DROP COLUMN returned, DROP COLUMN returned_fen;
ALTER TABLE shelf_sale DROP COLUMN returned_fen;
