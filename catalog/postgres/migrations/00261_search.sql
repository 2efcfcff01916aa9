-- +goose Up

-- What a name is found by: see package search. Empty where it has to be written.
ALTER TABLE household ADD COLUMN search text NOT NULL DEFAULT '';
ALTER TABLE village ADD COLUMN search text NOT NULL DEFAULT '';
CREATE INDEX household_search_due ON household (id) WHERE search = '';

-- +goose StatementBegin
CREATE FUNCTION household_search_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.head <> OLD.head THEN NEW.search := ''; END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER household_search BEFORE UPDATE OF head ON household FOR EACH ROW EXECUTE FUNCTION household_search_stale();

-- +goose StatementBegin
CREATE FUNCTION village_search_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name <> OLD.name THEN NEW.search := ''; END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER village_search BEFORE UPDATE OF name ON village FOR EACH ROW EXECUTE FUNCTION village_search_stale();

-- +goose Down
DROP TRIGGER village_search ON village;
DROP FUNCTION village_search_stale();
DROP TRIGGER household_search ON household;
DROP FUNCTION household_search_stale();
ALTER TABLE village DROP COLUMN search;
ALTER TABLE household DROP COLUMN search;
