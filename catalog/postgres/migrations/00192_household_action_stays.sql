-- +goose Up
-- What was done for a household, and by whom, is not rewritten, by the module's own role either.
-- +goose StatementBegin
CREATE FUNCTION household_action_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on household_action is refused', TG_OP USING ERRCODE = 'restrict_violation', CONSTRAINT = 'household_action_stays';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER household_action_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON household_action
    FOR EACH STATEMENT EXECUTE FUNCTION household_action_stays();

-- +goose Down
DROP TRIGGER household_action_stays ON household_action;
DROP FUNCTION household_action_stays;
