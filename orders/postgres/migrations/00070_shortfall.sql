-- +goose Up
ALTER TABLE orders DROP CONSTRAINT orders_shortage_check;
ALTER TABLE orders ADD CONSTRAINT orders_shortage_check CHECK (shortage IN ('refill', 'refund', 'ask'));

-- A household, or a whole village, that will not deliver.
CREATE TABLE shortfall (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL,
    idem_key     text   NOT NULL,
    body_hash    bytea  NOT NULL,
    village_id   bigint NOT NULL,
    household_id bigint NOT NULL,
    presale_id   bigint NOT NULL,
    reason       text   NOT NULL,
    lost         boolean NOT NULL,
    actor        text   NOT NULL,
    on_behalf_of bigint NOT NULL,
    at           timestamptz NOT NULL,
    CONSTRAINT shortfall_whose CHECK ((village_id = 0) <> (household_id = 0)),
    CONSTRAINT shortfall_once UNIQUE (account_id, idem_key)
);
ALTER TABLE shortage ADD COLUMN shortfall_id bigint NOT NULL DEFAULT 0;
CREATE INDEX shortage_shortfall ON shortage (shortfall_id) WHERE shortfall_id <> 0;

-- Where ask_until is set, the buyer is asked before anybody is looked for. Nothing comes from the village named.
ALTER TABLE refill
    ADD COLUMN not_village bigint NOT NULL DEFAULT 0,
    ADD COLUMN ask_until   timestamptz,
    ADD COLUMN answer      text NOT NULL DEFAULT '' CHECK (answer IN ('', 'refill', 'less', 'cancel')),
    ADD COLUMN answered_by text NOT NULL DEFAULT '';
CREATE INDEX refill_asked ON refill (ask_until) WHERE ask_until IS NOT NULL AND answer = '';

-- +goose Down
ALTER TABLE refill DROP COLUMN not_village, DROP COLUMN ask_until, DROP COLUMN answer, DROP COLUMN answered_by;
ALTER TABLE shortage DROP COLUMN shortfall_id;
DROP TABLE shortfall;
ALTER TABLE orders DROP CONSTRAINT orders_shortage_check;
ALTER TABLE orders ADD CONSTRAINT orders_shortage_check CHECK (shortage IN ('refill', 'refund'));
