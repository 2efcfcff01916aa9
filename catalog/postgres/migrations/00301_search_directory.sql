-- +goose Up

-- What townships, helpers, organisations, collection points and products are found by: see package search.
ALTER TABLE township ADD COLUMN search text NOT NULL DEFAULT '';
ALTER TABLE helper ADD COLUMN search text NOT NULL DEFAULT '';
ALTER TABLE organisation ADD COLUMN search text NOT NULL DEFAULT '';
ALTER TABLE collection_point ADD COLUMN search text NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN search text NOT NULL DEFAULT '';

-- +goose StatementBegin
CREATE FUNCTION name_search_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name <> OLD.name THEN NEW.search := ''; END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER township_search BEFORE UPDATE OF name ON township FOR EACH ROW EXECUTE FUNCTION name_search_stale();
CREATE TRIGGER helper_search BEFORE UPDATE OF name ON helper FOR EACH ROW EXECUTE FUNCTION name_search_stale();
CREATE TRIGGER organisation_search BEFORE UPDATE OF name ON organisation FOR EACH ROW EXECUTE FUNCTION name_search_stale();
CREATE TRIGGER collection_point_search BEFORE UPDATE OF name ON collection_point FOR EACH ROW EXECUTE FUNCTION name_search_stale();
CREATE TRIGGER product_search BEFORE UPDATE OF name ON product FOR EACH ROW EXECUTE FUNCTION name_search_stale();

-- +goose Down
DROP TRIGGER product_search ON product;
DROP TRIGGER collection_point_search ON collection_point;
DROP TRIGGER organisation_search ON organisation;
DROP TRIGGER helper_search ON helper;
DROP TRIGGER township_search ON township;
DROP FUNCTION name_search_stale();
ALTER TABLE product DROP COLUMN search;
ALTER TABLE collection_point DROP COLUMN search;
ALTER TABLE organisation DROP COLUMN search;
ALTER TABLE helper DROP COLUMN search;
ALTER TABLE township DROP COLUMN search;
