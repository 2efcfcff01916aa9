-- +goose Up

-- Objections of households to their turn, and how they ended. Nothing in them is changed or taken out: an end is a row of its
-- own. told is the turn as the household was told it when it objected; person is a digest.
CREATE TABLE objection (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    household_id bigint      NOT NULL REFERENCES household,
    presale_id   bigint      REFERENCES presale, -- null: about the household's income or persons
    words        text        NOT NULL,
    told         jsonb       NOT NULL,
    raised_at    timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    account      bigint      NOT NULL,
    login        text        NOT NULL,
    role         text        NOT NULL,
    person       text        NOT NULL,
    on_behalf    boolean     NOT NULL,
    key          text        NOT NULL CONSTRAINT objection_key UNIQUE,
    CONSTRAINT objection_due CHECK (due_at > raised_at)
);
CREATE INDEX objection_household ON objection (household_id, id);

CREATE TABLE objection_end (
    objection_id bigint      NOT NULL CONSTRAINT objection_end_once PRIMARY KEY REFERENCES objection,
    state        text        NOT NULL CONSTRAINT objection_end_state CHECK (state IN ('upheld', 'explained', 'withdrawn')),
    words        text        NOT NULL,
    at           timestamptz NOT NULL,
    account      bigint      NOT NULL,
    login        text        NOT NULL,
    role         text        NOT NULL,
    key          text        NOT NULL CONSTRAINT objection_end_key UNIQUE
);

-- Within how many days objections are answered: the latest row holds for those that are raised from then on.
CREATE TABLE objection_days (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    days    int         NOT NULL CHECK (days BETWEEN 1 AND 60),
    at      timestamptz NOT NULL,
    account bigint      NOT NULL,
    login   text        NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION objection_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation', CONSTRAINT = 'objection_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER objection_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON objection FOR EACH STATEMENT EXECUTE FUNCTION objection_stays();
CREATE TRIGGER objection_end_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON objection_end FOR EACH STATEMENT EXECUTE FUNCTION objection_stays();
CREATE TRIGGER objection_days_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON objection_days FOR EACH STATEMENT EXECUTE FUNCTION objection_stays();

-- +goose Down
DROP TABLE objection_days, objection_end, objection;
DROP FUNCTION objection_stays;
