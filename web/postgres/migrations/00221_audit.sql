-- +goose Up

-- What people did that others may have to account for. Each entry holds the hash of the one before it (audit.Entry.Sum).
CREATE TABLE audit (
    id         bigint PRIMARY KEY,
    at         timestamptz NOT NULL,
    kind       text   NOT NULL CONSTRAINT audit_kind CHECK (kind ~ '^[a-z_]+\.[a-z_.]+$'),
    account    bigint NOT NULL,
    login      text   NOT NULL,
    role       text   NOT NULL,
    about      text   NOT NULL,
    object     text   NOT NULL,
    detail     text   NOT NULL,
    network    text   NOT NULL,
    event      text   NOT NULL,
    hash       bytea  NOT NULL CONSTRAINT audit_hashed CHECK (length(hash) = 32)
);
CREATE INDEX audit_account ON audit (account, id) WHERE account <> 0;
CREATE INDEX audit_object ON audit (about, object, id) WHERE object <> '';
CREATE INDEX audit_at ON audit USING brin (at);
CREATE UNIQUE INDEX audit_event ON audit (event) WHERE event <> '';

-- The end of the chain. Its lock makes writers take turns; with it a chain that was cut shows.
CREATE TABLE audit_head (
    one  boolean PRIMARY KEY DEFAULT true CONSTRAINT audit_head_one CHECK (one),
    id   bigint NOT NULL,
    hash bytea  NOT NULL
);
INSERT INTO audit_head (id, hash) VALUES (0, '');

-- +goose StatementBegin
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_head_stays BEFORE INSERT OR DELETE OR TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

-- The head only goes on to an entry that is there.
-- +goose StatementBegin
CREATE FUNCTION audit_head_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <= OLD.id OR NOT EXISTS (SELECT FROM audit WHERE id = NEW.id AND hash = NEW.hash) THEN
        RAISE EXCEPTION 'the end of the audit trail goes on to an entry only' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_head_follows';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_head_follows BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_head_follows();

-- An entry follows the head: no other place in the chain is written.
-- +goose StatementBegin
CREATE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <= (SELECT id FROM audit_head) THEN
        RAISE EXCEPTION 'an entry of the audit trail follows the last one' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_follows';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_follows BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_follows();

-- The module's role adds and reads, and nothing else.
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER;
REVOKE INSERT, DELETE, TRUNCATE ON audit_head FROM CURRENT_USER;

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit;
DROP FUNCTION audit_follows();
DROP FUNCTION audit_head_follows();
DROP FUNCTION audit_stays();
