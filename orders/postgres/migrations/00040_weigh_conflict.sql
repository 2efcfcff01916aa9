-- +goose Up

-- Weighings that were brought from a phone and met something else: goods weighed already, a ticket that was superseded,
-- an order that was called off. They change nothing and wait for a person. A weighing is one ticket or one conflict.
CREATE TABLE weigh_conflict (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id    uuid   NOT NULL,
    body_hash    bytea  NOT NULL,
    body         jsonb  NOT NULL, -- orders.WeighRequest, as it was brought
    order_id     bigint NOT NULL DEFAULT 0, -- 0: no such order
    line         int    NOT NULL,
    lot_id       bigint NOT NULL,
    household_id bigint NOT NULL DEFAULT 0, -- of the share, 0 where there is none that the clerk may see
    village_id   bigint NOT NULL DEFAULT 0,
    seller_org   bigint NOT NULL DEFAULT 0,
    org          bigint NOT NULL, -- whose clerk brought it
    problem      jsonb  NOT NULL, -- link.Error
    account_id   bigint NOT NULL,
    actor        text   NOT NULL,
    arrived_at   timestamptz NOT NULL,
    state        text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'dropped', 'reweighed')),
    settled_id   bigint NOT NULL DEFAULT 0,
    settled_by   text   NOT NULL DEFAULT '',
    settled_at   timestamptz,
    why          text   NOT NULL DEFAULT '',
    CONSTRAINT weigh_conflict_once UNIQUE (client_id, body_hash, account_id),
    CONSTRAINT weigh_conflict_settled CHECK ((state = 'open') = (settled_at IS NULL))
);
CREATE INDEX weigh_conflict_open ON weigh_conflict (id) WHERE state = 'open';

-- +goose Down
DROP TABLE weigh_conflict;
