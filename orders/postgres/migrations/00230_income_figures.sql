-- +goose Up

-- Households and seasons of which the income ledger changed since the catalogue was told. Every change of the ledger notes
-- them, whichever statement makes it; the same pair may stand here many times. A worker tells and forgets them.
CREATE TABLE income_changed (
    household_id bigint NOT NULL,
    season       int    NOT NULL
);
CREATE SEQUENCE income_figure_version;

-- +goose StatementBegin
CREATE FUNCTION income_noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO income_changed SELECT DISTINCT household_id, season FROM income_entry;
    ELSE
        INSERT INTO income_changed SELECT DISTINCT household_id, season FROM changed;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION income_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO income_changed
    SELECT household_id, season FROM changed UNION SELECT household_id, season FROM before;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER income_entry_added AFTER INSERT ON income_entry REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION income_noted();
CREATE TRIGGER income_entry_changed AFTER UPDATE ON income_entry REFERENCING NEW TABLE AS changed OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION income_moved();
CREATE TRIGGER income_entry_dropped AFTER DELETE ON income_entry REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION income_noted();
CREATE TRIGGER income_entry_emptied BEFORE TRUNCATE ON income_entry
    FOR EACH STATEMENT EXECUTE FUNCTION income_noted();

-- The catalogue knows nothing yet.
INSERT INTO income_changed SELECT DISTINCT household_id, season FROM income_entry;

-- +goose Down
DROP TRIGGER income_entry_added ON income_entry;
DROP TRIGGER income_entry_changed ON income_entry;
DROP TRIGGER income_entry_dropped ON income_entry;
DROP TRIGGER income_entry_emptied ON income_entry;
DROP FUNCTION income_noted, income_moved;
DROP SEQUENCE income_figure_version;
DROP TABLE income_changed;
