-- +goose Up
-- Every time an id number left the module in the clear. Nothing is ever taken out of it.
CREATE TABLE unmasking (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    actor        text   NOT NULL,
    account      bigint NOT NULL,
    household_id bigint NOT NULL REFERENCES household (id),
    position     int    NOT NULL,
    reason       text   NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION unmasking_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on unmasking is refused', TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'unmasking_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER unmasking_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON unmasking FOR EACH STATEMENT EXECUTE FUNCTION unmasking_stays();

-- +goose Down
DROP TABLE unmasking;
DROP FUNCTION unmasking_stays;
