-- +goose Up

-- Documents are paper: numbered without gaps within a year and kind, and never changed.
CREATE TABLE document_counter (
    kind text NOT NULL,
    year int  NOT NULL,
    last int  NOT NULL CHECK (last >= 0),
    PRIMARY KEY (kind, year)
);

CREATE TABLE document (
    no           text   PRIMARY KEY,
    kind         text   NOT NULL CHECK (kind IN ('confirmation', 'receipt', 'acceptance', 'purchase', 'refund')),
    year         int    NOT NULL,
    serial       int    NOT NULL CHECK (serial > 0),
    order_id     bigint NOT NULL,
    subject      text   NOT NULL,
    seller_org   bigint NOT NULL DEFAULT 0, -- of acceptance notes and purchase statements
    household_id bigint NOT NULL DEFAULT 0, -- of purchase statements
    amount_fen   bigint NOT NULL,
    content      text   NOT NULL, -- JSON, byte for byte what was signed
    sha256       text   NOT NULL,
    issued_at    timestamptz NOT NULL,
    issued_by    text   NOT NULL,
    CONSTRAINT document_serial UNIQUE (kind, year, serial),
    CONSTRAINT document_subject UNIQUE (kind, order_id, subject),
    CONSTRAINT document_hash CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'))
);
CREATE INDEX document_order ON document (order_id);
CREATE INDEX document_household ON document (household_id) WHERE household_id <> 0;

-- +goose StatementBegin
CREATE FUNCTION document_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: an issued document stays as it is', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'document_stays';
END
$$;
CREATE FUNCTION document_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind <> OLD.kind OR NEW.year <> OLD.year OR NEW.last <> OLD.last + 1 THEN
        RAISE EXCEPTION 'document numbers go up by one' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'document_counts';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER document_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION document_stays();
CREATE TRIGGER document_counts BEFORE UPDATE ON document_counter FOR EACH ROW EXECUTE FUNCTION document_counts();
CREATE TRIGGER document_counter_stays BEFORE DELETE OR TRUNCATE ON document_counter FOR EACH STATEMENT EXECUTE FUNCTION document_stays();

-- +goose Down
DROP TABLE document, document_counter;
DROP FUNCTION document_stays, document_counts;
