-- +goose Up

-- Each cooling time that a person set or asked for: how long nothing is paid to a payout account after its approval.
CREATE TABLE cooling_rule (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hours      bigint      NOT NULL CONSTRAINT cooling_rule_hours CHECK (hours BETWEEN 0 AND 2160),
    state      text        NOT NULL CONSTRAINT cooling_rule_state CHECK (state IN ('waiting', 'in_force', 'refused', 'replaced')),
    creator    bigint      NOT NULL,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    decider    bigint      NOT NULL DEFAULT 0,
    decided_by text        NOT NULL DEFAULT '',
    decided_at timestamptz,
    why        text        NOT NULL DEFAULT '',
    CONSTRAINT cooling_rule_second_person CHECK (decider <> creator OR decider = 0)
);
CREATE UNIQUE INDEX cooling_rule_in_force ON cooling_rule ((true)) WHERE state = 'in_force';
CREATE UNIQUE INDEX cooling_rule_waiting ON cooling_rule ((true)) WHERE state = 'waiting';

-- A change keeps its time and its author.
-- +goose StatementBegin
CREATE FUNCTION cooling_rule_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation', CONSTRAINT = 'cooling_rule_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER cooling_rule_stays BEFORE DELETE OR TRUNCATE ON cooling_rule FOR EACH STATEMENT EXECUTE FUNCTION cooling_rule_stays();
CREATE TRIGGER cooling_rule_keeps BEFORE UPDATE ON cooling_rule FOR EACH ROW
    WHEN ((NEW.id, NEW.hours, NEW.creator, NEW.created_by, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.hours, OLD.creator, OLD.created_by, OLD.created_at))
    EXECUTE FUNCTION cooling_rule_stays();
