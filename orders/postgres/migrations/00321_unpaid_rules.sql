-- +goose Up

-- Each setting of the county's limits of what buyers hold unpaid; the last one is in force. Without one the settings of the
-- process are.
CREATE TABLE unpaid_rules (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    orders     int         NOT NULL CONSTRAINT unpaid_rules_orders CHECK (orders > 0),
    org_orders int         NOT NULL CONSTRAINT unpaid_rules_org_orders CHECK (org_orders > 0),
    part       int         NOT NULL CONSTRAINT unpaid_rules_part CHECK (part BETWEEN 1 AND 100),
    account    bigint      NOT NULL,
    login      text        NOT NULL,
    at         timestamptz NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION unpaid_rules_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation', CONSTRAINT = 'unpaid_rules_stay';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER unpaid_rules_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON unpaid_rules FOR EACH STATEMENT EXECUTE FUNCTION unpaid_rules_stay();

-- The digest of the phone or address that the buyer proved, as of orders.
ALTER TABLE adoption ADD COLUMN person text NOT NULL DEFAULT '';
ALTER TABLE shelf_sale ADD COLUMN person text NOT NULL DEFAULT '';
CREATE INDEX adoption_unpaid_account ON adoption (account_id) WHERE state IN ('placed', 'expiring');
CREATE INDEX adoption_unpaid_person ON adoption (person) WHERE person <> '' AND state IN ('placed', 'expiring');
CREATE INDEX shelf_sale_unpaid_account ON shelf_sale (account_id) WHERE state IN ('placed', 'expiring');
CREATE INDEX shelf_sale_unpaid_person ON shelf_sale (person) WHERE person <> '' AND state IN ('placed', 'expiring');
